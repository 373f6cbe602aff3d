-- Shifts that run, with the last place of each for its coordinator. A copy of what the code declares; tests hold that
-- both give the same.
-- Who walks under the scope's own coordinator role, each as 'district person': people whose grant of today to walk
-- lies within an area that the role is held in. Of the owner, since a coordinator sees nobody else's grants; no
-- other role counts, however far it reaches.
CREATE FUNCTION public.scope_walkers() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    everywhere boolean := coalesce(public.scope() -> 'everywhere' ? 'coordinator', false);
    whole text[] := public.scope_districts('coordinator');
    units uuid[] := public.scope_units('coordinator');
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT place.code || ' ' || walker.id
        FROM public.role_grant AS held
        JOIN public.person AS walker ON walker.id = held.person AND walker.disabled_at IS NULL
        JOIN public.district AS place ON held.district IS NULL OR place.code = held.district
        WHERE held.role IN ('grid_worker', 'guard', 'representative')
          AND held.valid @> (now() AT TIME ZONE place.timezone)::date
          AND (everywhere OR held.district = ANY (whole) OR held.unit = ANY (units))
    );
END
$$;

REVOKE ALL ON FUNCTION public.scope_walkers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.scope_walkers() TO wardline_web;

CREATE UNLOGGED TABLE public.shift (
    district text NOT NULL,
    person uuid NOT NULL,
    track uuid NOT NULL,
    patrol uuid,
    mode text NOT NULL,
    began_at timestamptz NOT NULL,
    ended boolean NOT NULL,
    at timestamptz,
    lon double precision,
    lat double precision,
    accuracy_m double precision,
    CONSTRAINT pk_shift PRIMARY KEY (district, person, track),
    CONSTRAINT fk_shift_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_shift_place CHECK ((lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (at IS NULL)),
    CONSTRAINT ck_shift_ended CHECK (NOT ended OR lon IS NULL)
);

CREATE INDEX ix_shift_district_began_at ON public.shift (district, began_at);

CREATE INDEX ix_shift_district_patrol ON public.shift (district, patrol);

ALTER TABLE public.shift ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.shift TO wardline_web;
CREATE POLICY owner ON public.shift TO CURRENT_USER USING (true);
CREATE POLICY read ON public.shift FOR SELECT USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR district = ANY ((SELECT scope_areas('coordinator'))::text[]) AND NOT ended AND began_at > now() - interval '12 hours' AND district || ' ' || person = ANY ((SELECT scope_walkers())::text[]));
CREATE POLICY insert ON public.shift FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.shift FOR UPDATE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.shift FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE UNLOGGED TABLE public.shift_look (
    district text NOT NULL,
    person uuid NOT NULL,
    track uuid NOT NULL,
    viewer uuid NOT NULL,
    hour timestamptz NOT NULL,
    CONSTRAINT pk_shift_look PRIMARY KEY (district, person, track, viewer, hour),
    CONSTRAINT fk_shift_look_district_person_track FOREIGN KEY(district, person, track) REFERENCES public.shift (district, person, track) ON DELETE CASCADE
);

ALTER TABLE public.shift_look ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.shift_look TO wardline_web;
CREATE POLICY owner ON public.shift_look TO CURRENT_USER USING (true);
CREATE POLICY read ON public.shift_look FOR SELECT USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR district = ANY ((SELECT scope_areas('coordinator'))::text[]) AND viewer = (SELECT scope_person()));
CREATE POLICY insert ON public.shift_look FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('coordinator'))::text[]) AND viewer = (SELECT scope_person()) AND (district, person, track) IN (SELECT one.district, one.person, one.track FROM shift AS one));
CREATE POLICY remove ON public.shift_look FOR DELETE USING ((SELECT scope_everywhere('system')));
