-- Keep late fixes until the next run of retention.
INSERT INTO late_fix (district, device, at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course)
SELECT %(district)s, %(device)s, at, lon_e7, lat_e7, %(patrol)s, part, seq,
       nullif(accuracy_m, 'NaN'), nullif(speed_ms, 'NaN'), nullif(course, 'NaN')
FROM (
    SELECT unnest(%(at)s) AS at, unnest(%(lon_e7)s) AS lon_e7, unnest(%(lat_e7)s) AS lat_e7,
           unnest(%(part)s) AS part, unnest(%(seq)s) AS seq, unnest(%(accuracy_m)s) AS accuracy_m,
           unnest(%(speed_ms)s) AS speed_ms, unnest(%(course)s) AS course
) AS new
