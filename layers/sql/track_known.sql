-- Which numbers of a track are stored, of the chunks that are asked for: a 0 or 1 for each number.
SELECT chunk, stored::text
FROM field_number
WHERE district = %(district)s
  AND device = %(device)s
  AND track = %(track)s
  AND chunk = ANY (%(chunks)s::int[])
