-- A fix is found by its patrol. The key of every month is made anew, which takes a minute for some ten millions of
-- fixes; nobody stores fixes meanwhile, since the service does not serve while its database is migrated.
ALTER TABLE public.fix
    DROP CONSTRAINT pk_fix,
    ADD CONSTRAINT pk_fix PRIMARY KEY (patrol, at, lon_e7, lat_e7, seq, district);

CREATE INDEX ix_patrol_district_device_ended_at_started_at
    ON public.patrol (district, device, ended_at, started_at);

-- The times of a patrol were rounded in another way than those of its fixes: where a clock is finer than microseconds,
-- its first or last fix lay outside of it by one.
UPDATE public.patrol
SET started_at = least(patrol.started_at, walked.first), ended_at = greatest(patrol.ended_at, walked.last)
FROM (
    SELECT district, patrol, min(at) AS first, max(at) AS last
    FROM (
        SELECT district, patrol, at FROM public.fix
        UNION ALL
        SELECT district, patrol, at FROM public.late_fix
    ) AS every
    GROUP BY district, patrol
) AS walked
WHERE patrol.district = walked.district
  AND patrol.id = walked.patrol
  AND (patrol.started_at > walked.first OR patrol.ended_at < walked.last);
