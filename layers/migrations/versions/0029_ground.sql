-- Ground cover, and the ledger of ground in sight. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.ground_cover (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    geom public.geometry(POLYGON,4490) NOT NULL,
    CONSTRAINT pk_ground_cover PRIMARY KEY (district, id),
    CONSTRAINT fk_ground_cover_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT uq_ground_cover_district_code UNIQUE (district, code),
    CONSTRAINT ck_ground_cover_kind CHECK (kind IN ('open', 'scrub', 'forest', 'water', 'closed'))
);

CREATE INDEX ix_ground_cover_geom ON public.ground_cover USING gist (geom);

CREATE TABLE public.coverage_area (
    district text NOT NULL,
    id uuid NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    cells BYTEA NOT NULL,
    CONSTRAINT pk_coverage_area PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_area_district FOREIGN KEY(district) REFERENCES public.district (code)
);

CREATE INDEX ix_coverage_area_district_day_device ON public.coverage_area (district, day, device);

ALTER TABLE public.ground_cover ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.ground_cover TO wardline_web;
CREATE POLICY owner ON public.ground_cover TO CURRENT_USER USING (true);
CREATE POLICY read ON public.ground_cover FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.ground_cover FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.ground_cover FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.ground_cover FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));

ALTER TABLE public.coverage_area ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_area TO wardline_web;
CREATE POLICY owner ON public.coverage_area TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_area FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
CREATE POLICY insert ON public.coverage_area FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.coverage_area FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.coverage_area FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
