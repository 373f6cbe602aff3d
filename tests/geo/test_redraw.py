"""Whatever is drawn, the units stay an exact partition; what cannot be drawn leaves everything as it was."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import prove
from geo.redraw import (
    Chain,
    Change,
    Move,
    Operation,
    RedrawRefused,
    State,
    StepNeeded,
    operation_from_json,
)
from tests.geo.redraw_cases import (
    base_of,
    delete,
    drag,
    insert,
    judged,
    random_made,
    random_operation,
    trace,
)

seeds = st.integers(0, 2**32 - 1)
CHUNKS = 4
MOVES = 60


def assert_exact(state: State, frame: object) -> None:
    units = [state.unit(each) for each in state]
    assert prove([unit.area for unit in units], frame).exact
    assert len({unit.code for unit in units}) == len(units) == len(state)
    assert all(unit.chain.same_as(Chain.of(unit.area)) for unit in units)
    assert all(unit.parent in state.base.groups for unit in units)


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_any_sequence_of_operations_leaves_an_exact_partition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = random_made(rng)
    state = start = State.of(base_of(made))
    done, changes, total = [], [], Change.between({}, {})
    for _ in range(12):
        operation = random_operation(rng, state)
        before = dict(state.changed)
        try:
            after, change = state.apply(operation)
        except RedrawRefused:
            assert dict(state.changed) == before
            continue
        assert_exact(after, made.frame)
        told = json.loads(json.dumps(operation.to_json()))
        assert operation_from_json(told).to_json() == told
        assert after.apply_change(change.inverse()).same_as(state)
        assert state.apply_change(change).same_as(after)
        assert change.inverse().inverse().same_as(change)
        total = total.then(change)
        done.append(operation_from_json(told))
        changes.append(change)
        state = after
    assert total.same_as(state.change())
    assert start.apply_change(total).same_as(state)
    assert State.of(base_of(made)).apply_all(done).same_as(state)
    for change in reversed(changes):
        state = state.apply_change(change.inverse())
    assert state.same_as(start)
    assert not state.changed


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_an_operation_is_taken_out_where_what_follows_holds_without_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = random_made(rng)
    state = start = State.of(base_of(made))
    done: list[Operation] = []
    for _ in range(10):
        operation = random_operation(rng, state)
        try:
            state, _ = state.apply(operation)
        except RedrawRefused:
            continue
        done.append(operation)
    for place in range(len(done)):
        rest = [*done[:place], *done[place + 1 :]]
        try:
            expected, refused_at = start.apply_all(rest), -1
        except RedrawRefused as refusal:
            expected, refused_at = None, refusal.where["operation"] + 1
        if expected is None:
            with pytest.raises(StepNeeded) as refused:
                start.without(done, place)
            assert refused.value.where["operation"] == refused_at > place
            assert start.apply_all(done).same_as(state)
        else:
            left = start.without(done, place)
            assert left.same_as(expected)
            assert_exact(left, made.frame)
    assert not start.changed


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_moves_are_judged_like_an_independent_judge_does(chunk: int) -> None:
    verdicts = []
    for seed in range(chunk, MOVES, CHUNKS):
        rng = np.random.default_rng(seed)
        state = State.of(base_of(random_made(rng)))
        for make_move in (drag, drag, insert, delete, trace) * 3:
            move: Move = make_move(rng, state, int(rng.choice([1, 300, 3_000])))
            expected = judged(state, move)
            try:
                state.apply(move)
                done = True
            except RedrawRefused:
                done = False
            assert done == expected, f"seed {seed}: {move.to_json()}"
            verdicts.append(done)
    assert 0.2 < np.mean(verdicts) < 0.8
