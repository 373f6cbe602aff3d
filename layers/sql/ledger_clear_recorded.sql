-- Forget the markers of a device and day that recordings prove; what actions prove stays.
DELETE FROM {table}
WHERE district = %(district)s AND device = %(device)s AND day = %(day)s AND patrol IS NOT NULL
