-- Signed monthly reports of coverage. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.coverage_report (
    district text NOT NULL,
    id uuid NOT NULL,
    month date NOT NULL,
    signed_at timestamptz NOT NULL,
    signed_by text NOT NULL,
    note text NOT NULL,
    digest text NOT NULL,
    figures text NOT NULL,
    CONSTRAINT pk_coverage_report PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_report_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT uq_coverage_report_district_month UNIQUE (district, month),
    CONSTRAINT ck_coverage_report_month CHECK (EXTRACT(day FROM month) = 1),
    CONSTRAINT ck_coverage_report_digest CHECK (digest ~ '^[0-9a-f]{64}$')
);


ALTER TABLE public.coverage_report ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.coverage_report TO wardline_web;
CREATE POLICY owner ON public.coverage_report TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_report FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]));
CREATE POLICY insert ON public.coverage_report FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator'))::text[]));
