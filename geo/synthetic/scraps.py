"""Merging faces of a synthetic partition that are too small for their surroundings, until a count is met."""

from collections.abc import Callable

import numpy as np

from geo.synthetic.graph import Faces, Floats, Graph, Ints


def merge_scraps(graph: Graph, faces: Faces, count: int) -> Faces | None:
    """Return exactly ``count`` faces by merging the relatively smallest into neighbours.

    Answers None where there are too few faces to begin with, where no more can be merged without leaving
    a hole, or where a ring is not one closed walk.
    """
    if faces.count < count:
        return None
    merger = _Merger(graph, faces)
    surplus = faces.count - count
    while surplus > 0:
        done = merger.merge_round(surplus)
        if done == 0:
            return None
        surplus -= done
    merged = merger.faces()
    return merged if _closed(graph, merged) else None


class _Merger:
    """The rings of all faces while some of them are being merged; a merged face has no ring left."""

    def __init__(self, graph: Graph, faces: Faces) -> None:
        self.graph = graph
        self.starts = graph.ends.ravel()
        self.rings: list[list[int]] = [
            part.tolist() for part in np.split(faces.half_edges, faces.offsets[1:-1])
        ]
        self.area: Floats = faces.area.copy()
        self.owner: Ints = np.full(2 * graph.edge_count, -1, dtype=np.int64)
        self.owner[faces.half_edges] = faces.owner()

    def faces(self) -> Faces:
        """Return the faces that are left."""
        kept = [index for index, ring in enumerate(self.rings) if ring]
        rings = [self.rings[index] for index in kept]
        half_edges = np.array([half_edge for ring in rings for half_edge in ring], dtype=np.int64)
        offsets = np.cumsum([0, *(len(ring) for ring in rings)])
        return Faces(half_edges, offsets.astype(np.int64), self.area[kept])

    def merge_round(self, surplus: int) -> int:
        """Merge at most ``surplus`` faces that are not neighbours and return how many were merged."""
        touched: set[int] = set()
        done = 0
        relative = self._relative_size()
        for face in np.argsort(relative, kind="stable").tolist():
            if done == surplus or not np.isfinite(relative[face]):
                break
            around = self._neighbours(face)
            if face not in touched and touched.isdisjoint(around) and self._absorb(face, around):
                touched.update(around, (face,))
                done += 1
        return done

    def _relative_size(self) -> Floats:
        """Return each face's area relative to its neighbours' mean, infinite where it has none."""
        half = np.flatnonzero((self.owner.reshape(-1, 2) >= 0).all(axis=1).repeat(2))
        near = np.bincount(self.owner[half], self.area[self.owner[half ^ 1]], len(self.rings))
        degree = np.bincount(self.owner[half], minlength=len(self.rings))
        relative: Floats = np.where(degree > 0, self.area * degree / np.maximum(near, 1.0), np.inf)
        return relative

    def _neighbours(self, face: int) -> list[int]:
        """Return the neighbours of a face, the one with the longest shared boundary first."""
        shared: dict[int, float] = {}
        for half_edge in self.rings[face]:
            other = int(self.owner[half_edge ^ 1])
            if other >= 0:
                tail, head = self.graph.nodes[self.graph.ends[half_edge >> 1]]
                shared[other] = shared.get(other, 0.0) + float(np.hypot(*(head - tail)))
        return sorted(shared, key=lambda index: (-shared[index], index))

    def _absorb(self, face: int, around: list[int]) -> bool:
        """Merge a face into the first neighbour that makes one simple ring with it."""
        for target in around:
            joined = self._spliced(self.rings[face], self.rings[target])
            if joined is None:
                continue
            gone = (set(self.rings[face]) | set(self.rings[target])) - set(joined)
            self.owner[list(gone)] = -1
            self.owner[joined] = target
            self.rings[target], self.rings[face] = joined, []
            self.area[target] += self.area[face]
            return True
        return False

    def _spliced(self, ring: list[int], other: list[int]) -> list[int] | None:
        """Return the ring around two faces, or None where their union would not be one simple ring."""
        twins, mine = {half_edge ^ 1 for half_edge in other}, set(ring)
        ours = _one_run(ring, twins.__contains__)
        theirs = _one_run(other, lambda half_edge: half_edge ^ 1 in mine)
        if ours is None or theirs is None:
            return None
        (run, rest), (their_run, their_rest) = ours, theirs
        if [half_edge ^ 1 for half_edge in reversed(run)] != their_run or not rest or not their_rest:
            return None
        joined = rest + their_rest
        nodes = {int(self.starts[half_edge]) for half_edge in joined}
        return joined if len(nodes) == len(joined) else None


def _one_run(ring: list[int], chosen: Callable[[int], bool]) -> tuple[list[int], list[int]] | None:
    """Return the chosen part of a cyclic ring and the rest, or None unless the part is one run."""
    flags = [chosen(half_edge) for half_edge in ring]
    begins = [index for index in range(len(ring)) if flags[index] and not flags[index - 1]]
    if len(begins) != 1:
        return None
    turned = ring[begins[0] :] + ring[: begins[0]]
    size = sum(flags)
    return turned[:size], turned[size:]


def _closed(graph: Graph, faces: Faces) -> bool:
    """Tell whether every ring is one closed walk: each half-edge starts where the one before ended."""
    ends = graph.ends.ravel()
    start, stop = ends[faces.half_edges], ends[faces.half_edges ^ 1]
    following = np.arange(1, len(start) + 1)
    following[faces.offsets[1:] - 1] = faces.offsets[:-1]
    return bool((stop == start[following]).all())
