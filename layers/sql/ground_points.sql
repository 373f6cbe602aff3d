-- What lies within boxes, packed by kind, word and whether it is open: the points as WKB of 21 bytes each,
-- households as 4 bytes each, ids as 16 bytes each. A million points are read without a Python object for each.
-- The boxes do not meet, so nothing is found twice; && comes first, so that the spatial index is used.
WITH box AS (SELECT ST_GeomFromEWKB(unnest(%(boxes)s::bytea[])) AS geom),
found AS (
    SELECT 'incident' AS kind, i.class AS word, NOT i.status = ANY (%(settled)s::text[]) AS open, i.geom,
           0 AS households, i.id
    FROM box JOIN incident i ON i.geom && box.geom
    WHERE i.district = %(district)s
    UNION ALL
    SELECT 'dwelling', '', true, d.geom, d.households, d.id
    FROM box JOIN dwelling d ON d.geom && box.geom
    WHERE d.district = %(district)s
    UNION ALL
    SELECT CASE WHEN m.kind = 'service-station' THEN 'station' ELSE 'marker' END, m.kind, true, m.geom, 0, m.id
    FROM box JOIN marker m ON m.geom && box.geom
    WHERE m.district = %(district)s AND m.valid @> %(day)s::date
    UNION ALL
    SELECT 'representative', '', true, r.geom, 0, r.id
    FROM box JOIN representative r ON r.geom && box.geom
    WHERE r.district = %(district)s AND r.active
)
SELECT kind, word, open, string_agg(ST_AsBinary(geom, 'NDR'), ''::bytea), string_agg(int4send(households), ''::bytea),
       string_agg(uuid_send(id), ''::bytea)
FROM found
GROUP BY kind, word, open
ORDER BY kind, word, open
