"""Tables of plans and of the people they are told to, and which step of a plan follows which.

A plan is a draft of changes on top of a release: a list of operations (``plan_op``), each as its planner
gave it. An operation that was undone stays until a new one is added, so that it can be done again.
``notice`` tells a person, or whoever answers for a unit, what became of something that is theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from layers.base import identifier, in_district, link, shard_table

PlanStatus = Literal["draft", "submitted", "approved", "scheduled", "published", "rejected", "withdrawn"]
Actor = Literal["author", "reviewer", "anybody"]

STATUSES: tuple[PlanStatus, ...] = (
    "draft",
    "submitted",
    "approved",
    "scheduled",
    "published",
    "rejected",
    "withdrawn",
)


@dataclass(frozen=True, slots=True)
class Step:
    """From which statuses a status is reached, and by whom; ``reviewer`` is anybody but the author."""

    sources: frozenset[PlanStatus]
    by: Actor


STEPS: Mapping[PlanStatus, Step] = {
    "draft": Step(frozenset({"submitted", "approved", "rejected", "withdrawn"}), "author"),
    "submitted": Step(frozenset({"draft"}), "author"),
    "approved": Step(frozenset({"submitted"}), "reviewer"),
    "rejected": Step(frozenset({"submitted"}), "reviewer"),
    "withdrawn": Step(frozenset({"draft", "submitted", "approved"}), "author"),
    "scheduled": Step(frozenset({"approved"}), "author"),
    # A scheduled plan is published by its day, which nobody has to be there for.
    "published": Step(frozenset({"approved", "scheduled"}), "anybody"),
}
"""The one table of the steps: from where, and by whom. Who holds the role for it is the policy's to say."""

plan = shard_table(
    "plan",
    identifier(),
    Column("layer", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    identifier("author"),
    # A copy of the name: who reads a plan may not read accounts.
    Column("author_name", Text, nullable=False),
    identifier("base"),
    # The upper units that the plan keeps to; none is the whole layer.
    Column("scope", ARRAY(Uuid), nullable=False),
    Column("status", Text, nullable=False),
    Column("effective_on", Date),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    identifier("reviewer", nullable=True),
    Column("reviewer_name", Text),
    Column("decision_note", Text, nullable=False),
    identifier("release", nullable=True),
    Column("conflict", JSONB(none_as_null=True)),
    link("layer", "layer", to=("code",)),
    link("release", "base"),
    link("release", "release"),
    UniqueConstraint("district", "layer", "number"),
    CheckConstraint("status IN ({})".format(", ".join(f"'{one}'" for one in STATUSES)), name="status"),
    CheckConstraint("reviewer <> author", name="two_people"),
    CheckConstraint(
        "(reviewer IS NULL) = (decided_at IS NULL) AND (reviewer IS NULL) = (reviewer_name IS NULL)",
        name="decided",
    ),
    # Nothing is decided without a reviewer, and what is changed again is no longer decided.
    CheckConstraint(
        "CASE WHEN status IN ('draft', 'submitted') THEN reviewer IS NULL"
        " WHEN status = 'withdrawn' THEN true ELSE reviewer IS NOT NULL END",
        name="reviewed",
    ),
    CheckConstraint(
        "(release IS NOT NULL) = (status IN ('scheduled', 'published'))"
        " AND (release IS NULL OR effective_on IS NOT NULL)",
        name="released",
    ),
    CheckConstraint("version > 0", name="version"),
    Index(None, "district", "status", "effective_on"),
)

plan_op = shard_table(
    "plan_op",
    identifier("plan"),
    Column("seq", Integer, nullable=False),
    Column("op", JSONB, nullable=False),
    identifier("author"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("undone", Boolean, nullable=False),
    link("plan", "plan", ondelete="CASCADE"),
    CheckConstraint("seq > 0", name="seq"),
    key=("plan", "seq"),
)

notice = shard_table(
    "notice",
    identifier(),
    Column("kind", Text, nullable=False),
    identifier("person", nullable=True),
    identifier("unit", nullable=True),
    Column("subject", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
    in_district(),
    link("unit", "unit"),
    CheckConstraint("(person IS NULL) <> (unit IS NULL)", name="receiver"),
    Index(None, "district", "person"),
    Index(None, "district", "unit"),
)
