SELECT r.id, r.at, r.value, (
    SELECT v.code FROM unit_version v
    WHERE v.district = %(district)s AND v.unit = r.unit AND upper_inf(v.recorded)
    ORDER BY lower(v.valid) DESC NULLS LAST LIMIT 1
), r.label
FROM row_of r
WHERE r.figure = %(figure)s AND (%(after)s::uuid IS NULL OR r.id > %(after)s::uuid)
ORDER BY r.id
LIMIT %(most)s
