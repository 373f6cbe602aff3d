-- End the belief in the versions that a release changes or ends.
UPDATE unit_version v
SET recorded = tstzrange(lower(v.recorded), :at)
FROM unnest(CAST(:units AS uuid[]), CAST(:revisions AS int[])) AS closed (unit, revision)
WHERE v.district = :district
  AND v.unit = closed.unit
  AND v.revision = closed.revision
