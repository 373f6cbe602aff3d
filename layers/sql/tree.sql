-- All units of a layer without their areas; the columns are those of layers.units.Unit.
SELECT v.unit, v.layer, v.code, v.name, v.level, v.parent, v.households, v.attributes, v.release, v.revision,
       lower(v.valid), upper(v.valid)
FROM unit_version v
WHERE v.district = %(district)s
  AND v.layer = %(layer)s
  AND v.valid @> %(as_of)s::date
  AND CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf(v.recorded)
           ELSE v.recorded @> %(known_at)s::timestamptz END
