"""Tables of who is on duty at the stations: the weekly rota, the volunteers, and contacts sealed apart."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

from layers.base import identifier, in_district, link, shard_table
from layers.geometry import geometry_type

volunteer = shard_table(
    "volunteer",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Their account, where they have one.
    identifier("person", nullable=True),
    Column("geom", geometry_type("POINT"), nullable=False),
    # How far from there they go, metres.
    Column("reach_m", Double, nullable=False),
    # What they can help with, and when.
    Column("skills", JSONB, nullable=False),
    Column("windows", JSONB, nullable=False),
    Column("consented_on", Date, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
    CheckConstraint("reach_m > 0", name="reach_m"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "geom", postgresql_using="gist"),
)

duty = shard_table(
    "duty",
    identifier(),
    # The code of the station, which outlives its versions.
    Column("station", Text, nullable=False),
    identifier("person", nullable=True),
    identifier("volunteer", nullable=True),
    Column("name", Text, nullable=False),
    # Bits of the weekdays from Monday on, then of public holidays; none where it is on one day.
    Column("days", SmallInteger, nullable=False),
    Column("on_day", Date),
    # Minutes of the wall clock; an end after 24 hours is on the next day.
    Column("begin_minute", SmallInteger, nullable=False),
    Column("end_minute", SmallInteger, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    # The days on which it does not take place, each with the reason.
    Column("away", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    in_district(),
    link("volunteer", "volunteer", ondelete="CASCADE"),
    CheckConstraint("(person IS NULL) <> (volunteer IS NULL)", name="who"),
    CheckConstraint("(days = 0) = (on_day IS NOT NULL) AND days BETWEEN 0 AND 255", name="days"),
    CheckConstraint(
        "begin_minute BETWEEN 0 AND 1439 AND end_minute > begin_minute AND end_minute <= begin_minute + 1440",
        name="minutes",
    ),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "district", "station"),
    Index(None, "district", "person"),
    Index(None, "district", "volunteer"),
)

aid_contact = shard_table(
    "aid_contact",
    # Whose it is: of a volunteer, or of who asks for help.
    identifier("subject"),
    Column("key", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
    in_district(),
    key=("subject",),
)
