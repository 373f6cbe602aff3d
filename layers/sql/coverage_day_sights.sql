-- What was seen by some devices of some holders on some days, one of each; as one array a column: which of them, place of the
-- segment among those asked about, band, measures, times in microseconds since 1970.
SELECT array_agg(one.row::int), array_agg(asked.place::int), array_agg(line.band), array_agg(line.from_m), array_agg(line.to_m),
       array_agg((extract(epoch FROM line.from_at) * 1000000)::bigint),
       array_agg((extract(epoch FROM line.to_at) * 1000000)::bigint)
FROM unnest(%(devices)s::text[], %(holders)s::text[], %(days)s::date[]) WITH ORDINALITY AS one (device, holder, day, row)
JOIN coverage_line AS line ON line.device = one.device AND line.day = one.day
    AND coalesce(line.person, line.device) = one.holder
JOIN unnest(%(segments)s::uuid[]) WITH ORDINALITY AS asked (segment, place) ON asked.segment = line.segment
WHERE line.district = %(district)s
  AND line.evidence = %(seen)s
