-- Proposals of staffing. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.staffing_proposal (
    district text NOT NULL,
    id uuid NOT NULL,
    layer text NOT NULL,
    from_day date NOT NULL,
    rules jsonb NOT NULL,
    basis jsonb NOT NULL,
    outcome jsonb NOT NULL,
    author uuid NOT NULL,
    author_name text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL,
    decided_by uuid,
    decided_name text,
    decided_at timestamptz,
    note text NOT NULL,
    CONSTRAINT pk_staffing_proposal PRIMARY KEY (district, id),
    CONSTRAINT fk_staffing_proposal_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_staffing_proposal_state CHECK (state IN ('proposed', 'approved', 'rejected')),
    CONSTRAINT ck_staffing_proposal_decided CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CONSTRAINT ck_staffing_proposal_two_people CHECK (decided_by <> author)
);

ALTER TABLE public.staffing_proposal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.staffing_proposal TO wardline_web;
CREATE POLICY owner ON public.staffing_proposal TO CURRENT_USER USING (true);
CREATE POLICY read ON public.staffing_proposal FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.staffing_proposal FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'coordinator', 'administrator'))::text[]) AND author = (SELECT scope_person()) AND state = 'proposed');
CREATE POLICY change ON public.staffing_proposal FOR UPDATE USING ((SELECT scope_everywhere('system')) OR district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) AND author <> (SELECT scope_person()) AND (state = 'proposed' OR decided_by = (SELECT scope_person())));
CREATE POLICY remove ON public.staffing_proposal FOR DELETE USING ((SELECT scope_everywhere('system')));
