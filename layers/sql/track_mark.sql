-- Mark numbers of a track as stored, beside those that are. Answers, of each chunk that held any of them before, a
-- 0 or 1 for each number. Numbers come in one piece, 128 bytes a chunk. What is asked sees what was before.
WITH given AS MATERIALIZED (
    SELECT chunk, ('x' || encode(substr(%(numbers)s, 128 * place::int - 127, 128), 'hex'))::bit(1024) AS numbers
    FROM unnest(%(chunks)s::int[]) WITH ORDINALITY AS one (chunk, place)
), marked AS (
    INSERT INTO field_number AS old (district, device, track, chunk, person, stored)
    SELECT %(district)s, %(device)s, %(track)s, chunk, %(person)s, numbers
    FROM given
    ON CONFLICT (district, device, track, chunk) DO UPDATE SET stored = old.stored | excluded.stored
)
SELECT given.chunk, (old.stored & given.numbers)::text
FROM given
CROSS JOIN LATERAL (
    -- One by one, by the key: a track has a thousand of them.
    SELECT stored
    FROM field_number AS one
    WHERE one.district = %(district)s
      AND one.device = %(device)s
      AND one.track = %(track)s
      AND one.chunk = given.chunk
    LIMIT 1
) AS old
WHERE old.stored & given.numbers <> 0::bit(1024)
