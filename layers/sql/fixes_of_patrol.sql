-- Fixes of one patrol, a row for each block. Its period spares looking into other months.
SELECT at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course, patrol
FROM fix_block
WHERE district = %(district)s AND patrol = %(patrol)s AND first_at BETWEEN %(first)s AND %(last)s
