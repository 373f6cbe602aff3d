-- The times and places of the fixes of a device that may lie in some spans of a period, a row for each block.
SELECT at, lon_e7, lat_e7
FROM fix_block
WHERE district = %(district)s
  AND first_at >= date_trunc('month', %(first)s::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
  AND first_at <= %(last)s
  AND last_at >= %(first)s
  AND EXISTS (
      SELECT
      FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS span (begins, ends)
      WHERE first_at <= ends AND last_at >= begins
  )
  AND patrol = ANY (ARRAY (
      SELECT id
      FROM patrol
      WHERE district = %(district)s AND device = %(device)s AND ended_at >= %(first)s AND started_at <= %(last)s
  ))
