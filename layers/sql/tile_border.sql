-- The border in a tile: the legal line of each segment, and its patrol route where there is one.
WITH wanted AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4490) AS degrees,
           ST_TileEnvelope(:z, :x, :y) AS mercator
),
line AS (
    SELECT id, code, name, seq, owner, from_m, to_m, 'legal' AS line, geom
    FROM border_segment, wanted
    WHERE district = :district
      AND valid @> CAST(:as_of AS date)
      AND geom && wanted.degrees
    UNION ALL
    SELECT id, code, name, seq, owner, from_m, to_m, 'route', route
    FROM border_segment, wanted
    WHERE district = :district
      AND valid @> CAST(:as_of AS date)
      AND route && wanted.degrees
),
seen AS (
    SELECT CAST(CAST('x' || right(replace(CAST(line.id AS text), '-', ''), 13) AS bit(52)) AS bigint) AS feature_id,
           line.code, line.name, line.seq, line.owner, line.from_m, line.to_m, line.line,
           ST_AsMVTGeom(
               ST_Transform(
                   ST_SetSRID(
                       -- Web Mercator ends before the poles.
                       CASE WHEN ST_YMax(line.geom) > 85.06 OR ST_YMin(line.geom) < -85.06
                            THEN ST_ClipByBox2D(line.geom, Box2D(wanted.degrees)) ELSE line.geom END,
                       4326),
                   3857),
               wanted.mercator, 4096, 64, true) AS shape
    FROM wanted, line
    ORDER BY line.id, line.line
)
SELECT ST_AsMVT(seen, :layer, 4096, 'shape', 'feature_id')
FROM seen
WHERE shape IS NOT NULL
