"""Amending: units given other edges and names outright, as a change says that was found elsewhere.

Where a plan is drawn anew on another release, or comes back from a desktop program, what was meant by it may
be known by its effect alone. The effect is told edge by edge, so it too can be done again on another state,
as long as the edges it takes away are there.
"""

from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.errors import N_
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, pack
from geo.redraw.change import Change
from geo.redraw.features import path
from geo.redraw.ground import Ground
from geo.redraw.operations import Amend, Amended
from geo.redraw.refusals import EdgeNotFound, GroundChanged
from geo.redraw.sums import Ledger, units_as_features
from geo.redraw.unit import UnitState


def amend(ground: Ground, operation: Amend) -> dict[UUID, UnitState | None]:
    """Return the units that an amendment changes.

    Raises
    ------
    EdgeNotFound
        A unit does not have an edge that is taken away.
    PathsOpen, CrossesEdge, Swallowed
        The edges of a unit would not close, or bound no area.
    """
    ledger = Ledger()
    for each in operation.units:
        _require_edges(ground, each)
        for edges, change in ((each.removed, ledger.take), (each.added, ledger.give)):
            if len(edges):
                change(each.unit, (pack(_columns(edges, 0)), pack(_columns(edges, 2))))
    ended = frozenset(each.unit for each in operation.units if each.ended)
    areas = ledger.areas(ground, may_end=ended) if ledger.tails else {}
    for each in operation.units:
        if each.ended and (each.unit not in ground or areas.get(each.unit) is not None):
            raise _not_ended(ground, each)
    return {each.unit: _after(ground, each, areas) for each in operation.units}


def amendment(change: Change) -> Amend:
    """Return the operation that makes a change, whatever made it first."""
    units = []
    for unit in sorted(change.units):
        delta, value = change.edges(unit), change.after[unit]
        if value is None:
            units.append(Amended(unit, delta.removed, delta.added, ended=True))
        else:
            units.append(Amended(unit, delta.removed, delta.added, False, *value.attributes()))  # noqa: FBT003 - it goes on
    return Amend(tuple(units))


def _not_ended(ground: Ground, each: Amended) -> GroundChanged:
    unit = ground.get(each.unit)
    return GroundChanged(
        N_("Unit {unit} would end, but ground of it is left."),
        mend=N_("Give all its ground to others."),
        where={"unit": str(each.unit)},
        features=units_as_features({each.unit: unit}),
        unit=str(each.unit) if unit is None else unit.code,
    )


def _after(ground: Ground, each: Amended, areas: dict[UUID, Any]) -> UnitState | None:
    if each.ended:
        return None
    now = ground.get(each.unit)
    area = areas.get(each.unit, shapely.Polygon() if now is None else now.area)
    return UnitState(each.code, each.name, each.parent, each.households, area)


def _require_edges(ground: Ground, each: Amended) -> None:
    now = ground.get(each.unit)
    tails, heads = pack(_columns(each.removed, 0)), pack(_columns(each.removed, 2))
    for place, (tail, head) in enumerate(zip(tails.tolist(), heads.tolist(), strict=True)):
        if now is None or not now.chain.has(tail, head):
            ends = each.removed[place].reshape(2, 2)
            lon, lat = (ends[0] / SCALE).tolist()
            raise EdgeNotFound(
                N_("There is no boundary edge at {lon}, {lat}."),
                mend=N_("Load the boundary again; somebody else may have moved it."),
                where={"unit": str(each.unit), "lon": lon, "lat": lat},
                features=[path(ends, "edge")],
                lon=f"{lon:.7f}",
                lat=f"{lat:.7f}",
            )


def _columns(edges: Integers, first: int) -> Integers:
    return np.ascontiguousarray(edges.reshape(-1, 4)[:, first : first + 2])
