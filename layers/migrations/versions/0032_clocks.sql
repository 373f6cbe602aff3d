-- How far clocks of devices are off, measured from live batches, and what people say of it. A copy of what the code
-- declares; tests hold that both give the same.
CREATE TABLE public.clock_sample (
    district text NOT NULL,
    device text NOT NULL,
    sent_at timestamptz NOT NULL,
    day date NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_clock_sample PRIMARY KEY (district, device, day, sent_at),
    CONSTRAINT fk_clock_sample_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_clock_sample_seconds CHECK (abs(seconds) <= 86400)
);

ALTER TABLE public.clock_sample ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.clock_sample TO wardline_web;
CREATE POLICY owner ON public.clock_sample TO CURRENT_USER USING (true);
CREATE POLICY read ON public.clock_sample FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.clock_sample FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.clock_sample FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.clock_sample FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.clock_skew (
    district text NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    seconds integer NOT NULL,
    batches integer NOT NULL,
    set_at timestamptz,
    then_seconds integer,
    made_at timestamptz NOT NULL,
    CONSTRAINT pk_clock_skew PRIMARY KEY (district, device, day),
    CONSTRAINT fk_clock_skew_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_clock_skew_seconds CHECK (abs(seconds) <= 86400 AND abs(then_seconds) <= 86400),
    CONSTRAINT ck_clock_skew_batches CHECK (batches > 0),
    CONSTRAINT ck_clock_skew_set CHECK ((set_at IS NULL) = (then_seconds IS NULL))
);

ALTER TABLE public.clock_skew ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.clock_skew TO wardline_web;
CREATE POLICY owner ON public.clock_skew TO CURRENT_USER USING (true);
CREATE POLICY read ON public.clock_skew FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.clock_skew FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.clock_skew FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.clock_skew FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.clock_word (
    district text NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    seconds integer NOT NULL,
    reason text NOT NULL,
    said_by text NOT NULL,
    said_at timestamptz NOT NULL,
    CONSTRAINT pk_clock_word PRIMARY KEY (district, device, day),
    CONSTRAINT fk_clock_word_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_clock_word_seconds CHECK (abs(seconds) <= 86400)
);

ALTER TABLE public.clock_word ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.clock_word TO wardline_web;
CREATE POLICY owner ON public.clock_word TO CURRENT_USER USING (true);
CREATE POLICY read ON public.clock_word FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.clock_word FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.clock_word FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.clock_word FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
