-- What devices send from the field: batches, visits, files, quarantine.

-- Fixes that a device numbers are known by recording and number, never by time: two of one instant and place
-- are two. Fixes of files are still told apart by time and place, by whoever stores them. The key grows at
-- its end, so what it found before it finds as before.
ALTER TABLE fix
    DROP CONSTRAINT pk_fix,
    ADD CONSTRAINT pk_fix PRIMARY KEY (district, device, at, lon_e7, lat_e7, patrol, seq);

-- An action at a marker is evidence without a recording, and perhaps without a place.
ALTER TABLE coverage_marker
    ALTER COLUMN patrol DROP NOT NULL,
    ALTER COLUMN distance_m DROP NOT NULL;

CREATE TABLE field_batch (
    district text NOT NULL,
    device text NOT NULL,
    id uuid NOT NULL,
    person uuid NOT NULL,
    digest text NOT NULL,
    reply text,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_field_batch PRIMARY KEY (district, device, id),
    CONSTRAINT fk_field_batch_district FOREIGN KEY(district) REFERENCES district (code)
);
CREATE INDEX ix_field_batch_district_received_at ON field_batch (district, received_at);

CREATE TABLE field_track (
    district text NOT NULL,
    device text NOT NULL,
    track uuid NOT NULL,
    person uuid NOT NULL,
    patrol uuid NOT NULL,
    received int4multirange NOT NULL,
    CONSTRAINT pk_field_track PRIMARY KEY (district, device, track),
    CONSTRAINT fk_field_track_district_patrol FOREIGN KEY(district, patrol) REFERENCES patrol (district, id) ON DELETE CASCADE
);
CREATE INDEX ix_field_track_district_track ON field_track (district, track);

CREATE TABLE visit (
    district text NOT NULL,
    id uuid NOT NULL,
    marker uuid NOT NULL,
    device text NOT NULL,
    person uuid NOT NULL,
    batch uuid,
    action text NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    lon double precision,
    lat double precision,
    distance_m double precision,
    evidence smallint NOT NULL,
    digest text NOT NULL,
    CONSTRAINT pk_visit PRIMARY KEY (district, id),
    CONSTRAINT fk_visit_district_marker FOREIGN KEY(district, marker) REFERENCES marker (district, id),
    CONSTRAINT ck_visit_action CHECK (action IN ('scanned', 'inspected', 'cleaned', 'repainted', 'repaired', 'replaced')),
    CONSTRAINT ck_visit_evidence CHECK (evidence BETWEEN 0 AND 6),
    CONSTRAINT ck_visit_place CHECK ((lon IS NULL) = (lat IS NULL))
);
CREATE INDEX ix_visit_district_device_at ON visit (district, device, at);
CREATE INDEX ix_visit_district_marker_at ON visit (district, marker, at);

CREATE TABLE field_incident (
    district text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    device text NOT NULL,
    person uuid,
    batch uuid,
    incident uuid NOT NULL,
    digest text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_field_incident PRIMARY KEY (district, id, version, digest),
    CONSTRAINT fk_field_incident_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ck_field_incident_version CHECK (version >= 0)
);
CREATE INDEX ix_field_incident_district_incident ON field_incident (district, incident);

CREATE TABLE field_photo (
    district text NOT NULL,
    kind text NOT NULL,
    subject uuid NOT NULL,
    sha256 text NOT NULL,
    device text NOT NULL,
    person uuid NOT NULL,
    linked_at timestamptz,
    CONSTRAINT pk_field_photo PRIMARY KEY (district, kind, subject, sha256),
    CONSTRAINT fk_field_photo_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ck_field_photo_kind CHECK (kind IN ('visit', 'incident')),
    CONSTRAINT ck_field_photo_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX ix_field_photo_district_person_sha256 ON field_photo (district, person, sha256);

CREATE TABLE field_file (
    district text NOT NULL,
    person uuid NOT NULL,
    sha256 text NOT NULL,
    device text NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT pk_field_file PRIMARY KEY (district, person, sha256),
    CONSTRAINT fk_field_file_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ck_field_file_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_field_file_size CHECK (size > 0)
);
CREATE INDEX ix_field_file_district_sha256 ON field_file (district, sha256);

CREATE TABLE quarantine (
    district text NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    device text NOT NULL,
    person uuid NOT NULL,
    batch uuid,
    ref text NOT NULL,
    digest text NOT NULL,
    reason text NOT NULL,
    fault jsonb NOT NULL,
    raw text NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL,
    settled_at timestamptz,
    settled_by text,
    corrections jsonb,
    note text,
    CONSTRAINT pk_quarantine PRIMARY KEY (district, id),
    CONSTRAINT fk_quarantine_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT uq_quarantine_district_person_kind_ref_digest UNIQUE (district, person, kind, ref, digest),
    CONSTRAINT ck_quarantine_kind CHECK (kind IN ('point', 'visit', 'incident')),
    CONSTRAINT ck_quarantine_state CHECK (state IN ('waiting', 'released', 'discarded')),
    CONSTRAINT ck_quarantine_settled CHECK ((state = 'waiting') = (settled_at IS NULL)),
    CONSTRAINT ck_quarantine_settled_by CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
CREATE INDEX ix_quarantine_district_device_received_at ON quarantine (district, device, received_at);
CREATE INDEX ix_quarantine_district_state_received_at ON quarantine (district, state, received_at);
