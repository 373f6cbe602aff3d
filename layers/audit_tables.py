"""The tables of the audit: one chain of entries for each district, and one for what belongs to none.

Nobody changes or removes an entry: the service's role may only insert and select here. ``append_only`` says
so to whoever grants rights.
"""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from layers.base import identifier, metadata, shard_table

CENTRAL = "central"
"""The name of the chain of what belongs to no district: people, grants, sign-in, devices."""


def _entry() -> tuple[SchemaItem, ...]:
    return (
        Column("seq", BigInteger, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor_kind", Text, nullable=False),
        identifier("actor", nullable=True),
        Column("actor_name", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject_kind", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("request", Text),
        Column("purpose", Text),
        Column("detail", JSONB, nullable=False),
        # SHA-256 of the entry before this one, and of that together with this one.
        Column("previous", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    )


# No reference to the district: what was done in it is known for longer than it is kept.
audit_entry = shard_table("audit_entry", *_entry(), key=("seq",))
audit_central = Table(
    "audit_central",
    metadata,
    Column("chain", Text, nullable=False),
    *_entry(),
    PrimaryKeyConstraint("chain", "seq"),
    info={"placement": "local"},
)
for table in (audit_entry, audit_central):
    table.info["append_only"] = True
