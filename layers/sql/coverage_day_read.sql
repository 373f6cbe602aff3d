-- The packed rows of the ledger of lines of a period of days; what was seen only where it may lie in the period
-- asked about. The device and the day are for those that have to be read row by row.
SELECT device, day, holder, from_at, to_at, segments, walks,
       CASE WHEN to_at >= %(begin)s AND from_at < %(end)s THEN sights ELSE ''::bytea END
FROM coverage_day
WHERE district = %(district)s
  AND day >= %(from_day)s
  AND day < %(to_day)s
