-- The units of an upper level of an area layer in a tile.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(v.unit AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           v.code, v.name, v.level, v.households,
           ST_AsMVTGeom(
               ST_Transform(
                   ST_SetSRID(
                       -- Web Mercator ends before the poles.
                       CASE WHEN ST_YMax(o.geom) > 85.06 OR ST_YMin(o.geom) < -85.06
                            THEN ST_ClipByBox2D(o.geom, Box2D(wanted.degrees)) ELSE o.geom END,
                       4326),
                   3857),
               wanted.mercator, 4096, 64, true) AS shape
    FROM wanted
    JOIN unit_outline o ON o.geom && wanted.degrees AND o.district = :district
    JOIN unit_version v ON v.district = o.district AND v.unit = o.unit AND v.revision = o.revision
    WHERE v.district = :district
      AND v.layer = :layer
      AND v.level = :level
      AND v.valid @> CAST(:as_of AS date)
      AND CASE WHEN CAST(:known_at AS timestamptz) IS NULL THEN upper_inf(v.recorded)
               ELSE v.recorded @> CAST(:known_at AS timestamptz) END
    ORDER BY v.unit
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
