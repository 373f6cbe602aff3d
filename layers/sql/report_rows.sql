-- The rows behind the numbers of a report: each number is the sum of the values of its rows, so both come from here.
-- It follows period_items.sql, whose items are those that are due in the period. What meetings and visits brought up is
-- solved when it was solved there and then, or when its incident was closed.
, heard AS (
    SELECT * FROM outreach
    WHERE district = %(district)s AND (%(units)s::uuid[] IS NULL OR unit = ANY (%(units)s::uuid[]))
),
held AS (SELECT * FROM heard WHERE at >= %(from_at)s AND at < %(to_at)s),
closed AS (
    SELECT p.id, max(e.at) AS at, h.unit, p.title
    FROM heard h
    JOIN outreach_problem p ON p.district = h.district AND p.outreach = h.id
    JOIN incident i ON i.district = p.district AND i.id = p.incident AND i.status = 'closed'
    JOIN incident_event e ON e.district = i.district AND e.incident = i.id AND e.body->>'after' = 'closed'
    GROUP BY p.id, h.unit, p.title
),
case_of AS (
    SELECT * FROM incident
    WHERE district = %(district)s AND (%(units)s::uuid[] IS NULL OR unit = ANY (%(units)s::uuid[]))
),
row_of AS (
    SELECT 'visits' AS figure, id, at, 1::bigint AS value, unit, place AS label FROM held WHERE kind = 'visit'
    UNION ALL SELECT 'meetings', id, at, 1, unit, place FROM held WHERE kind <> 'visit'
    UNION ALL SELECT 'served', id, at, served, unit, place FROM held WHERE served > 0
    UNION ALL SELECT 'opinions', o.id, h.at, 1, h.unit, o.text
        FROM held h JOIN outreach_opinion o ON o.district = h.district AND o.outreach = h.id
    UNION ALL SELECT 'problems', p.id, h.at, 1, h.unit, p.title
        FROM held h JOIN outreach_problem p ON p.district = h.district AND p.outreach = h.id
    UNION ALL SELECT 'problems-solved', p.id, h.at, 1, h.unit, p.title
        FROM held h JOIN outreach_problem p ON p.district = h.district AND p.outreach = h.id
        WHERE p.solution IS NOT NULL
    UNION ALL SELECT 'problems-solved', id, at, 1, unit, title
        FROM closed WHERE at >= %(from_at)s AND at < %(to_at)s
    UNION ALL SELECT 'incidents-' || colour, id, received_at, 1, unit, title
        FROM case_of WHERE received_at >= %(from_at)s AND received_at < %(to_at)s
    UNION ALL SELECT 'incidents', id, received_at, 1, unit, title
        FROM case_of WHERE received_at >= %(from_at)s AND received_at < %(to_at)s
    UNION ALL SELECT 'incidents-closed', id, closed_at, 1, unit, title
        FROM case_of WHERE closed_at >= %(from_at)s AND closed_at < %(to_at)s
    UNION ALL SELECT e.kind || 's', e.id, e.at, 1, e.unit, t.title
        FROM period_event e JOIN period_task t ON t.district = e.district AND t.id = e.task
        WHERE e.district = %(district)s AND e.at >= %(from_at)s AND e.at < %(to_at)s
          AND (%(units)s::uuid[] IS NULL OR e.unit = ANY (%(units)s::uuid[]))
    UNION ALL SELECT 'tasks-submitted', id, created_at, 1, responsible, title FROM task
        WHERE jsonb_array_length(body -> 'sources') = 0
          AND due_on >= %(from_day)s::date AND due_on < %(to_day)s::date
    UNION ALL SELECT 'tasks', id, created_at, 1, responsible, title FROM task
        WHERE merged_into IS NULL AND undone_at IS NULL
          AND due_on >= %(from_day)s::date AND due_on < %(to_day)s::date
    UNION ALL SELECT DISTINCT 'units-covered', unit, NULL::timestamptz, 1::bigint, unit, '' FROM item
    UNION ALL SELECT 'items', id, NULL, 1, unit, title FROM item
    UNION ALL SELECT 'items-' || state, id, done_at, 1, unit, title FROM item
    UNION ALL SELECT 'letters', id, issued_at, 1, unit, number::text FROM reminder_letter
        WHERE district = %(district)s AND issued_at >= %(from_at)s AND issued_at < %(to_at)s
          AND (%(units)s::uuid[] IS NULL OR unit = ANY (%(units)s::uuid[]))
)
