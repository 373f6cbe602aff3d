-- Hold the locks of subjects, one after the other, until the transaction ends; that of the ground is shared.
SELECT CASE
    WHEN subject = %(ground)s THEN pg_advisory_xact_lock_shared(hashtextextended(subject, 0))
    ELSE pg_advisory_xact_lock(hashtextextended(subject, 0))
END
FROM unnest(%(subjects)s::text[]) AS subject
