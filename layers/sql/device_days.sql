-- Which devices recorded on which days of a period; the days are those of the district's timezone. Each day that a
-- patrol lasted is looked for by the patrol's key; clocks may change by some hours at midnight, so the range is wider
-- than the day. The limit keeps the question to one look for each.
SELECT DISTINCT patrol.device, CAST(midnight AS date) AS day
FROM patrol
CROSS JOIN LATERAL generate_series(
    date_trunc('day', greatest(patrol.started_at, %(from_at)s) AT TIME ZONE %(timezone)s),
    least(patrol.ended_at, %(to_at)s) AT TIME ZONE %(timezone)s,
    interval '1 day'
) AS midnight
CROSS JOIN LATERAL (
    SELECT
    FROM fix
    WHERE fix.district = %(district)s
      AND fix.patrol = patrol.id
      AND fix.at >= %(from_at)s
      AND fix.at < %(to_at)s
      AND fix.at >= midnight AT TIME ZONE %(timezone)s - interval '3 hours'
      AND fix.at < midnight AT TIME ZONE %(timezone)s + interval '27 hours'
      AND CAST(fix.at AT TIME ZONE %(timezone)s AS date) = CAST(midnight AS date)
    LIMIT 1
) AS found
WHERE patrol.district = %(district)s
  AND patrol.ended_at >= %(from_at)s
  AND patrol.started_at < %(to_at)s
ORDER BY 1, 2
