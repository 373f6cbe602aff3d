-- Meetings and visits recorded by phones. A copy of what the code declares; tests hold that both give the same.
ALTER TABLE public.field_photo
    DROP CONSTRAINT ck_field_photo_kind,
    ADD CONSTRAINT ck_field_photo_kind CHECK (kind IN ('visit', 'incident', 'outreach'));
ALTER TABLE public.quarantine
    DROP CONSTRAINT ck_quarantine_kind,
    ADD CONSTRAINT ck_quarantine_kind CHECK (kind IN ('point', 'visit', 'incident', 'outreach'));

DROP POLICY read ON public.outreach;
CREATE POLICY read ON public.outreach FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND author = (SELECT scope_person()));
DROP POLICY insert ON public.outreach;
CREATE POLICY insert ON public.outreach FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND author = (SELECT scope_person()));
DROP POLICY read ON public.field_photo;
CREATE POLICY read ON public.field_photo FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR kind = 'incident' AND EXISTS (SELECT FROM incident AS one WHERE one.district = field_photo.district AND one.id = field_photo.subject) OR kind = 'outreach' AND EXISTS (SELECT FROM outreach AS one WHERE one.district = field_photo.district AND one.id = field_photo.subject));
DROP POLICY insert ON public.outreach_opinion;
CREATE POLICY insert ON public.outreach_opinion FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_opinion.district AND one.id = outreach_opinion.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
DROP POLICY insert ON public.outreach_problem;
CREATE POLICY insert ON public.outreach_problem FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_problem.district AND one.id = outreach_problem.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
DROP POLICY insert ON public.outreach_action;
CREATE POLICY insert ON public.outreach_action FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_action.district AND one.id = outreach_action.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
DROP POLICY insert ON public.outreach_request;
CREATE POLICY insert ON public.outreach_request FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND EXISTS (SELECT FROM outreach AS one WHERE one.district = outreach_request.district AND one.id = outreach_request.outreach AND (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR one.author = (SELECT scope_person()))));
