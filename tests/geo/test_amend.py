"""Amendments: any change, told by its effect alone, does the same again and survives JSON."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.redraw import Amend, Amended, Merge, RedrawRefused, State, amendment, operation_from_json
from geo.redraw.operations import Into
from tests.geo.drawing import Web, state_of
from tests.geo.partitions import make
from tests.geo.test_merge import drawn


@given(seed=st.integers(0, 2**32 - 1))
def test_an_amendment_does_what_the_operations_did(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = state_of(make(rng, 5, 9), rng)
    state, _ = drawn(base, rng, 3)
    state = _merged(state, rng)
    told = amendment(state.change()).to_json()
    again, change = base.apply(operation_from_json(told))
    assert again.same_as(state)
    assert change.same_as(state.change())
    assert operation_from_json(told).to_json() == told


def _merged(state: State, rng: np.random.Generator) -> State:
    """Return a state in which two neighbours are merged, where there are any."""
    units = list(state)
    one = units[int(rng.integers(len(units)))]
    beside = state.around([one])
    if not beside:
        return state
    other = beside[0]
    try:
        return state.apply(Merge((one, other), Into(one, state.unit(one).code, "merged")))[0]
    except RedrawRefused:
        return state


@pytest.fixture
def base() -> State:
    rng = np.random.default_rng(7)
    return state_of(make(rng, 5, 8), rng)


def some_move(base: State) -> Amend:
    web = Web.of([base.unit(one).area for one in base])
    rng = np.random.default_rng(1)
    while True:
        operation = web.any_move(rng, 50)
        assert operation is not None
        try:
            return amendment(base.apply(operation)[1])
        except RedrawRefused:
            continue


def test_edges_that_are_not_there_cannot_be_taken_away(base: State) -> None:
    amend = some_move(base)
    state, _ = base.apply(amend)
    with pytest.raises(RedrawRefused) as refused:
        state.apply(amend)
    assert refused.value.code == "edge-not-found"
    assert refused.value.features


def test_one_side_alone_is_refused(base: State) -> None:
    amend = some_move(base)
    with pytest.raises(RedrawRefused):
        base.apply(Amend(amend.units[:1]))


def test_a_unit_that_keeps_ground_cannot_end(base: State) -> None:
    amend = some_move(base)
    first = replace(amend.units[0], ended=True)
    with pytest.raises(RedrawRefused):
        base.apply(Amend((first, *amend.units[1:])))


def test_malformed_amendments_name_their_place() -> None:
    unit = {
        "id": "0190b7e2-0000-7000-8000-000000000000",
        "removed": [],
        "added": [],
        "code": "a",
        "name": "b",
    }
    for wrong, pointer in (
        ({**unit}, "/units/0/parent"),
        ({**unit, "parent": None, "removed": [[1, 2, 3]]}, "/units/0/removed/0"),
        ({**unit, "parent": None, "ended": True}, "/units/0/code"),
        ({"id": unit["id"], "removed": [], "added": [], "ended": False}, "/units/0/ended"),
    ):
        with pytest.raises(RedrawRefused) as refused:
            operation_from_json({"type": "amend", "units": [wrong]})
        assert refused.value.where["pointer"] == pointer


def test_amended_is_a_value(base: State) -> None:
    empty = np.empty((0, 4), dtype=np.int64)
    unit = next(iter(base))
    now = base.unit(unit)
    renamed = Amend(
        (
            Amended(
                unit,
                empty,
                empty,
                ended=False,
                code=now.code,
                name="New",
                parent=now.parent,
                households=now.households,
            ),
        )
    )
    state, change = base.apply(renamed)
    assert state.unit(unit).name == "New"
    assert change.units == {unit}
