"""Tables of what is kept about people apart from the incident, and for how long.

``incident_contact`` holds who reported, encrypted with a key that the database does not have;
``incident_receipt`` the digest of the receipt a reporter was given. ``fix_export`` are requests for the raw
fixes of somebody: one person asks, another allows. ``retention_period`` are the days a district keeps things
where they differ from the settings, ``retention_run`` what each run of the job did.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import identifier, in_district, link, shard_table

incident_contact = shard_table(
    "incident_contact",
    identifier("incident"),
    Column("key", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
    link("incident", "incident", ondelete="CASCADE"),
    key=("incident",),
)

incident_receipt = shard_table(
    "incident_receipt",
    identifier("incident"),
    Column("digest", LargeBinary, nullable=False),
    identifier("person", nullable=True),
    Column("given_at", DateTime(timezone=True), nullable=False),
    link("incident", "incident", ondelete="CASCADE"),
    UniqueConstraint("district", "digest"),
    key=("incident", "digest"),
)

fix_export = shard_table(
    "fix_export",
    identifier(),
    identifier("patrol"),
    Column("purpose", Text, nullable=False),
    identifier("requested_by"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    identifier("allowed_by", nullable=True),
    Column("allowed_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    link("patrol", "patrol", ondelete="CASCADE"),
    CheckConstraint("allowed_by <> requested_by", name="two_people"),
    CheckConstraint("(allowed_by IS NULL) = (allowed_at IS NULL)", name="allowed"),
    CheckConstraint("expires_at > requested_at", name="expires_at"),
)

# Up to when the fixes of a district were removed, and when that was: what the ledger said then stays.
fix_horizon = shard_table(
    "fix_horizon",
    Column("before", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True), nullable=False),
    in_district(),
    key=(),
)

retention_period = shard_table(
    "retention_period",
    Column("subject", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("days > 0", name="days"),
    key=("subject",),
)

retention_run = shard_table(
    "retention_run",
    identifier(),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("applied", Boolean, nullable=False),
    Column("report", JSONB, nullable=False),
    in_district(),
)
