"""People, what they are granted, their sessions and their devices.

A grant is a role, an area and a half-open period of days. These tables span districts by design and are
small: they stay where the coordinator is. Secrets are never stored: of a password its Argon2 hash, of a
token its SHA-256.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import DATERANGE

from layers.base import identifier, local_table

PUBLIC_ROLE = "public"
REPORTER = "reporter"
ADMINISTRATOR = "administrator"
ROLES = (
    PUBLIC_ROLE,
    REPORTER,
    "grid_worker",
    "guard",
    "representative",
    "coordinator",
    "planner",
    "reviewer",
    "supervisor",
    ADMINISTRATOR,
    "auditor",
)
"""Every role. ``public`` is anybody and ``reporter`` a device: neither is granted to a person."""

GRANTED = tuple(role for role in ROLES if role not in (PUBLIC_ROLE, REPORTER))
"""The roles that people are granted."""


def _among(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint("{} IN ({})".format(column, ", ".join(f"'{one}'" for one in values)), name=column)


def _person(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], ["person.id"], ondelete="CASCADE")


person = local_table(
    "person",
    identifier(),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Argon2id; none where the person signs in another way.
    Column("password", Text),
    # The password was given by somebody else: nothing but changing it is allowed.
    Column("must_change", Boolean, nullable=False),
    # Who this is to an OpenID provider.
    Column("issuer", Text),
    Column("subject", Text),
    Column("disabled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("login"),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("login = lower(login)", name="login"),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="issuer"),
)

role_grant = local_table(
    "role_grant",
    identifier(),
    identifier("person"),
    Column("role", Text, nullable=False),
    # None is every district.
    Column("district", Text),
    # None is the whole district; else the unit and what lies below it.
    identifier("unit", nullable=True),
    Column("valid", DATERANGE, nullable=False),
    identifier("granted_by", nullable=True),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id"),
    _person("person"),
    ForeignKeyConstraint(["district"], ["district.code"], ondelete="CASCADE"),
    _among("role", GRANTED),
    CheckConstraint("unit IS NULL OR district IS NOT NULL", name="unit"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index(None, "person"),
)

sign_in = local_table(
    "sign_in",
    identifier(),
    identifier("person"),
    Column("token", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("id"),
    _person("person"),
    UniqueConstraint("token"),
    Index(None, "person"),
)

device = local_table(
    "device",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Who carries it.
    identifier("person"),
    Column("token", LargeBinary, nullable=False),
    identifier("created_by", nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("id"),
    _person("person"),
    UniqueConstraint("code"),
    UniqueConstraint("token"),
    Index(None, "person"),
)

# Raised by whatever may take a right away, so that every process forgets whom it remembers.
access_head = local_table(
    "access_head",
    Column("subject", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("subject"),
)
