-- Recordings of tracks, and times of them, that count no more. A copy of what the code declares; tests hold that both
-- give the same.
CREATE TABLE public.track_withdrawal (
    district text NOT NULL,
    id uuid NOT NULL,
    patrol uuid NOT NULL,
    device text NOT NULL,
    person text,
    from_at timestamptz,
    to_at timestamptz,
    reason text NOT NULL,
    withdrawn_at timestamptz NOT NULL,
    withdrawn_by text NOT NULL,
    restored_at timestamptz,
    restored_by text,
    restoring text NOT NULL,
    CONSTRAINT pk_track_withdrawal PRIMARY KEY (district, id),
    CONSTRAINT fk_track_withdrawal_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT fk_track_withdrawal_district_patrol FOREIGN KEY(district, patrol) REFERENCES public.patrol (district, id),
    CONSTRAINT ck_track_withdrawal_times CHECK ((from_at IS NULL) = (to_at IS NULL) AND to_at >= from_at),
    CONSTRAINT ck_track_withdrawal_restored CHECK ((restored_at IS NULL) = (restored_by IS NULL))
);

CREATE INDEX ix_track_withdrawal_district_patrol ON public.track_withdrawal (district, patrol);

ALTER TABLE public.track_withdrawal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.track_withdrawal TO wardline_web;
CREATE POLICY owner ON public.track_withdrawal TO CURRENT_USER USING (true);
CREATE POLICY read ON public.track_withdrawal FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person())::text);
CREATE POLICY insert ON public.track_withdrawal FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.track_withdrawal FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.track_withdrawal FOR DELETE USING ((SELECT scope_everywhere('system')));
