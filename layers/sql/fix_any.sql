-- Whether a device has any fix in a period.
SELECT 1
FROM {table}
WHERE district = %(district)s
  AND device = %(device)s
  AND at BETWEEN %(first)s AND %(last)s
  AND patrol = ANY (ARRAY (
      SELECT id
      FROM patrol
      WHERE district = %(district)s AND device = %(device)s AND ended_at >= %(first)s AND started_at <= %(last)s
  ))
LIMIT 1
