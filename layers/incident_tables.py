"""The tables of incidents and their logs, and the words they may use."""

from collections.abc import Sequence

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import identifier, in_district, link, shard_table
from layers.geometry import geometry_type

COLOURS = ("green", "blue", "yellow", "red")
STATUSES = (
    "received",
    "accepted",
    "filed",
    "dispatched",
    "handling",
    "done",
    "verified",
    "closed",
    "returned",
    "delayed",
    "suspended",
    "rejected",
    "merged",
)
# Statuses in which nothing more is to be done.
SETTLED = ("closed", "rejected", "merged")
# Statuses in which the owner can do nothing, so that no time counts.
WAITING = ("returned", "suspended", "done", "verified")
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


def _among(column: str, values: Sequence[str]) -> CheckConstraint:
    return CheckConstraint("{} IN ({})".format(column, ", ".join(f"'{one}'" for one in values)), name=column)


incident = shard_table(
    "incident",
    identifier(),
    Column("channel", Text, nullable=False),
    Column("external_id", Text),
    Column("class", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    Column("raw_lon", Double, nullable=False),
    Column("raw_lat", Double, nullable=False),
    Column("datum", Text, nullable=False),
    Column("accuracy_m", Double),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("colour", Text, nullable=False),
    identifier("unit", nullable=True),
    Column("assignment", JSONB, nullable=False),
    identifier("representative", nullable=True),
    identifier("segment", nullable=True),
    Column("measure_m", Double),
    Column("version", Integer, nullable=False),
    # SHA-256 of what the channel delivered, so that a repeated delivery is told from another content
    # under the same external id, however the incident was edited since.
    Column("digest", Text, nullable=False),
    # Whom the report complains about: they neither see nor handle it.
    identifier("about_representative", nullable=True),
    identifier("about_unit", nullable=True),
    # Accounts: who answers until somebody else accepts, and whom a red one names.
    identifier("responsible", nullable=True),
    identifier("named", nullable=True),
    # Copies of what the log says, for lists, counts and reminders; made anew whenever a rule changes.
    Column("filed_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("suspended_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("on_time", Boolean),
    # When the next reminder is to be sent, null while none is.
    Column("remind_at", DateTime(timezone=True)),
    # The incident that it turned out to be, while it is merged.
    identifier("merged_into", nullable=True),
    # The code of the marker that it is about: the marker has another row whenever it changes.
    Column("asset", Text),
    in_district(),
    link("unit", "unit"),
    link("representative", "representative"),
    link("border_segment", "segment"),
    link("representative", "about_representative"),
    link("unit", "about_unit"),
    UniqueConstraint("district", "channel", "external_id"),
    _among("status", STATUSES),
    _among("colour", COLOURS),
    _among("datum", DATUMS),
    CheckConstraint("accuracy_m >= 0", name="accuracy_m"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "district", "unit"),
    Index(None, "district", "representative"),
    Index(None, "district", "occurred_at"),
    Index(None, "district", "remind_at"),
    Index(None, "district", "due_at"),
    Index(None, "district", "merged_into"),
    Index(None, "district", "asset"),
    Index(None, "geom", postgresql_using="gist"),
)

incident_event = shard_table(
    "incident_event",
    identifier(),
    identifier("incident"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    identifier("person", nullable=True),
    link("incident", "incident", ondelete="CASCADE"),
    Index(None, "district", "incident", "at"),
)

# What is left of an incident that was withdrawn: nothing that was reported, and nothing of who did.
incident_withdrawal = shard_table(
    "incident_withdrawal",
    identifier("incident"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # Whose it was and whom it complained about: who could not see it does not learn that there was one.
    identifier("unit", nullable=True),
    identifier("about_representative", nullable=True),
    identifier("about_unit", nullable=True),
    # SHA-256 of the channel and what the channel calls it, so that it is not taken in again.
    Column("delivery", LargeBinary),
    in_district(),
    UniqueConstraint("district", "delivery"),
    key=("incident",),
)
incident_withdrawal.info["append_only"] = True
