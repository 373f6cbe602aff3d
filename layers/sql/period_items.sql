-- What plans ask of units: one row for each unit of each task that is neither merged nor undone. An item is settled
-- by the first event at its unit for the task, for a source of it, or for a merge that it ever was a part of: what
-- was carried out stays carried out when tasks are merged or merges undone.
WITH task AS (
    SELECT * FROM period_task
    WHERE district = %(district)s AND (%(plan)s::uuid IS NULL OR plan = %(plan)s::uuid)
),
part AS (
    SELECT one.id AS merge, source.id::uuid AS source
    FROM task AS one CROSS JOIN LATERAL jsonb_array_elements_text(one.body -> 'sources') AS source (id)
),
kin AS (
    SELECT id AS task, id AS other FROM task
    UNION SELECT merge, source FROM part
    UNION SELECT source, merge FROM part
),
asked AS (
    SELECT DISTINCT ON (coalesce(task.merged_into, task.id), item.unit)
           coalesce(task.merged_into, task.id) AS task, item.unit, item.id
    FROM task JOIN period_item AS item ON item.district = task.district AND item.task = task.id
    WHERE task.undone_at IS NULL AND (%(units)s::uuid[] IS NULL OR item.unit = ANY (%(units)s::uuid[]))
    ORDER BY coalesce(task.merged_into, task.id), item.unit, item.id
),
done AS (
    SELECT kin.task, event.unit, min(event.at) AS at
    FROM kin
    JOIN period_event AS event ON event.district = %(district)s AND event.task = kin.other
    WHERE event.at < %(at)s
    GROUP BY kin.task, event.unit
),
item AS (
    SELECT asked.id, task.plan, task.id AS task, asked.unit, coalesce(task.responsible, asked.unit) AS recipient,
           task.title, task.kind, task.evidence, task.due_on, done.at AS done_at,
           CASE
               WHEN (done.at AT TIME ZONE %(zone)s)::date <= task.due_on THEN 'done'
               WHEN done.at IS NOT NULL THEN 'done-late'
               WHEN (%(at)s::timestamptz AT TIME ZONE %(zone)s)::date > task.due_on THEN 'late'
               ELSE 'open'
           END AS state
    FROM asked
    JOIN task ON task.id = asked.task
    LEFT JOIN done ON done.task = asked.task AND done.unit = asked.unit
    WHERE (%(task)s::uuid IS NULL OR task.id = %(task)s::uuid)
      AND (%(from_day)s::date IS NULL OR task.due_on >= %(from_day)s::date)
      AND (%(to_day)s::date IS NULL OR task.due_on < %(to_day)s::date)
)
