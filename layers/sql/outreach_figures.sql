-- How many meetings, visits and what came of them by month of the district's calendar. What was solved later is
-- told in the month in which its incident was closed, whenever the problem was collected.
WITH seen AS (
    SELECT o.*, to_char(o.at AT TIME ZONE %(zone)s, 'YYYY-MM') AS month
    FROM outreach o
    WHERE o.district = %(district)s
      AND (%(units)s::uuid[] IS NULL OR o.unit = ANY (%(units)s::uuid[]))
),
held AS (SELECT * FROM seen WHERE at >= %(from_at)s AND at < %(to_at)s),
closed AS (
    SELECT max(e.at) AS at
    FROM seen o
    JOIN outreach_problem p ON p.district = o.district AND p.outreach = o.id
    JOIN incident i ON i.district = p.district AND i.id = p.incident AND i.status = 'closed'
    JOIN incident_event e ON e.district = i.district AND e.incident = i.id AND e.body->>'after' = 'closed'
    GROUP BY p.id
)
SELECT month, kind, count(*) FROM held GROUP BY 1, 2
UNION ALL
SELECT month, 'served', sum(served) FROM held GROUP BY 1 HAVING sum(served) > 0
UNION ALL
SELECT month, 'opinions', count(*) FROM held h
JOIN outreach_opinion c ON c.district = h.district AND c.outreach = h.id GROUP BY 1
UNION ALL
SELECT month, 'problems', count(*) FROM held h
JOIN outreach_problem c ON c.district = h.district AND c.outreach = h.id GROUP BY 1
UNION ALL
SELECT month, 'solved-on-the-spot', count(*) FROM held h
JOIN outreach_problem c ON c.district = h.district AND c.outreach = h.id AND c.solution IS NOT NULL GROUP BY 1
UNION ALL
SELECT to_char(at AT TIME ZONE %(zone)s, 'YYYY-MM'), 'solved-later', count(*) FROM closed
WHERE at >= %(from_at)s AND at < %(to_at)s GROUP BY 1
UNION ALL
SELECT month, 'actions', count(*) FROM held h
JOIN outreach_action c ON c.district = h.district AND c.outreach = h.id GROUP BY 1
UNION ALL
SELECT month, 'requests', count(*) FROM held h
JOIN outreach_request c ON c.district = h.district AND c.outreach = h.id GROUP BY 1
ORDER BY 1, 2
