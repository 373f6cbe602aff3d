SELECT DISTINCT unit
FROM item
WHERE state = ANY (%(states)s::text[]) AND (%(after)s::uuid IS NULL OR unit > %(after)s::uuid)
ORDER BY unit
LIMIT %(most)s
