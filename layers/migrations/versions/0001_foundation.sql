-- The first schema. Every table but district begins with the district and has it in every key, so that it
-- can be partitioned or distributed by it; see the schema rules in layers/base.py.

CREATE TABLE district (
    code text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    timezone text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_district PRIMARY KEY (code)
);

CREATE TABLE layer (
    district text NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    level_names text[] NOT NULL,
    priority integer NOT NULL,
    classes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_layer PRIMARY KEY (district, code),
    CONSTRAINT fk_layer_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ck_layer_kind CHECK (kind IN ('partition', 'overlay')),
    CONSTRAINT ck_layer_level_names CHECK (cardinality(level_names) > 0)
);

CREATE TABLE release (
    district text NOT NULL,
    id uuid NOT NULL,
    layer text NOT NULL,
    number integer NOT NULL,
    effective_on date NOT NULL,
    published_at timestamptz NOT NULL,
    note text NOT NULL,
    units integer NOT NULL,
    digest text NOT NULL,
    counts integer[] NOT NULL,
    extent geometry(POLYGON,4490),
    CONSTRAINT pk_release PRIMARY KEY (district, id),
    CONSTRAINT fk_release_district_layer FOREIGN KEY(district, layer) REFERENCES layer (district, code),
    CONSTRAINT uq_release_district_layer_number UNIQUE (district, layer, number)
);
CREATE INDEX ix_release_district_layer_effective_on ON release (district, layer, effective_on);

CREATE TABLE unit (
    district text NOT NULL,
    id uuid NOT NULL,
    layer text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_unit PRIMARY KEY (district, id),
    CONSTRAINT fk_unit_district_layer FOREIGN KEY(district, layer) REFERENCES layer (district, code)
);

CREATE TABLE unit_version (
    district text NOT NULL,
    unit uuid NOT NULL,
    revision integer NOT NULL,
    layer text NOT NULL,
    release uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    level smallint NOT NULL,
    parent uuid,
    geom geometry(MULTIPOLYGON,4490),
    households integer,
    attributes jsonb NOT NULL,
    valid daterange NOT NULL,
    recorded tstzrange NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT pk_unit_version PRIMARY KEY (district, unit, revision),
    CONSTRAINT fk_unit_version_district_unit FOREIGN KEY(district, unit) REFERENCES unit (district, id),
    CONSTRAINT fk_unit_version_district_parent FOREIGN KEY(district, parent) REFERENCES unit (district, id),
    CONSTRAINT fk_unit_version_district_release FOREIGN KEY(district, release) REFERENCES release (district, id),
    CONSTRAINT ex_unit_version_unit EXCLUDE USING gist (unit WITH =, district WITH =, valid WITH &&, recorded WITH &&),
    CONSTRAINT ck_unit_version_level CHECK (level >= 0),
    CONSTRAINT ck_unit_version_households CHECK (households >= 0),
    CONSTRAINT ck_unit_version_valid CHECK (NOT isempty(valid))
);
CREATE INDEX ix_unit_version_district_layer_code ON unit_version (district, layer, code);
CREATE INDEX ix_unit_version_geom ON unit_version USING gist (geom);

CREATE TABLE unit_outline (
    district text NOT NULL,
    unit uuid NOT NULL,
    revision integer NOT NULL,
    geom geometry(MULTIPOLYGON,4490) NOT NULL,
    label geometry(POINT,4490) NOT NULL,
    CONSTRAINT pk_unit_outline PRIMARY KEY (district, unit, revision),
    CONSTRAINT fk_unit_outline_district_unit_revision FOREIGN KEY(district, unit, revision) REFERENCES unit_version (district, unit, revision) ON DELETE CASCADE
);
CREATE INDEX ix_unit_outline_geom ON unit_outline USING gist (geom);

CREATE TABLE border_segment (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    seq integer NOT NULL,
    from_m double precision NOT NULL,
    to_m double precision NOT NULL,
    length_m double precision NOT NULL,
    geom geometry(LINESTRING,4490) NOT NULL,
    route geometry(LINESTRING,4490),
    owner text,
    due_days integer,
    valid daterange NOT NULL,
    attributes jsonb NOT NULL,
    CONSTRAINT pk_border_segment PRIMARY KEY (district, id),
    CONSTRAINT fk_border_segment_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ex_border_segment_code EXCLUDE USING gist (code WITH =, district WITH =, valid WITH &&),
    CONSTRAINT ck_border_segment_measures CHECK (to_m > from_m),
    CONSTRAINT ck_border_segment_length_m CHECK (length_m > 0),
    CONSTRAINT ck_border_segment_due_days CHECK (due_days > 0),
    CONSTRAINT ck_border_segment_valid CHECK (NOT isempty(valid))
);
CREATE INDEX ix_border_segment_geom ON border_segment USING gist (geom);

