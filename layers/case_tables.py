"""Tables of what is done about incidents: actions, requests that need approval, reminders, and the rules."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, DateTime, Index, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import identifier, in_district, link, shard_table

incident_action = shard_table(
    "incident_action",
    identifier(),
    identifier("incident"),
    Column("what", Text, nullable=False),
    # Who is to do it: a unit's code or an office, in words; an account where it is known.
    Column("who", Text, nullable=False),
    identifier("assignee", nullable=True),
    Column("due_on", Date),
    Column("state", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    link("incident", "incident", ondelete="CASCADE"),
    CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
    CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled"),
    CheckConstraint("state <> 'dropped' OR reason <> ''", name="reason"),
    CheckConstraint("state <> 'done' OR evidence <> ''", name="evidence"),
    Index(None, "district", "incident"),
)

incident_request = shard_table(
    "incident_request",
    identifier(),
    identifier("incident"),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("days", Integer),
    identifier("asked_by", nullable=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    identifier("decided_by", nullable=True),
    Column("decided_at", DateTime(timezone=True)),
    Column("approved", Boolean),
    Column("note", Text, nullable=False),
    link("incident", "incident", ondelete="CASCADE"),
    CheckConstraint("kind IN ('return', 'delay', 'suspend')", name="kind"),
    CheckConstraint("(kind = 'delay') = (days IS NOT NULL)", name="days"),
    CheckConstraint("decided_by <> asked_by", name="two_people"),
    CheckConstraint("(approved IS NULL) = (decided_at IS NULL)", name="decided"),
    Index(None, "district", "incident"),
)

# The key lets each reminder be sent once, however many send them.
incident_reminder = shard_table(
    "incident_reminder",
    identifier("incident"),
    Column("round", SmallInteger, nullable=False),
    Column("colour", Text, nullable=False),
    Column("percent", SmallInteger, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    link("incident", "incident", ondelete="CASCADE"),
    key=("incident", "round", "colour", "percent"),
)

incident_rules = shard_table(
    "incident_rules",
    Column("body", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    in_district(),
    CheckConstraint("version >= 1", name="version"),
    key=(),
)
