"""Merging: proven or refused, nothing lost of either side, and the same whoever comes first."""

from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.merge import Conflict, Merged, merge
from geo.partition import prove
from geo.redraw import Change, Operation, Reassign, RedrawRefused, Rename, State
from tests.geo.drawing import PARENTS, Node, Web, state_of
from tests.geo.partitions import Made, degrees, make


def drawn(
    base: State, rng: np.random.Generator, count: int, units: set[UUID] | None = None
) -> tuple[State, list[Operation]]:
    """Return a state and the operations that a planner drew on a base, those refused left out."""
    state = base
    done: list[Operation] = []
    for _ in range(count):
        ids = [one for one in state if units is None or one in units]
        web = Web.of([state.unit(one).area for one in state])
        chance = rng.random()
        unit = ids[int(rng.integers(len(ids)))]
        operation: Operation | None
        if chance < 0.7:
            operation = web.any_move(rng)
        elif chance < 0.85:
            operation = Reassign((unit,), PARENTS[int(rng.integers(3))])
        else:
            operation = Rename(unit, f"name {int(rng.integers(5))}")
        if operation is None:
            continue
        try:
            state, _ = state.apply(operation)
        except RedrawRefused:
            continue
        done.append(operation)
    return state, done


def assert_exact(state: State, made: Made) -> None:
    proof = prove([state.unit(one).area for one in state], made.frame)
    assert proof.exact, proof.defects


@given(seed=st.integers(0, 2**32 - 1), edits=st.integers(1, 6))
def test_a_merge_is_exact_and_loses_nothing_or_is_refused(seed: int, edits: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 5, 9)
    base = state_of(made, rng)
    head, theirs_ops = drawn(base, rng, edits)
    mine_state, mine_ops = drawn(base, rng, edits)
    theirs, mine = head.change(), mine_state.change()
    found = merge(head, theirs, mine, mine_ops)
    other = merge(mine_state, mine, theirs, theirs_ops)
    # Whoever comes first, it is possible for both or for none, as far as it is not done by replaying.
    if "replayed" not in [one.way for one in (found, other) if isinstance(one, Merged)]:
        assert isinstance(found, Merged) == isinstance(other, Merged)
    if isinstance(found, Conflict):
        assert found.places
        assert all(place.features() for place in found.places)
        return
    assert_exact(found.state, made)
    for unit in base:
        now = found.state.unit(unit)
        if unit not in theirs.units:
            expected = mine.after.get(unit, base.unit(unit))
            assert expected is not None
            assert now.same_as(expected)
        if unit not in mine.units:
            expected = theirs.after.get(unit, base.unit(unit))
            assert expected is not None
            assert now.same_as(expected)
    assert head.apply_change(found.change).same_as(found.state)
    if found.operations is not None:
        assert head.apply_all(found.operations).same_as(found.state)
    if isinstance(other, Merged) and {found.way, other.way} <= {"disjoint", "chains"}:
        assert found.state.same_as(other.state)


def cells(side: int = 4) -> Made:
    """Return square cells of a hundred thousand steps, each corner a vertex of all that meet there."""
    step = 100_000
    units = [
        shapely.box(x * step, y * step, (x + 1) * step, (y + 1) * step)
        for y in range(side)
        for x in range(side)
    ]
    return Made(degrees(np.array(units, dtype=object)), degrees(shapely.box(0, 0, side * step, side * step)))


@pytest.fixture
def base() -> State:
    rng = np.random.default_rng(1)
    return state_of(cells(), rng)


def corner(x: int, y: int) -> Node:
    """Return an inner corner of the cells as a lattice point."""
    at = shapely.get_coordinates(degrees(shapely.Point(x * 100_000, y * 100_000)))[0]
    return round(at[0] * 1e7), round(at[1] * 1e7)


def web(base: State) -> Web:
    return Web.of([base.unit(one).area for one in base])


def moved(base: State, x: int, y: int, dx: int, dy: int) -> tuple[State, Operation]:
    node = corner(x, y)
    operation = web(base).move(node, (node[0] + dx, node[1] + dy))
    return base.apply(operation)[0], operation


def test_the_same_units_with_different_edges_are_summed(base: State) -> None:
    head, _ = moved(base, 1, 1, 500, 500)
    mine, operation = moved(base, 2, 2, -500, 700)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Merged)
    assert found.way == "chains"
    assert found.operations == (operation,)
    assert len(found.state.changed) == 7


def test_units_apart_are_put_side_by_side(base: State) -> None:
    head, _ = moved(base, 1, 1, 500, 500)
    mine, operation = moved(base, 3, 3, -500, 700)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Merged)
    assert found.way == "disjoint"


def test_the_same_vertex_moved_apart_is_a_conflict_on_its_edges(base: State) -> None:
    head, _ = moved(base, 2, 2, 500, 500)
    mine, operation = moved(base, 2, 2, -500, 700)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Conflict)
    (place,) = found.places
    assert place.kind == "edges"
    assert len(place.units) == 4
    for shape in (place.base, place.theirs, place.mine):
        assert shapely.get_num_coordinates(shape) >= 5
    assert not place.theirs.equals(place.mine)
    assert {one["properties"]["role"] for one in found.features()} == {"base", "theirs", "mine"}


def test_what_both_did_alike_is_no_conflict(base: State) -> None:
    head, _ = moved(base, 2, 2, 500, 500)
    mine, operation = moved(base, 2, 2, 500, 500)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Merged)
    assert not found.change
    assert found.state.same_as(head)


def test_two_names_for_one_unit_are_a_conflict_that_names_both(base: State) -> None:
    unit = next(iter(base))
    head, _ = base.apply(Rename(unit, "theirs"))
    operation = Rename(unit, "mine")
    mine, _ = base.apply(operation)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Conflict)
    assert found.places[0].attribute == "name"
    assert found.places[0].values[1:] == ("theirs", "mine")


def test_a_name_and_a_boundary_of_one_unit_are_both_kept(base: State) -> None:
    head, _ = moved(base, 2, 2, 500, 500)
    unit = next(iter(head.change().units))
    operation = Rename(unit, "mine")
    mine, _ = base.apply(operation)
    found = merge(head, head.change(), mine.change(), [operation])
    assert isinstance(found, Merged)
    assert found.state.unit(unit).name == "mine"
    assert found.state.unit(unit).area.equals(head.unit(unit).area)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_nobodys_change_merges_with_everything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = state_of(make(rng, 4, 6), rng)
    head, _ = drawn(base, rng, 3)
    found = merge(head, head.change(), Change({}, {}), [])
    assert isinstance(found, Merged)
    assert found.state.same_as(head)
