-- Incidents that may be the same as one at a place: about the same marker, near it, or near its measure on a
-- segment of the border. Of the same marker come first.
WITH place AS (
    SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS geom,
           -- A box that surely holds the circle; distances are taken on the ellipsoid.
           CAST(:radius_m AS double precision) / 110000 AS up,
           CAST(:radius_m AS double precision) / (110000 * greatest(cos(radians(:lat)), 0.01)) AS along
)
SELECT one.id, ST_Distance(CAST(one.geom AS geography), CAST(place.geom AS geography)) AS distance_m
FROM incident AS one, place
WHERE one.district = :district
  AND one.class = ANY (CAST(:classes AS text[]))
  AND one.id IS DISTINCT FROM CAST(:but AS uuid)
  AND (one.status <> ALL (CAST(:settled AS text[])) OR one.status = 'closed' AND one.closed_at >= :since)
  AND (CAST(:units AS uuid[]) IS NULL OR one.unit = ANY (CAST(:units AS uuid[])))
  AND (
      one.geom && ST_Expand(place.geom, place.along, place.up)
          AND ST_DWithin(CAST(one.geom AS geography), CAST(place.geom AS geography), :radius_m)
      OR one.asset = CAST(:asset AS text)
      OR one.segment = CAST(:segment AS uuid)
          AND abs(one.measure_m - CAST(:measure_m AS double precision)) <= CAST(:apart_m AS double precision)
  )
ORDER BY (one.asset = CAST(:asset AS text)) IS TRUE DESC, distance_m, one.id
LIMIT :most
