-- Duties at the stations, volunteers, and contacts sealed apart. A copy of what the code declares; tests hold
-- that both give the same.

CREATE TABLE public.volunteer (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    person uuid,
    geom public.geometry(POINT,4490) NOT NULL,
    reach_m DOUBLE PRECISION NOT NULL,
    skills jsonb NOT NULL,
    windows jsonb NOT NULL,
    consented_on DATE NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_volunteer PRIMARY KEY (district, id),
    CONSTRAINT fk_volunteer_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT uq_volunteer_district_code UNIQUE (district, code),
    CONSTRAINT ck_volunteer_reach_m CHECK (reach_m > 0),
    CONSTRAINT ck_volunteer_version CHECK (version > 0)
);

CREATE INDEX ix_volunteer_geom ON public.volunteer USING gist (geom);

CREATE TABLE public.duty (
    district text NOT NULL,
    id uuid NOT NULL,
    station text NOT NULL,
    person uuid,
    volunteer uuid,
    name text NOT NULL,
    days SMALLINT NOT NULL,
    on_day DATE,
    begin_minute SMALLINT NOT NULL,
    end_minute SMALLINT NOT NULL,
    valid DATERANGE NOT NULL,
    away jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_duty PRIMARY KEY (district, id),
    CONSTRAINT fk_duty_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT fk_duty_district_volunteer FOREIGN KEY(district, volunteer) REFERENCES public.volunteer (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_duty_who CHECK ((person IS NULL) <> (volunteer IS NULL)),
    CONSTRAINT ck_duty_days CHECK ((days = 0) = (on_day IS NOT NULL) AND days BETWEEN 0 AND 255),
    CONSTRAINT ck_duty_minutes CHECK (begin_minute BETWEEN 0 AND 1439 AND end_minute > begin_minute AND end_minute <= begin_minute + 1440),
    CONSTRAINT ck_duty_valid CHECK (NOT isempty(valid)),
    CONSTRAINT ck_duty_version CHECK (version > 0)
);

CREATE INDEX ix_duty_district_person ON public.duty (district, person);
CREATE INDEX ix_duty_district_station ON public.duty (district, station);
CREATE INDEX ix_duty_district_volunteer ON public.duty (district, volunteer);

CREATE TABLE public.aid_contact (
    district text NOT NULL,
    subject uuid NOT NULL,
    key text NOT NULL,
    nonce BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    stored_at timestamptz NOT NULL,
    CONSTRAINT pk_aid_contact PRIMARY KEY (district, subject),
    CONSTRAINT fk_aid_contact_district FOREIGN KEY(district) REFERENCES public.district (code)
);


ALTER TABLE public.volunteer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.volunteer TO wardline_web;
CREATE POLICY owner ON public.volunteer TO CURRENT_USER USING (true);
CREATE POLICY read ON public.volunteer FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor', 'intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.volunteer FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.volunteer FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.volunteer FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));

ALTER TABLE public.duty ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.duty TO wardline_web;
CREATE POLICY owner ON public.duty TO CURRENT_USER USING (true);
CREATE POLICY read ON public.duty FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.duty FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.duty FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.duty FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));

ALTER TABLE public.aid_contact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.aid_contact TO wardline_web;
CREATE POLICY owner ON public.aid_contact TO CURRENT_USER USING (true);
CREATE POLICY read ON public.aid_contact FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'intake'))::text[]));
CREATE POLICY insert ON public.aid_contact FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'intake'))::text[]));
CREATE POLICY change ON public.aid_contact FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'intake'))::text[]));
CREATE POLICY remove ON public.aid_contact FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'intake'))::text[]));
