-- The intervals that were covered of some segments on the days of a period, of its first days only those that
-- were observed; as one array a column, by segment, day and time: place of the segment among those asked
-- about, place of device, person and patrol among the names, days since 1970, evidence, measures, times in
-- microseconds since 1970, band. The names are JSON, as they vary in length.
WITH found AS MATERIALIZED (
    SELECT id, segment, device, person, patrol, day, evidence, from_m, to_m, from_at, to_at, band
    FROM coverage_line
    WHERE district = %(district)s
      AND segment = ANY (%(segments)s::uuid[])
      AND day >= %(from_day)s
      AND day < %(to_day)s
      AND (evidence >= %(evidence)s OR day >= %(every_from)s)
),
name AS MATERIALIZED (
    SELECT device, person, patrol, (row_number() OVER (ORDER BY device, person, patrol) - 1)::int AS number
    FROM (SELECT DISTINCT device, person, patrol FROM found) AS one
),
ordered AS (
    SELECT (array_position(%(segments)s::uuid[], found.segment) - 1)::int AS place, name.number,
           found.day - date '1970-01-01' AS day, evidence, from_m, to_m,
           (extract(epoch FROM from_at) * 1000000)::bigint AS from_t,
           (extract(epoch FROM to_at) * 1000000)::bigint AS to_t, band
    FROM found
    JOIN name ON name.device = found.device AND name.patrol IS NOT DISTINCT FROM found.patrol
             AND name.person IS NOT DISTINCT FROM found.person
    ORDER BY found.segment, found.day, least(from_at, to_at), id
)
SELECT array_agg(place), array_agg(number), array_agg(day), array_agg(evidence), array_agg(from_m),
       array_agg(to_m), array_agg(from_t), array_agg(to_t), array_agg(band),
       (SELECT json_agg(json_build_array(device, person, patrol) ORDER BY number) FROM name)::text
FROM ordered
