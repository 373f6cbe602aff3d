-- A new patrol; the same content from the same device is one patrol.
INSERT INTO patrol (district, id, device, person, mode, name, source, digest, started_at, ended_at, fixes, received_at)
VALUES (%(district)s, %(id)s, %(device)s, %(person)s, %(mode)s, %(name)s, %(source)s, %(digest)s, %(started_at)s,
        %(ended_at)s, %(fixes)s, %(received_at)s)
ON CONFLICT (district, device, digest) DO NOTHING
RETURNING id
