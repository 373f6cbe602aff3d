-- What sets the times of a device right: the days of its clock in Unix seconds, and the seconds to add on each.
-- The word of a person wins over the median of batches.
SELECT extract(epoch FROM timezone(home.timezone, known.day::timestamp))::float8,
       extract(epoch FROM timezone(home.timezone, (known.day + 1)::timestamp))::float8,
       known.seconds::float8
FROM (
    SELECT coalesce(word.day, skew.day) AS day, coalesce(word.seconds, skew.seconds) AS seconds
    FROM (SELECT day, seconds FROM clock_word WHERE district = %(district)s AND device = %(device)s) AS word
    FULL JOIN (SELECT day, seconds FROM clock_skew WHERE district = %(district)s AND device = %(device)s) AS skew
      ON skew.day = word.day
) AS known
JOIN district AS home ON home.code = %(district)s
WHERE known.seconds <> 0
