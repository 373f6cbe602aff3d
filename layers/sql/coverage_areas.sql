-- The cells of the ground that were in sight in a period, packed one after another in no order. What is packed together
-- belongs to its middle: to one of two periods that meet, and never to both. Surely is what lies within the period,
-- possibly what touches it. Of what is left when the fixes are gone nobody knows the hour: it may be any of its day.
SELECT string_agg(cells, ''::bytea) FILTER (WHERE likely),
       string_agg(sure, ''::bytea) FILTER (WHERE within),
       string_agg(coalesce(possible, cells), ''::bytea)
FROM (
    SELECT cells, sure, possible,
           from_at + (to_at - from_at) / 2 >= %(from_at)s AND from_at + (to_at - from_at) / 2 < %(to_at)s AS likely,
           from_at >= %(from_at)s AND to_at < %(to_at)s
           AND (device <> '' OR (from_at - interval '12 hours' >= %(from_at)s
                                 AND from_at + interval '12 hours' <= %(to_at)s)) AS within
    FROM coverage_area
    WHERE district = %(district)s
      AND day >= %(from_day)s
      AND day < %(to_day)s
      AND (device = '' OR (to_at >= %(from_at)s AND from_at < %(to_at)s))
) AS sight
