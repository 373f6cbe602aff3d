SELECT id, plan, task, unit, recipient, title, kind, evidence, due_on, done_at, state
FROM item
WHERE state = ANY (%(states)s::text[]) AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
ORDER BY id
LIMIT %(most)s
