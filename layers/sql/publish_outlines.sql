-- The versions written again keep the outlines of the closed ones.
INSERT INTO unit_outline (district, unit, revision, geom, label)
SELECT o.district, o.unit, again.revision, o.geom, o.label
FROM unit_outline o
JOIN unnest(CAST(:units AS uuid[]), CAST(:revisions AS int[])) AS closed (unit, revision)
  ON o.unit = closed.unit AND o.revision = closed.revision
JOIN unit_version again
  ON again.district = o.district
 AND again.unit = o.unit
 AND again.revision > closed.revision
 AND lower(again.recorded) = :at
 AND upper_inf(again.recorded)
WHERE o.district = :district
  -- Of what was published at the same instant before, each version has its own.
  AND NOT EXISTS (
      SELECT FROM unit_outline other
      WHERE other.district = again.district AND other.unit = again.unit AND other.revision = again.revision
  )
