-- Which numbers of a track are stored, in the order they are asked for.
SELECT track.received @> asked.seq
FROM unnest(%(seq)s::int[]) WITH ORDINALITY AS asked (seq, place)
JOIN field_track AS track
  ON track.district = %(district)s
 AND track.device = %(device)s
 AND track.track = %(track)s
ORDER BY asked.place
