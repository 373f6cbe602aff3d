"""What a plan would do: what changes hands, the load of each unit before and after, the soft rules it breaks.

Things belong to units by the half-open rule, before and after; only the ground that differs is looked at. A
unit that goes below another parent takes everything on it into other hands too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.crs import geodesic_area
from geo.errors import N_
from geo.impact import Redrawn, boxes
from geo.redraw import Change, State, UnitState
from layers.ground_features import PackedPoints
from layers.stores import Stores

MOST_HANDS = 200
NAMED = ("station", "marker", "representative")

Translate = Callable[[str], str]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SizeRule:
    """How many households a unit should have; only a warning."""

    least: int = 100
    target: int = 300
    most: int = 500


@dataclass(slots=True)
class _Load:
    """What lies in each unit, by position, before or after."""

    households: Counts
    dwellings: Counts
    incidents_open: Counts
    named: dict[str, Counts] = field(default_factory=dict)

    @classmethod
    def empty(cls, units: int) -> "_Load":
        none = np.zeros(units, dtype=np.int64)
        return cls(none.copy(), none.copy(), none.copy(), {kind: none.copy() for kind in NAMED})

    def add(self, things: PackedPoints, owners: npt.NDArray[np.int32]) -> None:
        inside = owners >= 0
        size = len(self.households)
        count = np.bincount(owners[inside], minlength=size)
        if things.kind == "dwelling":
            self.dwellings += count
            self.households += np.bincount(
                owners[inside], weights=things.households[inside], minlength=size
            ).astype(np.int64)
        elif things.kind == "incident":
            self.incidents_open += count if things.open else 0
        else:
            self.named[things.kind] += count


@dataclass(frozen=True, slots=True, eq=False)
class Impact:
    """What a change does to what lies on the ground; ``units`` are those that differ."""

    units: tuple[UUID, ...]
    change: Change
    before: _Load
    after: _Load
    moved: Mapping[str, Any]
    hands: tuple[Mapping[str, Any], ...]
    shares: Mapping[tuple[UUID, UUID], tuple[int, int]]
    """Households and incidents that go from one unit to another."""
    open_incidents: tuple[UUID, ...]
    """Those that change hands."""

    def to_json(self, state: State, rule: SizeRule, translate: Translate = str) -> dict[str, Any]:
        """Return the impact as answers show it."""
        rows = [
            {
                "id": str(unit),
                "code": _either(self.change, unit).code,
                "name": _either(self.change, unit).name,
                "before": self._side(self.change.before, self.before, position, unit),
                "after": self._side(self.change.after, self.after, position, unit),
            }
            for position, unit in enumerate(self.units)
        ]
        return {
            "moved": dict(self.moved),
            "units": rows,
            "rules": list(broken_rules(self, state, rule, translate)),
            "hands": [dict(one) for one in self.hands],
        }

    def dwelt(self, unit: UUID, *, after: bool) -> int:
        """Return the households of the dwellings in a unit."""
        return int((self.after if after else self.before).households[self.units.index(unit)])

    def households(self, unit: UUID, *, after: bool) -> int | None:
        """Return the households of a unit: those of its dwellings, else its own figure."""
        states, load = (self.change.after, self.after) if after else (self.change.before, self.before)
        value = states.get(unit)
        if value is None:
            return None
        counted = int(load.households[self.units.index(unit)])
        return counted if counted or value.households is None else value.households

    def _side(
        self, states: Mapping[UUID, UnitState | None], load: _Load, position: int, unit: UUID
    ) -> dict[str, Any] | None:
        value = states.get(unit)
        if value is None:
            return None
        counted = int(load.households[position])
        return {
            "code": value.code,
            "name": value.name,
            "parent": None if value.parent is None else str(value.parent),
            "households": counted if counted or value.households is None else value.households,
            "dwellings": int(load.dwellings[position]),
            "area_km2": round(float(geodesic_area(value.area)) / 1e6, 6),
            "parts": len(shapely.get_parts(value.area)),
            "incidents_open": int(load.incidents_open[position]),
            **{f"{kind}s": int(load.named[kind][position]) for kind in NAMED},
        }


def tell(stores: Stores, state: State, day: date | None, translate: Translate = str) -> dict[str, Any]:
    """Return what a draft does, all in all, as answers show it; ``day`` is the plan's, None is today."""
    on = day or stores.districts.current().today(datetime.now(UTC))
    return impact_of(stores, state, state.change(), on).to_json(state, SizeRule(), translate)


