-- Which of some numbers of a track are stored: of each chunk that holds any, a 0 or 1 for each number. What is
-- asked comes in one piece, 128 bytes a chunk.
SELECT old.chunk, (old.stored & asked.numbers)::text
FROM (
    SELECT chunk, ('x' || encode(substr(%(numbers)s, 128 * place::int - 127, 128), 'hex'))::bit(1024) AS numbers
    FROM unnest(%(chunks)s::int[]) WITH ORDINALITY AS given (chunk, place)
) AS asked
JOIN field_number AS old ON old.chunk = asked.chunk
WHERE old.district = %(district)s
  AND old.device = %(device)s
  AND old.track = %(track)s
  AND old.chunk = ANY (%(chunks)s::int[])
  AND old.stored & asked.numbers <> 0::bit(1024)
