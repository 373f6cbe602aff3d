-- The cells of the ground that were in sight in a period, packed one after another in no order. What is packed
-- together belongs to its middle: to one of two periods that meet, and never to both.
SELECT string_agg(cells, ''::bytea)
FROM coverage_area
WHERE district = %(district)s
  AND day >= %(from_day)s
  AND day < %(to_day)s
  AND from_at + (to_at - from_at) / 2 >= %(from_at)s
  AND from_at + (to_at - from_at) / 2 < %(to_at)s
