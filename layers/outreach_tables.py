"""Tables of meetings and visits: what was said, what came of it, and the stops of the mobile service.

``outreach`` is a bench meeting, a council or a visit, under the id of whoever recorded it. It gives opinions,
problems, actions with owners and dates, and requests. Opinions and problems are counted apart: an opinion
leads to any number of problems, and a problem needs no opinion.
"""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Index, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import among, identifier, link, shard_table
from layers.geometry import geometry_type

KINDS = ("bench-meeting", "council", "visit")
DUTIES = ("law-and-policy", "opinions", "disputes", "safety", "services", "environment")
REQUESTS = ("patrol", "service-stop")
ASKED, ACCEPTED, DECLINED = REQUEST_STATES = ("asked", "accepted", "declined")
PLANNED, HELD, CANCELLED = STOP_STATES = ("planned", "held", "cancelled")


outreach = shard_table(
    "outreach",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("place", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    identifier("unit"),
    # Of a visit: whose it was, and for which duty.
    identifier("representative", nullable=True),
    Column("duty", Text),
    # How many people it served.
    Column("served", Integer, nullable=False),
    # Topic, options, decision, attendance by role, and a note.
    Column("body", JSONB, nullable=False),
    identifier("author", nullable=True),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    # SHA-256 of what was recorded, so that a repetition is told from another content under the same id.
    Column("digest", Text, nullable=False),
    link("unit", "unit"),
    link("representative", "representative"),
    among("kind", KINDS),
    among("duty", DUTIES),
    CheckConstraint(
        "CASE WHEN kind = 'visit' THEN representative IS NOT NULL AND duty IS NOT NULL"
        " ELSE representative IS NULL AND duty IS NULL END",
        name="visit",
    ),
    CheckConstraint("served >= 0", name="served"),
    Index(None, "district", "at"),
    Index(None, "district", "representative", "at"),
)

outreach_opinion = shard_table(
    "outreach_opinion",
    identifier(),
    identifier("outreach"),
    Column("place", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    link("outreach", "outreach", ondelete="CASCADE"),
    Index(None, "district", "outreach"),
)

outreach_problem = shard_table(
    "outreach_problem",
    identifier(),
    identifier("outreach"),
    Column("place", SmallInteger, nullable=False),
    identifier("opinion", nullable=True),
    Column("class", Text, nullable=False),
    Column("title", Text, nullable=False),
    # Solved there and then, or an incident that goes its own way; the incident may be withdrawn later.
    Column("solution", Text),
    identifier("incident", nullable=True),
    link("outreach", "outreach", ondelete="CASCADE"),
    link("outreach_opinion", "opinion", ondelete="CASCADE"),
    CheckConstraint("(solution IS NULL) <> (incident IS NULL)", name="solution"),
    Index(None, "district", "outreach"),
    Index(None, "district", "incident"),
)

outreach_action = shard_table(
    "outreach_action",
    identifier(),
    identifier("outreach"),
    Column("place", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    # Who sees to it: a unit, or a representative.
    identifier("unit", nullable=True),
    identifier("representative", nullable=True),
    Column("due_on", Date, nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("done_by", Text),
    Column("closing", Text, nullable=False),
    link("outreach", "outreach", ondelete="CASCADE"),
    link("unit", "unit"),
    link("representative", "representative"),
    CheckConstraint("(unit IS NULL) <> (representative IS NULL)", name="owner"),
    CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done"),
    Index(None, "district", "outreach"),
    Index(None, "district", "due_on"),
)

service_stop = shard_table(
    "service_stop",
    identifier(),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    identifier("unit"),
    # The services it brings.
    Column("body", JSONB, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("to_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    link("unit", "unit"),
    among("state", STOP_STATES),
    CheckConstraint("to_at > from_at", name="period"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "district", "to_at"),
)

outreach_request = shard_table(
    "outreach_request",
    identifier(),
    identifier("outreach"),
    Column("place", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    identifier("unit"),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Text),
    Column("answer", Text, nullable=False),
    # What became of it: a rule of how often to patrol, or a stop of the mobile service.
    identifier("rule", nullable=True),
    identifier("stop", nullable=True),
    link("outreach", "outreach", ondelete="CASCADE"),
    link("unit", "unit"),
    link("due_rule", "rule"),
    link("service_stop", "stop"),
    among("kind", REQUESTS),
    among("state", REQUEST_STATES),
    CheckConstraint("(state = 'asked') = (settled_at IS NULL)", name="settled"),
    CheckConstraint(
        "CASE WHEN state <> 'accepted' THEN rule IS NULL AND stop IS NULL"
        " WHEN kind = 'patrol' THEN rule IS NOT NULL AND stop IS NULL"
        " ELSE rule IS NULL AND stop IS NOT NULL END",
        name="outcome",
    ),
    Index(None, "district", "outreach"),
    Index(None, "district", "state"),
)
