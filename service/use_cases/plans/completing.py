"""What a planner need not say: ids, codes and names of new units, and the line that cuts off households.

Operations are kept complete, so that they mean the same wherever they are replayed.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.crs import geodesic_area
from geo.errors import N_
from geo.impact import boxes
from geo.lattice import to_lattice, to_lonlat
from geo.redraw import State, UnitState, halving_line, pieces
from layers.ids import new_id
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.plans import (
    MergeIn,
    OperationIn,
    PartIn,
    SplitByHouseholdsIn,
    SplitIn,
)

_SEQUENCE = re.compile(r"^(.*?)([0-9]{1,6})$")

Json = dict[str, Any]


def complete(stores: Stores, state: State, given: OperationIn) -> Json:
    """Return an operation as it is kept, with everything that its planner left out.

    Raises
    ------
    RedrawRefused
        What it names is not there, or a line does not divide its unit.
    InvalidInput
        Too few or too many parts are named, or no dwellings are known where they have to be counted.
    """
    if isinstance(given, SplitByHouseholdsIn):
        line = _line_for(stores, state, given.unit, given.households)
        return _split(stores, state, given.unit, line, given.parts)
    if isinstance(given, SplitIn):
        return _split(stores, state, given.unit, to_lattice(given.line), given.parts)
    if isinstance(given, MergeIn):
        return _merge(state, given)
    told: Json = given.model_dump(mode="json", by_alias=True)
    return told


def _split(
    stores: Stores, state: State, unit: UUID, line: npt.NDArray[np.int64], named: Sequence[PartIn] | None
) -> Json:
    old = state.unit(unit)
    areas = pieces(state, unit, line)
    parts = list(named) if named else [PartIn() for _ in areas]
    if len(parts) != len(areas):
        raise InvalidInput(
            N_("The line cuts {code} into {pieces} parts, and {parts} are named."),
            mend=N_("Name all parts, from west to east and north to south, or none."),
            where={"pointer": "/parts"},
            code=old.code,
            pieces=len(areas),
            parts=len(parts),
        )
    households = shared_out(stores, old, areas)
    heir = _heir(unit, parts, households, areas)
    codes, names = free_codes(state, old.code), numbered(old.name)
    told = []
    for position, (part, count) in enumerate(zip(parts, households, strict=True)):
        stays = position == heir
        body: Json = {
            "id": str(part.id or (unit if stays else new_id())),
            "code": part.code or (old.code if stays else next(codes)),
            "name": part.name or (old.name if stays else next(names)),
        }
        known = count if part.households is None else part.households
        told.append(body if known is None else {**body, "households": known})
    return {"type": "split", "unit": str(unit), "line": to_lonlat(line).tolist(), "parts": told}


def _merge(state: State, given: MergeIn) -> Json:
    units = {one: state.unit(one) for one in given.units}
    largest = max(units, key=lambda one: (units[one].households or 0, units[one].area.area, one.hex))
    heir = given.into.id or largest
    old = units.get(heir, units[largest])
    return {
        "type": "merge",
        "units": [str(one) for one in given.units],
        "into": {
            "id": str(heir),
            "code": given.into.code or old.code,
            "name": given.into.name or old.name,
        },
    }


def _line_for(stores: Stores, state: State, unit: UUID, households: int) -> npt.NDArray[np.int64]:
    """Return the line that cuts so many households off a unit."""
    old = state.unit(unit)
    lonlat, weights = _dwellings(stores, old.area)
    if not int(weights.sum()):
        raise InvalidInput(
            N_("No dwellings are known in {code}, so its households cannot be counted."),
            mend=N_("Import dwellings first, or split it by a line."),
            where={"pointer": "/unit"},
            code=old.code,
        )
    total = int(weights.sum())
    if households >= total:
        raise InvalidInput(
            N_("{code} has {total} households: {households} cannot be cut off."),
            mend=N_("Give fewer than {total}."),
            where={"pointer": "/households"},
            code=old.code,
            total=total,
            households=households,
        )
    return halving_line(old.area, lonlat, weights, households)


def _dwellings(stores: Stores, area: Geometry) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the dwellings within an area: lon, lat in degrees (n, 2) and households (n,)."""
    today = stores.districts.current().today(datetime.now(UTC))
    found = [
        one
        for one in stores.ground_features.within(boxes({UUID(int=0): area}), today)
        if one.kind == "dwelling"
    ]
    if not found:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    lonlat = np.column_stack(
        (np.concatenate([one.lon for one in found]), np.concatenate([one.lat for one in found]))
    )
    inside = shapely.intersects_xy(area, lonlat[:, 0], lonlat[:, 1])
    weights = np.concatenate([one.households for one in found])
    return lonlat[inside], weights[inside]


def shared_out(stores: Stores, old: UnitState, areas: Sequence[Geometry]) -> list[int | None]:
    """Return the households of each part: by its dwellings, else by its ground, summing to the unit's own."""
    if old.households is None:
        return [None] * len(areas)
    lonlat, weights = _dwellings(stores, old.area)
    shares = np.array(
        [weights[shapely.intersects_xy(area, lonlat[:, 0], lonlat[:, 1])].sum() for area in areas],
        dtype=np.float64,
    )
    if not shares.sum():
        shares = np.array([float(geodesic_area(area)) for area in areas])
    exact = shares / shares.sum() * old.households
    counts = np.floor(exact).astype(np.int64)
    # What is left goes to the largest remainders, the first among equals.
    for position in np.argsort(-(exact - counts), kind="stable")[: old.households - int(counts.sum())]:
        counts[position] += 1
    return [int(count) for count in counts]


def _heir(
    unit: UUID, parts: Sequence[PartIn], households: Sequence[int | None], areas: Sequence[Geometry]
) -> int | None:
    """Return the part in which the unit lives on: the one named so, else the largest without an id."""
    named = [position for position, part in enumerate(parts) if part.id == unit]
    if named:
        return named[0]
    free = [position for position, part in enumerate(parts) if part.id is None]
    return max(free, key=lambda k: (households[k] or 0, areas[k].area, -k), default=None)


def free_codes(state: State, code: str) -> Iterator[str]:
    """Yield codes that no unit has or had in this plan: the next numbers of a code's sequence."""
    found = _SEQUENCE.match(code)
    stem, digits = (code + "-", "1") if found is None else (found[1], found[2])
    if len(digits) > 3:  # a sequence has three digits, and what stands before it names the unit above
        stem, digits = stem + digits[:-3], digits[-3:]
    width = 1 if found is None else len(digits)
    taken = {
        int(rest)
        for known in (*state.base.by_code, *(one.code for one in state.changed.values() if one is not None))
        if known.startswith(stem) and len(rest := known[len(stem) :]) <= max(width, 3) and rest.isdigit()
    }
    number = max(taken, default=int(digits))
    while True:
        number += 1
        yield f"{stem}{number:0{width}}"


def numbered(name: str) -> Iterator[str]:
    """Yield names for further parts of a unit."""
    number = 1
    while True:
        number += 1
        yield f"{name} {number}"
