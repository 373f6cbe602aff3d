-- Which devices recorded within boxes of the lattice on which days of a period, in the district's timezone. Days are
-- looked for as those of device_days.
SELECT DISTINCT patrol.device, CAST(midnight AS date) AS day
FROM patrol
CROSS JOIN LATERAL generate_series(
    date_trunc('day', greatest(patrol.started_at, %(from_at)s) AT TIME ZONE %(timezone)s),
    least(patrol.ended_at, %(to_at)s) AT TIME ZONE %(timezone)s,
    interval '1 day'
) AS midnight
CROSS JOIN LATERAL (
    SELECT
    FROM fix
    JOIN unnest(%(west)s::bigint[], %(south)s::bigint[], %(east)s::bigint[], %(north)s::bigint[])
         AS box (west, south, east, north)
        ON fix.lon_e7 BETWEEN west AND east AND fix.lat_e7 BETWEEN south AND north
    WHERE fix.district = %(district)s
      AND fix.patrol = patrol.id
      AND fix.at >= %(from_at)s
      AND fix.at < %(to_at)s
      AND fix.at >= midnight AT TIME ZONE %(timezone)s - interval '3 hours'
      AND fix.at < midnight AT TIME ZONE %(timezone)s + interval '27 hours'
      AND CAST(fix.at AT TIME ZONE %(timezone)s AS date) = CAST(midnight AS date)
    LIMIT 1
) AS found
WHERE patrol.district = %(district)s
  AND patrol.ended_at >= %(from_at)s
  AND patrol.started_at < %(to_at)s
ORDER BY 1, 2
