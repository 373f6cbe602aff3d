-- The instant from which on the district keeps positions.
SELECT before
FROM fix_horizon
WHERE district = %(district)s
