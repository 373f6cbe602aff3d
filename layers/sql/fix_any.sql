-- Whether a device has any fix in a period.
SELECT 1
FROM {table}
WHERE district = %(district)s AND device = %(device)s AND at BETWEEN %(first)s AND %(last)s
LIMIT 1
