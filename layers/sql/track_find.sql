-- The track of a device, else that of the same person begun on another device.
SELECT device, person, patrol
FROM field_track
WHERE district = %(district)s AND track = %(track)s AND (device = %(device)s OR person = %(person)s)
ORDER BY device <> %(device)s, device
LIMIT 1
