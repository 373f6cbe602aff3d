"""Which fixes a day is computed from: its own, and what was recorded before and after without a silence.

A recording may never end, and then a day would be computed from months. So it is followed for
``REACH_S`` beyond the day and no farther, as long as a shift may be: whoever computes a day anew reads so
much, however long the device has not been silent. The rules look back and ahead by minutes.
"""

from collections.abc import Sequence

import numpy as np

from geo.geocentric import Floats
from geo.track.cleaning import sessions

REACH_S = 43_200.0
"""A day is computed from what was recorded up to so long before and after it."""


def around(t: Floats, begin: float, end: float) -> slice:
    """Return which of sorted times (n,) the period [begin, end) is computed from, Unix seconds.

    Those are the sessions that touch it, as far as ``REACH_S`` beyond. ``t`` has all times from ``REACH_S``
    before ``begin`` to ``REACH_S`` after ``end``, or as many as no silence parts from the period.
    """
    first, stop = np.searchsorted(t, [begin - REACH_S, end + REACH_S]).tolist()
    own = [(a, b) for a, b in sessions(t[first:stop]) if b >= begin and a < end]
    if not own:
        return slice(first, first)
    return slice(int(np.searchsorted(t, own[0][0])), int(np.searchsorted(t, own[-1][1], side="right")))


def together(t: Floats, bounds: Sequence[float]) -> list[tuple[int, int]]:
    """Return the days that are computed together, as the first and last position of each group in order.

    ``bounds`` are the start of each day and the end of the last, Unix seconds; ``t`` are the sorted times of
    :func:`around` the whole of them. Days that share a session are computed together, with the same
    result as each by itself, where that is no longer than ``REACH_S`` beyond each of them. Of a longer
    one each day is computed by itself.
    """
    days = len(bounds) - 1
    joined, alone = np.zeros(days, dtype=bool), np.zeros(days, dtype=bool)  # with the day before; by itself
    for begin, end in sessions(t):
        touched = [k for k in range(days) if end >= bounds[k] and begin < bounds[k + 1]]
        if len(touched) > 1:
            joined[touched[1:]] = True
            long = begin < bounds[touched[-1]] - REACH_S or end >= bounds[touched[0] + 1] + REACH_S
            alone[touched] |= long
    groups: list[tuple[int, int]] = []
    for k in range(days):
        if groups and joined[k] and not alone[k] and not alone[k - 1]:
            groups[-1] = (groups[-1][0], k)
        else:
            groups.append((k, k))
    return groups
