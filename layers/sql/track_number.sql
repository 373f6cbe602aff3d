-- Remember numbers of a track as stored, beside those that are. They come in one piece, 128 bytes a chunk.
INSERT INTO field_number AS old (district, device, track, chunk, person, stored)
SELECT %(district)s, %(device)s, %(track)s, chunk, %(person)s,
       ('x' || encode(substr(%(numbers)s, 128 * place::int - 127, 128), 'hex'))::bit(1024)
FROM unnest(%(chunks)s::int[]) WITH ORDINALITY AS given (chunk, place)
ON CONFLICT (district, device, track, chunk) DO UPDATE SET stored = old.stored | excluded.stored
