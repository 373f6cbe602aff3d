-- What names places along some segments on a day: the segment, measure, code and kind of each marker on them.
SELECT segment, measure_m, code, kind
FROM marker
WHERE district = %(district)s
  AND segment = ANY (%(segments)s::uuid[])
  AND valid @> %(day)s::date
ORDER BY measure_m, code
