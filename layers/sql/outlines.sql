-- The units of an upper level with their outlines, in the order of their ids.
SELECT v.unit, v.code, v.name, v.parent, coalesce(v.households, -1), ST_AsBinary(o.geom)
FROM unit_version v
JOIN unit_outline o
  ON o.district = v.district AND o.unit = v.unit AND o.revision = v.revision
WHERE v.district = %(district)s
  AND v.layer = %(layer)s
  AND v.level = %(level)s
  AND v.valid @> %(as_of)s::date
  AND CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf(v.recorded)
           ELSE v.recorded @> %(known_at)s::timestamptz END
ORDER BY v.unit
