-- Hold the lock of the ledger of a device, and share that of the ground, until the transaction ends.
SELECT pg_advisory_xact_lock_shared(hashtextextended(%(ground)s, 0)),
       pg_advisory_xact_lock(hashtextextended(%(ledger)s, 0))
