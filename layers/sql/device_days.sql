-- Which devices recorded on which days of a period; the days are those of the district's timezone.
SELECT DISTINCT device, CAST(at AT TIME ZONE :timezone AS date) AS day
FROM fix
WHERE district = :district
  AND at >= :from_at
  AND at < :to_at
ORDER BY 1, 2
