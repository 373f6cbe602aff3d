-- Fixes of one patrol among which some numbers may be, a row for each block.
SELECT at, lon_e7, lat_e7, seq
FROM fix_block
WHERE district = %(district)s
  AND patrol = %(patrol)s
  AND first_at BETWEEN %(first)s AND %(last)s
  AND first_seq <= %(last_seq)s
  AND last_seq >= %(first_seq)s
