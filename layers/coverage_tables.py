"""The tables of the coverage ledgers: what a device proved on a day of lines, units and markers."""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Double, Index, SmallInteger, Text

from layers.base import identifier, link, shard_table

coverage_line = shard_table(
    "coverage_line",
    identifier(),
    identifier("segment"),
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    # None where somebody declares it and no recording shows it.
    identifier("patrol", nullable=True),
    Column("evidence", SmallInteger, nullable=False),
    Column("from_m", Double, nullable=False),
    Column("to_m", Double, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("to_at", DateTime(timezone=True), nullable=False),
    Column("person", Text),
    # Of what was seen, how sure that is: within V - 2 sigma, V, V + 2 sigma.
    Column("band", SmallInteger, nullable=False),
    link("border_segment", "segment"),
    link("patrol", "patrol"),
    CheckConstraint("evidence BETWEEN 0 AND 6", name="evidence"),
    CheckConstraint("to_m >= from_m", name="measures"),
    CheckConstraint("band BETWEEN -1 AND 1", name="band"),
    Index(None, "district", "segment", "day"),
    Index(None, "district", "device", "day"),
)

coverage_grid = shard_table(
    "coverage_grid",
    identifier(),
    identifier("unit"),
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    identifier("patrol"),
    Column("state", Text, nullable=False),
    Column("metres", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("left_at", DateTime(timezone=True), nullable=False),
    Column("person", Text),
    link("unit", "unit"),
    link("patrol", "patrol"),
    CheckConstraint("state IN ('visited', 'grazed')", name="state"),
    Index(None, "district", "unit", "day"),
    Index(None, "district", "device", "day"),
)

coverage_marker = shard_table(
    "coverage_marker",
    identifier(),
    identifier("marker"),
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    # None where an action at the marker proves it and no recording does.
    identifier("patrol", nullable=True),
    Column("evidence", SmallInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("distance_m", Double),
    Column("person", Text),
    link("marker", "marker"),
    link("patrol", "patrol"),
    CheckConstraint("evidence BETWEEN 0 AND 6", name="evidence"),
    Index(None, "district", "marker", "day"),
    Index(None, "district", "device", "day"),
)
