"""Which unit each row of a file that came back is: the same one, a part of one, or a new one.

A program that splits an area leaves its attributes on both parts: the larger part lives on, the other is a
new unit. A row without an id that has the very ground of a unit which is missing is that unit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo.difference import absorbed, join, places_of, snap, unknown_places
from geo.errors import N_
from geo.redraw import State, UnitState
from layers.ids import new_id
from layers.stores import Stores
from service.readers.exchange import ExchangeFile, ExchangeRow
from service.readers.faults import RowFault, refuse_rows
from service.use_cases.plans.completing import free_codes, numbered, shared_out

Target = dict[UUID, UnitState | None]
_METRES_PER_DEGREE = 111_320.0


@dataclass(slots=True)
class Counted:
    """What was found on the way: counts for the answer, distances in degrees."""

    rows: int = 0
    unchanged: int = 0
    snapped: int = 0
    snapped_farthest: float = 0.0
    joined: int = 0
    joined_farthest: float = 0.0
    split: int = 0
    new: int = 0
    recognised: int = 0
    ended: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the counts as readers see them, distances in metres (a degree of latitude's)."""
        told = asdict(self)
        for name in ("snapped_farthest", "joined_farthest"):
            told[f"{name}_m"] = round(told.pop(name) * _METRES_PER_DEGREE, 4)
        return told


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The units that may differ, as the file shows them; None for those that it no longer has.

    ``order`` are the units that the file shows, as it has them.
    """

    target: Target
    counted: Counted
    order: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A row with the unit it is and, where that is a new one, the unit it comes from."""

    row: ExchangeRow
    at: int
    unit: UUID
    source: UUID | None
    alone: bool


def returned(stores: Stores, state: State, file: ExchangeFile, parents: Mapping[str, UUID]) -> Returned:
    """Return what a file shows of the units of a state.

    Parameters
    ----------
    parents
        The units of the level above by their codes.

    Raises
    ------
    InvalidRows
        Rows with the code of another, or under a unit that is none of the level above.
    """
    known = places_of([state.unit(each).area for each in state])
    snapped = snap(file.areas, known)
    joined = join(snapped.areas, unknown_places(snapped.areas, known))
    areas = joined.areas
    claims = _claims(state, file, areas)
    counted = Counted(
        rows=len(file.rows),
        snapped=snapped.vertices,
        snapped_farthest=snapped.farthest,
        joined=joined.vertices,
        joined_farthest=joined.farthest,
        split=sum(one.source is not None and one.row.id == one.source for one in claims),
        new=sum(one.unit not in state for one in claims),
        recognised=sum(one.unit in state and one.row.id != one.unit for one in claims),
    )
    units = _units(stores, state, file, claims, areas, parents)
    target: Target = {each: None for each in state if each not in units}
    counted.ended = len(target)
    for each, unit in units.items():
        now = state.get(each)
        if now is not None and now.same_as(unit):
            counted.unchanged += 1
        else:
            target[each] = unit
    _add_households(state, target)
    return Returned(target, counted, tuple(units))


def _claims(state: State, file: ExchangeFile, areas: npt.NDArray[Any]) -> list[_Claim]:
    sizes = shapely.area(areas)
    named: dict[UUID, list[int]] = {}
    for at, row in enumerate(file.rows):
        if row.id is not None and row.id in state:
            named.setdefault(row.id, []).append(at)
    claims = []
    for unit, ats in named.items():
        heir = max(ats, key=lambda at: (sizes[at], -at))
        for at in ats:
            mine, source = (unit, None) if at == heir else (new_id(), unit)
            claims.append(_Claim(file.rows[at], at, mine, source, len(ats) == 1))
    missing = _Missing(state, named)
    for at, row in enumerate(file.rows):
        if row.id is None or row.id not in state:
            same = missing.take(areas[at])
            source = None if same is not None else _source(state, areas[at])
            claims.append(_Claim(row, at, same or new_id(), source, alone=same is not None))
    return sorted(claims, key=lambda one: one.at)


class _Missing:
    """The units that no row names, by their ground."""

    def __init__(self, state: State, named: Mapping[UUID, Any]) -> None:
        ids = [each for each in state if each not in named]
        grounds = _grounds([state.unit(each).area for each in ids])
        self._units = dict(zip(grounds, ids, strict=True))

    def take(self, area: Any) -> UUID | None:
        return self._units.pop(_grounds([area])[0], None) if self._units else None


def _grounds(areas: Sequence[Any] | npt.NDArray[Any]) -> list[bytes]:
    """Return for each area what is the same for the same rings, wherever they begin."""
    parts, owner = shapely.get_parts(areas, return_index=True)
    found: list[bytes] = shapely.to_wkb(
        shapely.normalize(shapely.multipolygons(parts, indices=owner))
    ).tolist()
    return found


def _source(state: State, area: Any) -> UUID | None:
    """Return the unit that most of an area is of, None where it lies outside."""
    near = state.near(tuple(shapely.bounds(area).tolist())) if area.is_valid else []
    shared = shapely.area(shapely.intersection(area, [state.unit(each).area for each in near]))
    return near[int(np.argmax(shared))] if len(near) and shared.max() > 0 else None


