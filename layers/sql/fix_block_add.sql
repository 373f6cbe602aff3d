-- Keep a block of fixes.
INSERT INTO fix_block (
    district, patrol, first_at, last_at, id, device, fixes, west, south, east, north, first_seq, last_seq,
    at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course
)
VALUES (
    %(district)s, %(patrol)s, %(first_at)s, %(last_at)s, %(id)s, %(device)s, %(fixes)s, %(west)s, %(south)s, %(east)s,
    %(north)s, %(first_seq)s, %(last_seq)s,
    %(at)s, %(lon_e7)s, %(lat_e7)s, %(part)s, %(seq)s, %(accuracy_m)s, %(speed_ms)s, %(course)s
)
