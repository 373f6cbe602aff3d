"""Operations derived from their outcome: whatever was done, they do the same; noise is none of it."""

from collections import Counter
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import reproject
from geo.difference import derive, join, places_of, snap, unknown_places
from geo.lattice import SCALE
from geo.redraw import (
    Amend,
    Into,
    Merge,
    Move,
    Operation,
    Part,
    Reassign,
    Recode,
    RedrawRefused,
    Rename,
    Split,
    State,
    UnitState,
    operation_from_json,
)
from tests.geo.drawing import PARENTS, Web, state_of
from tests.geo.partitions import make

NEW = 500_000


def outcome(state: State) -> dict[UUID, UnitState | None]:
    return dict(state.changed)


def any_operation(state: State, rng: np.random.Generator, number: int) -> Operation | None:
    ids = list(state)
    unit = ids[int(rng.integers(len(ids)))]
    kind = int(rng.integers(6))
    if kind == 0:
        return Rename(unit, f"name {number}")
    if kind == 1:
        return Recode(unit, f"N{number:03}")
    if kind == 2:
        return Reassign((unit,), PARENTS[int(rng.integers(3))])
    if kind == 3:
        beside = state.around([unit])
        return Merge((unit, beside[0]), Into(unit, state.unit(unit).code, "one")) if beside else None
    if kind == 4:
        return any_split(state, unit, rng, number)
    return Web.of([state.unit(one).area for one in state]).any_move(rng, 200)


def any_split(state: State, unit: UUID, rng: np.random.Generator, number: int) -> Split:
    west, south, east, north = state.unit(unit).area.bounds
    x = west + (east - west) * float(rng.uniform(0.2, 0.8))
    line = np.rint(np.array([(x, south - 1e-4), (x, north + 1e-4)]) * SCALE).astype(np.int64)
    new = Part(UUID(int=NEW + number), f"S{number:03}", "new", 1)
    return Split(unit, line, (Part(unit, state.unit(unit).code, state.unit(unit).name, 1), new))


def drawn(base: State, rng: np.random.Generator, count: int) -> tuple[State, list[Operation]]:
    state, done = base, []
    for number in range(count):
        operation = any_operation(state, rng, number)
        try:
            if operation is not None:
                state, _ = state.apply(operation)
                done.append(operation)
        except RedrawRefused:
            continue
    return state, done


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 6))
def test_what_is_derived_does_the_same(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    base = state_of(make(rng, 5, 9), rng)
    state, _ = drawn(base, rng, count)
    found = derive(base, outcome(state))
    assert found.state.same_as(state)
    told = [operation_from_json(one.to_json()) for one in found.operations]
    assert base.apply_all(told).same_as(state)
    assert bool(told) == bool(state.change())


@pytest.mark.parametrize("kind", [Rename, Recode, Reassign, Merge, Split, Move])
def test_one_operation_is_told_by_its_own_name(kind: type[Any]) -> None:
    seen: Counter[str] = Counter()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        base = state_of(make(rng, 5, 9), rng)
        state, done = drawn(base, rng, 1)
        if not done or not isinstance(done[0], kind) or not state.change():
            continue
        for operation in derive(base, outcome(state)).operations:
            seen[type(operation).__name__] += 1
    assert seen[kind.__name__] > 0
    assert seen[Amend.__name__] <= sum(seen.values()) // 2


@given(seed=st.integers(0, 2**32 - 1), crs=st.sampled_from(["EPSG:3857", "EPSG:4549", "EPSG:4326"]))
def test_a_way_through_another_crs_is_no_edit(seed: int, crs: str) -> None:
    rng = np.random.default_rng(seed)
    base = state_of(make(rng, 4, 6), rng)
    state, _ = drawn(base, rng, 3)
    areas = np.array([state.unit(each).area for each in state], dtype=object)
    back = reproject(reproject(areas, "EPSG:4490", crs), crs, "EPSG:4490")
    known = places_of([base.unit(each).area for each in base])
    for area, wanted in zip(snap(back, known).areas, areas, strict=True):
        assert shapely.equals_identical(area, wanted)


@given(seed=st.integers(0, 2**32 - 1))
def test_vertices_that_shook_by_a_step_are_put_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = state_of(make(rng, 4, 6), rng)
    areas = np.array([base.unit(each).area for each in base], dtype=object)

    def shake(xy: Any) -> Any:
        """Move each vertex by less than a step, the same one alike in every ring."""
        _, place = np.unique(xy, axis=0, return_inverse=True)
        return xy + rng.uniform(-0.99e-7, 0.99e-7, xy.shape)[place.ravel()]

    shaken = shapely.transform(areas, shake)
    found = snap(shaken, places_of(areas))
    target = {
        each: UnitState(*base.unit(each).attributes(), area)
        for each, area in zip(base, found.areas, strict=True)
    }
    assert derive(base, target).operations == ()
    assert found.farthest < 1.5e-7


def test_a_cut_that_no_neighbour_knows_of_is_a_split() -> None:
    """As a desktop program splits: in floating point, and nothing beside it gets a vertex."""
    told: Counter[str] = Counter()
    for seed in range(80):
        rng = np.random.default_rng(seed)
        base = state_of(make(rng, 5, 7), rng)
        ids = list(base)
        areas = {each: base.unit(each).area for each in ids}
        frame = shapely.union_all(list(areas.values()))
        unit = ids[int(rng.integers(len(ids)))]
        parts = vertical_cut(areas[unit], rng)
        if len(parts) != 2:
            continue
        edge = shapely.intersection(parts[0].boundary, parts[1].boundary)
        if shapely.distance(frame.boundary, edge) < 1e-6:
            continue
        known = places_of(list(areas.values()))
        rows = [*ids[: ids.index(unit)], *ids[ids.index(unit) + 1 :], unit, UUID(int=NEW)]
        raw = np.array([*(areas[each] for each in rows[:-2]), *parts], dtype=object)
        snapped = snap(raw, known).areas
        shown = join(snapped, unknown_places(snapped, known)).areas
        old = base.unit(unit).attributes()
        target = {
            each: UnitState(*base.unit(each).attributes(), area)
            for each, area in zip(rows[:-1], shown[:-1], strict=True)
        }
        target[UUID(int=NEW)] = UnitState("NEW", "new", old[2], 1, shown[-1])
        for operation in derive(base, target).operations:
            told[type(operation).__name__] += 1
    assert told[Split.__name__] >= 10, told
    assert told[Amend.__name__] <= told[Split.__name__], told


def vertical_cut(area: Any, rng: np.random.Generator) -> list[Any]:
    if area.geom_type != "Polygon":
        return []
    west, south, east, north = area.bounds
    x = west + (east - west) * float(rng.uniform(0.3, 0.7))
    line = shapely.LineString([(x, south - 1e-4), (x + 1e-5, north + 1e-4)])
    return list(shapely.ops.split(area, line).geoms)
