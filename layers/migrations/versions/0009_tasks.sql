-- Tasks of coverage. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.coverage_task (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    layer text,
    from_m double precision,
    to_m double precision,
    least smallint NOT NULL,
    counts_from timestamptz NOT NULL,
    assignee uuid,
    until date,
    reason text NOT NULL,
    state text NOT NULL,
    open_m double precision,
    settled_at timestamptz,
    settled_by text,
    closing text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT pk_coverage_task PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_task_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_coverage_task_kind CHECK (kind IN ('segment', 'unit', 'marker')),
    CONSTRAINT ck_coverage_task_state CHECK (state IN ('open', 'done', 'closed')),
    CONSTRAINT ck_coverage_task_least CHECK (least BETWEEN 0 AND 6),
    CONSTRAINT ck_coverage_task_measures CHECK (CASE WHEN kind = 'segment' THEN from_m >= 0 AND to_m > from_m ELSE from_m IS NULL AND to_m IS NULL END),
    CONSTRAINT ck_coverage_task_layer CHECK ((layer IS NOT NULL) = (kind = 'unit')),
    CONSTRAINT ck_coverage_task_settled CHECK ((state = 'open') = (settled_at IS NULL)),
    CONSTRAINT ck_coverage_task_version CHECK (version > 0)
);

CREATE INDEX ix_coverage_task_district_assignee ON public.coverage_task (district, assignee);
CREATE INDEX ix_coverage_task_district_state ON public.coverage_task (district, state);

ALTER TABLE public.coverage_task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_task TO wardline_web;
CREATE POLICY owner ON public.coverage_task TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_task FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND assignee = (SELECT scope_person()));
CREATE POLICY insert ON public.coverage_task FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.coverage_task FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]));
CREATE POLICY remove ON public.coverage_task FOR DELETE USING ((SELECT scope_everywhere('system')));

DROP POLICY read ON public.coverage_line;
CREATE POLICY read ON public.coverage_line FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
DROP POLICY insert ON public.coverage_line;
CREATE POLICY insert ON public.coverage_line FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY change ON public.coverage_line;
CREATE POLICY change ON public.coverage_line FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY remove ON public.coverage_line;
CREATE POLICY remove ON public.coverage_line FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY read ON public.coverage_grid;
CREATE POLICY read ON public.coverage_grid FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
DROP POLICY insert ON public.coverage_grid;
CREATE POLICY insert ON public.coverage_grid FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY change ON public.coverage_grid;
CREATE POLICY change ON public.coverage_grid FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY remove ON public.coverage_grid;
CREATE POLICY remove ON public.coverage_grid FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY read ON public.coverage_marker;
CREATE POLICY read ON public.coverage_marker FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
DROP POLICY insert ON public.coverage_marker;
CREATE POLICY insert ON public.coverage_marker FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY change ON public.coverage_marker;
CREATE POLICY change ON public.coverage_marker FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY remove ON public.coverage_marker;
CREATE POLICY remove ON public.coverage_marker FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
DROP POLICY read ON public.visit;
CREATE POLICY read ON public.visit FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
DROP POLICY read ON public.person;
CREATE POLICY read ON public.person FOR SELECT USING (id = (SELECT scope_person()) OR (SELECT scope_holds('administrator', 'auditor')) OR (SELECT scope_everywhere('settling')));
DROP POLICY read ON public.role_grant;
CREATE POLICY read ON public.role_grant FOR SELECT USING (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator', 'auditor')) OR (SELECT scope_everywhere('settling')));
