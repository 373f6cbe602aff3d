-- Some tracks: each of a device, else that of the same person begun on another device.
SELECT DISTINCT ON (track) track, device, person, patrol
FROM field_track
WHERE district = %(district)s AND track = ANY (%(tracks)s) AND (device = %(device)s OR person = %(person)s)
ORDER BY track, device <> %(device)s, device
