-- Fixes of one device and period as one array a column, with those that came too late to be kept, and without those
-- that were withdrawn. Unknown values are NaN, so that no value is NULL.
SELECT array_agg(patrol), array_agg(at), array_agg(lon_e7), array_agg(lat_e7), array_agg(part), array_agg(seq),
       array_agg(coalesce(accuracy_m, 'NaN')), array_agg(coalesce(speed_ms, 'NaN')),
       array_agg(coalesce(course, 'NaN'))
FROM (
    SELECT at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course
    FROM fix
    WHERE district = %(district)s
      AND at >= %(from_at)s
      AND at < %(to_at)s
      AND patrol = ANY (ARRAY (
          SELECT id
          FROM patrol
          WHERE district = %(district)s
            AND device = %(device)s
            AND ended_at >= %(from_at)s
            AND started_at < %(to_at)s
      ))
    UNION ALL
    SELECT at, lon_e7, lat_e7, patrol, part, seq, accuracy_m, speed_ms, course
    FROM late_fix
    WHERE district = %(district)s
      AND device = %(device)s
      AND at >= %(from_at)s
      AND at < %(to_at)s
) AS stored
WHERE NOT EXISTS (
    SELECT
    FROM track_withdrawal AS gone
    WHERE gone.district = %(district)s
      AND gone.patrol = stored.patrol
      AND gone.restored_at IS NULL
      AND (gone.from_at IS NULL OR stored.at BETWEEN gone.from_at AND gone.to_at)
)
