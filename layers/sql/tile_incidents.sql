-- The incidents in a tile that were received up to a day of the district's timezone.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(i.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           CAST(i.id AS text) AS id, i.class, i.status, i.colour,
           ST_AsMVTGeom(ST_Transform(ST_SetSRID(i.geom, 4326), 3857), wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN incident i ON i.geom && wanted.degrees
    JOIN district d ON d.code = i.district
    WHERE i.district = :district
      AND (CAST(:units AS uuid[]) IS NULL OR i.unit = ANY (CAST(:units AS uuid[])))
      AND CAST(i.received_at AT TIME ZONE d.timezone AS date) <= CAST(:as_of AS date)
    ORDER BY i.id
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
