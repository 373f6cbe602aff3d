-- Fixes of one device that may lie in a period, a row for each block, with those that came too late to be kept; and
-- between which times those of its patrol were withdrawn.
SELECT at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course, stored.patrol, gone.begins, gone.ends
FROM (
    SELECT patrol, at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course
    FROM fix_block
    WHERE district = %(district)s
      AND first_at >= date_trunc('month', %(from_at)s::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
      AND first_at < %(to_at)s
      AND last_at >= %(from_at)s
      AND patrol = ANY (ARRAY (
          SELECT id
          FROM patrol
          WHERE district = %(district)s
            AND device = %(device)s
            AND ended_at >= %(from_at)s
            AND started_at < %(to_at)s
      ))
    UNION ALL
    SELECT patrol, array_agg(at), array_agg(lon_e7), array_agg(lat_e7), array_agg(part), array_agg(seq),
           array_agg(coalesce(accuracy_m, 'NaN')), array_agg(coalesce(speed_ms, 'NaN')),
           array_agg(coalesce(course, 'NaN'))
    FROM late_fix
    WHERE district = %(district)s AND device = %(device)s AND at >= %(from_at)s AND at < %(to_at)s
    GROUP BY patrol
) AS stored
LEFT JOIN LATERAL (
    SELECT array_agg(coalesce(from_at, '-infinity')) AS begins, array_agg(coalesce(to_at, 'infinity')) AS ends
    FROM track_withdrawal
    WHERE district = %(district)s AND patrol = stored.patrol AND restored_at IS NULL
) AS gone ON true