CREATE TABLE marker (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    segment uuid,
    measure_m double precision,
    attributes jsonb NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT pk_marker PRIMARY KEY (district, id),
    CONSTRAINT fk_marker_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT fk_marker_district_segment FOREIGN KEY(district, segment) REFERENCES border_segment (district, id),
    CONSTRAINT ex_marker_code EXCLUDE USING gist (code WITH =, district WITH =, valid WITH &&),
    CONSTRAINT ck_marker_kind CHECK (kind IN ('boundary-marker', 'fence-post', 'gate', 'lamp', 'monitoring-point', 'river-crossing', 'service-station', 'well', 'work-site')),
    CONSTRAINT ck_marker_measure CHECK ((segment IS NULL) = (measure_m IS NULL)),
    CONSTRAINT ck_marker_valid CHECK (NOT isempty(valid))
);
CREATE INDEX ix_marker_district_kind ON marker (district, kind);
CREATE INDEX ix_marker_district_segment_measure_m ON marker (district, segment, measure_m);
CREATE INDEX ix_marker_geom ON marker USING gist (geom);

CREATE TABLE representative (
    district text NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    geom geometry(POINT,4490),
    attributes jsonb NOT NULL,
    active boolean NOT NULL,
    CONSTRAINT pk_representative PRIMARY KEY (district, id),
    CONSTRAINT fk_representative_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT uq_representative_district_code UNIQUE (district, code)
);
CREATE INDEX ix_representative_geom ON representative USING gist (geom);

CREATE TABLE responsibility (
    district text NOT NULL,
    id uuid NOT NULL,
    unit uuid NOT NULL,
    representative uuid NOT NULL,
    role text NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT pk_responsibility PRIMARY KEY (district, id),
    CONSTRAINT fk_responsibility_district_unit FOREIGN KEY(district, unit) REFERENCES unit (district, id),
    CONSTRAINT fk_responsibility_district_representative FOREIGN KEY(district, representative) REFERENCES representative (district, id),
    CONSTRAINT ck_responsibility_role CHECK (role IN ('home', 'extra')),
    CONSTRAINT ck_responsibility_valid CHECK (NOT isempty(valid)),
    CONSTRAINT ex_responsibility_home EXCLUDE USING gist (representative WITH =, district WITH =, valid WITH &&) WHERE (role = 'home'),
    CONSTRAINT ex_responsibility_pair EXCLUDE USING gist (representative WITH =, unit WITH =, district WITH =, valid WITH &&)
);
CREATE INDEX ix_responsibility_district_unit ON responsibility (district, unit);

