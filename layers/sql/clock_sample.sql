-- Keep what a live batch says of a clock, unless the fixes of the day before are kept no longer: then it stays as it
-- is known. What is sent again later says the same of the clock, and the least of copies came first. Returns whether
-- the clock can be measured, and what was known of it on that day.
WITH open AS (
    SELECT %(day)s::date AS day
    WHERE NOT EXISTS (
        SELECT
        FROM fix_horizon
        JOIN district ON district.code = fix_horizon.district
        WHERE fix_horizon.district = %(district)s
          AND timezone(district.timezone, fix_horizon.before)::date > %(day)s::date - 1
    )
),
kept AS (
    INSERT INTO clock_sample AS old (district, device, day, sent_at, seconds, received_at)
    SELECT %(district)s, %(device)s, day, %(sent_at)s, %(seconds)s, %(received_at)s
    FROM open
    ON CONFLICT (district, device, day, sent_at)
    DO UPDATE SET seconds = excluded.seconds, received_at = excluded.received_at
    WHERE old.seconds > excluded.seconds
)
SELECT skew.seconds, skew.batches, extract(epoch FROM skew.set_at)::int8, skew.then_seconds
FROM open
LEFT JOIN clock_skew AS skew
  ON skew.district = %(district)s AND skew.device = %(device)s AND skew.day = open.day
