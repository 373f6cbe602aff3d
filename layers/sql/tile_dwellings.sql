-- The dwellings in a tile, each with its number of households.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(d.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           CAST(d.id AS text) AS id, d.code, d.households,
           ST_AsMVTGeom(ST_Transform(ST_SetSRID(d.geom, 4326), 3857), wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN dwelling d ON d.geom && wanted.degrees
    WHERE d.district = :district
    ORDER BY d.id
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
