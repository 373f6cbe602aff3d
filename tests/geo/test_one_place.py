"""Visits of markers by one person with several devices."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.evidence import Evidence
from geo.visits import one_visit_each
from geo.visits.one_place import SAME_WALK_S

SEEN, OBSERVED = int(Evidence.SEEN), int(Evidence.OBSERVED)
Visit = tuple[int, int, float, int]
VISITS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 2),
        st.integers(0, 9_000).map(float),
        st.sampled_from([SEEN, OBSERVED]),
    ),
    max_size=14,
    unique=True,
)
SPANS = st.lists(
    st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 2_000)), max_size=3).map(
        lambda spans: np.array([(a, a + b) for a, b in spans], dtype=np.float64).reshape(-1, 2)
    ),
    min_size=3,
    max_size=3,
)


def left(visits: list[Visit], known: list[Any]) -> set[Visit]:
    columns = np.array(visits, dtype=np.float64).reshape(-1, 4).T
    marker, device, t, evidence = (columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2],
                                   columns[3].astype(np.int8))  # fmt: skip
    kept, best = one_visit_each(marker, device, t, evidence, known)
    return {(*visits[k][:3], int(best[k])) for k in np.flatnonzero(kept).tolist()}


def test_two_phones_at_one_marker_are_one_visit_known_as_well_as_by_either() -> None:
    both = [(7, 0, 1_000.0, SEEN), (7, 1, 1_030.0, OBSERVED)]
    assert left(both, [np.array([[0.0, 3_000.0]]), np.array([[0.0, 3_000.0]])]) == {(7, 0, 1_000.0, OBSERVED)}
    assert left(both, [np.empty((0, 2)), np.empty((0, 2))]) == {(7, 0, 1_000.0, OBSERVED)}


def test_at_two_places_at_once_the_better_counts_and_later_both_do() -> None:
    walks = [np.array([[0.0, 2_000.0]]), np.array([[0.0, 9_000.0]])]
    apart = [(1, 0, 1_000.0, OBSERVED), (2, 1, 1_000.0, OBSERVED), (2, 1, 5_000.0, OBSERVED)]
    assert left(apart, walks) == {apart[0], apart[2]}


@settings(max_examples=80, deadline=None)
@given(VISITS, SPANS, st.randoms(use_true_random=False))
def test_nothing_is_counted_twice_in_any_order(visits: list[Visit], known: list[Any], random: Any) -> None:
    """Of the best device everything is left; a visit by two is one; nobody is where a better one is not."""
    found = left(visits, known)
    again = list(visits)
    random.shuffle(again)
    assert left(again, known) == found
    places = {one[:3] for one in found}
    assert {one[:3] for one in visits if one[1] == 0} <= places <= {one[:3] for one in visits}
    for marker, device, t, _ in found:
        better = [one for one in found if one[0] == marker and one[1] < device]
        assert all(abs(one[2] - t) >= SAME_WALK_S for one in better)
        assert not any(((known[k][:, 0] <= t) & (t <= known[k][:, 1])).any() for k in range(device))
    alone = [one for one in visits if one[1] == 0]
    assert left(alone, known) == set(alone)
