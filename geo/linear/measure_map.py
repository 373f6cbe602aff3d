"""The monotone map between the measures of two lines that run beside each other, such as border and track.

The legal line of a stretch may run in the middle of a river and its patrol route along a fence. A place on
one belongs to the nearest place on the other, as far as that keeps the order; where it does not, as at a
hairpin of one of them, the map runs evenly between the places where it does.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import N_, InvalidGeometry
from geo.geocentric import Floats
from geo.linear.measured_line import MeasuredLine

SPACING_M = 100.0
FEWEST = 20


@dataclass(frozen=True, slots=True, eq=False)
class MeasureMap:
    """Measures (k,) of one line and those of another that belong to them, both strictly increasing."""

    ours: Floats
    theirs: Floats

    @classmethod
    def between(
        cls, ours: MeasuredLine, theirs: MeasuredLine, anchors: Sequence[tuple[float, float]] = ()
    ) -> "MeasureMap":
        """Map two lines of one direction onto each other, ends on ends.

        Parameters
        ----------
        ours, theirs
            Lines that begin and end beside each other.
        anchors
            Pairs of measures that are known to belong together, as of markers that stand on both.

        Raises
        ------
        InvalidGeometry
            The anchors are not in one order on both lines, or not on them.
        """
        fixed = [(0.0, 0.0), *sorted(anchors), (ours.length_m, theirs.length_m)]
        known = np.array(fixed)
        if (np.diff(known, axis=0) <= 0.0).any():
            raise InvalidGeometry(
                N_("The anchors of the two lines are not in one order on both of them."),
                mend=N_("Check the measures of the markers that stand on both."),
            )
        count = max(FEWEST, int(ours.length_m / SPACING_M)) + 1
        at = np.linspace(0.0, ours.length_m, count)[1:-1]
        place = ours.interpolate(at)
        beside = np.asarray(theirs.locate(place[:, 0], place[:, 1]).measure_m)
        # between two anchors a place may only belong to one between them as well
        part = np.searchsorted(known[:, 0], at, side="right")
        inside = (beside > known[part - 1, 1]) & (beside < known[part, 1]) & ~np.isin(at, known[:, 0])
        at, beside = at[inside], beside[inside]
        kept = _longest_rise(beside)
        pairs = np.concatenate([known, np.column_stack([at[kept], beside[kept]])])
        return cls(*np.ascontiguousarray(pairs[np.argsort(pairs[:, 0])].T))

    def there(self, measure_m: npt.ArrayLike) -> Floats:
        """Return the measures on their line that belong to measures on ours."""
        return np.asarray(np.interp(np.asarray(measure_m, dtype=np.float64), self.ours, self.theirs))

    def back(self, measure_m: npt.ArrayLike) -> Floats:
        """Return the measures on our line that belong to measures on theirs."""
        return np.asarray(np.interp(np.asarray(measure_m, dtype=np.float64), self.theirs, self.ours))


def _longest_rise(values: Floats) -> npt.NDArray[np.int64]:
    """Return the positions of a longest strictly increasing part of a series (Fredman 1975)."""
    tails: list[float] = []
    ends: list[int] = []
    before = np.full(len(values), -1, dtype=np.int64)
    for k, value in enumerate(values.tolist()):
        at = bisect_left(tails, value)
        before[k] = ends[at - 1] if at else -1
        if at == len(tails):
            tails.append(value)
            ends.append(k)
        else:
            tails[at], ends[at] = value, k
    found = []
    k = ends[-1] if ends else -1
    while k >= 0:
        found.append(k)
        k = int(before[k])
    return np.array(found[::-1], dtype=np.int64)
