-- The numbers of a track that are stored with another time or place than was sent again. A number whose fix was
-- dropped by retention is not among them: nothing is left that could differ.
WITH sent AS (
    SELECT seq, timestamptz '2000-01-01 00:00Z' + at * interval '1 microsecond' AS at, lon_e7, lat_e7
    FROM unnest(%(seq)s::int[], %(at)s::float8[], %(lon_e7)s::int[], %(lat_e7)s::int[])
        AS sent (seq, at, lon_e7, lat_e7)
),
unlike AS (
    SELECT seq
    FROM sent
    WHERE NOT EXISTS (
        SELECT
        FROM fix
        WHERE fix.district = %(district)s
          AND fix.at = sent.at
          AND fix.lon_e7 = sent.lon_e7
          AND fix.lat_e7 = sent.lat_e7
          AND fix.patrol = %(patrol)s
          AND fix.seq = sent.seq
    )
)
SELECT DISTINCT seq
FROM unlike
WHERE EXISTS (
    SELECT
    FROM fix
    WHERE fix.district = %(district)s
      AND fix.at BETWEEN %(first)s AND %(last)s
      AND fix.patrol = %(patrol)s
      AND fix.seq = unlike.seq
)
