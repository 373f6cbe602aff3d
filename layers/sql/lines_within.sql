-- Lines of a kind that meet a box, by code: the index first, then exactly.
SELECT ST_AsBinary(geom)
FROM line_feature, ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s) AS box
WHERE district = %(district)s AND kind = %(kind)s AND geom && box AND ST_Intersects(geom, box)
ORDER BY code
