"""Directed lattice edges of many owners as columns, and the ground they bound."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Chains, Shapes, add_up

Owners = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Directed:
    """Directed edges, interior left: packed ``tails``, ``heads`` (n,) and the owner of each."""

    tails: Integers
    heads: Integers
    owners: Owners

    def __len__(self) -> int:
        return len(self.tails)

    def take(self, index: Any) -> "Directed":
        """Return some of the edges."""
        return Directed(self.tails[index], self.heads[index], self.owners[index])

    def reversed(self) -> "Directed":
        """Return the edges against their direction."""
        return Directed(self.heads, self.tails, self.owners)

    def kinds(self) -> tuple[Integers, Integers]:
        """Return the smaller and the larger end of each edge."""
        return np.minimum(self.tails, self.heads), np.maximum(self.tails, self.heads)


def directed(shapes: Shapes) -> Directed:
    """Return the directed edges of areas in degrees on the lattice; the owner is the position."""
    chains = Chains.of(shapes)
    return Directed(chains.tails, chains.heads, chains.edge_units())


def joined(*several: Directed) -> Directed:
    """Return edges one after another."""
    return Directed(
        np.concatenate([each.tails for each in several]),
        np.concatenate([each.heads for each in several]),
        np.concatenate([each.owners for each in several]).astype(np.int32),
    )


def summed(edges: Directed) -> Directed:
    """Return what remains of the sum of each owner's edges."""
    left = add_up(edges.tails, edges.heads, edges.owners)
    return Directed(left.tails, left.heads, left.groups)


def unique_kinds(tails: Integers, heads: Integers) -> tuple[Integers, Integers]:
    """Return undirected edges once each, by smaller and larger end."""
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    first = np.ones(len(low), dtype=np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[first], high[first]


def find_kinds(known: tuple[Integers, Integers], tails: Integers, heads: Integers) -> npt.NDArray[np.int64]:
    """Return the position of each edge among known pairs of ends, unique and in order, −1 if not there."""
    count = len(known[0])
    order = np.lexsort(
        (
            np.concatenate((np.zeros(count, np.int8), np.ones(len(tails), np.int8))),
            np.concatenate((known[1], heads)),
            np.concatenate((known[0], tails)),
        )
    )
    low = np.concatenate((known[0], tails))[order]
    high = np.concatenate((known[1], heads))[order]
    begins = np.ones(len(low), dtype=np.bool_)
    begins[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    # The first of equal pairs is the known one, where it is known.
    first = order[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    found = np.empty(len(low), dtype=np.int64)
    found[order] = np.where(first < count, first, -1)
    return found[count:]


def lines_of(tails: Integers, heads: Integers, origin: Integers) -> Shapes:
    """Return edges as lines in whole steps from a corner."""
    ends = np.stack((unpack(tails) - origin, unpack(heads) - origin), axis=1)
    lines: Shapes = shapely.linestrings(ends.astype(np.float64))
    return lines


def faces_of(tails: Integers, heads: Integers, origin: Integers) -> Shapes:
    """Return the bounded faces of noded, undirected edges, in whole steps from a corner."""
    if not len(tails):
        return np.empty(0, dtype=object)
    found: Shapes = shapely.get_parts(shapely.polygonize(lines_of(tails, heads, origin)))
    return found


def to_degrees(shapes: Any, origin: Integers) -> Any:
    """Return shapes in whole steps from a corner as degrees on the lattice."""
    return shapely.transform(shapes, lambda xy: (np.rint(xy).astype(np.int64) + origin) / SCALE)


def twice_areas(edges: Directed, owners: int) -> npt.NDArray[np.int64]:
    """Return twice the area in square steps that each owner's edges bound, exact below 2^63."""
    low = unpack(edges.tails).min(axis=0) if len(edges) else np.zeros(2, dtype=np.int64)
    tails, heads = unpack(edges.tails) - low, unpack(edges.heads) - low
    total = np.zeros(owners, dtype=np.int64)
    # Wrapped sums are right as long as the result fits.
    np.add.at(total, edges.owners, tails[:, 0] * heads[:, 1] - tails[:, 1] * heads[:, 0])
    return total
