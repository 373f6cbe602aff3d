"""The table of patrols: one recording of one device."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, Text, UniqueConstraint

from layers.base import identifier, in_district, shard_table

SENT = "track:"
"""The digest of a recording that its device sends in parts begins so; that of a file is a SHA-256."""

patrol = shard_table(
    "patrol",
    identifier(),
    Column("device", Text, nullable=False),
    Column("person", Text),
    Column("mode", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("fixes", Integer, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    in_district(),
    UniqueConstraint("district", "device", "digest"),
    CheckConstraint("ended_at >= started_at", name="times"),
    CheckConstraint("fixes >= 0", name="fixes"),
    Index(None, "district", "started_at"),
    # Fixes of a device in a period are those of its patrols that were under way.
    Index(None, "district", "device", "ended_at", "started_at"),
)