def impact_of(stores: Stores, state: State, change: Change, day: date) -> Impact:
    """Return what a change that leads to a state does.

    Parameters
    ----------
    stores
        Of the district; things are read as the caller may see them, incidents only counted.
    state
        The state after the change.
    change
        From the plan's base to the state.
    day
        The day whose markers and stations count.
    """
    units = tuple(sorted({*change.before, *change.after}))
    before = {unit: one.area for unit, one in change.before.items() if one is not None}
    after = {unit: one.area for unit, one in change.after.items() if one is not None}
    around = _touching(state, units, [*before.values(), *after.values()])
    redrawn = Redrawn.of(before, after, around)
    size = len(redrawn.units)
    loads = _Load.empty(size), _Load.empty(size)
    gone = _Gone(redrawn, change)
    for things in stores.ground_features.within(boxes({**before, **_named_apart(after)}), day):
        owners = redrawn.owners(things.lon, things.lat)
        for load, owner in zip(loads, owners, strict=True):
            load.add(things, owner)
        gone.add(things, *owners)
    return Impact(
        units, change, *loads, gone.moved(), gone.hands(stores), gone.shares(), tuple(gone.open_incidents)
    )


def _touching(state: State, units: Sequence[UUID], areas: Sequence[Geometry]) -> dict[UUID, Geometry]:
    """Return the areas of the units that touch some areas, if only in a point, without those of ``units``."""
    if not areas:
        return {}
    near = {one for area in areas for one in state.near(area.bounds)} - set(units)
    shapes = {one: state.unit(one).area for one in near}
    tree = shapely.STRtree(list(shapes.values()))
    hit = np.unique(tree.query(areas, predicate="intersects")[1])
    return {one: shapes[one] for one in (list(shapes)[k] for k in hit.tolist())}


def _named_apart(areas: Mapping[UUID, Any]) -> dict[UUID, Any]:
    """Return areas under other keys, so that they can stand beside those of the same units."""
    return {UUID(int=one.int ^ 1): area for one, area in areas.items()}


