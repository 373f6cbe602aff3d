-- Keep the fixes of a period of which the device delivered none before.
INSERT INTO {table} (district, device, at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course)
SELECT %(district)s, %(device)s, at, lon_e7, lat_e7, %(patrol)s, part, seq,
       nullif(accuracy_m, 'NaN'), nullif(speed_ms, 'NaN'), nullif(course, 'NaN')
FROM pg_temp.fix_stage
