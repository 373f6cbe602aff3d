-- Plans of periods, their tasks, items and events, reminder letters and monitoring points. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.period_plan (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    created_at timestamptz NOT NULL,
    created_by TEXT NOT NULL,
    published_at timestamptz,
    published_by TEXT,
    CONSTRAINT pk_period_plan PRIMARY KEY (district, id),
    CONSTRAINT fk_period_plan_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_period_plan_kind CHECK (kind IN ('month', 'quarter', 'half-year', 'free')),
    CONSTRAINT ck_period_plan_days CHECK (last_day >= first_day),
    CONSTRAINT ck_period_plan_published CHECK ((published_at IS NULL) = (published_by IS NULL)),
    CONSTRAINT uq_period_plan_district_first_day_last_day UNIQUE (district, first_day, last_day)
);

ALTER TABLE public.period_plan ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.period_plan TO wardline_web;
CREATE POLICY owner ON public.period_plan TO CURRENT_USER USING (true);
CREATE POLICY read ON public.period_plan FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.period_plan FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.period_plan FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.period_plan FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.period_task (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    plan UUID NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    evidence TEXT NOT NULL,
    office TEXT NOT NULL,
    due_on DATE NOT NULL,
    responsible UUID,
    answerable TEXT NOT NULL,
    place TEXT NOT NULL,
    geom geometry(POINT,4490),
    merged_into UUID,
    body JSONB NOT NULL,
    author UUID,
    created_at timestamptz NOT NULL,
    created_by TEXT NOT NULL,
    undone_at timestamptz,
    undone_by TEXT,
    CONSTRAINT pk_period_task PRIMARY KEY (district, id),
    CONSTRAINT fk_period_task_district_plan FOREIGN KEY(district, plan) REFERENCES public.period_plan (district, id),
    CONSTRAINT fk_period_task_district_responsible FOREIGN KEY(district, responsible) REFERENCES public.unit (district, id),
    CONSTRAINT fk_period_task_district_merged_into FOREIGN KEY(district, merged_into) REFERENCES public.period_task (district, id),
    CONSTRAINT ck_period_task_evidence CHECK (evidence IN ('check', 'ledger')),
    CONSTRAINT ck_period_task_undone CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
    CONSTRAINT ck_period_task_merged CHECK (merged_into IS NULL OR undone_at IS NULL)
);

CREATE INDEX ix_period_task_district_due_on ON public.period_task (district, due_on);

CREATE INDEX ix_period_task_district_plan ON public.period_task (district, plan);

ALTER TABLE public.period_task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.period_task TO wardline_web;
CREATE POLICY owner ON public.period_task TO CURRENT_USER USING (true);
CREATE POLICY read ON public.period_task FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.period_task FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('coordinator', 'supervisor', 'administrator'))::text[]));
CREATE POLICY change ON public.period_task FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.period_task FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.period_item (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    task UUID NOT NULL,
    unit UUID NOT NULL,
    CONSTRAINT pk_period_item PRIMARY KEY (district, id),
    CONSTRAINT fk_period_item_district_task FOREIGN KEY(district, task) REFERENCES public.period_task (district, id),
    CONSTRAINT fk_period_item_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT uq_period_item_district_task_unit UNIQUE (district, task, unit)
);

ALTER TABLE public.period_item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.period_item TO wardline_web;
CREATE POLICY owner ON public.period_item TO CURRENT_USER USING (true);
CREATE POLICY read ON public.period_item FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[]));
CREATE POLICY insert ON public.period_item FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('coordinator', 'supervisor', 'administrator'))::text[]));
CREATE POLICY remove ON public.period_item FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.period_event (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    task UUID NOT NULL,
    unit UUID NOT NULL,
    kind TEXT NOT NULL,
    at timestamptz NOT NULL,
    note TEXT NOT NULL,
    author UUID,
    recorded_at timestamptz NOT NULL,
    recorded_by TEXT NOT NULL,
    CONSTRAINT pk_period_event PRIMARY KEY (district, id),
    CONSTRAINT fk_period_event_district_task FOREIGN KEY(district, task) REFERENCES public.period_task (district, id),
    CONSTRAINT fk_period_event_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_period_event_kind CHECK (kind IN ('check', 'ledger'))
);

