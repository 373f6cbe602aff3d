-- Meetings, visits and stops. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.outreach (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    at timestamptz NOT NULL,
    place TEXT NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    unit UUID NOT NULL,
    representative UUID,
    duty TEXT,
    served INTEGER NOT NULL,
    body JSONB NOT NULL,
    author UUID,
    recorded_by TEXT NOT NULL,
    recorded_at timestamptz NOT NULL,
    digest TEXT NOT NULL,
    CONSTRAINT pk_outreach PRIMARY KEY (district, id),
    CONSTRAINT fk_outreach_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT fk_outreach_district_representative FOREIGN KEY(district, representative) REFERENCES public.representative (district, id),
    CONSTRAINT ck_outreach_kind CHECK (kind IN ('bench-meeting', 'council', 'visit')),
    CONSTRAINT ck_outreach_duty CHECK (duty IN ('law-and-policy', 'opinions', 'disputes', 'safety', 'services', 'environment')),
    CONSTRAINT ck_outreach_visit CHECK (CASE WHEN kind = 'visit' THEN representative IS NOT NULL AND duty IS NOT NULL ELSE representative IS NULL AND duty IS NULL END),
    CONSTRAINT ck_outreach_served CHECK (served >= 0)
);

CREATE INDEX ix_outreach_district_at ON public.outreach (district, at);

CREATE INDEX ix_outreach_district_representative_at ON public.outreach (district, representative, at);

ALTER TABLE public.outreach ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.outreach TO wardline_web;
CREATE POLICY owner ON public.outreach TO CURRENT_USER USING (true);
CREATE POLICY read ON public.outreach FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND author = (SELECT scope_person()));
CREATE POLICY insert ON public.outreach FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND author = (SELECT scope_person()));
CREATE POLICY change ON public.outreach FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.outreach FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.outreach_opinion (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    outreach UUID NOT NULL,
    place SMALLINT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_outreach_opinion PRIMARY KEY (district, id),
    CONSTRAINT fk_outreach_opinion_district_outreach FOREIGN KEY(district, outreach) REFERENCES public.outreach (district, id) ON DELETE CASCADE
);

CREATE INDEX ix_outreach_opinion_district_outreach ON public.outreach_opinion (district, outreach);

ALTER TABLE public.outreach_opinion ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.outreach_opinion TO wardline_web;
CREATE POLICY owner ON public.outreach_opinion TO CURRENT_USER USING (true);
CREATE POLICY read ON public.outreach_opinion FOR SELECT USING (EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_opinion.district AND one.id = outreach_opinion.outreach));
CREATE POLICY insert ON public.outreach_opinion FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_opinion.district AND one.id = outreach_opinion.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
CREATE POLICY change ON public.outreach_opinion FOR UPDATE USING (false AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_opinion.district AND one.id = outreach_opinion.outreach));
CREATE POLICY remove ON public.outreach_opinion FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.outreach_problem (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    outreach UUID NOT NULL,
    place SMALLINT NOT NULL,
    opinion UUID,
    class TEXT NOT NULL,
    title TEXT NOT NULL,
    solution TEXT,
    incident UUID,
    CONSTRAINT pk_outreach_problem PRIMARY KEY (district, id),
    CONSTRAINT fk_outreach_problem_district_outreach FOREIGN KEY(district, outreach) REFERENCES public.outreach (district, id) ON DELETE CASCADE,
    CONSTRAINT fk_outreach_problem_district_opinion FOREIGN KEY(district, opinion) REFERENCES public.outreach_opinion (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_outreach_problem_solution CHECK ((solution IS NULL) <> (incident IS NULL))
);

CREATE INDEX ix_outreach_problem_district_incident ON public.outreach_problem (district, incident);

CREATE INDEX ix_outreach_problem_district_outreach ON public.outreach_problem (district, outreach);

ALTER TABLE public.outreach_problem ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.outreach_problem TO wardline_web;
CREATE POLICY owner ON public.outreach_problem TO CURRENT_USER USING (true);
CREATE POLICY read ON public.outreach_problem FOR SELECT USING (EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_problem.district AND one.id = outreach_problem.outreach));
CREATE POLICY insert ON public.outreach_problem FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_problem.district AND one.id = outreach_problem.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
CREATE POLICY change ON public.outreach_problem FOR UPDATE USING (false AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_problem.district AND one.id = outreach_problem.outreach));
CREATE POLICY remove ON public.outreach_problem FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.outreach_action (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    outreach UUID NOT NULL,
    place SMALLINT NOT NULL,
    text TEXT NOT NULL,
    unit UUID,
    representative UUID,
    due_on DATE NOT NULL,
    done_at timestamptz,
    done_by TEXT,
    closing TEXT NOT NULL,
    CONSTRAINT pk_outreach_action PRIMARY KEY (district, id),
    CONSTRAINT fk_outreach_action_district_outreach FOREIGN KEY(district, outreach) REFERENCES public.outreach (district, id) ON DELETE CASCADE,
    CONSTRAINT fk_outreach_action_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT fk_outreach_action_district_representative FOREIGN KEY(district, representative) REFERENCES public.representative (district, id),
    CONSTRAINT ck_outreach_action_owner CHECK ((unit IS NULL) <> (representative IS NULL)),
    CONSTRAINT ck_outreach_action_done CHECK ((done_at IS NULL) = (done_by IS NULL))
);

