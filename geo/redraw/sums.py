"""Sums of chains: what units gain and lose, edge by edge, and the areas that come of it."""

from collections.abc import Mapping
from uuid import UUID

import numpy as np
import numpy.typing as npt
from shapely import Geometry

from geo.errors import N_, InvalidGeometry
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, pack, unpack
from geo.partition.chains import Edges, add_up
from geo.partition.rings import assemble
from geo.redraw.features import feature, path, point
from geo.redraw.ground import Ground
from geo.redraw.refusals import CrossesEdge, Feature, PathsOpen, Swallowed
from geo.redraw.unit import Chain, Shape, UnitState

Ends = tuple[Integers, Integers]


def path_ends(lattice: Integers) -> Ends:
    """Return the packed tails and heads of the edges along a lattice path, without steps on the spot."""
    packed = pack(lattice)
    moves = packed[1:] != packed[:-1]
    return packed[:-1][moves], packed[1:][moves]


class Ledger:
    """What each unit gains and loses; whatever one loses has to be gained by another."""

    def __init__(self) -> None:
        self.tails: dict[UUID, list[Integers]] = {}
        self.heads: dict[UUID, list[Integers]] = {}

    def give(self, unit: UUID, ends: Ends) -> None:
        """Add directed edges to the chain of a unit; those that it has the other way round cancel."""
        self.tails.setdefault(unit, []).append(ends[0])
        self.heads.setdefault(unit, []).append(ends[1])

    def take(self, unit: UUID, ends: Ends) -> None:
        """Take directed edges out of the chain of a unit."""
        self.give(unit, (ends[1], ends[0]))

    def areas(self, ground: Ground, *, may_end: frozenset[UUID] = frozenset()) -> dict[UUID, Geometry | None]:
        """Return the areas alone of ``shapes``."""
        shapes = self.shapes(ground, may_end=may_end)
        return {unit: None if shape is None else shape.area for unit, shape in shapes.items()}

    def shapes(self, ground: Ground, *, may_end: frozenset[UUID] = frozenset()) -> dict[UUID, Shape | None]:
        """Return what becomes of every unit in the ledger, None for one of ``may_end`` that has nothing left.

        Raises
        ------
        PathsOpen, CrossesEdge, Swallowed
            The edges of a unit do not close, or bound no area.
        """
        units = list(self.tails)
        chains = [unit.chain for unit in map(ground.get, units) if unit is not None]
        known = [at for at, unit in enumerate(units) if unit in ground]
        tails = [chain.tails for chain in chains] + [each for unit in units for each in self.tails[unit]]
        heads = [chain.heads for chain in chains] + [each for unit in units for each in self.heads[unit]]
        owners = known + [at for at, unit in enumerate(units) for _ in self.tails[unit]]
        groups = np.repeat(np.array(owners, dtype=np.int32), [len(each) for each in tails])
        left = _in_order(add_up(np.concatenate(tails), np.concatenate(heads), groups))
        _refuse_doubled(left, units, ground)
        areas = _assembled(left, units, ground)
        bounds = np.searchsorted(left.groups, np.arange(len(units) + 1)).tolist()
        shapes: dict[UUID, Shape | None] = dict.fromkeys(units)
        for unit, area, begin, end in zip(units, areas, bounds, bounds[1:], strict=False):
            if begin < end:
                shapes[unit] = Shape(area, Chain(left.tails[begin:end], left.heads[begin:end]))
            elif unit not in may_end:
                _refuse_swallowed(unit, ground)
        return shapes


def units_as_features(units: Mapping[UUID, UnitState | None], role: str = "unit") -> list[Feature]:
    """Return units as features with their id and code."""
    return [
        feature(unit.area, role, id=str(each), code=unit.code)
        for each, unit in units.items()
        if unit is not None
    ]


def _in_order(edges: Edges) -> Edges:
    """Return edges by unit, tail and head."""
    order = np.lexsort((edges.heads, edges.tails, edges.groups))
    return Edges(edges.tails[order], edges.heads[order], edges.groups[order])


def _assembled(left: Edges, units: list[UUID], ground: Ground) -> list[Geometry]:
    """Return the areas that the edges of each unit bound."""
    try:
        return list(assemble(left, len(units)))
    except InvalidGeometry as refusal:
        _refuse_open(left, units, ground)
        group = refusal.where.get("group", 0)
        raise _inside_out(left, group, units[group], ground) from refusal


def _inside_out(left: Edges, group: int, unit: UUID, ground: Ground) -> CrossesEdge:
    """Return the refusal of edges that close but bound no area: they wind the wrong way or twice."""
    mine = left.groups == group
    ends = np.stack((unpack(left.tails[mine]), unpack(left.heads[mine])), axis=1)
    now = ground.get(unit)
    return CrossesEdge(
        N_("Unit {unit} would be turned inside out or cover ground twice."),
        mend=N_("Keep the new edges inside the units beside them."),
        where={"unit": str(unit)},
        features=[path(edge, "edge") for edge in ends[:_MOST_SHOWN]] + units_as_features({unit: now}),
        unit=_called(unit, now),
    )


def _refuse_open(left: Edges, units: list[UUID], ground: Ground) -> None:
    """Refuse edges that do not close: somewhere more of them end than begin."""
    nodes, where = np.unique(np.concatenate((left.tails, left.heads)), return_inverse=True)
    groups = np.concatenate((left.groups, left.groups)).astype(np.int64)
    signs = np.repeat((1.0, -1.0), len(left))
    at_node = where + groups * len(nodes)
    open_at = np.flatnonzero(np.bincount(at_node, weights=signs))
    if not len(open_at):
        return
    places = unpack(np.unique(nodes[open_at % len(nodes)]))
    unit = units[int(open_at[0]) // len(nodes)]
    lon, lat = (places[0] / SCALE).tolist()
    raise PathsOpen(
        N_("The boundary of unit {unit} would be open at {lon}, {lat}."),
        mend=N_("Move every edge that ends at a moved vertex, one path for each."),
        where={"unit": str(unit), "lon": lon, "lat": lat},
        features=[point(place, "open") for place in places[:_MOST_SHOWN]],
        unit=_called(unit, ground.get(unit)),
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _refuse_doubled(left: Edges, units: list[UUID], ground: Ground) -> None:
    """Refuse an edge that a unit would have twice: it would cover the ground beside it twice."""
    same: npt.NDArray[np.bool_] = left.tails[1:] == left.tails[:-1]
    same &= (left.heads[1:] == left.heads[:-1]) & (left.groups[1:] == left.groups[:-1])
    if not same.any():
        return
    at = int(np.argmax(same))
    unit = units[int(left.groups[at])]
    edge = np.vstack((unpack(left.tails[[at]]), unpack(left.heads[[at]])))
    raise CrossesEdge(
        N_("Unit {unit} would have the same edge twice."),
        mend=N_("Keep the new edges off the edges that are there."),
        where={"unit": str(unit)},
        features=[path(edge, "edge"), *units_as_features({unit: ground.get(unit)})],
        unit=_called(unit, ground.get(unit)),
    )


def _refuse_swallowed(identifier: UUID, ground: Ground) -> None:
    unit = ground.get(identifier)
    raise Swallowed(
        N_("Unit {unit} would lose all its ground."),
        mend=N_("Leave it a part, or merge it with the unit that is to have its ground."),
        where={"unit": str(identifier)},
        features=units_as_features({identifier: unit}),
        unit=_called(identifier, unit),
    )


def _called(identifier: UUID, unit: UnitState | None) -> str:
    return str(identifier) if unit is None else unit.code


_MOST_SHOWN = 200
