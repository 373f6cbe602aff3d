-- What was seen by some devices on some days, a pair each; as one array a column: place of the segment among those
-- asked about, band, measures, times in microseconds since 1970.
SELECT array_agg(asked.place::int), array_agg(line.band), array_agg(line.from_m), array_agg(line.to_m),
       array_agg((extract(epoch FROM line.from_at) * 1000000)::bigint),
       array_agg((extract(epoch FROM line.to_at) * 1000000)::bigint)
FROM unnest(%(devices)s::text[], %(days)s::date[]) AS one (device, day)
JOIN coverage_line AS line ON line.device = one.device AND line.day = one.day
JOIN unnest(%(segments)s::uuid[]) WITH ORDINALITY AS asked (segment, place) ON asked.segment = line.segment
WHERE line.district = %(district)s
  AND line.evidence = %(seen)s
