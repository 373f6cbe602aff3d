-- Roads for finding the way. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.road_edge (
    district text NOT NULL,
    way bigint NOT NULL,
    part integer NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    tail bigint NOT NULL,
    head bigint NOT NULL,
    length_m double precision NOT NULL,
    uses smallint NOT NULL,
    barred smallint NOT NULL,
    geom geometry(LINESTRING,4490) NOT NULL,
    CONSTRAINT pk_road_edge PRIMARY KEY (district, way, part),
    CONSTRAINT fk_road_edge_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_road_edge_uses CHECK (uses BETWEEN 1 AND 15),
    CONSTRAINT ck_road_edge_barred CHECK (barred BETWEEN 0 AND 15),
    CONSTRAINT ck_road_edge_length CHECK (length_m > 0)
);

ALTER TABLE public.road_edge ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.road_edge TO wardline_web;
CREATE POLICY owner ON public.road_edge TO CURRENT_USER USING (true);
CREATE POLICY read ON public.road_edge FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.road_edge FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.road_edge FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.road_edge FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));

CREATE TABLE public.road_closure (
    district text NOT NULL,
    id uuid NOT NULL,
    way bigint NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    modes smallint NOT NULL,
    valid daterange NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_road_closure PRIMARY KEY (district, id),
    CONSTRAINT fk_road_closure_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_road_closure_modes CHECK (modes BETWEEN 1 AND 3),
    CONSTRAINT ck_road_closure_valid CHECK (NOT isempty(valid))
);

ALTER TABLE public.road_closure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.road_closure TO wardline_web;
CREATE POLICY owner ON public.road_closure TO CURRENT_USER USING (true);
CREATE POLICY read ON public.road_closure FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.road_closure FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.road_closure FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.road_closure FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
