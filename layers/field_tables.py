"""Tables of what devices send from the field.

Every row names the ``device`` that sent it and the ``person`` the device is bound to. Ids are the client's
own: a person whose device was replaced sends the same ids again from the new one, and nothing is doubled,
because what was sent is looked up by person. Row security therefore lets a device see and change the rows
of its person, fixes and coverage of that person's former devices included.

``field_batch`` keeps the reply of every batch, ``field_track`` what a track is of, and ``field_number``
which numbers of it are stored, 1,024 a row.
``field_incident`` maps the client's id of an incident, and each edit by the version it was made from, to
what became of it; it outlives the incident, so that a late edit is told that the incident is gone.
``field_photo`` are photos that a visit, incident or meeting names, ``field_file`` those that arrived; the
bytes are files (see the record 0017). ``quarantine`` keeps whole what could not be stored.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB

from layers.base import identifier, in_district, link, shard_table

ACTIONS = ("scanned", "inspected", "cleaned", "repainted", "repaired", "replaced", "jointly-inspected")
KINDS = ("point", "visit", "incident", "outreach")
WAITING, RELEASED, DISCARDED = STATES = ("waiting", "released", "discarded")


def _among(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint("{} IN ({})".format(column, ", ".join(f"'{one}'" for one in values)), name=column)


field_batch = shard_table(
    "field_batch",
    Column("device", Text, nullable=False),
    identifier(),
    identifier("person"),
    # SHA-256 of the body's bytes: the same content is the same bytes.
    Column("digest", Text, nullable=False),
    # The reply's bytes, so that every repetition gets the very same; none while the batch is being taken.
    Column("reply", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("received_at", DateTime(timezone=True), nullable=False),
    in_district(),
    Index(None, "district", "received_at"),
    key=("device", "id"),
)

field_track = shard_table(
    "field_track",
    Column("device", Text, nullable=False),
    identifier("track"),
    identifier("person"),
    identifier("patrol"),
    link("patrol", "patrol", ondelete="CASCADE"),
    Index(None, "district", "track"),
    key=("device", "track"),
)

NUMBERS = 1024
"""How many numbers of a track a row of ``field_number`` tells of."""

# Which numbers of a track are stored, a bit each: a batch writes a few rows whose size never grows, however
# long the track is and however many gaps it has. They stay when the fixes are dropped by retention, so a
# late repetition is still known for what it is.
field_number = shard_table(
    "field_number",
    Column("device", Text, nullable=False),
    identifier("track"),
    # Its first number is as many times NUMBERS.
    Column("chunk", Integer, nullable=False),
    identifier("person"),
    Column("stored", BIT(NUMBERS), nullable=False),
    link("field_track", "device", "track", to=("device", "track"), ondelete="CASCADE"),
    key=("device", "track", "chunk"),
)

visit = shard_table(
    "visit",
    identifier(),
    identifier("marker"),
    Column("device", Text, nullable=False),
    identifier("person"),
    identifier("batch", nullable=True),
    Column("action", Text, nullable=False),
    Column("note", Text, nullable=False),
    # The device's clock, and ours.
    Column("at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("lon", Double),
    Column("lat", Double),
    # From the marker, metres; none where the device gave no place.
    Column("distance_m", Double),
    Column("evidence", SmallInteger, nullable=False),
    Column("digest", Text, nullable=False),
    link("marker", "marker"),
    _among("action", ACTIONS),
    CheckConstraint("evidence BETWEEN 0 AND 6", name="evidence"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="place"),
    Index(None, "district", "marker", "at"),
    Index(None, "district", "device", "at"),
)

field_incident = shard_table(
    "field_incident",
    identifier(),
    # 0 is the report itself, n an edit of version n.
    Column("version", Integer, nullable=False),
    Column("device", Text, nullable=False),
    identifier("person", nullable=True),
    identifier("batch", nullable=True),
    identifier("incident"),
    Column("digest", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("version >= 0", name="version"),
    Index(None, "district", "incident"),
    # An edit that changes nothing leaves the version for another, so the content is part of the key.
    key=("id", "version", "digest"),
)

field_photo = shard_table(
    "field_photo",
    Column("kind", Text, nullable=False),
    # The visit of a marker, the incident, or the meeting or visit of people, by the id it is stored under.
    identifier("subject"),
    Column("sha256", Text, nullable=False),
    Column("device", Text, nullable=False),
    identifier("person"),
    # None while the photo is pending.
    Column("linked_at", DateTime(timezone=True)),
    in_district(),
    CheckConstraint("kind IN ('visit', 'incident', 'outreach')", name="kind"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    Index(None, "district", "person", "sha256"),
    key=("kind", "subject", "sha256"),
)

field_file = shard_table(
    "field_file",
    identifier("person"),
    Column("sha256", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    CheckConstraint("size > 0", name="size"),
    Index(None, "district", "sha256"),
    key=("person", "sha256"),
)

quarantine = shard_table(
    "quarantine",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("device", Text, nullable=False),
    identifier("person"),
    identifier("batch", nullable=True),
    # What the device calls it: an id, or <track>/<seq> for a point.
    Column("ref", Text, nullable=False),
    # SHA-256 of ``raw``.
    Column("digest", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # What is wrong in words: a template of ours and its values.
    Column("fault", JSONB, nullable=False),
    # The item as JSON in ASCII. As text, since what is kept here may be what JSONB cannot hold.
    Column("raw", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    # Who released or discarded it, when, with what corrections and why.
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Text),
    Column("corrections", JSONB(none_as_null=True)),
    Column("note", Text),
    in_district(),
    UniqueConstraint("district", "person", "kind", "ref", "digest"),
    _among("kind", KINDS),
    _among("state", STATES),
    CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
    CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_by"),
    Index(None, "district", "state", "received_at"),
    Index(None, "district", "device", "received_at"),
)
