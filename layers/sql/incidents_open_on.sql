-- How many incidents were open at an instant, by the unit of a layer that they belonged to then.
-- What was then is what the first later entry of the log found; where there is none, it is what is now. The log names
-- units by code: it is the last unit of that code up to the day.
SELECT CASE WHEN moved.unit IS NULL THEN i.unit ELSE coded.unit END AS unit, count(*) AS open
FROM incident i
LEFT JOIN LATERAL (
    SELECT e.body ->> 'before' AS status
    FROM incident_event e
    WHERE e.district = i.district AND e.incident = i.id AND e.at >= :until AND e.kind = 'status'
    ORDER BY e.at, e.id
    LIMIT 1
) turned ON true
LEFT JOIN LATERAL (
    SELECT e.body -> 'before' -> 'unit' AS unit
    FROM incident_event e
    WHERE e.district = i.district AND e.incident = i.id AND e.at >= :until AND e.kind IN ('moved', 'rerouted')
    ORDER BY e.at, e.id
    LIMIT 1
) moved ON true
LEFT JOIN LATERAL (
    SELECT v.unit
    FROM unit_version v
    WHERE v.district = i.district AND v.layer = :layer AND v.code = moved.unit #>> '{}'
      AND upper_inf(v.recorded) AND (lower_inf(v.valid) OR lower(v.valid) <= CAST(:as_of AS date))
    ORDER BY lower(v.valid) DESC NULLS LAST
    LIMIT 1
) coded ON moved.unit IS NOT NULL
WHERE i.district = :district
  AND (CAST(:units AS uuid[]) IS NULL OR i.unit = ANY (CAST(:units AS uuid[])))
  AND i.received_at < :until
  AND NOT coalesce(turned.status, i.status) = ANY (:settled)
GROUP BY 1
