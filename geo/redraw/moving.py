"""Moving boundaries: paths of present edges take another course between the two units beside them."""

from uuid import UUID

import numpy as np

from geo.errors import N_
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.redraw.features import path, point
from geo.redraw.ground import Ground
from geo.redraw.operations import Move, PathMove
from geo.redraw.refusals import EdgeNotFound, FrameLocked, OwnersDiffer
from geo.redraw.sums import Ledger, path_ends, units_as_features
from geo.redraw.unit import UnitState


def move(ground: Ground, operation: Move) -> dict[UUID, UnitState | None]:
    """Return the units that a move changes.

    Raises
    ------
    EdgeNotFound, FrameLocked, OwnersDiffer
        An old path is no boundary, is the frame's, or lies between different pairs of units.
    PathsOpen, CrossesEdge, Swallowed
        The new paths do not close, or bound no area.
    """
    ledger = Ledger()
    named: set[tuple[int, int]] = set()
    for each in operation.paths:
        left, right = _owners(ground, each, named)
        old, new = path_ends(each.old), path_ends(each.new)
        ledger.take(left, old)
        ledger.give(left, new)
        ledger.give(right, old)
        ledger.take(right, new)
    return {each: ground.unit(each).reshaped(shape) for each, shape in ledger.shapes(ground).items()}


def _owners(ground: Ground, moved: PathMove, named: set[tuple[int, int]]) -> tuple[UUID, UUID]:
    """Return the units left and right of an old path; ``named`` are the edges of the paths before it."""
    tails, heads = path_ends(moved.old)
    edges = list(zip(tails.tolist(), heads.tolist(), strict=True))
    if not edges:
        raise _not_found(moved, moved.old)
    owners = _of_edge(ground, moved, *edges[0])
    left, right = ground.unit(owners[0]).chain, ground.unit(owners[1]).chain
    for tail, head in edges:
        if not (left.has(tail, head) and right.has(head, tail)):
            _of_edge(ground, moved, tail, head)
            raise _differ(ground, moved, tail, owners)
        if (tail, head) in named or (head, tail) in named:
            raise _named_twice(moved, tail, head)
        named.add((tail, head))
    return owners


def _of_edge(ground: Ground, moved: PathMove, tail: int, head: int) -> tuple[UUID, UUID]:
    """Return the owners of one edge, which must be between two units."""
    ends = _ends(tail, head)
    left, right = ground.owners(ends[0], ends[1])
    if left is not None and right is not None:
        return left, right
    if left is None and right is None:
        raise _not_found(moved, ends)
    lon, lat = (ends[0] / SCALE).tolist()
    raise FrameLocked(
        N_("The edge at {lon}, {lat} is part of the outer boundary, which is locked."),
        mend=N_("Move edges between two units only; the outer boundary changes by an import."),
        where={"lon": lon, "lat": lat},
        features=[path(ends, "edge")],
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _not_found(moved: PathMove, ends: Integers) -> EdgeNotFound:
    lon, lat = (ends[0] / SCALE).tolist()
    return EdgeNotFound(
        N_("There is no boundary edge at {lon}, {lat}."),
        mend=N_("Load the boundary again; somebody else may have moved it."),
        where={"lon": lon, "lat": lat},
        features=[path(ends, "edge"), path(moved.new, "attempt")],
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _named_twice(moved: PathMove, tail: int, head: int) -> EdgeNotFound:
    ends = _ends(tail, head)
    lon, lat = (ends[0] / SCALE).tolist()
    return EdgeNotFound(
        N_("The edge at {lon}, {lat} is moved twice."),
        mend=N_("Name every old edge once."),
        where={"lon": lon, "lat": lat},
        features=[path(ends, "edge"), path(moved.new, "attempt")],
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _differ(ground: Ground, moved: PathMove, tail: int, owners: tuple[UUID, UUID]) -> OwnersDiffer:
    """Return the refusal of a path that passes a point where a third unit begins."""
    place = _ends(tail, tail)[0]
    lon, lat = (place / SCALE).tolist()
    return OwnersDiffer(
        N_("At {lon}, {lat} the path passes on to other units."),
        mend=N_("Give one path for each pair of units."),
        where={"lon": lon, "lat": lat},
        features=[
            point(place, "node"),
            path(moved.old, "edge"),
            *units_as_features({each: ground.get(each) for each in owners}),
        ],
        lon=f"{lon:.7f}",
        lat=f"{lat:.7f}",
    )


def _ends(tail: int, head: int) -> Integers:
    """Return the ends of a packed edge as lattice points (2, 2)."""
    return unpack(np.array((tail, head), dtype=np.int64))
