-- The first day of which fixes are kept, and when those before it were removed.
SELECT timezone(district.timezone, fix_horizon.before)::date, fix_horizon.removed_at
FROM fix_horizon
JOIN district ON district.code = fix_horizon.district
WHERE fix_horizon.district = %(district)s
