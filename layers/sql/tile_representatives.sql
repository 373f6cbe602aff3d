-- The representatives in a tile who are active and have a place.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(r.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           CAST(r.id AS text) AS id, r.code, r.name,
           ST_AsMVTGeom(ST_Transform(ST_SetSRID(r.geom, 4326), 3857), wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN representative r ON r.geom && wanted.degrees
    WHERE r.district = :district
      AND r.active
      AND (CAST(:units AS uuid[]) IS NULL OR EXISTS (
          SELECT FROM responsibility a
          WHERE a.district = r.district AND a.representative = r.id AND a.unit = ANY (CAST(:units AS uuid[]))
            AND a.valid @> (SELECT CAST(now() AT TIME ZONE d.timezone AS date) FROM district d WHERE d.code = a.district)
      ))
    ORDER BY r.id
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