CREATE TABLE incident (
    district text NOT NULL,
    id uuid NOT NULL,
    channel text NOT NULL,
    external_id text,
    class text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    geom geometry(POINT,4490) NOT NULL,
    raw_lon double precision NOT NULL,
    raw_lat double precision NOT NULL,
    datum text NOT NULL,
    accuracy_m double precision,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    status text NOT NULL,
    colour text NOT NULL,
    unit uuid,
    assignment jsonb NOT NULL,
    representative uuid,
    segment uuid,
    measure_m double precision,
    version integer NOT NULL,
    digest text NOT NULL,
    CONSTRAINT pk_incident PRIMARY KEY (district, id),
    CONSTRAINT fk_incident_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT fk_incident_district_unit FOREIGN KEY(district, unit) REFERENCES unit (district, id),
    CONSTRAINT fk_incident_district_representative FOREIGN KEY(district, representative) REFERENCES representative (district, id),
    CONSTRAINT fk_incident_district_segment FOREIGN KEY(district, segment) REFERENCES border_segment (district, id),
    CONSTRAINT uq_incident_district_channel_external_id UNIQUE (district, channel, external_id),
    CONSTRAINT ck_incident_status CHECK (status IN ('received', 'accepted', 'filed', 'dispatched', 'handling', 'done', 'verified', 'closed', 'returned', 'delayed', 'suspended', 'rejected', 'merged')),
    CONSTRAINT ck_incident_colour CHECK (colour IN ('green', 'blue', 'yellow', 'red')),
    CONSTRAINT ck_incident_datum CHECK (datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')),
    CONSTRAINT ck_incident_accuracy_m CHECK (accuracy_m >= 0),
    CONSTRAINT ck_incident_version CHECK (version >= 1)
);
CREATE INDEX ix_incident_district_occurred_at ON incident (district, occurred_at);
CREATE INDEX ix_incident_district_representative ON incident (district, representative);
CREATE INDEX ix_incident_district_unit ON incident (district, unit);
CREATE INDEX ix_incident_geom ON incident USING gist (geom);

CREATE TABLE incident_event (
    district text NOT NULL,
    id uuid NOT NULL,
    incident uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT pk_incident_event PRIMARY KEY (district, id),
    CONSTRAINT fk_incident_event_district_incident FOREIGN KEY(district, incident) REFERENCES incident (district, id)
);
CREATE INDEX ix_incident_event_district_incident_at ON incident_event (district, incident, at);

CREATE TABLE patrol (
    district text NOT NULL,
    id uuid NOT NULL,
    device text NOT NULL,
    person text,
    mode text NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    digest text NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    fixes integer NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_patrol PRIMARY KEY (district, id),
    CONSTRAINT fk_patrol_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT uq_patrol_district_device_digest UNIQUE (district, device, digest),
    CONSTRAINT ck_patrol_times CHECK (ended_at >= started_at),
    CONSTRAINT ck_patrol_fixes CHECK (fixes >= 0)
);
CREATE INDEX ix_patrol_district_started_at ON patrol (district, started_at);

CREATE TABLE fix (
    district text NOT NULL,
    device text NOT NULL,
    at timestamptz NOT NULL,
    lon_e7 integer NOT NULL,
    lat_e7 integer NOT NULL,
    patrol uuid NOT NULL,
    part integer NOT NULL,
    seq integer NOT NULL,
    accuracy_m real,
    speed_ms real,
    course real,
    CONSTRAINT pk_fix PRIMARY KEY (district, device, at, lon_e7, lat_e7)
) PARTITION BY RANGE (at);

CREATE TABLE fix_quarantine (
    district text NOT NULL,
    id uuid NOT NULL,
    patrol uuid NOT NULL,
    seq integer NOT NULL,
    reason text NOT NULL,
    raw jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_fix_quarantine PRIMARY KEY (district, id)
);

CREATE TABLE coverage_line (
    district text NOT NULL,
    id uuid NOT NULL,
    segment uuid NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    patrol uuid NOT NULL,
    evidence smallint NOT NULL,
    from_m double precision NOT NULL,
    to_m double precision NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    person text,
    CONSTRAINT pk_coverage_line PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_line_district_segment FOREIGN KEY(district, segment) REFERENCES border_segment (district, id),
    CONSTRAINT fk_coverage_line_district_patrol FOREIGN KEY(district, patrol) REFERENCES patrol (district, id),
    CONSTRAINT ck_coverage_line_evidence CHECK (evidence BETWEEN 0 AND 6),
    CONSTRAINT ck_coverage_line_measures CHECK (to_m >= from_m)
);
CREATE INDEX ix_coverage_line_district_device_day ON coverage_line (district, device, day);
CREATE INDEX ix_coverage_line_district_segment_day ON coverage_line (district, segment, day);

CREATE TABLE coverage_grid (
    district text NOT NULL,
    id uuid NOT NULL,
    unit uuid NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    patrol uuid NOT NULL,
    state text NOT NULL,
    metres double precision NOT NULL,
    seconds double precision NOT NULL,
    entered_at timestamptz NOT NULL,
    left_at timestamptz NOT NULL,
    CONSTRAINT pk_coverage_grid PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_grid_district_unit FOREIGN KEY(district, unit) REFERENCES unit (district, id),
    CONSTRAINT fk_coverage_grid_district_patrol FOREIGN KEY(district, patrol) REFERENCES patrol (district, id),
    CONSTRAINT ck_coverage_grid_state CHECK (state IN ('visited', 'grazed'))
);
CREATE INDEX ix_coverage_grid_district_device_day ON coverage_grid (district, device, day);
CREATE INDEX ix_coverage_grid_district_unit_day ON coverage_grid (district, unit, day);

CREATE TABLE coverage_marker (
    district text NOT NULL,
    id uuid NOT NULL,
    marker uuid NOT NULL,
    device text NOT NULL,
    day date NOT NULL,
    patrol uuid NOT NULL,
    evidence smallint NOT NULL,
    at timestamptz NOT NULL,
    distance_m double precision NOT NULL,
    CONSTRAINT pk_coverage_marker PRIMARY KEY (district, id),
    CONSTRAINT fk_coverage_marker_district_marker FOREIGN KEY(district, marker) REFERENCES marker (district, id),
    CONSTRAINT fk_coverage_marker_district_patrol FOREIGN KEY(district, patrol) REFERENCES patrol (district, id),
    CONSTRAINT ck_coverage_marker_evidence CHECK (evidence BETWEEN 0 AND 6)
);
CREATE INDEX ix_coverage_marker_district_device_day ON coverage_marker (district, device, day);
CREATE INDEX ix_coverage_marker_district_marker_day ON coverage_marker (district, marker, day);

CREATE TABLE idempotency_key (
    district text NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    status integer,
    reply jsonb,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_idempotency_key PRIMARY KEY (district, key),
    CONSTRAINT fk_idempotency_key_district FOREIGN KEY(district) REFERENCES district (code)
);

CREATE TABLE head (
    district text NOT NULL,
    layer text NOT NULL,
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_head PRIMARY KEY (district, layer),
    CONSTRAINT fk_head_district FOREIGN KEY(district) REFERENCES district (code)
);

