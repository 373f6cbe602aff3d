-- Forget the markers of a device and day that actions prove; what recordings prove stays.
DELETE FROM {table}
WHERE district = %(district)s AND device = %(device)s AND day = %(day)s AND patrol IS NULL
