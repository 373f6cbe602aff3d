-- What is known of the clock of a device where it says that it was off, or that it was not after all, and from which
-- instant on the district keeps positions. One question for each upload, so no join: whoever asks puts them together.
SELECT 0 AS kind, NULL::date AS day, NULL::integer AS seconds, before AS at, NULL::integer AS then_seconds
FROM fix_horizon
WHERE district = %(district)s
UNION ALL
SELECT 1, day, seconds, NULL, NULL
FROM clock_word
WHERE district = %(district)s AND device = %(device)s
UNION ALL
SELECT 2, day, seconds, set_at, then_seconds
FROM clock_skew
WHERE district = %(district)s AND device = %(device)s AND (seconds <> 0 OR set_at IS NOT NULL)
