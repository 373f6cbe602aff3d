-- Hold, one after the other until the transaction ends: what a person sends, the ground, which others may hold too,
-- and the ledgers of the devices that some tracks are of, or are to be of. Tells the devices.
SELECT device,
       CASE
           WHEN place = 1 THEN pg_advisory_xact_lock_shared(hashtextextended(subject, 0))
           ELSE pg_advisory_xact_lock(hashtextextended(subject, 0))
       END
FROM (
    SELECT place, device, subject
    FROM (
        SELECT 0 AS place, NULL AS device, %(sent)s AS subject
        UNION ALL
        SELECT 1, NULL, %(ground)s
        UNION ALL
        SELECT 2, %(device)s, 'coverage of ' || %(device)s || ':' || %(district)s
        UNION
        SELECT 2, device, 'coverage of ' || device || ':' || district
        FROM field_track
        WHERE district = %(district)s AND track = ANY (%(tracks)s) AND (device = %(device)s OR person = %(person)s)
    ) AS every
    ORDER BY place, device COLLATE "C"
    OFFSET 0
) AS subjects
