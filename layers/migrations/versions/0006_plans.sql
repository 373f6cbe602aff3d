-- Plans, lineage and notices, and what stands on the ground: dwellings and lines. Policies and function are copies of
-- what layers/policies.py said when this was made; a test holds that both give the same.

-- The release of the same day that this one stands for, since an earlier one came before it.
ALTER TABLE public.release
    ADD COLUMN replaces uuid,
    ADD CONSTRAINT fk_release_district_replaces FOREIGN KEY(district, replaces) REFERENCES release (district, id);

CREATE TABLE dwelling (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    households integer NOT NULL,
    CONSTRAINT pk_dwelling PRIMARY KEY (district, id),
    CONSTRAINT fk_dwelling_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT uq_dwelling_district_code UNIQUE (district, code),
    CONSTRAINT ck_dwelling_households CHECK (households >= 0)
);

CREATE INDEX ix_dwelling_geom ON dwelling USING gist (geom);

CREATE TABLE line_feature (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    geom geometry(LINESTRING,4490) NOT NULL,
    CONSTRAINT pk_line_feature PRIMARY KEY (district, id),
    CONSTRAINT fk_line_feature_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT uq_line_feature_district_code UNIQUE (district, code),
    CONSTRAINT ck_line_feature_kind CHECK (kind IN ('road', 'river', 'track', 'other'))
);

CREATE INDEX ix_line_feature_geom ON line_feature USING gist (geom);

CREATE TABLE lineage (
    district text NOT NULL,
    release uuid NOT NULL,
    from_unit uuid NOT NULL,
    to_unit uuid NOT NULL,
    kind text NOT NULL,
    share_area double precision NOT NULL,
    share_households double precision,
    share_incidents double precision,
    CONSTRAINT pk_lineage PRIMARY KEY (district, release, from_unit, to_unit),
    CONSTRAINT fk_lineage_district_release FOREIGN KEY(district, release) REFERENCES release (district, id),
    CONSTRAINT fk_lineage_district_from_unit FOREIGN KEY(district, from_unit) REFERENCES unit (district, id),
    CONSTRAINT fk_lineage_district_to_unit FOREIGN KEY(district, to_unit) REFERENCES unit (district, id),
    CONSTRAINT ck_lineage_kind CHECK (kind IN ('split', 'merge', 'transfer', 'move', 'continue')),
    CONSTRAINT ck_lineage_share_area CHECK (share_area BETWEEN 0 AND 1),
    CONSTRAINT ck_lineage_share_households CHECK (share_households BETWEEN 0 AND 1),
    CONSTRAINT ck_lineage_share_incidents CHECK (share_incidents BETWEEN 0 AND 1)
);

CREATE INDEX ix_lineage_district_from_unit ON lineage (district, from_unit);
CREATE INDEX ix_lineage_district_to_unit ON lineage (district, to_unit);

CREATE TABLE notice (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    person uuid,
    unit uuid,
    subject text NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz,
    CONSTRAINT pk_notice PRIMARY KEY (district, id),
    CONSTRAINT fk_notice_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT fk_notice_district_unit FOREIGN KEY(district, unit) REFERENCES unit (district, id),
    CONSTRAINT ck_notice_receiver CHECK ((person IS NULL) <> (unit IS NULL))
);

CREATE INDEX ix_notice_district_person ON notice (district, person);
CREATE INDEX ix_notice_district_unit ON notice (district, unit);

CREATE TABLE plan (
    district text NOT NULL,
    id uuid NOT NULL,
    layer text NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    note text NOT NULL,
    author uuid NOT NULL,
    author_name text NOT NULL,
    base uuid NOT NULL,
    scope uuid[] NOT NULL,
    status text NOT NULL,
    effective_on date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    submitted_at timestamptz,
    decided_at timestamptz,
    reviewer uuid,
    reviewer_name text,
    decision_note text NOT NULL,
    release uuid,
    conflict jsonb,
    CONSTRAINT pk_plan PRIMARY KEY (district, id),
    CONSTRAINT fk_plan_district_layer FOREIGN KEY(district, layer) REFERENCES layer (district, code),
    CONSTRAINT fk_plan_district_base FOREIGN KEY(district, base) REFERENCES release (district, id),
    CONSTRAINT fk_plan_district_release FOREIGN KEY(district, release) REFERENCES release (district, id),
    CONSTRAINT uq_plan_district_layer_number UNIQUE (district, layer, number),
    CONSTRAINT ck_plan_status CHECK (status IN ('draft', 'submitted', 'approved', 'scheduled', 'published', 'rejected', 'withdrawn')),
    CONSTRAINT ck_plan_two_people CHECK (reviewer <> author),
    CONSTRAINT ck_plan_decided CHECK ((reviewer IS NULL) = (decided_at IS NULL) AND (reviewer IS NULL) = (reviewer_name IS NULL)),
    CONSTRAINT ck_plan_reviewed CHECK (CASE WHEN status IN ('draft', 'submitted') THEN reviewer IS NULL WHEN status = 'withdrawn' THEN true ELSE reviewer IS NOT NULL END),
    CONSTRAINT ck_plan_released CHECK ((release IS NOT NULL) = (status IN ('scheduled', 'published')) AND (release IS NULL OR effective_on IS NOT NULL)),
    CONSTRAINT ck_plan_version CHECK (version > 0)
);

