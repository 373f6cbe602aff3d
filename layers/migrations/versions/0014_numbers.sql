-- Numbers of tracks as bits, a row for each 1,024. A copy of what the code declares; tests hold that both give the
-- same.
CREATE TABLE public.field_number (
    district text NOT NULL,
    device text NOT NULL,
    track uuid NOT NULL,
    chunk integer NOT NULL,
    person uuid NOT NULL,
    stored bit(1024) NOT NULL,
    CONSTRAINT pk_field_number PRIMARY KEY (district, device, track, chunk),
    CONSTRAINT fk_field_number_district_device_track FOREIGN KEY(district, device, track) REFERENCES public.field_track (district, device, track) ON DELETE CASCADE
);

INSERT INTO public.field_number (district, device, track, chunk, person, stored)
SELECT district, device, track, number / 1024, person, bit_or(set_bit(0::bit(1024), number % 1024, 1))
FROM public.field_track
CROSS JOIN unnest(received) AS run
CROSS JOIN generate_series(lower(run), upper(run) - 1) AS number
GROUP BY district, device, track, number / 1024, person;

ALTER TABLE public.field_track DROP COLUMN received;

ALTER TABLE public.field_number ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_number TO wardline_web;
CREATE POLICY owner ON public.field_number TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_number FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.field_number FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_number FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_number FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
