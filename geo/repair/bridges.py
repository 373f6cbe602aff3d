"""Bridges over open cracks: lines that close hairline ground between units against the outside.

Two units drawn beside each other without a common vertex leave a crack that no edge closes. From each vertex
on the outer boundary a line goes to the nearest edge of every other unit within the limit; what is then
enclosed can be told like any other gap.
"""

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from geo.partition.chain_kernels import Integers, pack, unpack
from geo.partition.scene import winding
from geo.repair.chains import Directed, find_kinds, lines_of, unique_kinds
from geo.repair.metres import step_metres
from geo.repair.sheet import Sheet

Floats = npt.NDArray[np.float64]
Bridges = tuple[Integers, Integers]
Cuts = tuple[Integers, Integers, Integers]


def bridges_over(sheet: Sheet, width_m: float) -> tuple[Bridges, Cuts]:
    """Return lines of at most a width over open ground, and the edges they cut with the points.

    Returns
    -------
    Bridges by smaller and larger end; and ends of edges with the packed point in which each is to be cut.
    """
    none = np.empty(0, dtype=np.int64)
    outer = sheet.outer()
    if not len(outer):
        return (none, none), (none, none, none)
    owned = _owned(sheet, outer)
    vertex, edge, place = _near(owned, sheet.origin, width_m)
    source, target = owned.vertices[vertex], pack(place)
    keep = source != target
    vertex, edge, source, target = vertex[keep], edge[keep], source[keep], target[keep]
    if not len(source):
        return (none, none), (none, none, none)
    open_ = _over_open_ground(sheet, source, target)
    edge, source, target = edge[open_], source[open_], target[open_]
    tails, heads = owned.edges.tails[edge], owned.edges.heads[edge]
    inner = (target != tails) & (target != heads)
    return unique_kinds(source, target), (tails[inner], heads[inner], target[inner])


class _Owned:
    """Outer edges with their owners, and the vertices of each owner on them."""

    def __init__(self, edges: Directed) -> None:
        self.edges = edges
        keys = np.unique(
            np.stack((np.concatenate((edges.tails, edges.heads)), np.tile(edges.owners.astype(np.int64), 2))),
            axis=1,
        )
        self.vertices, self.owners = keys


def _owned(sheet: Sheet, outer: Directed) -> _Owned:
    """Return the units' edges on the outer boundary."""
    kinds = unique_kinds(outer.tails, outer.heads)
    low, high = sheet.edges.kinds()
    return _Owned(sheet.edges.take(np.flatnonzero(find_kinds(kinds, low, high) >= 0)))


def _near(owned: _Owned, origin: Integers, width_m: float) -> tuple[Integers, Integers, Integers]:
    """Return vertices, edges of other units near them, and the nearest lattice place on each edge."""
    points = unpack(owned.vertices)
    scale = step_metres(points[:, 1])
    reach = width_m / scale
    local = points - origin
    tree = STRtree(lines_of(owned.edges.tails, owned.edges.heads, origin))
    boxes = shapely.box(*(local - reach).T, *(local + reach).T)
    vertex, edge = tree.query(boxes)
    # A vertex that the other unit has too needs no bridge to it.
    shared = set(zip(owned.vertices.tolist(), owned.owners.tolist(), strict=True))
    owners = owned.edges.owners[edge].astype(np.int64)
    pairs = zip(owned.vertices[vertex].tolist(), owners.tolist(), strict=True)
    keep = np.array([pair not in shared for pair in pairs], dtype=np.bool_)
    vertex, edge, owners = vertex[keep], edge[keep], owners[keep]
    tails = unpack(owned.edges.tails[edge])
    along = ((unpack(owned.edges.heads[edge]) - tails) * scale[vertex]).astype(np.float64)
    to = ((points[vertex] - tails) * scale[vertex]).astype(np.float64)
    share = np.clip((to * along).sum(axis=1) / (along**2).sum(axis=1), 0.0, 1.0)
    distance = np.hypot(*(to - along * share[:, None]).T)
    within = np.flatnonzero(distance <= width_m)
    # The nearest edge of each other unit.
    order = within[np.lexsort((distance[within], owners[within], vertex[within]))]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (vertex[order][1:] != vertex[order][:-1]) | (owners[order][1:] != owners[order][:-1])
    order = order[first]
    heads = unpack(owned.edges.heads[edge[order]])
    step = (heads - tails[order]) * share[order][:, None]
    return vertex[order], edge[order], tails[order] + np.rint(step).astype(np.int64)


def _over_open_ground(sheet: Sheet, source: Integers, target: Integers) -> npt.NDArray[np.bool_]:
    """Return which bridges run over ground that no unit covers."""
    edges = sheet.edges.take(np.flatnonzero(find_kinds(sheet_kinds(sheet), *sheet.edges.kinds()) >= 0))
    starts = (unpack(edges.tails) - sheet.origin).astype(np.float64)
    ends = (unpack(edges.heads) - sheet.origin).astype(np.float64)
    middle = (unpack(source) + unpack(target)) / 2.0 - sheet.origin
    open_: npt.NDArray[np.bool_] = winding(starts, ends, middle) == 0
    return open_


def sheet_kinds(sheet: Sheet) -> tuple[Integers, Integers]:
    """Return the undirected pieces that lie on a sheet."""
    return unique_kinds(sheet.noded.tails, sheet.noded.heads)
