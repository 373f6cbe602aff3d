"""Tables of requests for help, and of whom each was offered to, one after the other."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.base import identifier, link, shard_table
from layers.geometry import geometry_type

help_request = shard_table(
    "help_request",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    identifier("unit"),
    Column("channel", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    # Why it is offered as it is, or to nobody: how many could not, and why.
    Column("told", JSONB, nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("closing", Text, nullable=False),
    # SHA-256 of what whoever asked was given.
    Column("receipt", LargeBinary, nullable=False),
    link("unit", "unit"),
    CheckConstraint("channel IN ('web', 'phone')", name="channel"),
    CheckConstraint("state IN ('asked', 'offered', 'accepted', 'done', 'cancelled')", name="state"),
    CheckConstraint("(settled_at IS NULL) = (state IN ('asked', 'offered', 'accepted'))", name="settled"),
    UniqueConstraint("district", "receipt"),
    Index(None, "district", "state"),
)

help_offer = shard_table(
    "help_offer",
    identifier(),
    identifier("request"),
    # To a volunteer, or to who has duty at a station then.
    identifier("volunteer", nullable=True),
    Column("station", Text),
    # Their account, where they have one, and their name until they are forgotten.
    identifier("person", nullable=True),
    Column("name", Text, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("distance_m", Double, nullable=False),
    Column("way", Text, nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("answered_by", Text),
    Column("version", Integer, nullable=False),
    link("help_request", "request", ondelete="CASCADE"),
    UniqueConstraint("district", "request", "place"),
    CheckConstraint("(volunteer IS NULL) <> (station IS NULL)", name="who"),
    CheckConstraint("way IN ('straight', 'network')", name="way"),
    CheckConstraint("state IN ('offered', 'lapsed', 'accepted', 'declined', 'withdrawn')", name="state"),
    CheckConstraint("distance_m >= 0 AND expires_at > offered_at", name="measures"),
    Index(None, "district", "state", "expires_at"),
    Index(None, "district", "person"),
)
