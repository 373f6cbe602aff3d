-- Remember numbers of a track as stored, beside those that are.
INSERT INTO field_number AS old (district, device, track, chunk, person, stored)
SELECT %(district)s, %(device)s, %(track)s, new.chunk, %(person)s, new.stored::bit(1024)
FROM unnest(%(chunks)s::int[], %(stored)s::text[]) AS new (chunk, stored)
ON CONFLICT (district, device, track, chunk) DO UPDATE SET stored = old.stored | excluded.stored
