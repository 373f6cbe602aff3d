-- Patrols in the order of the members of layers.patrols.Patrol.
SELECT id, device, mode, name, source, digest, received_at, started_at, ended_at, person, fixes
FROM patrol
WHERE district = %(district)s AND id = ANY (%(ids)s)
