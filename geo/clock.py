"""Clocks of devices: how far one is off, by when live batches were received, and times set right by that.

What a device sends at once, with nothing waiting, arrives moments after it was sent. What lies between is
what its clock is off. One batch may have been held up on its way, half of a day's are not: so the median.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LIVE_S = 600.0
"""What is sent within so many seconds of its newest point waited for nothing."""

AHEAD_S = 60.0
"""By so much the clock of positions and that of the phone may differ."""

LEAST_BATCHES = 3
"""Of fewer the median is that of any one of them."""

LEAST_S = 60.0
"""Less than that is the network and the outbox, and no skew."""

MOST_S = 86_400.0
"""A clock that is off by more shows a wrong date; no median sets that right."""

DAY = timedelta(days=1)


class Skew(NamedTuple):
    """By how many seconds a clock is behind (less than 0 where it is ahead), from how many live batches."""

    seconds: int
    batches: int


def sample(newest_s: float, sent_s: float, received_s: float) -> float | None:
    """Return by how many seconds a batch says that its device's clock is behind, None where it says nothing.

    ``newest_s`` is the time of its newest point and ``sent_s`` when it was sent, by the clock of the device;
    ``received_s`` is ours. A batch whose points waited may have waited itself, and says nothing.
    """
    if not -AHEAD_S <= sent_s - newest_s <= LIVE_S:
        return None
    behind = received_s - sent_s
    return behind if abs(behind) <= MOST_S else None


def skews(samples: Mapping[date, Sequence[float]]) -> dict[date, Skew]:
    """Return the skew of a clock on each of its days that have one, from the samples of its days.

    It does not depend on the order of samples. A day with too few of them has the skew of the day before it,
    else of that after it, where each of its own agrees: a walk goes on over midnight with the same clock.
    """
    own = {day: _median(found) for day, found in samples.items() if len(found) >= LEAST_BATCHES}
    found = dict(own)
    for day, few in samples.items():
        if day in own or not few:
            continue
        for beside in (day - DAY, day + DAY):
            skew = own.get(beside)
            if skew is not None and all(abs(one - skew.seconds) < LEAST_S for one in few):
                found[day] = skew
                break
    return found


def _median(found: Sequence[float]) -> Skew:
    middle = round(median(found))
    return Skew(0 if abs(middle) < LEAST_S else middle, len(found))


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """What sets the times of a device right: seconds to add within days of its clock, [begin, end) each.

    Times are Unix seconds, all arrays of the same length; days do not overlap, and on none the seconds are 0.
    """

    begin: Floats
    end: Floats
    seconds: Floats

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float, float]]) -> "Corrections":
        """Return corrections from (begin, end, seconds), in any order."""
        known = np.array(sorted(rows), dtype=np.float64).reshape(-1, 3)
        return cls(known[:, 0], known[:, 1], known[:, 2])

    def __len__(self) -> int:
        return len(self.seconds)

    def behind(self, t: Floats) -> Floats:
        """Return by how much the clock was behind at times that it told."""
        if len(self) == 0:
            return np.zeros(len(t))
        place = np.searchsorted(self.begin, t, side="right") - 1
        inside = (place >= 0) & (t < self.end[place])
        return np.where(inside, self.seconds[place], 0.0)

    def corrected(self, t: Floats) -> Floats:
        """Return times that the clock told as they were, to the microsecond."""
        return np.rint((t + self.behind(t)) * 1e6) / 1e6 if len(self) else t

    def windows(self, begin: float, end: float) -> list[tuple[float, float]]:
        """Return disjoint periods of the clock that hold all it told in [begin, end), and perhaps more."""
        periods = [(begin, end)]
        for first, last, seconds in zip(
            self.begin.tolist(), self.end.tolist(), self.seconds.tolist(), strict=True
        ):
            low, high = max(first, begin - seconds), min(last, end - seconds)
            if low < high:
                periods.append((low, high))
        joined: list[tuple[float, float]] = []
        for low, high in sorted(periods):
            if joined and low <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        return joined
