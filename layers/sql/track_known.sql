-- The stored ones among the numbers of a track that are asked for, as runs from the first to before the end, in order.
-- All are compared at once: a track of a phone has as many ranges as points, and each look into them unpacks them all.
SELECT lower(known), upper(known)
FROM field_track AS track
CROSS JOIN unnest(track.received * %(asked)s::int4multirange) AS known
WHERE track.district = %(district)s
  AND track.device = %(device)s
  AND track.track = %(track)s
ORDER BY 1
