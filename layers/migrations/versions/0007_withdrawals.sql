-- Withdrawn incidents: what is left of them, and that their logs go with them. A copy of what the code declares; tests
-- hold that both give the same.
ALTER TABLE public.incident_event
    DROP CONSTRAINT fk_incident_event_district_incident,
    ADD CONSTRAINT fk_incident_event_district_incident FOREIGN KEY (district, incident)
        REFERENCES public.incident (district, id) ON DELETE CASCADE;

CREATE TABLE public.incident_withdrawal (
    district text NOT NULL,
    incident uuid NOT NULL,
    at timestamptz NOT NULL,
    withdrawn_by text NOT NULL,
    reason text NOT NULL,
    unit uuid,
    about_representative uuid,
    about_unit uuid,
    delivery bytea,
    CONSTRAINT pk_incident_withdrawal PRIMARY KEY (district, incident),
    CONSTRAINT fk_incident_withdrawal_district FOREIGN KEY (district) REFERENCES public.district (code),
    CONSTRAINT uq_incident_withdrawal_district_delivery UNIQUE (district, delivery)
);

ALTER TABLE public.incident_withdrawal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.incident_withdrawal TO wardline_web;
CREATE POLICY owner ON public.incident_withdrawal TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_withdrawal FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[])) AND (about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[])) AND (about_representative IS NULL OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[])));
CREATE POLICY insert ON public.incident_withdrawal FOR INSERT WITH CHECK ((district = ANY ((SELECT scope_districts('supervisor', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('supervisor', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('supervisor', 'administrator'))::uuid[])) AND (about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[])) AND (about_representative IS NULL OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[])) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_withdrawal.district AND one.id = incident_withdrawal.incident AND one.unit IS NOT DISTINCT FROM incident_withdrawal.unit AND one.about_unit IS NOT DISTINCT FROM incident_withdrawal.about_unit AND one.about_representative IS NOT DISTINCT FROM incident_withdrawal.about_representative));
DROP POLICY remove ON public.incident;
CREATE POLICY remove ON public.incident FOR DELETE USING ((district = ANY ((SELECT scope_districts('supervisor', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('supervisor', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('supervisor', 'administrator'))::uuid[])) AND (about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[])) AND (about_representative IS NULL OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[])) AND EXISTS (SELECT FROM incident_withdrawal AS gone WHERE gone.district = incident.district AND gone.incident = incident.id) OR (SELECT scope_everywhere('system')));
DROP POLICY remove ON public.field_photo;
CREATE POLICY remove ON public.field_photo FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR district = ANY ((SELECT scope_areas('supervisor', 'administrator'))::text[]) AND kind = 'incident' AND EXISTS (SELECT FROM incident_withdrawal AS gone WHERE gone.district = field_photo.district AND gone.incident = field_photo.subject));
