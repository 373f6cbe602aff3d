-- The ends of the chain of responsibility. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.demonstration_household (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    label text NOT NULL,
    unit uuid NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    since date NOT NULL,
    until date,
    CONSTRAINT pk_demonstration_household PRIMARY KEY (district, id),
    CONSTRAINT fk_demonstration_household_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT fk_demonstration_household_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT uq_demonstration_household_district_code UNIQUE (district, code),
    CONSTRAINT ck_demonstration_household_until CHECK (until > since)
);

CREATE INDEX ix_demonstration_household_district_unit ON public.demonstration_household (district, unit);

ALTER TABLE public.demonstration_household ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.demonstration_household TO wardline_web;
CREATE POLICY owner ON public.demonstration_household TO CURRENT_USER USING (true);
CREATE POLICY read ON public.demonstration_household FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::uuid[]));
CREATE POLICY insert ON public.demonstration_household FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));
CREATE POLICY change ON public.demonstration_household FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));
CREATE POLICY remove ON public.demonstration_household FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));

CREATE TABLE public.leader (
    district text NOT NULL,
    id uuid NOT NULL,
    unit uuid,
    name text NOT NULL,
    title text NOT NULL,
    since date NOT NULL,
    until date,
    CONSTRAINT pk_leader PRIMARY KEY (district, id),
    CONSTRAINT fk_leader_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT fk_leader_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_leader_until CHECK (until > since)
);

CREATE INDEX ix_leader_district_unit ON public.leader (district, unit);

ALTER TABLE public.leader ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.leader TO wardline_web;
CREATE POLICY owner ON public.leader TO CURRENT_USER USING (true);
CREATE POLICY read ON public.leader FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]));
CREATE POLICY insert ON public.leader FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.leader FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.leader FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
