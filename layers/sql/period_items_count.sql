SELECT count(DISTINCT unit), count(*),
       count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'done'),
       count(*) FILTER (WHERE state = 'done-late'), count(*) FILTER (WHERE state = 'late')
FROM item
WHERE state = ANY (%(states)s::text[])
