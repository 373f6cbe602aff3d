-- Which devices recorded within boxes of the lattice on which days of a period, in the district's timezone.
SELECT DISTINCT device, CAST(at AT TIME ZONE %(timezone)s AS date) AS day
FROM fix
WHERE district = %(district)s
  AND at >= %(from_at)s
  AND at < %(to_at)s
  AND EXISTS (
      SELECT
      FROM unnest(%(west)s::bigint[], %(south)s::bigint[], %(east)s::bigint[], %(north)s::bigint[])
           AS box (west, south, east, north)
      WHERE lon_e7 BETWEEN west AND east AND lat_e7 BETWEEN south AND north
  )
ORDER BY 1, 2
