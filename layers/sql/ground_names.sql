-- Codes and names of markers, stations and representatives by their ids.
SELECT m.id, m.code, m.name FROM marker m WHERE m.district = %(district)s AND m.id = ANY (%(ids)s::uuid[])
UNION ALL
SELECT r.id, r.code, r.name FROM representative r WHERE r.district = %(district)s AND r.id = ANY (%(ids)s::uuid[])
