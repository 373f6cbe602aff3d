"""Faulty ground: the faces that do not belong to exactly one unit, with who holds and who borders them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from shapely import Geometry

from geo.partition.chain_kernels import Integers, unpack
from geo.repair.chains import Directed, find_kinds, summed, unique_kinds
from geo.repair.metres import step_metres
from geo.repair.sheet import Sheet, edges_of_faces

Cover = dict[int, int]


@dataclass(slots=True, eq=False)
class Ground:
    """One piece of faulty ground.

    ``rim`` are its directed edges; ``cover`` the units that wind around it and how often; ``top`` the
    position of the frame or parent it lies in, −1 for none; ``shape`` in steps from the sheet's corner;
    ``mouth`` whether a bridge alone closes it against the outside.
    """

    rim: Directed
    cover: Cover
    top: int
    shape: Geometry | None = None
    mouth: bool = False
    contact: dict[int, float] = field(default_factory=dict)
    count: dict[int, int] = field(default_factory=dict)

    @property
    def holders(self) -> list[int]:
        """The units that cover it."""
        return [unit for unit, turns in sorted(self.cover.items()) if turns > 0]


class Borders:
    """Tells who lies across each edge of faulty ground."""

    def __init__(self, sheet: Sheet, rims: Directed) -> None:
        self._count = sheet.draft.count
        wanted = unique_kinds(rims.tails, rims.heads)
        low, high = sheet.edges.kinds()
        near = sheet.edges.take(np.flatnonzero(find_kinds(wanted, low, high) >= 0))
        self._owners: dict[tuple[int, int], list[int]] = defaultdict(list)
        columns = (near.tails.tolist(), near.heads.tolist(), near.owners.tolist())
        for tail, head, owner in zip(*columns, strict=True):
            self._owners[tail, head].append(owner)

    def across(self, tail: int, head: int, cover: Cover) -> set[int]:
        """Return the units on the right of an edge on whose left lies ground with this cover."""
        turns = dict(cover)
        for owner in self._owners.get((tail, head), ()):
            turns[owner] = turns.get(owner, 0) - 1
        for owner in self._owners.get((head, tail), ()):
            turns[owner] = turns.get(owner, 0) + 1
        return {owner for owner, times in turns.items() if times > 0 and owner < self._count}

    def at_vertices(self, ground: Ground) -> dict[int, set[int]]:
        """Return the units across the edges at each vertex of a ground."""
        found: dict[int, set[int]] = defaultdict(set)
        for tail, head in zip(ground.rim.tails.tolist(), ground.rim.heads.tolist(), strict=True):
            across = self.across(tail, head, ground.cover)
            found[tail] |= across
            found[head] |= across
        return found

    def meet(self, ground: Ground) -> bool:
        """Return whether two units have a common vertex on a ground's rim."""
        return any(len(units) > 1 for units in self.at_vertices(ground).values())

    def measure(self, ground: Ground) -> None:
        """Fill in the length in metres, and the number of edges, that a ground shares with each unit."""
        for tail, head, length in measured(ground.rim):
            for unit in self.across(tail, head, ground.cover):
                ground.contact[unit] = ground.contact.get(unit, 0.0) + length
                ground.count[unit] = ground.count.get(unit, 0) + 1


def measured(rim: Directed) -> Iterable[tuple[int, int, float]]:
    """Return the edges of a rim with their lengths in metres."""
    tails, heads = unpack(rim.tails), unpack(rim.heads)
    lengths = np.hypot(*((heads - tails) * step_metres(tails[:, 1])).T)
    return zip(rim.tails.tolist(), rim.heads.tolist(), lengths.tolist(), strict=True)


def faulty_grounds(sheet: Sheet) -> tuple[list[Ground], Borders]:
    """Return the faulty grounds of a sheet, those with the same cover joined across bridges."""
    faces = sheet.faulty()
    rims = edges_of_faces(sheet, faces)
    borders = Borders(sheet, rims)
    starts = np.searchsorted(rims.owners, np.arange(len(faces) + 1)).tolist()
    grounds = []
    for k, face in enumerate(faces.tolist()):
        cover = sheet.cover(face)
        tops = [owner - sheet.draft.count for owner in cover if owner >= sheet.draft.count]
        units = {owner: turns for owner, turns in cover.items() if owner < sheet.draft.count}
        rim = rims.take(slice(starts[k], starts[k + 1]))
        grounds.append(Ground(rim, units, tops[0] if tops else -1, sheet.faces[face]))
    if len(sheet.bridges[0]):
        grounds = _joined(sheet, grounds)
    return grounds, borders


def _joined(sheet: Sheet, grounds: list[Ground]) -> list[Ground]:
    """Join grounds of the same cover on both sides of a bridge, and tell which a bridge closes."""
    edges = [(k, edge) for k, ground in enumerate(grounds) for edge in _bridge_edges(sheet, ground)]
    left: dict[tuple[int, int], int] = {edge: k for k, edge in edges}
    root = list(range(len(grounds)))

    def find(k: int) -> int:
        while root[k] != k:
            root[k] = root[root[k]]
            k = root[k]
        return k

    for k, (tail, head) in edges:
        other = left.get((head, tail))
        if other is not None and (grounds[k].cover, grounds[k].top) == (
            grounds[other].cover,
            grounds[other].top,
        ):
            root[find(k)] = find(other)
    groups: dict[int, list[int]] = defaultdict(list)
    for k in range(len(grounds)):
        groups[find(k)].append(k)
    closed = {k for k, (tail, head) in edges if (head, tail) not in left}
    joined = []
    for members in groups.values():
        first = grounds[members[0]]
        first.mouth = any(k in closed for k in members) and not first.cover
        if len(members) > 1:
            tails = np.concatenate([grounds[k].rim.tails for k in members])
            heads = np.concatenate([grounds[k].rim.heads for k in members])
            first.rim = summed(Directed(tails, heads, np.zeros(len(tails), dtype=np.int32)))
            first.shape = None
        joined.append(first)
    return joined


def _bridge_edges(sheet: Sheet, ground: Ground) -> list[tuple[int, int]]:
    """Return the edges of a ground that lie on bridges and are nobody's edge."""
    low, high = ground.rim.kinds()
    on = np.flatnonzero(_find_sorted(sheet.bridges, low, high))
    return list(zip(ground.rim.tails[on].tolist(), ground.rim.heads[on].tolist(), strict=True))


def _find_sorted(known: tuple[Integers, Integers], low: Integers, high: Integers) -> Integers:
    """Return 1 where an edge is among known ones, in the order of their ends, else 0."""
    found = np.zeros(len(low), dtype=np.int64)
    begin = np.searchsorted(known[0], low, "left")
    end = np.searchsorted(known[0], low, "right")
    for k in np.flatnonzero(begin < end).tolist():
        found[k] = int(high[k] in known[1][begin[k] : end[k]])
    return found
