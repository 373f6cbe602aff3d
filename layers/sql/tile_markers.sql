-- The markers in a tile, of one kind or of all; stations say their role.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(m.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           CAST(m.id AS text) AS id, m.code, m.name, m.kind, m.attributes ->> 'role' AS role, m.measure_m,
           ST_AsMVTGeom(ST_Transform(ST_SetSRID(m.geom, 4326), 3857), wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN marker m ON m.geom && wanted.degrees
    WHERE m.district = :district
      AND m.valid @> CAST(:as_of AS date)
      AND (CAST(:kind AS text) IS NULL OR m.kind = :kind)
    ORDER BY m.id
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
