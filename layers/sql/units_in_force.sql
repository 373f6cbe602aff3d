-- The versions now believed for a day, with their areas, to be compared with what is to be published.
SELECT v.unit, v.revision, v.code, v.name, v.level, v.parent, v.households, v.attributes,
       ST_AsBinary(coalesce(v.geom, o.geom))
FROM unit_version v
LEFT JOIN unit_outline o
       ON o.district = v.district AND o.unit = v.unit AND o.revision = v.revision
WHERE v.district = %(district)s
  AND v.layer = %(layer)s
  AND v.valid @> %(day)s::date
  AND upper_inf(v.recorded)
