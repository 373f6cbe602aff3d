-- What people declare that they walked without a track. A copy of what the code declares; tests hold that both give the same.
-- A row of the ledger that was declared has no recording.
ALTER TABLE public.coverage_line ALTER COLUMN patrol DROP NOT NULL;

CREATE TABLE public.coverage_declaration (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    from_m DOUBLE PRECISION NOT NULL,
    to_m DOUBLE PRECISION NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    person uuid NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawing text NOT NULL,
    CONSTRAINT pk_coverage_declaration PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_declaration_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_coverage_declaration_measures CHECK (from_m >= 0 AND to_m > from_m),
    CONSTRAINT ck_coverage_declaration_times CHECK (to_at > from_at),
    CONSTRAINT ck_coverage_declaration_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);

CREATE INDEX ix_coverage_declaration_district_from_at ON public.coverage_declaration (district, from_at);

ALTER TABLE public.coverage_declaration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_declaration TO wardline_web;
CREATE POLICY owner ON public.coverage_declaration TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_declaration FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
CREATE POLICY insert ON public.coverage_declaration FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.coverage_declaration FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.coverage_declaration FOR DELETE USING ((SELECT scope_everywhere('system')));
