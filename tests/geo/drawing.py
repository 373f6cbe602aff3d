"""Random drawing on partitions: bases of made partitions, and moves of their vertices."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.lattice import SCALE
from geo.redraw import Base, Move, PathMove, State
from tests.geo.partitions import Made

PARENTS = tuple(UUID(int=10_000 + k) for k in range(3))
Node = tuple[int, int]


def state_of(made: Made, rng: np.random.Generator) -> State:
    """Return the state of a made partition; ids in random order, parents at random."""
    count = len(made.units)
    ids = [UUID(int=int(one) + 1) for one in rng.permutation(count)]
    codes = [f"G{k:03}" for k in range(count)]
    parents = [PARENTS[int(k)] for k in rng.integers(0, len(PARENTS), count)]
    households = [int(k) for k in rng.integers(0, 500, count)]
    return State.of(Base.build(ids, codes, codes, parents, households, made.units, groups=PARENTS))


@dataclass(frozen=True)
class Web:
    """The boundaries of a state as a graph on the lattice: each node's neighbours; ``inner`` can be moved."""

    around: dict[Node, list[Node]]
    inner: list[Node]

    @classmethod
    def of(cls, areas: Sequence[Any]) -> "Web":
        owners: dict[tuple[Node, Node], int] = {}
        around: dict[Node, set[Node]] = {}
        for area in areas:
            for part in shapely.get_parts(area):
                for ring in (part.exterior, *part.interiors):
                    steps = np.rint(shapely.get_coordinates(ring) * SCALE).astype(np.int64)
                    nodes = [(int(x), int(y)) for x, y in steps]
                    for a, b in itertools.pairwise(nodes):
                        key = (a, b) if a < b else (b, a)
                        owners[key] = owners.get(key, 0) + 1
                        around.setdefault(a, set()).add(b)
                        around.setdefault(b, set()).add(a)
        frame = {node for edge, count in owners.items() if count == 1 for node in edge}
        return cls({node: sorted(others) for node, others in around.items()}, sorted(around.keys() - frame))

    def move(self, node: Node, to: Node) -> Move:
        """Return the move of a vertex with all edges at it."""
        paths = [PathMove(_path(other, node), _path(other, to)) for other in self.around[node]]
        return Move(tuple(paths))

    def any_move(self, rng: np.random.Generator, reach: int = 300) -> Move | None:
        """Return the move of a random inner vertex by a little, None where there is no inner vertex."""
        if not self.inner:
            return None
        node = self.inner[int(rng.integers(len(self.inner)))]
        dx, dy = (int(k) for k in rng.integers(-reach, reach + 1, 2))
        return self.move(node, (node[0] + dx, node[1] + dy))


def _path(start: Node, end: Node) -> Any:
    return np.array((start, end), dtype=np.int64)
