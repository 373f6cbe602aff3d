"""Units that fell into parts: the line of each cut, found from the parts' common edges."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.lattice import SCALE, to_lattice
from geo.partition.chain_kernels import Integers, unpack
from geo.redraw import Part, RedrawRefused, Split, State, UnitState, pieces

Target = Mapping[UUID, UnitState | None]


@dataclass(slots=True)
class Cuts:
    """A unit and the parts it fell into, cut off one after the other; ``units`` are all of them."""

    unit: UUID
    target: Target
    parts: list[UUID]
    units: frozenset[UUID]

    def next(self, state: State) -> Split | None:
        """Return the cut of the next part that one line cuts off, None where there is none."""
        for part in self.parts:
            others = [each for each in (*self.parts, self.unit) if each != part and self._area(each)]
            line = _line(self._area(part), [self._area(each) for each in others])
            operation = None if line is None else self._split(state, part, line)
            if operation is not None:
                self.parts.remove(part)
                if not self._area(self.unit) and len(self.parts) == 1:
                    self.parts.clear()
                return operation
        return None

    def _split(self, state: State, part: UUID, line: Integers) -> Split | None:
        rest = self.unit
        if not self._area(rest) and len(self.parts) == 2:
            rest = next(each for each in self.parts if each != part)
        try:
            found = pieces(state, self.unit, line)
        except RedrawRefused:
            return None
        inside = [bool(shapely.covers(self._area(part), shapely.point_on_surface(one))) for one in found]
        if len(found) != 2 or sum(inside) != 1:
            return None
        old = state.unit(self.unit)
        return Split(self.unit, line, tuple(self._part(part if hit else rest, old) for hit in inside))

    def _part(self, each: UUID, old: UnitState) -> Part:
        wanted = self.target.get(each)
        if wanted is None:
            return Part(each, old.code, old.name, old.households)
        # A unit that lives on keeps its names: they are changed apart.
        named = old if each == self.unit else wanted
        return Part(each, named.code, named.name, wanted.households)

    def _area(self, each: UUID) -> Any:
        unit = self.target.get(each)
        return None if unit is None else unit.area


def splits_of(state: State, target: Target) -> Iterator[Cuts]:
    """Yield the units of a state whose ground, or a part of it, new units took over altogether."""
    found: dict[UUID, list[UUID]] = {}
    for each, unit in sorted(target.items()):
        if unit is None or each in state:
            continue
        source = _source(state, unit)
        if source is not None:
            found.setdefault(source, []).append(each)
    for source, parts in sorted(found.items()):
        lives = target.get(source) is not None if source in target else True
        if source in target and (lives or len(parts) > 1):
            yield Cuts(source, target, parts, frozenset((source, *parts)))


def _source(state: State, unit: UnitState) -> UUID | None:
    """Return the unit that a new one's inner point lies in."""
    inner = shapely.point_on_surface(unit.area)
    for each in state.near((inner.x, inner.y, inner.x, inner.y)):
        if shapely.intersects(state.unit(each).area, inner):
            return each
    return None


def _line(area: Any, others: list[Any]) -> Integers | None:
    """Return the one path along which an area meets others, None where it is none or several."""
    mine = UnitState("", "", None, None, area).chain
    ends: list[tuple[int, int]] = []
    for other in others:
        theirs = UnitState("", "", None, None, other).chain
        back = set(zip(theirs.heads.tolist(), theirs.tails.tolist(), strict=True))
        ends += [edge for edge in zip(mine.tails.tolist(), mine.heads.tolist(), strict=True) if edge in back]
    if not ends:
        return None
    steps = unpack(np.array(ends, dtype=np.int64).ravel()).reshape(-1, 2, 2)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(steps / SCALE)))
    return to_lattice(shapely.get_coordinates(merged)) if merged.geom_type == "LineString" else None
