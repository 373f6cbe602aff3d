"""Tables of period plans: what offices ask for, what was carried out, and letters about what is late.

A task that was submitted keeps its office for ever. Tasks that mean the same are merged by a person into one
that is a task itself: its sources point to it. A merge that is undone stays, as what was done for it
counts for its sources. What a task asks of one unit is an item; events settle items.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import among, identifier, in_district, link, shard_table
from layers.geometry import geometry_type

KINDS = ("month", "quarter", "half-year", "free")
EVIDENCE = ("check", "ledger")

period_plan = shard_table(
    "period_plan",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    # Both days belong to it.
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("published_by", Text),
    in_district(),
    among("kind", KINDS),
    CheckConstraint("last_day >= first_day", name="days"),
    CheckConstraint("(published_at IS NULL) = (published_by IS NULL)", name="published"),
    # One period has one plan.
    UniqueConstraint("district", "first_day", "last_day"),
)

period_task = shard_table(
    "period_task",
    identifier(),
    identifier("plan"),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # What settles it: checks at its units, or ledgers they hand in.
    Column("evidence", Text, nullable=False),
    # The office it comes from; a merged one has those of its sources.
    Column("office", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    # Who answers for it: a unit, or each unit for itself; and in words.
    identifier("responsible", nullable=True),
    Column("answerable", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("geom", geometry_type("POINT")),
    identifier("merged_into", nullable=True),
    # The sources of a merged task, and why they were merged.
    Column("body", JSONB, nullable=False),
    identifier("author", nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text),
    link("period_plan", "plan"),
    link("unit", "responsible"),
    link("period_task", "merged_into"),
    among("evidence", EVIDENCE),
    CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
    CheckConstraint("merged_into IS NULL OR undone_at IS NULL", name="merged"),
    Index(None, "district", "plan"),
    Index(None, "district", "due_on"),
)

period_item = shard_table(
    "period_item",
    identifier(),
    identifier("task"),
    identifier("unit"),
    link("period_task", "task"),
    link("unit", "unit"),
    UniqueConstraint("district", "task", "unit"),
)

period_event = shard_table(
    "period_event",
    identifier(),
    identifier("task"),
    identifier("unit"),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
    identifier("author", nullable=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Text, nullable=False),
    link("period_task", "task"),
    link("unit", "unit"),
    among("kind", EVIDENCE),
    Index(None, "district", "at"),
    Index(None, "district", "task", "unit"),
)

reminder_letter = shard_table(
    "reminder_letter",
    identifier(),
    identifier("plan"),
    identifier("unit"),
    Column("number", Integer, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("issued_by", Text, nullable=False),
    link("period_plan", "plan"),
    link("unit", "unit"),
    CheckConstraint("number > 0", name="number"),
    # A unit has one letter for a period, whatever becomes late after it.
    UniqueConstraint("district", "plan", "unit"),
    UniqueConstraint("district", "plan", "number"),
)

reminder_item = shard_table(
    "reminder_item",
    identifier(),
    identifier("letter"),
    identifier("task"),
    identifier("unit"),
    # 0 is the letter itself, from 1 on its supplementary lists.
    Column("list", SmallInteger, nullable=False),
    Column("listed_at", DateTime(timezone=True), nullable=False),
    # What was cited, in the words of that day.
    Column("body", JSONB, nullable=False),
    link("reminder_letter", "letter"),
    link("period_task", "task"),
    link("unit", "unit"),
    CheckConstraint("list >= 0", name="list"),
    UniqueConstraint("district", "letter", "task", "unit"),
)

monitoring_point = shard_table(
    "monitoring_point",
    identifier(),
    identifier("plan"),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    identifier("unit"),
    # An account that supervises in the district; its name as it was then.
    identifier("supervisor"),
    Column("supervisor_name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Text),
    link("period_plan", "plan"),
    link("unit", "unit"),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    Index(None, "district", "plan"),
)
