"""Transferring the ground of a unit inside a region to another."""

from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_
from geo.redraw.cutting import Cut, cut
from geo.redraw.features import path
from geo.redraw.ground import Ground
from geo.redraw.operations import Transfer
from geo.redraw.refusals import CrossesEdge, LineMisses, Swallowed, UnitsApart
from geo.redraw.sums import Ledger, units_as_features
from geo.redraw.unit import UnitState


def transfer(ground: Ground, operation: Transfer) -> dict[UUID, UnitState | None]:
    """Return the two units after the transfer, and the neighbours that get vertices.

    Raises
    ------
    UnitsApart, LineMisses, Swallowed
        The units share no edge, or nothing or everything of the one lies in the region.
    CrossesEdge
        The region crosses itself or comes too near to the boundary.
    """
    source, target = ground.unit(operation.source), ground.unit(operation.target)
    if operation.source == operation.target or not source.chain.meets(target.chain):
        raise UnitsApart(
            N_("Units {source} and {target} share no edge."),
            mend=N_("Give ground to a unit beside it only."),
            where={"unit": str(operation.target)},
            features=units_as_features({operation.source: source, operation.target: target}),
            source=source.code,
            target=target.code,
        )
    found = cut(ground, operation.source, operation.region)
    goes = _inside(operation, found)
    _refuse_nothing_or_all(ground, operation, goes)
    ledger = Ledger()
    ledger.take(operation.source, (source.chain.tails, source.chain.heads))
    for piece, leaves in enumerate(goes.tolist()):
        ledger.give(operation.target if leaves else operation.source, found.ends[piece])
    found.push(ledger)
    return {each: ground.unit(each).reshaped(shape) for each, shape in ledger.shapes(ground).items()}


def _inside(operation: Transfer, found: Cut) -> npt.NDArray[np.bool_]:
    """Tell which pieces lie in the region."""
    shell, *holes = (ring - found.corner for ring in operation.region)
    region = shapely.Polygon(shell, holes)
    if not region.is_valid:
        raise CrossesEdge(
            N_("The region crosses or touches itself."),
            mend=N_("Draw its ring once around, with its holes inside."),
            features=[path(ring, "line") for ring in operation.region],
        )
    shapely.prepare(region)
    inside: npt.NDArray[np.bool_] = shapely.contains(region, shapely.point_on_surface(found.steps))
    return inside


def _refuse_nothing_or_all(ground: Ground, operation: Transfer, goes: npt.NDArray[np.bool_]) -> None:
    source = {operation.source: ground.get(operation.source)}
    features = [*(path(ring, "line") for ring in operation.region), *units_as_features(source)]
    code = ground.unit(operation.source).code
    if not goes.any():
        raise LineMisses(
            N_("No ground of unit {unit} lies in the region."),
            mend=N_("Draw the region over the ground that is to change hands."),
            where={"unit": str(operation.source)},
            features=features,
            unit=code,
        )
    if goes.all():
        raise Swallowed(
            N_("Unit {unit} would lose all its ground."),
            mend=N_("Leave it a part, or merge it with the unit that is to have its ground."),
            where={"unit": str(operation.source)},
            features=features,
            unit=code,
        )
