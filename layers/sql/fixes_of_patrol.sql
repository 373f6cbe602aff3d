-- Fixes of one patrol as one array a column. Its period spares looking into other months. Unknown values are NaN, so
-- that no value is NULL.
SELECT array_agg(patrol), array_agg(at), array_agg(lon_e7), array_agg(lat_e7), array_agg(part), array_agg(seq),
       array_agg(coalesce(accuracy_m, 'NaN')), array_agg(coalesce(speed_ms, 'NaN')),
       array_agg(coalesce(course, 'NaN'))
FROM fix
WHERE district = %(district)s AND patrol = %(patrol)s AND at BETWEEN %(first)s AND %(last)s
