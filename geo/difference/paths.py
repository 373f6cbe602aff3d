"""Boundaries that took another course, as paths between the two units beside them."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import numpy as np

from geo.partition.chain_kernels import Integers, pack, unpack
from geo.redraw import Change, Move, PathMove

Edge = tuple[int, int]
Pair = tuple[UUID, UUID]
Path = list[int]


def moves_of(change: Change) -> Iterator[tuple[frozenset[UUID], Move]]:
    """Yield for each group of units that moved boundaries bind together, those units and their move.

    Groups are left out where a boundary appears or vanishes altogether, or ground of a unit begins or ends:
    what became of which edge is not certain there.
    """
    removed, added = _by_pair(change, removed=True), _by_pair(change, removed=False)
    if removed is None or added is None:
        return
    for units in _groups({*removed, *added}):
        pairs = sorted(pair for pair in {*removed, *added} if pair[0] in units)
        paths: list[PathMove] = []
        for pair in pairs:
            found = _matched(_paths(removed.get(pair, ())), _paths(added.get(pair, ())))
            if found is None or any(_new_or_ended(change, unit) for unit in pair):
                break
            paths += found
        else:
            yield units, Move(tuple(paths))


def _new_or_ended(change: Change, unit: UUID) -> bool:
    return change.before[unit] is None or change.after[unit] is None


def _by_pair(change: Change, *, removed: bool) -> dict[Pair, list[Edge]] | None:
    """Return the edges that went or came between each pair of units, as the smaller has them.

    None where an edge has no other side: then it is the frame's.
    """
    owners: dict[Edge, UUID] = {}
    for unit in change.units:
        delta = change.edges(unit)
        edges = delta.removed if removed else delta.added
        owners.update(dict.fromkeys(_ends(edges), unit))
    found: dict[Pair, list[Edge]] = {}
    for (tail, head), unit in owners.items():
        other = owners.get((head, tail))
        if other is None:
            return None
        if unit < other:
            found.setdefault((unit, other), []).append((tail, head))
    return found


def _ends(edges: Integers) -> list[Edge]:
    tails, heads = (pack(np.ascontiguousarray(edges[:, at : at + 2])).tolist() for at in (0, 2))
    return list(zip(tails, heads, strict=True))


def _groups(pairs: Iterable[Pair]) -> list[frozenset[UUID]]:
    """Return the units that pairs bind together."""
    of: dict[UUID, set[UUID]] = {}
    for one, other in pairs:
        joined = of.get(one, {one}) | of.get(other, {other})
        of.update(dict.fromkeys(joined, joined))
    return sorted({frozenset(group) for group in of.values()}, key=min)


def _paths(edges: Iterable[Edge]) -> list[Path]:
    """Return directed edges as paths, as long as they go, the order of their beginnings."""
    after: dict[int, list[int]] = {}
    for tail, head in sorted(edges):
        after.setdefault(tail, []).append(head)
    heads = {head for ends in after.values() for head in ends}
    paths = [_follow(after, start) for start in sorted(after.keys() - heads)]
    # What is left runs in circles.
    while after:
        paths.append(_follow(after, min(after)))
    return paths


def _follow(after: dict[int, list[int]], start: int) -> Path:
    path = [start]
    while path[-1] in after:
        ends = after[path[-1]]
        here, head = path[-1], ends.pop()
        if not ends:
            del after[here]
        path.append(head)
    return path


def _matched(old: list[Path], new: list[Path]) -> list[PathMove] | None:
    """Return old paths each with a new one: of the same ends, of one same end, else as they come."""
    if len(old) != len(new):
        return None
    pairs: list[tuple[Path, Path]] = []
    left = list(new)
    waiting = list(old)
    for least in (2, 1, 0):
        for path in list(waiting):
            fit = next((one for one in left if _common(path, one) >= least), None)
            if fit is not None:
                pairs.append((path, fit))
                waiting.remove(path)
                left.remove(fit)
    return [PathMove(_lattice(before), _lattice(after)) for before, after in pairs]


def _common(one: Path, other: Path) -> int:
    return (one[0] == other[0]) + (one[-1] == other[-1])


def _lattice(path: Path) -> Integers:
    return unpack(np.array(path, dtype=np.int64))
