"""The ground of a state: its units, and who owns which edge."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_
from geo.lattice import SCALE
from geo.partition.chain_kernels import pack
from geo.redraw.base import Base
from geo.redraw.refusals import UnknownUnit
from geo.redraw.unit import UnitState

Box = tuple[float, float, float, float]
Owners = tuple[UUID | None, UUID | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Overlay:
    """The changed units that have ground: ids (k,), areas (k,) and their boxes (k, 4)."""

    ids: tuple[UUID, ...]
    areas: npt.NDArray[Any]
    boxes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, changed: Mapping[UUID, UnitState | None]) -> "_Overlay":
        there = [(identifier, unit.area) for identifier, unit in changed.items() if unit is not None]
        areas = np.empty(len(there), dtype=object)
        areas[:] = [area for _, area in there]
        return cls(tuple(identifier for identifier, _ in there), areas, shapely.bounds(areas).reshape(-1, 4))


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A base with changed units laid over it; None in ``changed`` is a base unit that is no more.

    ``transfers`` are the pairs of units between which ground was transferred on purpose, for the lineage.
    """

    base: Base
    changed: Mapping[UUID, UnitState | None]
    transfers: frozenset[tuple[UUID, UUID]] = frozenset()
    _overlay: list[_Overlay] = field(default_factory=list, init=False, repr=False)

    def __len__(self) -> int:
        new = sum(identifier not in self.base.units for identifier in self.changed)
        return len(self.base) + new - sum(unit is None for unit in self.changed.values())

    def __contains__(self, identifier: object) -> bool:
        return self.get(identifier) is not None

    def __iter__(self) -> Iterator[UUID]:
        """Iterate over the ids of all units: those of the base in its order, then the new ones."""
        yield from (each for each in self.base.ids if self.changed.get(each, True) is not None)
        yield from (each for each, unit in self.changed.items() if unit and each not in self.base.units)

    def get(self, identifier: Any) -> UnitState | None:
        """Return a unit, or None where the state has none of that id."""
        if identifier in self.changed:
            return self.changed[identifier]
        return self.base.units.get(identifier)

    def unit(self, identifier: UUID) -> UnitState:
        """Return a unit.

        Raises
        ------
        UnknownUnit
            The state has no unit of that id.
        """
        unit = self.get(identifier)
        if unit is None:
            raise UnknownUnit(
                N_("There is no unit {unit}."),
                mend=N_("Load the plan again; the unit may have been merged or split."),
                where={"unit": str(identifier)},
                unit=str(identifier),
            )
        return unit

    def with_code(self, code: str) -> UUID | None:
        """Return the unit that has a code, or None."""
        of_base = self.base.by_code.get(code)
        if of_base is not None and of_base not in self.changed:
            return of_base
        return next((each for each, unit in self.changed.items() if unit and unit.code == code), None)

    def owners(self, tail: npt.ArrayLike, head: npt.ArrayLike) -> Owners:
        """Return the units left and right of a directed edge between two lattice points, None outside.

        Both are None where the edge is none of the state.
        """
        ends = np.asarray((tail, head), dtype=np.int64)
        a, b = pack(ends).tolist()
        near = self.near((*(ends.min(axis=0) / SCALE).tolist(), *(ends.max(axis=0) / SCALE).tolist()))
        left = next((each for each in near if self.unit(each).chain.has(a, b)), None)
        right = next((each for each in near if self.unit(each).chain.has(b, a)), None)
        return left, right

    def near(self, box: Box) -> list[UUID]:
        """Return the units whose box meets one of west, south, east, north in degrees."""
        found = self.base.tree.query(shapely.box(*box)).tolist()
        near = [self.base.ids[at] for at in found]
        if not self.changed:
            return near
        overlay = self._changed()
        west, south, east, north = box
        boxes = overlay.boxes
        hit = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        return [each for each in near if each not in self.changed] + [
            overlay.ids[at] for at in np.flatnonzero(hit)
        ]

    def around(self, where: Box | Collection[UUID]) -> list[UUID]:
        """Return the units that meet a box of degrees, or those that share an edge with given units."""
        if isinstance(where, tuple) and len(where) == 4 and not isinstance(where[0], UUID):
            return self._meeting(where)
        return self._neighbours([each for each in where if isinstance(each, UUID)])

    def other_sides(self, identifier: UUID) -> "OtherSides":
        """Return what tells the unit on the other side of each edge of a unit."""
        near = [each for each in self.near(self.unit(identifier).area.bounds) if each != identifier]
        return OtherSides(tuple((each, self.unit(each)) for each in near))

    def _meeting(self, box: Box) -> list[UUID]:
        near = self.near(box)
        meets = shapely.intersects(shapely.box(*box), [self.unit(each).area for each in near])
        return [each for each, hit in zip(near, meets, strict=True) if hit]

    def _neighbours(self, identifiers: Iterable[UUID]) -> list[UUID]:
        given = dict.fromkeys(identifiers)
        found: dict[UUID, None] = {}
        for identifier in given:
            chain = self.unit(identifier).chain
            for each, unit in self.other_sides(identifier).units:
                if each not in given and each not in found and chain.meets(unit.chain):
                    found[each] = None
        return list(found)

    def _changed(self) -> _Overlay:
        if not self._overlay:
            self._overlay.append(_Overlay.of(self.changed))
        return self._overlay[0]


@dataclass(frozen=True, slots=True, eq=False)
class OtherSides:
    """The units near one, asked for the owner of the other side of its edges."""

    units: tuple[tuple[UUID, UnitState], ...]

    def of(self, tail: int, head: int) -> UUID | None:
        """Return the owner right of a packed edge, None for the frame's outside."""
        return next((each for each, unit in self.units if unit.chain.has(head, tail)), None)
