-- What is due: rules and suspensions. A copy of what the code declares; tests hold that both give the same.
ALTER TABLE public.visit
    DROP CONSTRAINT ck_visit_action,
    ADD CONSTRAINT ck_visit_action CHECK (action IN ('scanned', 'inspected', 'cleaned', 'repainted', 'repaired', 'replaced', 'jointly-inspected'));

CREATE TABLE public.due_rule (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    layer text,
    below boolean NOT NULL,
    from_m double precision,
    to_m double precision,
    clock text NOT NULL,
    least smallint NOT NULL,
    within_days double precision NOT NULL,
    times integer NOT NULL,
    spacing_hours double precision NOT NULL,
    season_from text,
    season_to text,
    from_day date NOT NULL,
    to_day date,
    source text NOT NULL,
    asked_by text,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT pk_due_rule PRIMARY KEY (district, id),
    CONSTRAINT fk_due_rule_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_due_rule_kind CHECK (kind IN ('segment', 'unit', 'marker', 'marker-kind')),
    CONSTRAINT ck_due_rule_clock CHECK (clock IN ('routine', 'joint')),
    CONSTRAINT ck_due_rule_source CHECK (source IN ('standing', 'meeting', 'person', 'office')),
    CONSTRAINT ck_due_rule_least CHECK (least BETWEEN 0 AND 6),
    CONSTRAINT ck_due_rule_within_days CHECK (within_days > 0 AND within_days <= 3660),
    CONSTRAINT ck_due_rule_times CHECK (times BETWEEN 1 AND 1000),
    CONSTRAINT ck_due_rule_spacing_hours CHECK (spacing_hours > 0),
    CONSTRAINT ck_due_rule_season CHECK ((season_from IS NULL) = (season_to IS NULL)),
    CONSTRAINT ck_due_rule_season_days CHECK (season_from ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' AND season_to ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'),
    CONSTRAINT ck_due_rule_measures CHECK ((from_m IS NULL) = (to_m IS NULL) AND from_m >= 0 AND to_m > from_m),
    CONSTRAINT ck_due_rule_stretch CHECK (from_m IS NULL OR kind = 'segment'),
    CONSTRAINT ck_due_rule_layer CHECK ((layer IS NOT NULL) = (kind = 'unit')),
    CONSTRAINT ck_due_rule_days CHECK (to_day >= from_day),
    CONSTRAINT ck_due_rule_request CHECK (source = 'standing' OR to_day IS NOT NULL)
);

CREATE INDEX ix_due_rule_district_kind_code ON public.due_rule (district, kind, code);

ALTER TABLE public.due_rule ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.due_rule TO wardline_web;
CREATE POLICY owner ON public.due_rule TO CURRENT_USER USING (true);
CREATE POLICY read ON public.due_rule FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]));
CREATE POLICY insert ON public.due_rule FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.due_rule FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.due_rule FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.due_suspension (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    layer text,
    from_m double precision,
    to_m double precision,
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    reason text NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT pk_due_suspension PRIMARY KEY (district, id),
    CONSTRAINT fk_due_suspension_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_due_suspension_kind CHECK (kind IN ('segment', 'unit', 'marker', 'marker-kind', 'everything')),
    CONSTRAINT ck_due_suspension_reason CHECK (reason IN ('flood', 'snow', 'fire-ban', 'other')),
    CONSTRAINT ck_due_suspension_times CHECK (to_at >= from_at),
    CONSTRAINT ck_due_suspension_measures CHECK ((from_m IS NULL) = (to_m IS NULL) AND from_m >= 0 AND to_m > from_m),
    CONSTRAINT ck_due_suspension_stretch CHECK (from_m IS NULL OR kind = 'segment'),
    CONSTRAINT ck_due_suspension_layer CHECK ((layer IS NOT NULL) = (kind = 'unit'))
);

CREATE INDEX ix_due_suspension_district_from_at ON public.due_suspension (district, from_at);

ALTER TABLE public.due_suspension ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.due_suspension TO wardline_web;
CREATE POLICY owner ON public.due_suspension TO CURRENT_USER USING (true);
CREATE POLICY read ON public.due_suspension FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]));
CREATE POLICY insert ON public.due_suspension FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.due_suspension FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.due_suspension FOR DELETE USING ((SELECT scope_everywhere('system')));
