-- Which devices recorded within boxes of the lattice on which days of a period; the days are those of the district's
-- timezone. Each day that a patrol lasted is looked for in the blocks that may hold it; clocks may change by some hours
-- at midnight, so the range is wider than the day. The limit keeps the question to one look for each.
SELECT DISTINCT patrol.device, CAST(midnight AS date) AS day
FROM patrol
CROSS JOIN LATERAL generate_series(
    date_trunc('day', greatest(patrol.started_at, %(from_at)s) AT TIME ZONE %(timezone)s),
    least(patrol.ended_at, %(to_at)s) AT TIME ZONE %(timezone)s,
    interval '1 day'
) AS midnight
CROSS JOIN LATERAL (
    SELECT
    FROM fix_block
    CROSS JOIN unnest(fix_block.at, fix_block.lon_e7, fix_block.lat_e7) AS fix (at, lon_e7, lat_e7)
    JOIN unnest(%(west)s::bigint[], %(south)s::bigint[], %(east)s::bigint[], %(north)s::bigint[])
         AS box (west, south, east, north)
        ON fix.lon_e7 BETWEEN box.west AND box.east AND fix.lat_e7 BETWEEN box.south AND box.north
    WHERE fix_block.district = %(district)s
      AND fix_block.patrol = patrol.id
      AND fix_block.first_at >= date_trunc('month', %(from_at)s::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
      AND fix_block.first_at < %(to_at)s
      AND fix_block.last_at >= midnight AT TIME ZONE %(timezone)s - interval '3 hours'
      AND fix_block.first_at < midnight AT TIME ZONE %(timezone)s + interval '27 hours'
      AND fix_block.west <= box.east
      AND fix_block.east >= box.west
      AND fix_block.south <= box.north
      AND fix_block.north >= box.south
      AND fix.at >= %(from_at)s
      AND fix.at < %(to_at)s
      AND CAST(fix.at AT TIME ZONE %(timezone)s AS date) = CAST(midnight AS date)
    LIMIT 1
) AS found
WHERE patrol.district = %(district)s
  AND patrol.ended_at >= %(from_at)s
  AND patrol.started_at < %(to_at)s
ORDER BY 1, 2
