-- What some devices of some holders saw on some days, packed, one row of each in the order asked: segments, sights and
-- their times.
SELECT coverage_day.segments, coverage_day.sights, coverage_day.sight_times
FROM unnest(%(devices)s::text[], %(holders)s::text[], %(days)s::date[]) WITH ORDINALITY AS asked (device, holder, day, place)
LEFT JOIN coverage_day ON coverage_day.district = %(district)s
    AND coverage_day.day = asked.day
    AND coverage_day.device = asked.device
    AND coverage_day.holder = asked.holder
ORDER BY asked.place