CREATE INDEX ix_outreach_action_district_due_on ON public.outreach_action (district, due_on);

CREATE INDEX ix_outreach_action_district_outreach ON public.outreach_action (district, outreach);

ALTER TABLE public.outreach_action ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.outreach_action TO wardline_web;
CREATE POLICY owner ON public.outreach_action TO CURRENT_USER USING (true);
CREATE POLICY read ON public.outreach_action FOR SELECT USING (EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_action.district AND one.id = outreach_action.outreach));
CREATE POLICY insert ON public.outreach_action FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_action.district AND one.id = outreach_action.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
CREATE POLICY change ON public.outreach_action FOR UPDATE USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_action.district AND one.id = outreach_action.outreach));
CREATE POLICY remove ON public.outreach_action FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.service_stop (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    unit UUID NOT NULL,
    body JSONB NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    created_by TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_service_stop PRIMARY KEY (district, id),
    CONSTRAINT fk_service_stop_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_service_stop_state CHECK (state IN ('planned', 'held', 'cancelled')),
    CONSTRAINT ck_service_stop_period CHECK (to_at > from_at),
    CONSTRAINT ck_service_stop_version CHECK (version > 0)
);

CREATE INDEX ix_service_stop_district_to_at ON public.service_stop (district, to_at);

ALTER TABLE public.service_stop ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.service_stop TO wardline_web;
CREATE POLICY owner ON public.service_stop TO CURRENT_USER USING (true);
CREATE POLICY read ON public.service_stop FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.service_stop FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.service_stop FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.service_stop FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.outreach_request (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    outreach UUID NOT NULL,
    place SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    unit UUID NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    settled_at timestamptz,
    settled_by TEXT,
    answer TEXT NOT NULL,
    rule UUID,
    stop UUID,
    CONSTRAINT pk_outreach_request PRIMARY KEY (district, id),
    CONSTRAINT fk_outreach_request_district_outreach FOREIGN KEY(district, outreach) REFERENCES public.outreach (district, id) ON DELETE CASCADE,
    CONSTRAINT fk_outreach_request_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT fk_outreach_request_district_rule FOREIGN KEY(district, rule) REFERENCES public.due_rule (district, id),
    CONSTRAINT fk_outreach_request_district_stop FOREIGN KEY(district, stop) REFERENCES public.service_stop (district, id),
    CONSTRAINT ck_outreach_request_kind CHECK (kind IN ('patrol', 'service-stop')),
    CONSTRAINT ck_outreach_request_state CHECK (state IN ('asked', 'accepted', 'declined')),
    CONSTRAINT ck_outreach_request_settled CHECK ((state = 'asked') = (settled_at IS NULL)),
    CONSTRAINT ck_outreach_request_outcome CHECK (CASE WHEN state <> 'accepted' THEN rule IS NULL AND stop IS NULL WHEN kind = 'patrol' THEN rule IS NOT NULL AND stop IS NULL ELSE rule IS NULL AND stop IS NOT NULL END)
);

CREATE INDEX ix_outreach_request_district_outreach ON public.outreach_request (district, outreach);

CREATE INDEX ix_outreach_request_district_state ON public.outreach_request (district, state);

ALTER TABLE public.outreach_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.outreach_request TO wardline_web;
CREATE POLICY owner ON public.outreach_request TO CURRENT_USER USING (true);
CREATE POLICY read ON public.outreach_request FOR SELECT USING (EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_request.district AND one.id = outreach_request.outreach));
CREATE POLICY insert ON public.outreach_request FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_request.district AND one.id = outreach_request.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
CREATE POLICY change ON public.outreach_request FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_request.district AND one.id = outreach_request.outreach));
CREATE POLICY remove ON public.outreach_request FOR DELETE USING ((SELECT scope_everywhere('system')));
