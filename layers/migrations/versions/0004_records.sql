-- Records about people: the audit chain, contact data apart, retention.
-- The audit is append-only: the service's role gets INSERT and SELECT on it, nothing else (0005).

CREATE TABLE audit_entry (
    district text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL,
    request text,
    purpose text,
    detail jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (district, seq)
);

CREATE TABLE audit_central (
    chain text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL,
    request text,
    purpose text,
    detail jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_central PRIMARY KEY (chain, seq)
);

ALTER TABLE incident
    ADD COLUMN about_representative uuid,
    ADD COLUMN about_unit uuid,
    ADD CONSTRAINT fk_incident_district_about_representative
        FOREIGN KEY(district, about_representative) REFERENCES representative (district, id),
    ADD CONSTRAINT fk_incident_district_about_unit FOREIGN KEY(district, about_unit) REFERENCES unit (district, id);

CREATE TABLE incident_contact (
    district text NOT NULL,
    incident uuid NOT NULL,
    key text NOT NULL,
    nonce bytea NOT NULL,
    sealed bytea NOT NULL,
    stored_at timestamptz NOT NULL,
    CONSTRAINT pk_incident_contact PRIMARY KEY (district, incident),
    CONSTRAINT fk_incident_contact_district_incident FOREIGN KEY(district, incident) REFERENCES incident (district, id) ON DELETE CASCADE
);

CREATE TABLE incident_receipt (
    district text NOT NULL,
    incident uuid NOT NULL,
    digest bytea NOT NULL,
    person uuid,
    given_at timestamptz NOT NULL,
    CONSTRAINT pk_incident_receipt PRIMARY KEY (district, incident),
    CONSTRAINT fk_incident_receipt_district_incident FOREIGN KEY(district, incident) REFERENCES incident (district, id) ON DELETE CASCADE,
    CONSTRAINT uq_incident_receipt_district_digest UNIQUE (district, digest)
);

CREATE TABLE fix_export (
    district text NOT NULL,
    id uuid NOT NULL,
    patrol uuid NOT NULL,
    purpose text NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    allowed_by uuid,
    allowed_at timestamptz,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_fix_export PRIMARY KEY (district, id),
    CONSTRAINT fk_fix_export_district_patrol FOREIGN KEY(district, patrol) REFERENCES patrol (district, id) ON DELETE CASCADE,
    CONSTRAINT ck_fix_export_two_people CHECK (allowed_by <> requested_by),
    CONSTRAINT ck_fix_export_allowed CHECK ((allowed_by IS NULL) = (allowed_at IS NULL)),
    CONSTRAINT ck_fix_export_expires_at CHECK (expires_at > requested_at)
);

CREATE TABLE fix_horizon (
    district text NOT NULL,
    before timestamptz NOT NULL,
    removed_at timestamptz NOT NULL,
    CONSTRAINT pk_fix_horizon PRIMARY KEY (district),
    CONSTRAINT fk_fix_horizon_district FOREIGN KEY(district) REFERENCES district (code)
);

CREATE TABLE retention_period (
    district text NOT NULL,
    subject text NOT NULL,
    days integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_retention_period PRIMARY KEY (district, subject),
    CONSTRAINT fk_retention_period_district FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT ck_retention_period_days CHECK (days > 0)
);

CREATE TABLE retention_run (
    district text NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    applied boolean NOT NULL,
    report jsonb NOT NULL,
    CONSTRAINT pk_retention_run PRIMARY KEY (district, id),
    CONSTRAINT fk_retention_run_district FOREIGN KEY(district) REFERENCES district (code)
);
