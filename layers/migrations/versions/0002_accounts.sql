-- People, what they are granted, their sessions and devices. Small tables that span districts by design.

CREATE TABLE person (
    id uuid NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    password text,
    must_change boolean NOT NULL,
    issuer text,
    subject text,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_login UNIQUE (login),
    CONSTRAINT uq_person_issuer_subject UNIQUE (issuer, subject),
    CONSTRAINT ck_person_login CHECK (login = lower(login)),
    CONSTRAINT ck_person_issuer CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE TABLE role_grant (
    id uuid NOT NULL,
    person uuid NOT NULL,
    role text NOT NULL,
    district text,
    unit uuid,
    valid daterange NOT NULL,
    granted_by uuid,
    granted_at timestamptz NOT NULL,
    CONSTRAINT pk_role_grant PRIMARY KEY (id),
    CONSTRAINT fk_role_grant_person FOREIGN KEY(person) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT fk_role_grant_district FOREIGN KEY(district) REFERENCES district (code) ON DELETE CASCADE,
    CONSTRAINT ck_role_grant_role CHECK (role IN ('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor')),
    CONSTRAINT ck_role_grant_unit CHECK (unit IS NULL OR district IS NOT NULL),
    CONSTRAINT ck_role_grant_valid CHECK (NOT isempty(valid))
);
CREATE INDEX ix_role_grant_person ON role_grant (person);

CREATE TABLE sign_in (
    id uuid NOT NULL,
    person uuid NOT NULL,
    token bytea NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_sign_in PRIMARY KEY (id),
    CONSTRAINT fk_sign_in_person FOREIGN KEY(person) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT uq_sign_in_token UNIQUE (token)
);
CREATE INDEX ix_sign_in_person ON sign_in (person);

CREATE TABLE device (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    person uuid NOT NULL,
    token bytea NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    seen_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_device PRIMARY KEY (id),
    CONSTRAINT fk_device_person FOREIGN KEY(person) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT uq_device_code UNIQUE (code),
    CONSTRAINT uq_device_token UNIQUE (token)
);
CREATE INDEX ix_device_person ON device (person);

CREATE TABLE access_head (
    subject text NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT pk_access_head PRIMARY KEY (subject)
);