CREATE INDEX ix_period_event_district_at ON public.period_event (district, at);

CREATE INDEX ix_period_event_district_task_unit ON public.period_event (district, task, unit);

ALTER TABLE public.period_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.period_event TO wardline_web;
CREATE POLICY owner ON public.period_event TO CURRENT_USER USING (true);
CREATE POLICY read ON public.period_event FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[]));
CREATE POLICY insert ON public.period_event FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::uuid[]));
CREATE POLICY remove ON public.period_event FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.reminder_letter (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    plan UUID NOT NULL,
    unit UUID NOT NULL,
    number INTEGER NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_by TEXT NOT NULL,
    CONSTRAINT pk_reminder_letter PRIMARY KEY (district, id),
    CONSTRAINT fk_reminder_letter_district_plan FOREIGN KEY(district, plan) REFERENCES public.period_plan (district, id),
    CONSTRAINT fk_reminder_letter_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_reminder_letter_number CHECK (number > 0),
    CONSTRAINT uq_reminder_letter_district_plan_unit UNIQUE (district, plan, unit),
    CONSTRAINT uq_reminder_letter_district_plan_number UNIQUE (district, plan, number)
);

ALTER TABLE public.reminder_letter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.reminder_letter TO wardline_web;
CREATE POLICY owner ON public.reminder_letter TO CURRENT_USER USING (true);
CREATE POLICY read ON public.reminder_letter FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[]));
CREATE POLICY insert ON public.reminder_letter FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.reminder_letter FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.reminder_item (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    letter UUID NOT NULL,
    task UUID NOT NULL,
    unit UUID NOT NULL,
    list SMALLINT NOT NULL,
    listed_at timestamptz NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_reminder_item PRIMARY KEY (district, id),
    CONSTRAINT fk_reminder_item_district_letter FOREIGN KEY(district, letter) REFERENCES public.reminder_letter (district, id),
    CONSTRAINT fk_reminder_item_district_task FOREIGN KEY(district, task) REFERENCES public.period_task (district, id),
    CONSTRAINT fk_reminder_item_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_reminder_item_list CHECK (list >= 0),
    CONSTRAINT uq_reminder_item_district_letter_task_unit UNIQUE (district, letter, task, unit)
);

ALTER TABLE public.reminder_item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.reminder_item TO wardline_web;
CREATE POLICY owner ON public.reminder_item TO CURRENT_USER USING (true);
CREATE POLICY read ON public.reminder_item FOR SELECT USING (EXISTS (SELECT FROM reminder_letter AS one WHERE one.district = reminder_item.district AND one.id = reminder_item.letter));
CREATE POLICY insert ON public.reminder_item FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.reminder_item FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.monitoring_point (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    plan UUID NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    unit UUID NOT NULL,
    supervisor UUID NOT NULL,
    supervisor_name TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    created_by TEXT NOT NULL,
    ended_at timestamptz,
    ended_by TEXT,
    CONSTRAINT pk_monitoring_point PRIMARY KEY (district, id),
    CONSTRAINT fk_monitoring_point_district_plan FOREIGN KEY(district, plan) REFERENCES public.period_plan (district, id),
    CONSTRAINT fk_monitoring_point_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_monitoring_point_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

CREATE INDEX ix_monitoring_point_district_plan ON public.monitoring_point (district, plan);

ALTER TABLE public.monitoring_point ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.monitoring_point TO wardline_web;
CREATE POLICY owner ON public.monitoring_point TO CURRENT_USER USING (true);
CREATE POLICY read ON public.monitoring_point FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.monitoring_point FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.monitoring_point FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.monitoring_point FOR DELETE USING ((SELECT scope_everywhere('system')));
