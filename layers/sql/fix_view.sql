-- Fixes one by one, out of their blocks, with the rights of whoever asks. What concerns a whole block is asked of it
-- by its patrol, its device and its times, so that others are not opened.
CREATE VIEW {schema}.fix WITH (security_invoker = true) AS
SELECT district, device, patrol, id AS block, first_at AS block_from, last_at AS block_to,
       unnest(at) AS at, unnest(lon_e7) AS lon_e7, unnest(lat_e7) AS lat_e7, unnest(part) AS part, unnest(seq) AS seq,
       nullif(unnest(accuracy_m), 'NaN') AS accuracy_m, nullif(unnest(speed_ms), 'NaN') AS speed_ms,
       nullif(unnest(course), 'NaN') AS course
FROM {schema}.fix_block
