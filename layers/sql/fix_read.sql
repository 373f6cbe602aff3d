-- Fixes of one device and period, of all patrols or of one, whose period includes its last instant. Unknown
-- values are NaN, times in microseconds.
SELECT patrol,
       (extract(epoch FROM at) * 1000000)::bigint,
       lon_e7, lat_e7,
       coalesce(accuracy_m, 'NaN'), coalesce(speed_ms, 'NaN'), coalesce(course, 'NaN'),
       part, seq
FROM fix
WHERE district = %(district)s
  AND device = %(device)s
  AND at >= %(from_at)s
  AND (at < %(to_at)s OR (%(patrol)s::uuid IS NOT NULL AND at = %(to_at)s))
  AND (%(patrol)s::uuid IS NULL OR patrol = %(patrol)s::uuid)
ORDER BY at, lon_e7, lat_e7
