-- The problems of meetings and visits, with what became of their incidents as far as the reader sees them.
SELECT p.id, p.class, p.title, p.solution, p.incident, p.opinion, i.status,
       CASE WHEN i.status = 'closed' THEN
           (SELECT max(e.at) FROM incident_event e
            WHERE e.district = p.district AND e.incident = p.incident AND e.body->>'after' = 'closed')
       END,
       p.outreach
FROM outreach_problem p
LEFT JOIN incident i ON i.district = p.district AND i.id = p.incident
WHERE p.district = %(district)s AND p.outreach = ANY (%(ids)s::uuid[])
ORDER BY p.outreach, p.place
