-- A fix is found by its patrol. The key of every month is made anew, which takes a minute for some ten millions of
-- fixes; nobody stores fixes meanwhile, since the service does not serve while its database is migrated.
ALTER TABLE public.fix
    DROP CONSTRAINT pk_fix,
    ADD CONSTRAINT pk_fix PRIMARY KEY (patrol, at, lon_e7, lat_e7, seq, district);

CREATE INDEX ix_patrol_district_device_ended_at_started_at
    ON public.patrol (district, device, ended_at, started_at);
