"""What a receiver's noise costs: fixes beyond the radius of their accuracy, and how a walk goes on across."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import covered_length, walked
from geo.track import clean
from tests.fixtures.walks import Floats, Receiver, hairpin, line, outside, record, spans

STRAIGHT = line((0.0, 0.0), (5_000.0, 0.0))
X = np.arange(500.0, 1_500.0, 1.3)


def found(aside: Floats, accuracy: float = 10.0) -> Floats:
    """Return what was walked by one who was so far aside of the line at each of X."""
    return spans(walked(clean(record(X, aside, accuracy=accuracy)), STRAIGHT))


def strays(count: int, aside: float, at: int = 400) -> Floats:
    y = np.zeros(len(X))
    y[at : at + count] = aside
    return y


@pytest.mark.parametrize(("apart", "accuracy"), [(60.0, 10.0), (30.0, 10.0), (60.0, None)])
def test_a_noisy_receiver_misses_next_to_nothing(apart: float, accuracy: float | None) -> None:
    """One fix in 80 is beyond the radius of what it claims; the walk goes on across it."""
    missed, false = [], []
    for seed in range(5):
        way = record(np.arange(0.0, 2_000.0, 1.3), 0.0, Receiver(10.0, 0.0, seed), accuracy=accuracy)
        found = spans(walked(clean(way), hairpin(apart)))
        missed.append(1_950.0 - covered_length(np.clip(found, 25.0, 1_975.0)))
        false.append(outside(found, 0.0, 2_025.0))
    assert np.mean(missed) <= 15.0
    assert max(false) <= 10.0


def test_strays_beyond_the_radius_keep_a_walk_together_but_open_and_close_none() -> None:
    """As many in a row as a spike has, in reach of errors; more, or one farther, end the walk."""
    assert len(found(strays(1, 30.0))) == len(found(strays(5, 30.0))) == 1
    assert len(found(strays(6, 30.0))) == len(found(strays(60, 30.0))) == len(found(strays(1, 45.0))) == 2
    assert found(strays(5, 30.0, 0))[0, 0] == pytest.approx(X[5], abs=0.1)
    assert found(strays(5, 30.0, len(X) - 5))[0, 1] == pytest.approx(X[-6], abs=0.1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 12), max_size=6, unique=True),
    st.floats(25.5, 37.0),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([-1.0, 1.0]),
)
def test_a_few_strays_anywhere_cost_no_metre(
    places: list[int], aside: float, count: int, side: float
) -> None:
    """Each few in a row, and both sides of each a walk by itself."""
    y = np.zeros(len(X))
    for place in places:
        y[place * 60 : place * 60 + count] = side * aside
    assert found(y) == pytest.approx(found(np.zeros(len(X))), abs=0.2)


@settings(max_examples=25, deadline=None)
@given(st.floats(30.0, 60.0), st.sampled_from([5.0, 8.0, 10.0, 12.0, 15.0]))
def test_a_way_beside_the_line_is_none_along_it_whatever_the_accuracy(aside: float, accuracy: float) -> None:
    assert len(found(np.full(len(X), aside), accuracy)) == 0