CREATE INDEX ix_plan_district_status_effective_on ON plan (district, status, effective_on);

CREATE TABLE plan_op (
    district text NOT NULL,
    plan uuid NOT NULL,
    seq integer NOT NULL,
    op jsonb NOT NULL,
    author uuid NOT NULL,
    at timestamptz NOT NULL,
    undone boolean NOT NULL,
    CONSTRAINT pk_plan_op PRIMARY KEY (district, plan, seq),
    CONSTRAINT fk_plan_op_district_plan FOREIGN KEY(district, plan) REFERENCES plan (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_plan_op_seq CHECK (seq > 0)
);


-- Whether a plan of this author, reviewer and status follows from the stored one without a decision: the author is
-- the same, the reviewer is the one who decided it, or none any more, and only what is approved is published. Of the
-- owner, since a policy cannot ask its own table; asked as a change is checked, it sees what is stored before it.
CREATE FUNCTION public.plan_follows(part text, plan uuid, planner uuid, decider uuid, next text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM public.plan AS stored
        WHERE stored.district = part
          AND stored.id = plan
          AND stored.author = planner
          AND (decider IS NULL OR decider = stored.reviewer)
          AND (next IN ('draft', 'submitted', 'withdrawn')
               OR next = stored.status
               OR next IN ('scheduled', 'published') AND stored.status IN ('approved', 'scheduled'))
    );
END
$$;

REVOKE ALL ON FUNCTION public.plan_follows(text, uuid, uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.plan_follows(text, uuid, uuid, uuid, text) TO wardline_web;

ALTER TABLE public.lineage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.lineage TO wardline_web;
CREATE POLICY owner ON public.lineage TO CURRENT_USER USING (true);
CREATE POLICY read ON public.lineage FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.lineage FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.lineage FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.lineage FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.plan TO wardline_web;
CREATE POLICY owner ON public.plan TO CURRENT_USER USING (true);
CREATE POLICY read ON public.plan FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.plan FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('planner', 'administrator'))::text[]) AND author = (SELECT scope_person()) AND status = 'draft');
CREATE POLICY change ON public.plan FOR UPDATE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('planner', 'administrator'))::text[]) AND author = (SELECT scope_person()) AND plan_follows(district, id, author, reviewer, status) OR district = ANY ((SELECT scope_areas('reviewer', 'administrator'))::text[]) AND author <> (SELECT scope_person()) AND plan_follows(district, id, author, NULL, 'submitted') AND (status = 'submitted' OR status IN ('approved', 'rejected') AND reviewer = (SELECT scope_person())));
CREATE POLICY remove ON public.plan FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.plan_op ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.plan_op TO wardline_web;
CREATE POLICY owner ON public.plan_op TO CURRENT_USER USING (true);
CREATE POLICY read ON public.plan_op FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.plan_op FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('planner', 'administrator'))::text[]) AND EXISTS (SELECT FROM plan AS one WHERE one.district = plan_op.district AND one.id = plan_op.plan AND one.author = (SELECT scope_person()) AND one.status = 'draft'));
CREATE POLICY change ON public.plan_op FOR UPDATE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('planner', 'administrator'))::text[]) AND EXISTS (SELECT FROM plan AS one WHERE one.district = plan_op.district AND one.id = plan_op.plan AND one.author = (SELECT scope_person()) AND one.status = 'draft'));
CREATE POLICY remove ON public.plan_op FOR DELETE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('planner', 'administrator'))::text[]) AND EXISTS (SELECT FROM plan AS one WHERE one.district = plan_op.district AND one.id = plan_op.plan AND one.author = (SELECT scope_person()) AND one.status = 'draft'));
ALTER TABLE public.notice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.notice TO wardline_web;
CREATE POLICY owner ON public.notice TO CURRENT_USER USING (true);
CREATE POLICY read ON public.notice FOR SELECT USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR unit IS NOT NULL AND (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::uuid[])));
CREATE POLICY insert ON public.notice FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY change ON public.notice FOR UPDATE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR unit IS NOT NULL AND (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::uuid[])));
CREATE POLICY remove ON public.notice FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.line_feature ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.line_feature TO wardline_web;
CREATE POLICY owner ON public.line_feature TO CURRENT_USER USING (true);
CREATE POLICY read ON public.line_feature FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.line_feature FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.line_feature FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.line_feature FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
ALTER TABLE public.dwelling ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.dwelling TO wardline_web;
CREATE POLICY owner ON public.dwelling TO CURRENT_USER USING (true);
CREATE POLICY read ON public.dwelling FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]));
CREATE POLICY insert ON public.dwelling FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.dwelling FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.dwelling FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
