"""The door that every change passes: no ground lost or gained, every area valid, codes and parents in order.

A base is an exact partition. If the signed edges of all touched units sum to what they were and each of them
is a valid area, then so is the state after: no other unit has to be looked at.
"""

from collections.abc import Mapping
from uuid import UUID

import numpy as np

from geo.errors import N_
from geo.lattice import to_lattice, to_lonlat
from geo.partition.chain_kernels import unpack
from geo.partition.chains import Chains, add_up, as_areas
from geo.partition.defects import Defect
from geo.partition.validity import ring_defects
from geo.redraw.features import path, point
from geo.redraw.ground import Ground
from geo.redraw.refusals import CodeTaken, CrossesEdge, GroundChanged, IdTaken, Swallowed, UnknownParent
from geo.redraw.sums import units_as_features
from geo.redraw.unit import UnitState

Units = Mapping[UUID, UnitState | None]
_MOST_SHOWN = 200


def prove_units(ground: Ground, after: Units) -> None:
    """Prove that units may take the place of those of the same ids, or refuse.

    Raises
    ------
    Swallowed, CrossesEdge
        An area is empty or not valid.
    GroundChanged
        The areas together are not what they were, edge by edge.
    CodeTaken, UnknownParent, IdTaken
        Two units would have one code, a parent is not one, or a unit would come back that has ended.
    """
    _prove_areas(ground, after)
    _prove_codes(ground, after)
    _prove_parents(ground, after)


def refuse_used(ground: Ground, identifier: UUID) -> None:
    """Refuse the id of a new unit that is, or was in the base, a unit's."""
    if identifier in ground.changed or identifier in ground.base.units or identifier in ground.base.groups:
        raise IdTaken(
            N_("The id {unit} is or was another unit's."),
            mend=N_("Give the new unit an id of its own."),
            where={"unit": str(identifier)},
            unit=str(identifier),
        )


def _prove_areas(ground: Ground, after: Units) -> None:
    """Prove the areas that differ."""
    before = {each: ground.get(each) for each in after}
    touched = [each for each in after if _area(before[each]) is not _area(after[each])]
    if not touched:
        return
    there = [(each, unit) for each in touched if (unit := after[each]) is not None]
    shapes = as_areas([unit.area for _, unit in there])
    chains = Chains.of(shapes)
    for defect in ring_defects(shapes, chains):
        raise _refusal(defect, *there[defect.units[0]], ground)
    gone = [unit.chain for each in touched if (unit := before[each]) is not None]
    tails = np.concatenate([chains.tails, *(chain.heads for chain in gone)])
    heads = np.concatenate([chains.heads, *(chain.tails for chain in gone)])
    left = add_up(tails, heads)
    if len(left):
        ends = np.stack((unpack(left.tails), unpack(left.heads)), axis=1)
        raise GroundChanged(
            N_("The units would not cover the same ground as before: {edges} edges do not match."),
            mend=N_("Give every piece of ground that a unit loses to another."),
            features=[path(edge, "edge") for edge in ends[:_MOST_SHOWN]],
            edges=len(left),
        )


def _area(unit: UnitState | None) -> object:
    return None if unit is None else unit.area


def _refusal(defect: Defect, identifier: UUID, unit: UnitState, ground: Ground) -> Exception:
    """Return the refusal of an area that is not valid, with the place where it is not."""
    if unit.area.is_empty:
        return Swallowed(
            N_("Unit {unit} would lose all its ground."),
            mend=N_("Leave it a part, or merge it with the unit that is to have its ground."),
            where={"unit": str(identifier)},
            features=units_as_features({identifier: ground.get(identifier)}),
            unit=unit.code,
        )
    lon, lat = to_lonlat(to_lattice([defect.place]))[0].tolist()
    return CrossesEdge(
        N_("The boundary of unit {unit} would cross or touch itself at {lon}, {lat}."),
        mend=N_("Keep the new edges off the edges that are there."),
        where={"unit": str(identifier), "lon": lon, "lat": lat},
        features=[
            point(to_lattice([defect.place])[0], "crossing"),
            *units_as_features({identifier: unit}, "attempt"),
            *units_as_features({identifier: ground.get(identifier)}),
        ],
        unit=unit.code,
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _prove_codes(ground: Ground, after: Units) -> None:
    """Refuse a code that two units would have."""
    given: dict[str, UUID] = {}
    for identifier, unit in after.items():
        if unit is None:
            continue
        now = ground.get(identifier)
        holder = given.get(unit.code)
        if holder is None and (now is None or now.code != unit.code):
            holder = ground.with_code(unit.code)
            holder = None if holder in after else holder
        if holder is not None and holder != identifier:
            raise CodeTaken(
                N_("The code {taken} belongs to another unit."),
                mend=N_("Choose a code that no unit of the layer has."),
                where={"unit": str(identifier)},
                features=units_as_features({holder: ground.get(holder)}),
                taken=unit.code,
            )
        given[unit.code] = identifier


def _prove_parents(ground: Ground, after: Units) -> None:
    """Refuse a parent that is no unit of the level above, unless it was a touched unit's before."""
    known = {unit.parent for each in after if (unit := ground.get(each)) is not None}
    for identifier, unit in after.items():
        if unit is None or unit.parent in known or unit.parent in ground.base.groups:
            continue
        raise UnknownParent(
            N_("There is no unit {parent} that could be the parent of {unit}."),
            mend=N_("Choose a unit of the level above."),
            where={"unit": str(identifier)},
            features=units_as_features({identifier: unit}),
            parent=str(unit.parent),
            unit=unit.code,
        )
