"""Changes: the effect of operations as values that can be inverted and composed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.redraw.refusals import StateDiffers
from geo.redraw.unit import UnitState

Units = Mapping[UUID, UnitState | None]


class LineageKind(StrEnum):
    """How ground came from one unit to another."""

    CONTINUE = "continue"
    SPLIT = "split"
    MERGE = "merge"
    TRANSFER = "transfer"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Descent:
    """Ground that went from one unit to another: ``share`` is its part of the old unit's area."""

    before: UUID
    after: UUID
    kind: LineageKind
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class EdgeDelta:
    """The directed edges that a unit lost and gained, int64 (n, 4): x1, y1, x2, y2, interior left."""

    removed: Integers
    added: Integers

    def __bool__(self) -> bool:
        return bool(len(self.removed) or len(self.added))


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Units before and after, of the same ids; None where there is no unit of that id then.

    ``transfers`` are the pairs of units between which ground was transferred on purpose.
    """

    before: Units
    after: Units
    transfers: frozenset[tuple[UUID, UUID]] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.after)

    @property
    def units(self) -> frozenset[UUID]:
        """The ids of all units that differ."""
        return frozenset(self.after)

    @classmethod
    def between(
        cls, before: Units, after: Units, transfers: frozenset[tuple[UUID, UUID]] = frozenset()
    ) -> "Change":
        """Return the change from one to the other, without the units that are the same in both."""
        differ = [each for each in after if not same(before[each], after[each])]
        return cls(
            MappingProxyType({each: before[each] for each in differ}),
            MappingProxyType({each: after[each] for each in differ}),
            transfers,
        )

    def inverse(self) -> "Change":
        """Return the change that undoes this one."""
        return Change(self.after, self.before, frozenset((b, a) for a, b in self.transfers))

    def then(self, other: "Change") -> "Change":
        """Return both changes as one; units that end as they began are left out.

        Raises
        ------
        StateDiffers
            The other change begins with another unit than this one ends with.
        """
        for identifier in self.units & other.units:
            if not same(self.after[identifier], other.before[identifier]):
                raise state_differs(identifier)
        return Change.between(
            {**other.before, **self.before},
            {**self.after, **other.after},
            self.transfers | other.transfers,
        )

    def same_as(self, other: "Change") -> bool:
        """Tell whether both make the same of the same units."""
        return self.units == other.units and all(
            same(self.before[each], other.before[each]) and same(self.after[each], other.after[each])
            for each in self.units
        )

    def edges(self, identifier: UUID) -> EdgeDelta:
        """Return the edges that a unit lost and gained; what it kept has cancelled."""
        before, after = _edges(self.before.get(identifier)), _edges(self.after.get(identifier))
        return EdgeDelta(_columns(before - after), _columns(after - before))

    def lineage(self) -> tuple[Descent, ...]:
        """Return which ground went from where to where, found on the ground itself.

        Units that begin and end without a touch of their ground continue. ``share`` is measured in whole
        lattice steps; whether units share ground at all is decided exactly.
        """
        olds = [(each, unit) for each, unit in self.before.items() if unit is not None]
        news = [(each, unit) for each, unit in self.after.items() if unit is not None]
        if not olds or not news:
            return ()
        corner = np.rint(shapely.total_bounds([unit.area for _, unit in olds + news])[:2] * SCALE)
        old = _steps([unit for _, unit in olds], corner)
        new = _steps([unit for _, unit in news], corner)
        pairs = shapely.STRtree(new).query(old)
        share_ground = shapely.relate_pattern(old[pairs[0]], new[pairs[1]], "T********")
        pairs = pairs[:, share_ground]
        parts = shapely.area(shapely.intersection(old[pairs[0]], new[pairs[1]])) / shapely.area(old[pairs[0]])
        found = []
        for k, m, share in zip(*pairs.tolist(), parts.tolist(), strict=True):
            before, after = olds[k][0], news[m][0]
            found.append(Descent(before, after, self._kind(before, after), share))
        return tuple(found)

    def _kind(self, before: UUID, after: UUID) -> LineageKind:
        """Return how ground of a unit came to another."""
        if before == after:
            return LineageKind.CONTINUE
        if (before, after) in self.transfers:
            return LineageKind.TRANSFER
        ended, new = self.after[before] is None, self.before[after] is None
        if not ended and not new:
            return LineageKind.MOVE
        return LineageKind.SPLIT if new and not self._from_several(after) else LineageKind.MERGE

    def _from_several(self, new: UUID) -> bool:
        """Tell whether a new unit took the whole ground of several units that ended."""
        unit = self.after[new]
        ended = [old for each, old in self.before.items() if old is not None and self.after[each] is None]
        if unit is None or len(ended) < 2:
            return False
        corner = np.rint(np.array(unit.area.bounds[:2]) * SCALE)
        within = shapely.covers(_steps([unit], corner)[0], _steps(ended, corner))
        return int(within.sum()) > 1


def same(one: UnitState | None, other: UnitState | None) -> bool:
    """Tell whether both are no unit, or the same one by content."""
    return one is other if one is None else one.same_as(other)


def state_differs(identifier: UUID) -> StateDiffers:
    """Return the refusal of a change that begins with another unit than there is."""
    return StateDiffers(
        N_("Unit {unit} is not what the change begins with."),
        mend=N_("Make the change again on the present state."),
        where={"unit": str(identifier)},
        unit=str(identifier),
    )


def _edges(unit: UnitState | None) -> set[tuple[int, int]]:
    """Return the packed edges of a unit."""
    if unit is None:
        return set()
    return set(zip(unit.chain.tails.tolist(), unit.chain.heads.tolist(), strict=True))


def _columns(edges: set[tuple[int, int]]) -> Integers:
    """Return packed edges as x1, y1, x2, y2, in order."""
    ends = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
    return np.hstack((unpack(ends[:, 0]), unpack(ends[:, 1])))


def _steps(units: list[UnitState], corner: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Return areas in whole lattice steps from a corner."""
    areas = np.array([unit.area for unit in units], dtype=object)
    steps: npt.NDArray[Any] = shapely.transform(areas, lambda lonlat: np.rint(lonlat * SCALE) - corner)
    return steps