def _units(
    stores: Stores,
    state: State,
    file: ExchangeFile,
    claims: Sequence[_Claim],
    areas: npt.NDArray[Any],
    parents: Mapping[str, UUID],
) -> dict[UUID, UnitState]:
    """Return the units that rows are, with codes and names of their own."""
    words = _Words(state, file, claims)
    households = _households(stores, state, file, claims, areas)
    faults: list[RowFault] = []
    units = {}
    shown = _as_they_were(state, claims, areas)
    for claim in claims:
        old = state.get(claim.unit if claim.source is None else claim.source)
        area = shown[claim.at]
        parent, fault = _parent(state, claim.row, old, parents)
        faults += [fault] if fault is not None else []
        code, name = words.of(claim, old)
        units[claim.unit] = UnitState(code, name, parent, households[claim.at], area)
    refuse_rows("units", file.layer, faults + _same_codes(claims, units))
    return units


def _as_they_were(state: State, claims: Sequence[_Claim], areas: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the areas, with those of the state in the place of equal ones."""
    shown = areas.copy()
    alone = [one for one in claims if one.alone]
    before = [state.unit(one.unit).area for one in alone]
    mine, theirs = _grounds(areas[[one.at for one in alone]]), _grounds(before)
    for claim, area, same in zip(alone, before, map(bytes.__eq__, mine, theirs), strict=True):
        if same:
            shown[claim.at] = area
    return shown


class _Words:
    """Codes and names: what rows say, else what the unit has; a new part gets its own."""

    def __init__(self, state: State, file: ExchangeFile, claims: Sequence[_Claim]) -> None:
        self._state, self._said = state, file.said
        self._kept = {one.unit: one.row.code for one in claims if one.source is None}
        self._taken = Counter(one.row.code for one in claims)
        self._codes: dict[UUID | None, Iterator[str]] = {}
        self._names: dict[UUID, Iterator[str]] = {}

    def of(self, claim: _Claim, old: UnitState | None) -> tuple[str, str]:
        code = claim.row.code if "code" in self._said else None
        name = claim.row.name if "name" in self._said else None
        if old is None:
            code = code or self._free(None, "1")
            return code, name or code
        if claim.source is None:
            return code or old.code, name or old.name
        # A part that kept the words of the whole has none of its own yet.
        if code is None or (code == old.code and self._kept.get(claim.source) in (old.code, None)):
            code = self._free(claim.source, old.code)
        if name is None or name == old.name:
            name = next(self._names.setdefault(claim.source, numbered(old.name)))
        return code, name

    def _free(self, source: UUID | None, code: str) -> str:
        found = next(
            one
            for one in self._codes.setdefault(source, free_codes(self._state, code))
            if one not in self._taken
        )
        self._taken[found] += 1
        return found


def _parent(
    state: State, row: ExchangeRow, old: UnitState | None, parents: Mapping[str, UUID]
) -> tuple[UUID | None, RowFault | None]:
    """Return the unit above: whichever of the two fields says another one than before."""
    before = None if old is None else old.parent
    by_code = parents.get(row.parent_code) if row.parent_code is not None else before
    if row.parent_code is not None and by_code is None:
        return None, _no_parent(row, row.parent_code)
    by_id = row.parent if row.parent is not None else before
    if by_id not in state.base.groups and by_id != before:
        return None, _no_parent(row, str(by_id))
    if by_code not in (before, by_id) and by_id != before:
        message = N_("Its fields parent and parent_code name two different units.")
        return None, RowFault(row.number, message, N_("Correct one of them, or empty it."), row.code or "")
    if before is None and by_code is None and by_id is None and parents:
        message = N_("It names no unit above it.")
        return None, RowFault(row.number, message, N_("Fill in parent_code."), row.code or "")
    return (by_code if by_code != before else by_id), None


def _no_parent(row: ExchangeRow, wanted: str) -> RowFault:
    return RowFault(
        row.number,
        N_("There is no unit “{wanted}” on the level above."),
        N_("Use a code of the level above, as the file has them."),
        row.code or "",
        {"wanted": wanted[:64]},
    )


def _same_codes(claims: Sequence[_Claim], units: Mapping[UUID, UnitState]) -> list[RowFault]:
    first: dict[str, int] = {}
    faults = []
    for claim in claims:
        code = units[claim.unit].code
        other = first.setdefault(code, claim.row.number)
        if other != claim.row.number:
            message, mend = N_("Its code is that of row {first}."), N_("Give it its own code.")
            faults.append(RowFault(claim.row.number, message, mend, code, {"first": other}))
    return faults


def _households(
    stores: Stores, state: State, file: ExchangeFile, claims: Sequence[_Claim], areas: npt.NDArray[Any]
) -> list[int | None]:
    """Return the households of each row; parts that all kept those of the whole share them out."""
    told: list[int | None] = [row.households for row in file.rows]
    parts: dict[UUID, list[int]] = {}
    for claim in claims:
        unit = claim.unit if claim.source is None else claim.source
        if unit in state:
            if "households" not in file.said:
                told[claim.at] = state.unit(unit).households
            if claim.source is None or claim.row.id == claim.source:
                parts.setdefault(unit, []).append(claim.at)
    for unit, ats in parts.items():
        old = state.unit(unit)
        if len(ats) > 1 and all(told[at] == old.households for at in ats):
            for at, count in zip(ats, shared_out(stores, old, [areas[at] for at in ats]), strict=True):
                told[at] = count
    return told


def _add_households(state: State, target: Target) -> None:
    """Give a unit the households of those that ended in it, where its own count was left as it was."""
    for taker, ended in absorbed(state, target).items():
        now, unit = state.get(taker), target[taker]
        if now is None or unit is None or unit.households != now.households:
            continue
        counts = [now.households, *(state.unit(each).households for each in ended)]
        known = None if None in counts else sum(count or 0 for count in counts)
        target[taker] = replace(unit, households=known)
