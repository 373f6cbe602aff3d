-- The intervals that were covered of some segments on the days of a period, of its first days only those that
-- were observed; times in microseconds.
SELECT segment, device, person, patrol, day, evidence, from_m, to_m,
       (extract(epoch FROM from_at) * 1000000)::bigint,
       (extract(epoch FROM to_at) * 1000000)::bigint, band
FROM coverage_line
WHERE district = %(district)s
  AND segment = ANY (%(segments)s::uuid[])
  AND day >= %(from_day)s
  AND day < %(to_day)s
  AND (evidence >= %(evidence)s OR day >= %(every_from)s)
ORDER BY segment, day, least(from_at, to_at), id
