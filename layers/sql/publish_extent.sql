-- The box of the top units in force on a day, but for those that a publication speaks of.
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (
    SELECT ST_3DExtent(coalesce(v.geom, o.geom)) AS box
    FROM unit_version v
    LEFT JOIN unit_outline o ON o.district = v.district AND o.unit = v.unit AND o.revision = v.revision
    WHERE v.district = :district
      AND v.layer = :layer
      AND v.level = 0
      AND v.valid @> CAST(:day AS date)
      AND upper_inf(v.recorded)
      AND NOT v.unit = ANY (CAST(:others AS uuid[]))
) AS tops
WHERE box IS NOT NULL
