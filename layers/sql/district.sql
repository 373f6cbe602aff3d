-- A district in the order of the members of layers.districts.District.
SELECT code, name, name_en, timezone, created_at
FROM district
WHERE code = %(district)s
