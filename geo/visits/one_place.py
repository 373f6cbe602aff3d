"""Visits of markers by one person with several devices: one place at a time, and one visit once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geo.coverage.intervals import union
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints

SAME_WALK_S = 1_200.0
"""Two devices of one person at a marker less apart are one visit, as passes of a metre are one."""


def one_visit_each(
    marker: Ints, device: Ints, t: Floats, evidence: Codes, known: Sequence[Floats]
) -> tuple[npt.NDArray[np.bool_], Codes]:
    """Return which visits of a person on a day are left, and how well each is known then.

    A visit that a better device shows as well is its visit, known as well as by either. What lies at a time
    at which a better one knows where its owner was, is left out: it was at another place.

    Parameters
    ----------
    marker, device, t, evidence
        Marker, device, Unix seconds and code of :class:`geo.evidence.Evidence` of each visit, (n,). Devices
        are counted from the best, 0.
    known
        Of each device the times (k, 2) at which it knows where it was.
    """
    kept = np.zeros(len(t), dtype=bool)
    best = evidence.copy()
    taken = np.empty((0, 2))
    for one, spans in enumerate(known):
        better = np.flatnonzero(kept)
        mine = np.flatnonzero(device == one)
        for k in mine.tolist():
            same = better[(marker[better] == marker[k]) & (np.abs(t[better] - t[k]) < SAME_WALK_S)]
            if len(same):
                nearest = same[np.lexsort((t[same], np.abs(t[same] - t[k])))[0]]
                best[nearest] = max(best[nearest], evidence[k])
            elif not ((taken[:, 0] <= t[k]) & (t[k] <= taken[:, 1])).any():
                kept[k] = True
        taken = union(*np.concatenate([taken, np.reshape(spans, (-1, 2))]).T)
    return kept, best