class _Gone:
    """Collects what changes hands: another unit, or the same unit below another parent."""

    def __init__(self, redrawn: Redrawn, change: Change) -> None:
        self._units = redrawn.units
        self._before, self._after = change.before, change.after
        size = len(redrawn.units)
        self._reparented = np.zeros(size + 1, dtype=np.bool_)
        for position, unit in enumerate(redrawn.units[: redrawn.differing]):
            old, new = change.before.get(unit), change.after.get(unit)
            self._reparented[position] = old is not None and new is not None and old.parent != new.parent
        self.open_incidents: list[UUID] = []
        self._open: Counter[str] = Counter()
        self._closed = 0
        self._dwellings = self._households = 0
        self._named: list[tuple[str, UUID, int, int]] = []
        self._shares: dict[tuple[int, int], list[int]] = {}

    def add(self, things: PackedPoints, before: npt.NDArray[np.int32], after: npt.NDArray[np.int32]) -> None:
        moved = np.flatnonzero((before != after) | self._reparented[before])
        if not len(moved):
            return
        self._share(things, before[moved], after[moved], moved)
        if things.kind == "incident":
            if things.open:
                self._open[things.word] += len(moved)
                self.open_incidents += [things.id(int(k)) for k in moved.tolist()]
            else:
                self._closed += len(moved)
        elif things.kind == "dwelling":
            self._dwellings += len(moved)
            self._households += int(things.households[moved].sum())
        else:
            self._named += [
                (things.kind, things.id(int(k)), int(before[k]), int(after[k])) for k in moved.tolist()
            ]

    def _share(
        self,
        things: PackedPoints,
        before: npt.NDArray[np.int32],
        after: npt.NDArray[np.int32],
        moved: npt.NDArray[np.int64],
    ) -> None:
        if things.kind not in ("dwelling", "incident"):
            return
        weights = things.households[moved] if things.kind == "dwelling" else np.ones(len(moved), np.int64)
        place = 0 if things.kind == "dwelling" else 1
        pairs, index = np.unique(np.column_stack((before, after)), axis=0, return_inverse=True)
        sums = np.bincount(index.ravel(), weights=weights, minlength=len(pairs)).astype(np.int64)
        for (old, new), total in zip(pairs.tolist(), sums.tolist(), strict=True):
            self._shares.setdefault((old, new), [0, 0])[place] += total

    def moved(self) -> dict[str, Any]:
        """Return how much of what changes hands."""
        counts = Counter(kind for kind, *_ in self._named)
        return {
            "incidents": {"open": dict(sorted(self._open.items())), "closed": self._closed},
            "dwellings": self._dwellings,
            "households": self._households,
            **{f"{kind}s": counts[kind] for kind in NAMED},
        }

    def hands(self, stores: Stores) -> tuple[dict[str, Any], ...]:
        """Return the first of the named things that change hands, with their units before and after."""
        shown = self._named[:MOST_HANDS]
        names = stores.ground_features.names([identifier for _, identifier, _, _ in shown])
        return tuple(
            {
                "kind": kind,
                "id": str(identifier),
                "code": names.get(identifier, ("", ""))[0],
                "name": names.get(identifier, ("", ""))[1],
                "from": self._code(self._before, old),
                "to": self._code(self._after, new),
            }
            for kind, identifier, old, new in shown
        )

    def shares(self) -> dict[tuple[UUID, UUID], tuple[int, int]]:
        """Return households and incidents that went from one unit to another."""
        return {
            (self._units[old], self._units[new]): (households, incidents)
            for (old, new), (households, incidents) in self._shares.items()
            if old >= 0 and new >= 0
        }

    def _code(self, states: Mapping[UUID, UnitState | None], position: int) -> str | None:
        value = states.get(self._units[position]) if position >= 0 else None
        return None if value is None else value.code


def _either(change: Change, unit: UUID) -> UnitState:
    """Return what a unit is after a change, or was before it where it ended."""
    value = change.after.get(unit) or change.before.get(unit)
    assert value is not None  # noqa: S101 - a unit that differs is on one of both sides
    return value


def broken_rules(
    found: Impact, state: State, rule: SizeRule, translate: Translate = str
) -> Iterable[dict[str, Any]]:
    """Yield the soft rules that a change breaks: only where the unit did not break them before."""
    for unit in found.units:
        value = found.change.after.get(unit)
        if value is None:
            continue
        for name, text, params in _faults(found, state, rule, unit, value):
            yield {
                "rule": name,
                "unit": str(unit),
                "code": value.code,
                "text": translate(text).format(code=value.code, **params),
                "severity": "warning",
            }


def _faults(
    found: Impact, state: State, rule: SizeRule, unit: UUID, value: UnitState
) -> Iterable[tuple[str, str, dict[str, Any]]]:
    old = found.change.before.get(unit)
    count, before = found.households(unit, after=True), found.households(unit, after=False)
    if count is not None and count > rule.most and (before is None or count > before):
        yield (
            "households-many",
            N_("{code} has {count} households, more than {most}."),
            {
                "count": count,
                "most": rule.most,
            },
        )
    if count is not None and count < rule.least and (before is None or count < before):
        yield (
            "households-few",
            N_("{code} has {count} households, fewer than {least}."),
            {
                "count": count,
                "least": rule.least,
            },
        )
    parts = len(shapely.get_parts(value.area))
    if parts > 1 and (old is None or parts > len(shapely.get_parts(old.area))):
        yield "in-parts", N_("{code} lies in {parts} separate parts."), {"parts": parts}
    if (old is None or old.parent != value.parent) and not _beside_its_own(state, unit, value):
        yield "apart", N_("{code} touches no other unit below its parent."), {}


def _beside_its_own(state: State, unit: UUID, value: UnitState) -> bool:
    return any(state.unit(one).parent == value.parent for one in state.around([unit]))
