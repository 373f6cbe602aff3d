-- The leaf units of a layer with their areas, in the order of their ids.
SELECT v.unit, v.code, v.name, v.parent, coalesce(v.households, -1), ST_AsBinary(v.geom)
FROM unit_version v
WHERE v.district = %(district)s
  AND v.layer = %(layer)s
  AND v.level = %(level)s
  AND v.valid @> %(as_of)s::date
  AND CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf(v.recorded)
           ELSE v.recorded @> %(known_at)s::timestamptz END
ORDER BY v.unit
