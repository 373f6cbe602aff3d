-- Projects with their sites, and the teams on them. A copy of what the code declares; tests hold that both give the same.

CREATE TABLE public.project (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    office TEXT NOT NULL,
    valid DATERANGE NOT NULL,
    created_at timestamptz NOT NULL,
    created_by TEXT NOT NULL,
    CONSTRAINT pk_project PRIMARY KEY (district, id),
    CONSTRAINT fk_project_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT ck_project_valid CHECK (NOT isempty(valid)),
    CONSTRAINT uq_project_district_code UNIQUE (district, code)
);

ALTER TABLE public.project ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.project TO wardline_web;
CREATE POLICY owner ON public.project TO CURRENT_USER USING (true);
CREATE POLICY read ON public.project FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.project FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.project FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.project FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.project_site (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    project UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    geom geometry(GEOMETRY,4490) NOT NULL,
    CONSTRAINT pk_project_site PRIMARY KEY (district, id),
    CONSTRAINT fk_project_site_district_project FOREIGN KEY(district, project) REFERENCES public.project (district, id),
    CONSTRAINT ck_project_site_geom CHECK (GeometryType(geom) IN ('POINT', 'LINESTRING')),
    CONSTRAINT uq_project_site_district_code UNIQUE (district, code)
);

CREATE INDEX ix_project_site_district_project ON public.project_site (district, project);

CREATE INDEX ix_project_site_geom ON public.project_site USING gist (geom);

ALTER TABLE public.project_site ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.project_site TO wardline_web;
CREATE POLICY owner ON public.project_site TO CURRENT_USER USING (true);
CREATE POLICY read ON public.project_site FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.project_site FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.project_site FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.project_site FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.team_member (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    office TEXT NOT NULL,
    CONSTRAINT pk_team_member PRIMARY KEY (district, id),
    CONSTRAINT fk_team_member_district FOREIGN KEY(district) REFERENCES public.district (code),
    CONSTRAINT uq_team_member_district_code UNIQUE (district, code)
);

ALTER TABLE public.team_member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.team_member TO wardline_web;
CREATE POLICY owner ON public.team_member TO CURRENT_USER USING (true);
CREATE POLICY read ON public.team_member FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.team_member FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.team_member FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.team_member FOR DELETE USING ((SELECT scope_everywhere('system')));

CREATE TABLE public.project_post (
    district TEXT NOT NULL,
    id UUID NOT NULL,
    project UUID NOT NULL,
    member UUID NOT NULL,
    role TEXT NOT NULL,
    valid DATERANGE NOT NULL,
    CONSTRAINT pk_project_post PRIMARY KEY (district, id),
    CONSTRAINT fk_project_post_district_project FOREIGN KEY(district, project) REFERENCES public.project (district, id),
    CONSTRAINT fk_project_post_district_member FOREIGN KEY(district, member) REFERENCES public.team_member (district, id),
    CONSTRAINT ck_project_post_role CHECK (role IN ('lead', 'member')),
    CONSTRAINT ck_project_post_valid CHECK (NOT isempty(valid)),
    CONSTRAINT ex_project_post_member EXCLUDE USING gist (project WITH =, member WITH =, district WITH =, valid WITH &&)
);

CREATE INDEX ix_project_post_district_member ON public.project_post (district, member);

ALTER TABLE public.project_post ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.project_post TO wardline_web;
CREATE POLICY owner ON public.project_post TO CURRENT_USER USING (true);
CREATE POLICY read ON public.project_post FOR SELECT USING (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.project_post FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.project_post FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.project_post FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]));
