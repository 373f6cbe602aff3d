"""Random states and operations for the redrawing, and a judge that shares no code with it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.redraw import (
    Base,
    Into,
    Merge,
    Move,
    Operation,
    Part,
    PathMove,
    Reassign,
    Recode,
    RedrawRefused,
    Rename,
    Split,
    State,
    Transfer,
)
from tests.geo.partitions import CORNER, Made, make

Point = tuple[int, int]
Edge = tuple[Point, Point]
GROUPS = tuple(UUID(int=10**6 + k) for k in range(3))


def unit_id(number: int) -> UUID:
    return UUID(int=number + 1)


def base_of(made: Made, parents: int = len(GROUPS)) -> Base:
    count = len(made.units)
    return Base.build(
        [unit_id(k) for k in range(count)],
        [f"{k:03d}" for k in range(count)],
        [f"Unit {k}" for k in range(count)],
        [GROUPS[k % parents] for k in range(count)],
        [None if k % 7 == 6 else 10 * k for k in range(count)],
        made.units,
        groups=GROUPS,
    )


def random_made(rng: np.random.Generator) -> Made:
    return make(rng, int(rng.integers(2, 6)), int(rng.integers(2, 9)))


def edges(area: Any, *, shift: bool = False) -> Counter[Edge]:
    """Directed edges of an area in lattice points, interior on the left, by GEOS and Python alone.

    ``shift`` is for an area in whole steps from the corner instead of degrees.
    """
    found: Counter[Edge] = Counter()
    east, north = CORNER.tolist()
    for part in shapely.get_parts(area):
        rings = [(part.exterior, True), *((ring, False) for ring in part.interiors)]
        for ring, left in rings:
            places = list(ring.coords)
            if shift:
                points = [(round(x) + east, round(y) + north) for x, y in places]
            else:
                points = [(round(x * 10**7), round(y * 10**7)) for x, y in places]
            if shapely.is_ccw(ring) != left:
                points.reverse()
            found.update((a, b) for a, b in pairwise(points) if a != b)
    return found


@dataclass(frozen=True)
class Drawn:
    """The edges of a state: of each unit, the owner of each, and those at each node, the far end first."""

    units: dict[UUID, Counter[Edge]]
    owner: dict[Edge, UUID]
    stars: dict[Point, list[Edge]]


@lru_cache(maxsize=4)
def drawn(state: State) -> Drawn:
    units = {each: edges(state.unit(each).area) for each in state}
    stars: dict[Point, set[Edge]] = {}
    for own in units.values():
        for a, b in own:
            stars.setdefault(b, set()).add((a, b))
            stars.setdefault(a, set()).add((b, a))
    owner = {edge: each for each, own in units.items() for edge in own}
    return Drawn(units, owner, {node: sorted(star) for node, star in stars.items()})


def summed(parts: Iterable[Counter[Edge]]) -> dict[Edge, int]:
    """The signed sum of directed edges, without those that cancel; keys begin with the smaller end."""
    total: Counter[Edge] = Counter()
    for part in parts:
        for (a, b), count in part.items():
            total[(a, b) if a < b else (b, a)] += count if a < b else -count
    return {edge: count for edge, count in total.items() if count}


def is_area(total: dict[Edge, int]) -> bool:
    """Tell whether signed edges are the boundary of a valid area: faces are found by GEOS alone."""
    if not total or any(abs(count) > 1 for count in total.values()):
        return False
    directed = {(a, b) if count > 0 else (b, a) for (a, b), count in total.items()}
    lines = shapely.linestrings(np.array(list(directed)) - CORNER)
    kept, used = [], set()
    for face in shapely.get_parts(shapely.polygonize(lines)):
        mine = {(a, b) for a, b in edges(face, shift=True)}
        if mine <= directed:
            kept.append(face)
            used |= mine
    return used == directed and bool(shapely.MultiPolygon(kept).is_valid)


def steps_of(lattice: Any) -> list[Edge]:
    """The edges along a path, without steps on the spot."""
    points = [(int(x), int(y)) for x, y in lattice]
    return [(a, b) for a, b in pairwise(points) if a != b]


def judged(state: State, move: Move) -> bool:
    """Whether a move is legal, found from all units of the state with nothing of the code under test."""
    units, owner = drawn(state).units, drawn(state).owner
    delta: dict[UUID, Counter[Edge]] = {}
    named: set[Edge] = set()
    for each in move.paths:
        old, new = steps_of(each.old), steps_of(each.new)
        pairs = {(owner.get((a, b)), owner.get((b, a))) for a, b in old}
        left, right = next(iter(pairs)) if len(pairs) == 1 else (None, None)
        if left is None or right is None:
            return False
        for a, b in old:
            if (a, b) in named or (b, a) in named:
                return False
            named.add((a, b))
        for steps, sign in ((old, -1), (new, 1)):
            for a, b in steps:
                delta.setdefault(left, Counter())[(a, b)] += sign
                delta.setdefault(right, Counter())[(b, a)] += sign
    return all(is_area(summed((units[each], change))) for each, change in delta.items())


def random_operation(rng: np.random.Generator, state: State, reach: int = 900) -> Operation:
    """An operation that may or may not be legal."""
    kinds: list[Callable[..., Operation]] = [
        *(drag, drag, insert, delete, trace, rename, recode, reassign),
        *(split, split, split, merge, merge, transfer, transfer),
    ]
    return kinds[int(rng.integers(len(kinds)))](rng, state, reach)


def random_unit(rng: np.random.Generator, state: State) -> UUID:
    everyone = list(state)
    return everyone[int(rng.integers(len(everyone)))]


def random_edge(rng: np.random.Generator, state: State) -> Edge:
    """An edge of a random unit, most of the time one between two units."""
    owner = drawn(state).owner
    own = sorted(drawn(state).units[random_unit(rng, state)])
    if rng.random() < 0.35:
        own = [(a, b) for a, b in own if (b, a) in owner] or own
    return own[int(rng.integers(len(own)))]


def near(rng: np.random.Generator, point: Point, reach: int) -> Point:
    x, y = (np.array(point) + rng.integers(-reach, reach + 1, 2)).tolist()
    return x, y


def drag(rng: np.random.Generator, state: State, reach: int) -> Move:
    node = random_edge(rng, state)[0]
    there = node if rng.random() > 0.1 else random_edge(rng, state)[0]
    to = near(rng, there, 0 if there != node else reach)
    return Move(tuple(path([far, node], [far, to]) for far, _ in drawn(state).stars[node]))


def insert(rng: np.random.Generator, state: State, reach: int) -> Move:
    a, b = random_edge(rng, state)
    middle = near(rng, ((a[0] + b[0]) // 2, (a[1] + b[1]) // 2), reach)
    return Move((path([a, b], [a, middle, b]),))


def delete(rng: np.random.Generator, state: State, reach: int) -> Move:
    _, node = random_edge(rng, state)
    ends = drawn(state).stars[node]
    return Move((path([ends[0][0], node, ends[-1][0]], [ends[0][0], ends[-1][0]]),))


def trace(rng: np.random.Generator, state: State, reach: int) -> Move:
    """A few edges of a boundary in a row take another course."""
    own = drawn(state).units[random_unit(rng, state)]
    after: dict[Point, Point] = dict(own.keys())
    start = sorted(after)[int(rng.integers(len(after)))]
    old = [start]
    for _ in range(int(rng.integers(1, 4))):
        old.append(after[old[-1]])
    inner = [near(rng, old[len(old) // 2], reach) for _ in range(int(rng.integers(0, 3)))]
    return Move((path(old, [old[0], *inner, old[-1]]),))


def rename(rng: np.random.Generator, state: State, reach: int) -> Rename:
    return Rename(random_unit(rng, state), f"Name {rng.integers(100)}")


def recode(rng: np.random.Generator, state: State, reach: int) -> Recode:
    return Recode(random_unit(rng, state), f"{rng.integers(12):03d}")


def reassign(rng: np.random.Generator, state: State, reach: int) -> Reassign:
    parent = [*GROUPS, unit_id(0)][int(rng.integers(len(GROUPS) + 1))]
    return Reassign(tuple({random_unit(rng, state) for _ in range(2)}), parent)


def fresh(rng: np.random.Generator) -> UUID:
    return UUID(int=10**9 + int(rng.integers(10**12)))


def random_line(rng: np.random.Generator, area: Any) -> Any:
    """A line across an area, straight or bent, sometimes through vertices of it, as a lattice path."""
    west, south, east, north = (round(each * 10**7) for each in area.bounds)
    reach = max(east - west, north - south)
    middle = np.array([rng.integers(west, east + 1), rng.integers(south, north + 1)])
    angle = rng.uniform(0, 2 * np.pi)
    step = np.rint(2 * reach * np.array([np.cos(angle), np.sin(angle)])).astype(np.int64)
    bend = rng.integers(-reach // 4, reach // 4 + 1, 2)
    line = np.array([middle - step, middle + bend, middle + step])
    if rng.random() < 0.3:
        vertices = np.rint(shapely.get_coordinates(area) * 10**7).astype(np.int64)
        line[1:2] = vertices[int(rng.integers(len(vertices)))]
        if rng.random() < 0.5:
            line[0] = vertices[int(rng.integers(len(vertices)))]
    return line


def split(rng: np.random.Generator, state: State, reach: int) -> Split:
    """A split with as many parts as pieces, most of the time: the refusal tells how many there are."""
    unit = random_unit(rng, state)
    line = random_line(rng, state.unit(unit).area)
    count = 2
    try:
        state.apply(Split(unit, line, tuple(Part(fresh(rng), f"?{k}", "?") for k in range(2))))
    except RedrawRefused as refusal:
        count = refusal.params.get("pieces", 2) if rng.random() < 0.9 else 3
    ids = [unit if k == 0 and rng.random() < 0.5 else fresh(rng) for k in range(count)]
    codes = [f"s{rng.integers(10**6)}" for _ in ids]
    return Split(unit, line, tuple(Part(*each, "Part", 5) for each in zip(ids, codes, strict=True)))


def merge(rng: np.random.Generator, state: State, reach: int) -> Merge:
    units = [random_unit(rng, state)]
    beside = state.around(units)
    others = beside if beside and rng.random() < 0.8 else [each for each in state if each != units[0]]
    units += others[: int(rng.integers(1, 3))] or units
    into = units[0] if rng.random() < 0.7 else fresh(rng)
    return Merge(tuple(units), Into(into, f"m{rng.integers(10**6)}", "Merged"))


def transfer(rng: np.random.Generator, state: State, reach: int) -> Transfer:
    source = random_unit(rng, state)
    beside = state.around([source]) or list(state)
    target = beside[int(rng.integers(len(beside)))]
    own = shapely.get_coordinates(state.unit(source).area)
    middle = np.rint(own[int(rng.integers(len(own)))] * 10**7).astype(np.int64)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
    away = rng.integers(200, 5_000, len(angles))
    ring = middle + np.rint(away[:, None] * np.column_stack((np.cos(angles), np.sin(angles)))).astype(int)
    return Transfer((np.vstack((ring, ring[:1])),), source, target)


def path(old: list[Point], new: list[Point]) -> PathMove:
    return PathMove(np.array(old, dtype=np.int64), np.array(new, dtype=np.int64))
