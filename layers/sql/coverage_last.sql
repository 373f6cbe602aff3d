-- When each of some segments was last observed anywhere along it, before a day.
SELECT segment, max(greatest(from_at, to_at))
FROM coverage_line
WHERE district = %(district)s
  AND segment = ANY (%(segments)s::uuid[])
  AND day < %(until)s
  AND evidence >= %(evidence)s
GROUP BY segment
