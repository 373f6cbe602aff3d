-- What is known of the clock of a device where it says that it was off, or that it was not after all: the word of a
-- person first. One statement for each upload, so no join: whoever asks puts both together.
SELECT day, seconds, NULL::timestamptz AS set_at, NULL::integer AS then_seconds
FROM clock_word
WHERE district = %(district)s AND device = %(device)s
UNION ALL
SELECT day, seconds, set_at, then_seconds
FROM clock_skew
WHERE district = %(district)s AND device = %(device)s AND (seconds <> 0 OR set_at IS NOT NULL)
