-- Watches. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.watch (
    district text NOT NULL,
    person uuid NOT NULL,
    unit uuid NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT pk_watch PRIMARY KEY (district, person, unit),
    CONSTRAINT fk_watch_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id)
);

CREATE INDEX ix_watch_district_unit ON public.watch (district, unit);

ALTER TABLE public.watch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.watch TO wardline_web;
CREATE POLICY owner ON public.watch TO CURRENT_USER USING (true);
CREATE POLICY read ON public.watch FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR (SELECT scope_everywhere('system')));
CREATE POLICY insert ON public.watch FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR (SELECT scope_everywhere('system')));
CREATE POLICY change ON public.watch FOR UPDATE USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR (SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.watch FOR DELETE USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR (SELECT scope_everywhere('system')));
