-- Fixes that came when their days were over. A copy of what the code declares; tests hold that both give the same.
CREATE UNLOGGED TABLE public.late_fix (
    district text NOT NULL,
    device text NOT NULL,
    at timestamptz NOT NULL,
    lon_e7 integer NOT NULL,
    lat_e7 integer NOT NULL,
    patrol uuid NOT NULL,
    part integer NOT NULL,
    seq integer NOT NULL,
    accuracy_m real,
    speed_ms real,
    course real,
    CONSTRAINT pk_late_fix PRIMARY KEY (district, device, at, lon_e7, lat_e7, patrol, seq)
);

ALTER TABLE public.late_fix ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.late_fix TO wardline_web;
CREATE POLICY owner ON public.late_fix TO CURRENT_USER USING (true);
CREATE POLICY read ON public.late_fix FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.late_fix FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.late_fix FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.late_fix FOR DELETE USING ((SELECT scope_everywhere('system')));
