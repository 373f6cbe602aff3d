"""The units of a period by code and by id: as they were on a day of it, those that are gone included."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import NotFound
from layers.period_records import PeriodPlan
from layers.stores import Stores
from layers.units import Unit
from service.errors import InvalidInput


class Names:
    """The units of the district's partition on one day."""

    def __init__(self, stores: Stores, day: date) -> None:
        self._stores = stores
        self.day = day
        layers = [one.code for one in stores.layers.all("partition")]
        self.units: dict[UUID, Unit] = {}
        for layer in layers:
            self.units |= stores.grids.tree(layer, day).units
        # Of units with the same code the lowest is meant, as everywhere.
        self._codes = {one.code: one for one in sorted(self.units.values(), key=lambda one: one.level)}

    @classmethod
    def of(cls, stores: Stores, plan: PeriodPlan, today: date) -> "Names":
        """Return the units as of today, or of the day of the plan that is nearest to it."""
        return cls(stores, min(max(today, plan.first_day), plan.last_day))

    def __getitem__(self, unit: UUID) -> Unit:
        found = self.units.get(unit)
        if found is None:
            found = self.units[unit] = self._stores.grids.last_known(unit)
        return found

    def json(self, unit: UUID | None) -> dict[str, Any] | None:
        """Return a unit as readers see it."""
        if unit is None:
            return None
        found = self[unit]
        return {"id": str(unit), "code": found.code, "name": found.name}

    def ids(self, codes: Sequence[str], pointer: str) -> tuple[UUID, ...]:
        """Return the ids of units by code, each once.

        Raises
        ------
        InvalidInput
            There is no such unit on that day.
        """
        return tuple(dict.fromkeys(self.id(code, f"{pointer}/{place}") for place, code in enumerate(codes)))

    def id(self, code: str, pointer: str) -> UUID:
        """Return the id of a unit by its code.

        Raises
        ------
        InvalidInput
            There is no such unit on that day.
        """
        found = self._codes.get(code)
        if found is None:
            raise InvalidInput(
                N_("There is no unit {code} on {day}."),
                mend=N_("Check the code; codes change when units are redrawn."),
                where={"pointer": pointer},
                code=code,
                day=self.day.isoformat(),
            )
        return found.id

    def below(self, code: str) -> frozenset[UUID]:
        """Return a unit, by code, and all that lie below it.

        Raises
        ------
        InvalidInput
            There is no such unit on that day.
        """
        found = self._codes.get(code)
        if found is None:
            raise InvalidInput(
                N_("There is no unit {code} on {day}."),
                mend=N_("Check the code; codes change when units are redrawn."),
                where={"parameter": "unit"},
                code=code,
                day=self.day.isoformat(),
            )
        return _below(found.id, self.units)


def _below(root: UUID, units: Mapping[UUID, Unit]) -> frozenset[UUID]:
    children: dict[UUID | None, list[UUID]] = {}
    for one in units.values():
        children.setdefault(one.parent, []).append(one.id)
    found, left = {root}, [root]
    while left:
        more = children.get(left.pop(), [])
        found.update(more)
        left += more
    return frozenset(found)


def known(stores: Stores, unit: UUID, day: date) -> Unit:
    """Return a unit as of a day, or as it was last."""
    try:
        return stores.grids.unit(unit, day)
    except NotFound:
        return stores.grids.last_known(unit)
