"""Who a request comes from, and what that person or device holds today.

An identity is a value: the same caller is the same identity for as long as nothing of theirs changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from layers.accounts import ADMINISTRATOR, PUBLIC_ROLE, REPORTER
from layers.row_security import PUBLIC_SCOPE, SYSTEM_SCOPE, Scope

Kind = Literal["public", "person", "device", "system"]


@dataclass(frozen=True, slots=True)
class Held:
    """A grant in force today; a district of None is every district, a unit of None the whole district."""

    role: str
    district: str | None = None
    unit: UUID | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request.

    Parameters
    ----------
    kind
        ``public`` for nobody in particular, ``system`` for work of our own.
    id
        Of the person or the device.
    name
        Login name, device code, ``public`` or ``system``.
    held
        The grants in force today.
    person
        The person, or the person a device is bound to.
    must_change
        Whether the password was given by somebody else, so that nothing but changing it is allowed.
    session
        The session the request came with, so that it can be ended; None for other credentials.
    """

    kind: Kind
    id: UUID | None
    name: str
    held: tuple[Held, ...]
    person: UUID | None
    must_change: bool = False
    session: UUID | None = None

    @property
    def signed_in(self) -> bool:
        """Whether it is known who asks."""
        return self.kind != "public"

    def roles(self, district: str) -> frozenset[str]:
        """Return the roles held in a district, or in a part of it."""
        return frozenset(one.role for one in self.held if one.district in (None, district))

    def every_role(self) -> frozenset[str]:
        """Return the roles held anywhere."""
        return frozenset(one.role for one in self.held)

    def reaches(self, district: str) -> bool:
        """Say whether anything is held in a district; others do not exist for the caller."""
        return any(one.district in (None, district) for one in self.held)

    def roots(self, district: str, roles: Iterable[str]) -> tuple[UUID, ...] | None:
        """Return the units below which any of the roles is held in a district, None for all of it."""
        wanted = frozenset(roles)
        mine = [one for one in self.held if one.role in wanted and one.district in (None, district)]
        if any(one.unit is None for one in mine):
            return None
        return tuple(sorted({one.unit for one in mine if one.unit is not None}))

    def scope(self) -> Scope:
        """Return what row security is told."""
        if self.kind == "system":
            return SYSTEM_SCOPE
        if self.kind == "public":
            return PUBLIC_SCOPE
        districts: dict[str, dict[str, tuple[UUID, ...] | None]] = {}
        for one in self.held:
            if one.district is not None:
                districts.setdefault(one.district, {})[one.role] = self._roots_of(one)
        return Scope(
            person=self.person,
            device=self.name if self.kind == "device" else None,
            everywhere=frozenset(one.role for one in self.held if one.district is None),
            districts=districts,
        )

    def _roots_of(self, grant: Held) -> tuple[UUID, ...] | None:
        mine = [one.unit for one in self.held if (one.role, one.district) == (grant.role, grant.district)]
        return None if None in mine else tuple(sorted(unit for unit in mine if unit is not None))


PUBLIC = Identity("public", None, "public", (Held(PUBLIC_ROLE),), None)
SYSTEM = Identity("system", None, "system", (Held(ADMINISTRATOR),), None)
EVERYBODY = Identity("person", None, ADMINISTRATOR, (Held(ADMINISTRATOR), Held(REPORTER)), None)
"""Who everybody is where access is open."""
