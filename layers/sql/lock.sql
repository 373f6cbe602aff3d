-- Hold the lock of a subject until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(%(subject)s, 0))
