-- Forget what one ledger says of a device and day.
DELETE FROM {table}
WHERE district = %(district)s AND device = %(device)s AND day = %(day)s
