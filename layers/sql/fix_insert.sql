-- Keep the fixes that are new; one that the device delivered before stays as it is. Nobody else stores fixes of
-- the device meanwhile, so what is absent stays absent; the period spares looking into other months.
INSERT INTO {table} (district, device, at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course)
SELECT %(district)s, %(device)s, at, lon_e7, lat_e7, %(patrol)s, part, seq,
       nullif(accuracy_m, 'NaN'), nullif(speed_ms, 'NaN'), nullif(course, 'NaN')
FROM (
    SELECT unnest(%(at)s) AS at, unnest(%(lon_e7)s) AS lon_e7, unnest(%(lat_e7)s) AS lat_e7,
           unnest(%(part)s) AS part, unnest(%(seq)s) AS seq, unnest(%(accuracy_m)s) AS accuracy_m,
           unnest(%(speed_ms)s) AS speed_ms, unnest(%(course)s) AS course
) AS new
WHERE NOT EXISTS (
    SELECT
    FROM {table} AS old
    WHERE old.district = %(district)s
      AND old.device = %(device)s
      AND old.at = new.at
      AND old.lon_e7 = new.lon_e7
      AND old.lat_e7 = new.lat_e7
      AND old.at BETWEEN %(first)s AND %(last)s
      AND old.patrol = ANY (ARRAY (
          SELECT id
          FROM patrol
          WHERE district = %(district)s AND device = %(device)s AND ended_at >= %(first)s AND started_at <= %(last)s
      ))
)
