-- Requests for help and their offers. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.help_request (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    note text NOT NULL,
    place text NOT NULL,
    geom public.geometry(POINT,4490) NOT NULL,
    unit uuid NOT NULL,
    channel text NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL,
    told jsonb NOT NULL,
    settled_at timestamptz,
    closing text NOT NULL,
    receipt BYTEA NOT NULL,
    CONSTRAINT pk_help_request PRIMARY KEY (district, id),
    CONSTRAINT fk_help_request_district_unit FOREIGN KEY(district, unit) REFERENCES public.unit (district, id),
    CONSTRAINT ck_help_request_channel CHECK (channel IN ('web', 'phone')),
    CONSTRAINT ck_help_request_state CHECK (state IN ('asked', 'offered', 'accepted', 'done', 'cancelled')),
    CONSTRAINT ck_help_request_settled CHECK ((settled_at IS NULL) = (state IN ('asked', 'offered', 'accepted'))),
    CONSTRAINT uq_help_request_district_receipt UNIQUE (district, receipt)
);

CREATE INDEX ix_help_request_district_state ON public.help_request (district, state);

CREATE TABLE public.help_offer (
    district text NOT NULL,
    id uuid NOT NULL,
    request uuid NOT NULL,
    volunteer uuid,
    station text,
    person uuid,
    name text NOT NULL,
    place SMALLINT NOT NULL,
    distance_m DOUBLE PRECISION NOT NULL,
    way text NOT NULL,
    offered_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL,
    answered_at timestamptz,
    answered_by text,
    version INTEGER NOT NULL,
    CONSTRAINT pk_help_offer PRIMARY KEY (district, id),
    CONSTRAINT fk_help_offer_district_request FOREIGN KEY(district, request) REFERENCES public.help_request (district, id) ON DELETE CASCADE,
    CONSTRAINT uq_help_offer_district_request_place UNIQUE (district, request, place),
    CONSTRAINT ck_help_offer_who CHECK ((volunteer IS NULL) <> (station IS NULL)),
    CONSTRAINT ck_help_offer_way CHECK (way IN ('straight', 'network')),
    CONSTRAINT ck_help_offer_state CHECK (state IN ('offered', 'lapsed', 'accepted', 'declined', 'withdrawn')),
    CONSTRAINT ck_help_offer_measures CHECK (distance_m >= 0 AND expires_at > offered_at)
);

CREATE INDEX ix_help_offer_district_person ON public.help_offer (district, person);
CREATE INDEX ix_help_offer_district_state_expires_at ON public.help_offer (district, state, expires_at);

ALTER TABLE public.help_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.help_request TO wardline_web;
CREATE POLICY owner ON public.help_request TO CURRENT_USER USING (true);
CREATE POLICY read ON public.help_request FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND EXISTS (SELECT FROM help_offer AS one WHERE one.district = help_request.district AND one.request = help_request.id AND one.person = (SELECT scope_person()) AND one.state <> 'declined'));
CREATE POLICY insert ON public.help_request FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')));
CREATE POLICY change ON public.help_request FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.help_request FOR DELETE USING ((SELECT scope_everywhere('system')));

ALTER TABLE public.help_offer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.help_offer TO wardline_web;
CREATE POLICY owner ON public.help_offer TO CURRENT_USER USING (true);
CREATE POLICY read ON public.help_offer FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.help_offer FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')));
CREATE POLICY change ON public.help_offer FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.help_offer FOR DELETE USING ((SELECT scope_everywhere('system')));

-- Who has accepted a request may know how to reach whoever asked.
DROP POLICY read ON public.aid_contact;
CREATE POLICY read ON public.aid_contact FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND EXISTS (SELECT FROM help_offer AS one WHERE one.district = aid_contact.district AND one.request = aid_contact.subject AND one.person = (SELECT scope_person()) AND one.state = 'accepted'));
