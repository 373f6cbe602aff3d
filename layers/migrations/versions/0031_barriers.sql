-- What patrols do not see past, and the band of ground in sight. A copy of what the code declares; tests hold that both give
-- the same. Ground that an earlier version recorded has no band until it is made anew.
ALTER TABLE public.coverage_area ADD COLUMN sure BYTEA, ADD COLUMN possible BYTEA;

CREATE TABLE public.sight_barrier (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    note text NOT NULL,
    geom public.geometry(GEOMETRY,4490) NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT pk_sight_barrier PRIMARY KEY (district, id),
    CONSTRAINT fk_sight_barrier_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ex_sight_barrier_code EXCLUDE USING gist (code WITH =, district WITH =, valid WITH &&),
    CONSTRAINT ck_sight_barrier_kind CHECK (kind IN ('wall', 'hedge', 'ridge', 'building', 'other')),
    CONSTRAINT ck_sight_barrier_geom CHECK (GeometryType(geom) IN ('LINESTRING', 'POLYGON')),
    CONSTRAINT ck_sight_barrier_valid CHECK (NOT isempty(valid))
);

CREATE INDEX ix_sight_barrier_geom ON public.sight_barrier USING gist (geom);

ALTER TABLE public.sight_barrier ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.sight_barrier TO wardline_web;
CREATE POLICY owner ON public.sight_barrier TO CURRENT_USER USING (true);
CREATE POLICY read ON public.sight_barrier FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard', 'guard', 'grid_worker', 'coordinator', 'administrator', 'reporter'))::text[]));
CREATE POLICY insert ON public.sight_barrier FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.sight_barrier FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.sight_barrier FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
