-- What the closed versions said of the days before the release stays true: write it again.
INSERT INTO unit_version (district, unit, revision, layer, release, code, name, level, parent, geom,
                          households, attributes, digest, valid, recorded)
SELECT v.district,
       v.unit,
       1 + (SELECT max(other.revision)
            FROM unit_version other
            WHERE other.district = v.district AND other.unit = v.unit),
       v.layer, v.release, v.code, v.name, v.level, v.parent, v.geom, v.households, v.attributes,
       v.digest,
       daterange(lower(v.valid), CAST(:day AS date)),
       tstzrange(:at, NULL)
FROM unit_version v
JOIN unnest(CAST(:units AS uuid[]), CAST(:revisions AS int[])) AS closed (unit, revision)
  ON v.unit = closed.unit AND v.revision = closed.revision
WHERE v.district = :district
  AND (lower_inf(v.valid) OR lower(v.valid) < CAST(:day AS date))
