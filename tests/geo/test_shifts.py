"""Outlines after leaves left and joined are those that summing all leaves anew gives."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InvalidGeometry
from geo.partition import dissolve, shift
from tests.geo.partitions import make


@given(seed=st.integers(0, 2**32 - 1))
def test_shifting_is_summing_anew(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = make(rng, 5, 10).units
    before, after = (rng.random(len(units)) < 0.5 for _ in range(2))
    outlines = [
        dissolve(units[chosen], np.zeros(int(chosen.sum()), dtype=np.int32))[0] if chosen.any() else None
        for chosen in (before, after)
    ]
    found = shift(outlines[0], list(units[before & ~after]), list(units[after & ~before]))
    if outlines[1] is None:
        assert found.is_empty
    else:
        assert shapely.equals_identical(found, outlines[1])


def test_what_was_not_in_it_cannot_leave_it() -> None:
    units = make(np.random.default_rng(3), 4, 6).units
    outline = dissolve(units[:2], np.zeros(2, dtype=np.int32))[0]
    with pytest.raises(InvalidGeometry):
        shift(outline, [units[4]], [])
    with pytest.raises(InvalidGeometry):
        shift(outline, [], [units[0]])
