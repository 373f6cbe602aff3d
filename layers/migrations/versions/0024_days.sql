-- The ledger of lines by device and day, packed. A copy of what the code declares; tests hold that both give the same.
CREATE TABLE public.coverage_day (
    district text NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    holder text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    to_at timestamp with time zone NOT NULL,
    segments bytea NOT NULL,
    walks bytea NOT NULL,
    sights bytea NOT NULL,
    CONSTRAINT pk_coverage_day PRIMARY KEY (district, day, device, holder),
    CONSTRAINT fk_coverage_day_district FOREIGN KEY(district) REFERENCES public.district (code)
);
-- Rows of up to a page stay whole, and nothing is compressed: measures and times do not shrink.
ALTER TABLE public.coverage_day SET (toast_tuple_target = 8160);
ALTER TABLE public.coverage_day ALTER segments SET STORAGE EXTERNAL, ALTER walks SET STORAGE EXTERNAL, ALTER sights SET STORAGE EXTERNAL;

INSERT INTO public.coverage_day (district, device, day, holder, from_at, to_at, segments, walks, sights)
SELECT district, device, day, holder, min(least(from_at, to_at)), max(greatest(from_at, to_at)),
       string_agg(uuid_send(segment), ''::bytea ORDER BY place) FILTER (WHERE is_first),
       coalesce(string_agg(
           int2send(place) || int2send(evidence) || float8send(from_m) || float8send(to_m)
           || timestamptz_send(from_at) || timestamptz_send(to_at), ''::bytea
           ORDER BY place, least(from_at, to_at), greatest(from_at, to_at), from_m, to_m, evidence
       ) FILTER (WHERE evidence <> 2), ''::bytea),
       coalesce(string_agg(
           int2send(place) || int2send(band) || float8send(from_m) || float8send(to_m), ''::bytea
           ORDER BY place, band, from_m, to_m
       ) FILTER (WHERE evidence = 2), ''::bytea)
FROM (
    SELECT *, (dense_rank() OVER (PARTITION BY district, device, day, holder ORDER BY segment) - 1)::int2 AS place,
           row_number() OVER (PARTITION BY district, device, day, holder, segment) = 1 AS is_first
    FROM (
        SELECT *, coalesce(person, device) AS holder
        FROM public.coverage_line
    ) AS mine
) AS line
GROUP BY district, device, day, holder;

ALTER TABLE public.coverage_day ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_day TO wardline_web;
CREATE POLICY owner ON public.coverage_day TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_day FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_districts('settling'))::text[]));
CREATE POLICY insert ON public.coverage_day FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.coverage_day FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.coverage_day FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator', 'settling'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
