"""Who may administer whom: nobody gives more than they hold, and nobody raises their own rights.

An administrator holds the role in an area: every district, a district, or a part of one. What he may grant,
and whom he may change, lies within that area; a grant outlasts his own by no day.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from geo.errors import N_
from layers.accounts import ADMINISTRATOR
from layers.people import Grant, People, Person, missing
from service.access.identity import Identity
from service.errors import NotAllowed

Below = Callable[[str, Collection[UUID]], frozenset[UUID]]
"""The units of a district at or below some roots."""


@dataclass(frozen=True)
class Authority:
    """What a caller may do about accounts at an instant."""

    identity: Identity
    people: People
    below: Below
    now: datetime
    roles: frozenset[str] = frozenset({ADMINISTRATOR})

    @cached_property
    def mine(self) -> tuple[Grant, ...]:
        """The grants of the caller by which accounts are administered, or seen."""
        if self.identity.id is None:
            everywhere = (one for one in self.identity.held if one.role in self.roles)
            return tuple(
                Grant(UUID(int=0), UUID(int=0), one.role, one.district, one.unit, None, None, None, self.now)
                for one in everywhere
            )
        found = self.people.in_force(self.identity.id, self.now)
        return tuple(one for one in found if one.role in self.roles)

    @property
    def everywhere(self) -> bool:
        """Whether the caller administers every district."""
        return any(one.district is None for one in self.mine)

    def covers(self, district: str | None, unit: UUID | None, until: date | None = None) -> bool:
        """Say whether an area lies within the caller's own, up to a day or for ever."""
        return any(self._holds(one, district, unit) and _lasts(one, until) for one in self.mine)

    def sees(self, grants: Sequence[Grant]) -> bool:
        """Say whether a person with these grants exists for the caller: one of them covered, or none held."""
        if self.everywhere or not grants:
            return bool(self.mine)
        return any(self._covered(one) for one in grants)

    def require_person(self, identifier: UUID) -> tuple[Person, tuple[Grant, ...]]:
        """Return a person the caller may see, with all grants.

        Raises
        ------
        NotFound
            There is none, or none for the caller.
        """
        person = self.people.get(identifier)
        grants = self.people.grants([identifier])
        if not self.sees(grants):
            raise missing(str(identifier))
        return person, grants

    def require_over(self, identifier: UUID) -> Person:
        """Return a person all of whose rights, now and later, are within the caller's area.

        Raises
        ------
        NotFound
            There is none, or none for the caller.
        NotAllowed
            Some right of theirs is not: changing them would reach beyond the caller's own.
        """
        person, grants = self.require_person(identifier)
        live = [one for one in grants if one.valid_to is None or one.valid_to >= self.now.date()]
        if not all(self._covered(one) for one in live):
            raise NotAllowed(
                N_("{person} holds rights outside of your area."),
                mend=N_("Ask an administrator of a larger area."),
                person=person.login,
            )
        return person

    def require_grant(
        self, person: UUID, district: str | None, unit: UUID | None, until: date | None
    ) -> None:
        """Let the caller give a right to somebody else within his own area and time.

        Raises
        ------
        NotAllowed
            It would be his own, or reach farther or last longer than his own.
        """
        if person == self.identity.id:
            raise NotAllowed(
                N_("Nobody changes their own rights."), mend=N_("Ask another administrator to do it.")
            )
        if not self.covers(district, unit, until):
            raise NotAllowed(
                N_("This right would reach farther, or last longer, than your own."),
                mend=N_("Grant it within your area and your time, or ask an administrator of a larger one."),
            )

    def require_administrator(self, before: Collection[UUID]) -> None:
        """Refuse a change after which nobody administers every district for good, where somebody did before.

        Raises
        ------
        NotAllowed
            The last such administrator would be gone.
        """
        if before and not self.people.administrators(self.now):
            raise NotAllowed(
                N_("Nobody would be left who administers every district."),
                mend=N_("Make somebody else administrator of every district first."),
            )

    def _covered(self, grant: Grant) -> bool:
        return any(self._holds(one, grant.district, grant.unit) for one in self.mine)

    def _holds(self, own: Grant, district: str | None, unit: UUID | None) -> bool:
        if own.district is None:
            return True
        if own.district != district:
            return False
        return own.unit is None or (unit is not None and unit in self.below(own.district, (own.unit,)))


def _lasts(own: Grant, until: date | None) -> bool:
    return own.valid_to is None or (until is not None and until <= own.valid_to)
