-- Keep the fixes that are new; one that the device delivered before stays as it is. Nobody else stores fixes of
-- the device meanwhile, so what is absent stays absent; the period spares looking into other months.
INSERT INTO {table} (district, device, at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course)
SELECT %(district)s, %(device)s, at, lon_e7, lat_e7, %(patrol)s, part, seq,
       nullif(accuracy_m, 'NaN'), nullif(speed_ms, 'NaN'), nullif(course, 'NaN')
FROM pg_temp.fix_stage AS new
WHERE NOT EXISTS (
    SELECT
    FROM {table} AS old
    WHERE old.district = %(district)s
      AND old.device = %(device)s
      AND old.at = new.at
      AND old.lon_e7 = new.lon_e7
      AND old.lat_e7 = new.lat_e7
      AND old.at BETWEEN %(first)s AND %(last)s
)
