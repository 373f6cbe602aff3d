"""Splitting a unit along a line into parts."""

from uuid import UUID

import numpy as np
import shapely
from shapely import Geometry

from geo.errors import N_
from geo.partition.chain_kernels import Integers
from geo.redraw.cutting import Cut, cut
from geo.redraw.features import feature, path
from geo.redraw.ground import Ground
from geo.redraw.operations import Split
from geo.redraw.proof import refuse_used
from geo.redraw.refusals import LineMisses, PartsMismatch
from geo.redraw.sums import Ledger, units_as_features
from geo.redraw.unit import UnitState


def split(ground: Ground, operation: Split) -> dict[UUID, UnitState | None]:
    """Return the parts of a unit, the neighbours that get vertices, and the unit itself.

    Parts of a unit that the line does not cut (islands) stay with the piece that is nearest to them.

    Raises
    ------
    LineMisses, PartsMismatch
        The line does not divide the unit, or into another number of pieces.
    IdTaken, CrossesEdge
        A new part's id was used before, or the line comes too near to the boundary.
    """
    unit = ground.unit(operation.unit)
    for part in operation.parts:
        if part.id != operation.unit:
            refuse_used(ground, part.id)
    found = cut(ground, operation.unit, [operation.line])
    groups = _groups(found)
    _refuse_count(ground, operation, found, groups)
    ledger = Ledger()
    ledger.take(operation.unit, (unit.chain.tails, unit.chain.heads))
    for part, pieces in zip(operation.parts, groups, strict=True):
        for piece in pieces:
            ledger.give(part.id, found.ends[piece])
    found.push(ledger)
    shapes = ledger.shapes(ground, may_end=frozenset({operation.unit}))
    after = {each: ground.unit(each).reshaped(shape) for each, shape in shapes.items() if each in ground}
    for part in operation.parts:
        shape = shapes[part.id]
        if shape is not None:
            told = part.code, part.name, unit.parent, part.households
            after[part.id] = UnitState.with_shape(*told, shape)
    return after


def pieces(ground: Ground, identifier: UUID, line: Integers) -> list[Geometry]:
    """Return the areas that a line cuts a unit into, in the order of the parts of a split.

    Raises
    ------
    LineMisses, CrossesEdge
        As :func:`split`.
    """
    found = cut(ground, identifier, [line])
    groups = _groups(found)
    _refuse_miss(ground, identifier, line, groups)
    return [_joined([found.degrees(piece) for piece in group]) for group in groups]


def _joined(areas: list[Geometry]) -> Geometry:
    parts = [part for area in areas for part in shapely.get_parts(area)]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _groups(found: Cut) -> list[list[int]]:
    """Return the pieces of each part, west to east, then north to south."""
    pieces = np.flatnonzero(found.touched).tolist()
    places = shapely.get_coordinates(shapely.point_on_surface(found.steps[pieces]))
    order = np.lexsort((-places[:, 1], places[:, 0]))
    groups = [[pieces[at]] for at in order]
    for island in np.flatnonzero(~found.touched).tolist() if groups else ():
        away = shapely.distance(found.steps[island], found.steps[[group[0] for group in groups]])
        groups[int(np.argmin(away))].append(island)
    return groups


def _refuse_miss(ground: Ground, identifier: UUID, line: Integers, groups: list[list[int]]) -> None:
    """Refuse a line that gives fewer than two pieces."""
    if len(groups) < 2:
        unit = ground.unit(identifier)
        raise LineMisses(
            N_("The line does not divide unit {unit}."),
            mend=N_("Draw it from outside of the unit to outside, or from boundary to boundary."),
            where={"unit": str(identifier)},
            features=[path(line, "line"), *units_as_features({identifier: unit})],
            unit=unit.code,
        )


def _refuse_count(ground: Ground, operation: Split, found: Cut, groups: list[list[int]]) -> None:
    """Refuse a line that does not give one piece for each part."""
    _refuse_miss(ground, operation.unit, operation.line, groups)
    if len(groups) != len(operation.parts):
        raise PartsMismatch(
            N_("The line divides unit {unit} into {pieces} pieces, and {parts} parts are named."),
            mend=N_("Name one part for each piece, or draw another line."),
            where={"unit": str(operation.unit)},
            features=[
                path(operation.line, "line"),
                *(
                    feature(found.degrees(group[0]), "piece", place=place)
                    for place, group in enumerate(groups)
                ),
            ],
            unit=ground.unit(operation.unit).code,
            pieces=len(groups),
            parts=len(operation.parts),
        )
