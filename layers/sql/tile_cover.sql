-- The ground cover in a tile, the largest first, since the smaller one tells.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(l.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           CAST(l.id AS text) AS id, l.code, l.name, l.kind,
           ST_AsMVTGeom(
               ST_Transform(
                   ST_SetSRID(
                       -- Web Mercator ends before the poles.
                       CASE WHEN ST_YMax(l.geom) > 85.06 OR ST_YMin(l.geom) < -85.06
                            THEN ST_ClipByBox2D(l.geom, Box2D(wanted.degrees)) ELSE l.geom END,
                       4326),
                   3857),
               wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN ground_cover l ON l.geom && wanted.degrees
    WHERE l.district = :district
    ORDER BY ST_Area(l.geom) DESC, l.id
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
