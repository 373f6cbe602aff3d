-- The times and places of the late fixes of a device in a period.
SELECT array_agg(at), array_agg(lon_e7), array_agg(lat_e7)
FROM late_fix
WHERE district = %(district)s AND device = %(device)s AND at BETWEEN %(first)s AND %(last)s
HAVING count(*) > 0
