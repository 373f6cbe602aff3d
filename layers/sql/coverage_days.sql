-- What was observed of some segments on the days of a period: place of the segment among those asked about,
-- days since 1970, measures; as one array a column, in no order.
SELECT array_agg(asked.place::int), array_agg(line.day - date '1970-01-01'),
       array_agg(line.from_m), array_agg(line.to_m)
FROM unnest(%(segments)s::uuid[]) WITH ORDINALITY AS asked (segment, place)
JOIN coverage_line AS line ON line.segment = asked.segment
WHERE line.district = %(district)s
  AND line.day >= %(from_day)s
  AND line.day < %(to_day)s
  AND line.evidence >= %(evidence)s
