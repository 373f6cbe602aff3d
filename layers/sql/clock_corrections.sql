-- What sets the times of a device right: the parts of the days of its clock in Unix seconds, and the seconds to add
-- on each. A day has two where the clock was set within it. The word of a person wins over the median of batches.
SELECT extract(epoch FROM part.begin_at)::float8, extract(epoch FROM part.end_at)::float8, part.seconds::float8
FROM (
    SELECT coalesce(word.day, skew.day) AS day,
           coalesce(word.seconds, skew.seconds) AS seconds,
           CASE WHEN word.day IS NULL THEN skew.set_at END AS set_at,
           skew.then_seconds
    FROM (SELECT * FROM clock_word WHERE district = %(district)s AND device = %(device)s) AS word
    FULL JOIN (SELECT * FROM clock_skew WHERE district = %(district)s AND device = %(device)s) AS skew
      ON skew.day = word.day
) AS known
JOIN district AS home ON home.code = %(district)s
CROSS JOIN LATERAL (
    VALUES (
        timezone(home.timezone, known.day::timestamp),
        coalesce(known.set_at, timezone(home.timezone, (known.day + 1)::timestamp)),
        known.seconds
    ), (
        known.set_at,
        timezone(home.timezone, (known.day + 1)::timestamp),
        CASE WHEN known.set_at IS NOT NULL THEN known.then_seconds END
    )
) AS part (begin_at, end_at, seconds)
WHERE part.seconds <> 0
