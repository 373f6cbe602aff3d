-- The life of incidents: actions, requests, reminders, rules, and copies of what the log says. A copy of what the
-- code declares; tests hold that both give the same.
ALTER TABLE public.incident
    ADD COLUMN responsible uuid,
    ADD COLUMN named uuid,
    ADD COLUMN filed_at timestamptz,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN on_time boolean,
    ADD COLUMN remind_at timestamptz;
CREATE INDEX ix_incident_district_remind_at ON public.incident (district, remind_at);
CREATE INDEX ix_incident_district_due_at ON public.incident (district, due_at);
ALTER TABLE public.incident_event ADD COLUMN person uuid;

CREATE TABLE public.incident_action (
    district text NOT NULL,
    id uuid NOT NULL,
    incident uuid NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    assignee uuid,
    due_on date,
    state text NOT NULL,
    evidence text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT pk_incident_action PRIMARY KEY (district, id),
    CONSTRAINT fk_incident_action_district_incident FOREIGN KEY(district, incident) REFERENCES public.incident (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_incident_action_state CHECK (state IN ('open', 'done', 'dropped')),
    CONSTRAINT ck_incident_action_settled CHECK ((state = 'open') = (settled_at IS NULL)),
    CONSTRAINT ck_incident_action_reason CHECK (state <> 'dropped' OR reason <> ''),
    CONSTRAINT ck_incident_action_evidence CHECK (state <> 'done' OR evidence <> '')
);

CREATE INDEX ix_incident_action_district_incident ON public.incident_action (district, incident);

ALTER TABLE public.incident_action ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_action TO wardline_web;
CREATE POLICY owner ON public.incident_action TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_action FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_action.district AND one.id = incident_action.incident));
CREATE POLICY insert ON public.incident_action FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_action.district AND one.id = incident_action.incident));
CREATE POLICY change ON public.incident_action FOR UPDATE USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_action.district AND one.id = incident_action.incident));
CREATE POLICY remove ON public.incident_action FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.incident_request (
    district text NOT NULL,
    id uuid NOT NULL,
    incident uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    days integer,
    asked_by uuid,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    approved boolean,
    note text NOT NULL,
    CONSTRAINT pk_incident_request PRIMARY KEY (district, id),
    CONSTRAINT fk_incident_request_district_incident FOREIGN KEY(district, incident) REFERENCES public.incident (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_incident_request_kind CHECK (kind IN ('return', 'delay', 'suspend')),
    CONSTRAINT ck_incident_request_days CHECK ((kind = 'delay') = (days IS NOT NULL)),
    CONSTRAINT ck_incident_request_two_people CHECK (decided_by <> asked_by),
    CONSTRAINT ck_incident_request_decided CHECK ((approved IS NULL) = (decided_at IS NULL))
);

CREATE INDEX ix_incident_request_district_incident ON public.incident_request (district, incident);

ALTER TABLE public.incident_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_request TO wardline_web;
CREATE POLICY owner ON public.incident_request TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_request FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_request.district AND one.id = incident_request.incident));
CREATE POLICY insert ON public.incident_request FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_request.district AND one.id = incident_request.incident));
CREATE POLICY change ON public.incident_request FOR UPDATE USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_request.district AND one.id = incident_request.incident));
CREATE POLICY remove ON public.incident_request FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.incident_reminder (
    district text NOT NULL,
    incident uuid NOT NULL,
    round smallint NOT NULL,
    colour text NOT NULL,
    percent smallint NOT NULL,
    sent_at timestamptz NOT NULL,
    CONSTRAINT pk_incident_reminder PRIMARY KEY (district, incident, round, colour, percent),
    CONSTRAINT fk_incident_reminder_district_incident FOREIGN KEY(district, incident) REFERENCES public.incident (district, id) ON DELETE CASCADE
);

ALTER TABLE public.incident_reminder ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_reminder TO wardline_web;
CREATE POLICY owner ON public.incident_reminder TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_reminder FOR SELECT USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_reminder.district AND one.id = incident_reminder.incident));
CREATE POLICY insert ON public.incident_reminder FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')));
CREATE POLICY change ON public.incident_reminder FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.incident_reminder FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.incident_rules (
    district text NOT NULL,
    body jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT pk_incident_rules PRIMARY KEY (district),
    CONSTRAINT fk_incident_rules_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_incident_rules_version CHECK (version >= 1)
);

ALTER TABLE public.incident_rules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_rules TO wardline_web;
CREATE POLICY owner ON public.incident_rules TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_rules FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.incident_rules FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.incident_rules FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.incident_rules FOR DELETE USING ((SELECT scope_everywhere('system')));
