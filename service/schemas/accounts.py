"""Shapes of people, grants, sessions and devices."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from layers.accounts import GRANTED
from layers.people import Grant, Person
from layers.sign_ins import Device
from service.access.identity import Identity
from service.schemas.times import Day

Login = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$", to_lower=True),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]
DeviceCode = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
Role: TypeAlias = Literal[
    "grid_worker",
    "guard",
    "representative",
    "coordinator",
    "planner",
    "reviewer",
    "supervisor",
    "administrator",
    "auditor",
]
assert set(get_args(Role)) == set(GRANTED)  # noqa: S101 - one list, spelled where the type checker sees it


class SignInIn(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Secret


class PasswordIn(BaseModel):
    """A change of one's own password."""

    model_config = ConfigDict(extra="forbid")

    current: Secret
    new: Secret


class HeldOut(BaseModel):
    """A role held today; a district of null is every district, a unit of null the whole district."""

    role: str
    district: str | None
    unit: UUID | None


class MeOut(BaseModel):
    """Who the caller is, and what they hold today."""

    kind: Literal["person", "device"]
    name: str = Field(description="The login, or the code of the device.")
    person: UUID | None
    must_change: bool = Field(description="Whether the password must be changed before anything else.")
    held: list[HeldOut]


class GrantIn(BaseModel):
    """A role to be granted on the days from ``valid_from`` up to before ``valid_to``."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    district: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Null is every district."
    )
    unit: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Id or code of a unit: it and all below; null is the whole district."
    )
    valid_from: Day | None = Field(default=None, description="Today where none is given.")
    valid_to: Day | None = None


class GrantOut(BaseModel):
    """A role granted on the days from ``valid_from`` up to before ``valid_to``."""

    id: UUID
    role: str
    district: str | None
    unit: UUID | None
    valid_from: date | None
    valid_to: date | None
    granted_by: UUID | None
    granted_at: datetime


class PersonIn(BaseModel):
    """A new person; without a password one is made up, to be changed at the first sign-in."""

    model_config = ConfigDict(extra="forbid")

    login: Login
    name: Name


class PersonPatch(BaseModel):
    """What changes of a person."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    disabled: StrictBool | None = None


class PersonOut(BaseModel):
    """A person and their grants, past and coming ones too."""

    id: UUID
    login: str
    name: str
    must_change: bool
    has_password: bool
    disabled_at: datetime | None
    created_at: datetime
    grants: list[GrantOut]


class PersonWithPassword(PersonOut):
    """A person with a password that is shown this once."""

    password: str


class PeoplePage(BaseModel):
    """A page of people."""

    items: list[PersonOut]
    cursor: str | None


class PasswordOut(BaseModel):
    """A password that is shown this once and must be changed at the first sign-in."""

    password: str


class DeviceIn(BaseModel):
    """A new device; it is the caller's own where no person is named."""

    model_config = ConfigDict(extra="forbid")

    code: DeviceCode
    name: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    person: UUID | None = None


class DeviceOut(BaseModel):
    """A device."""

    id: UUID
    code: str
    name: str
    person: UUID
    created_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


class DeviceWithToken(DeviceOut):
    """A device with its token, which is shown this once."""

    token: str


class DevicesPage(BaseModel):
    """A page of devices."""

    items: list[DeviceOut]
    cursor: str | None


def me_json(identity: Identity) -> dict[str, Any]:
    """Return an identity as its owner sees it."""
    return {
        "kind": identity.kind,
        "name": identity.name,
        "person": identity.person,
        "must_change": identity.must_change,
        "held": [{"role": one.role, "district": one.district, "unit": one.unit} for one in identity.held],
    }


def grant_json(value: Grant) -> dict[str, Any]:
    """Return a grant as administrators see it."""
    return {name: getattr(value, name) for name in GrantOut.model_fields}


def person_json(value: Person, grants: tuple[Grant, ...]) -> dict[str, Any]:
    """Return a person as administrators see them."""
    plain = {name: getattr(value, name) for name in PersonOut.model_fields if name != "grants"}
    return {**plain, "grants": [grant_json(one) for one in grants if one.person == value.id]}


def device_json(value: Device) -> dict[str, Any]:
    """Return a device as its owner sees it, without its token."""
    return {name: getattr(value, name) for name in DeviceOut.model_fields}
