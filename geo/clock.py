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

LIVE_S = 120.0
"""What is sent within so many seconds of its newest point waited for nothing.

No more, since positions may have a clock of their own: where that is right and the phone's is ahead, its
newest point looks as if it had waited for as long, and there is nothing to set right.
"""

AHEAD_S = 60.0
"""By so much the clock of positions and that of the phone may differ."""

LEAST_BATCHES = 3
"""Of fewer the median is that of any one of them."""

LEAST_S = 60.0
"""Less than that is the network and the outbox, and no skew."""

MOST_S = 86_400.0
"""A clock that is off by more shows a wrong date; no median sets that right."""

AT_ONCE_S = 10.0
"""Batches of fewer seconds may arrive together without having waited for each other."""

_JUMPS = 8
"""Among so many of the largest steps between one sample and the next it is looked when a clock was set."""

DAY = timedelta(days=1)


class Sample(NamedTuple):
    """What a live batch says of a clock: when it was sent by it, and by how many seconds it is behind."""

    sent_s: float
    behind_s: float


class Skew(NamedTuple):
    """By how many seconds a clock is behind (less than 0 where it is ahead), from how many live batches.

    A clock that was set within the day is behind by ``then`` from the moment ``set_s`` on, Unix seconds as it
    told them.
    """

    seconds: int
    batches: int
    set_s: int | None = None
    then: int = 0

    def at(self, told_s: float) -> int:
        """Return by how much the clock is behind at a time that it tells."""
        return self.seconds if self.set_s is None or told_s < self.set_s else self.then

    @property
    def last(self) -> int:
        """By how much the clock is behind at the end of the day."""
        return self.seconds if self.set_s is None else self.then


def sample(newest_s: float, sent_s: float, received_s: float) -> float | None:
    """Return by how many seconds a batch says that its device's clock is behind, None where it says nothing.

    ``newest_s`` is the time of its newest point and ``sent_s`` when it was sent, by the clock of the device;
    ``received_s`` is ours. A batch whose points waited may have waited itself, and says nothing.
    """
    if not -AHEAD_S <= sent_s - newest_s <= LIVE_S:
        return None
    behind = received_s - sent_s
    return behind if abs(behind) <= MOST_S else None


def skews(samples: Mapping[date, Sequence[Sample]]) -> dict[date, Skew]:
    """Return the skew of a clock on each of its days that have one, from the samples of its days.

    It does not depend on the order of samples. A day with too few of them has the skew of the day before it,
    else of that after it, where each of its own agrees: a walk goes on over midnight with the same clock.
    """
    own = {day: _of_day(sorted(found)) for day, found in samples.items() if len(found) >= LEAST_BATCHES}
    found = dict(own)
    for day, few in samples.items():
        if day in own or not few:
            continue
        before, after = own.get(day - DAY), own.get(day + DAY)
        for skew, seconds in ((before, before and before.last), (after, after and after.seconds)):
            if skew is None or seconds is None:
                continue
            if all(abs(one.behind_s - seconds) < LEAST_S for one in few):
                found[day] = Skew(seconds, skew.batches)
                break
    return found


def _of_day(found: Sequence[Sample]) -> Skew:
    """Return the skew of a day from its samples in order; 0 where they do not agree on any."""
    parts = [k for k in _jumps(found) if LEAST_BATCHES <= k <= len(found) - LEAST_BATCHES]
    best, least = None, np.inf
    for k in parts:
        old, new = _agreed(found[:k]), _agreed(found[k:])
        if old is None or new is None or abs(old - new) < LEAST_S:
            continue
        rest = sum(abs(one.behind_s - (old if n < k else new)) for n, one in enumerate(found))
        if rest < least:
            # What it told until it was set and what it tells since lie apart by as much as it was set.
            moment = round((found[k - 1].sent_s + found[k].sent_s) / 2.0)
            best, least = Skew(old, len(found), moment, new), rest
    return best or Skew(_agreed(found) or 0, len(found))


def _jumps(found: Sequence[Sample]) -> list[int]:
    """Return the places of samples that differ most from the one before, in order."""
    steps = np.abs(np.diff([one.behind_s for one in found]))
    largest = np.argsort(-steps, kind="stable")[:_JUMPS]
    return sorted((largest[steps[largest] >= LEAST_S] + 1).tolist())


def _agreed(found: Sequence[Sample]) -> int | None:
    """Return the median of samples in order, None where not more than half of them agree with it.

    Batches that waited together say anything between: of each it is how long it waited. They arrive at once,
    however far apart they were made.
    """
    middle = median(one.behind_s for one in found)
    near = [one for one in found if abs(one.behind_s - middle) < LEAST_S]
    if 2 * len(near) <= len(found):
        return None
    sent = near[-1].sent_s - near[0].sent_s
    arrived = [one.sent_s + one.behind_s for one in near]
    if sent >= AT_ONCE_S and max(arrived) - min(arrived) < sent / 2.0:
        return None
    return 0 if abs(middle) < LEAST_S else round(middle)


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """What sets the times of a device right: seconds to add within days of its clock, [begin, end) each.

    Times are Unix seconds, all arrays of the same length. The days, and the parts of one within which a clock
    was set, do not overlap, and on none the seconds are 0.
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

    def within(self, begin: float, end: float) -> "Corrections":
        """Return what sets times right that the clock told in [begin, end)."""
        low, high = np.maximum(self.begin, begin), np.minimum(self.end, end)
        held = low < high
        return Corrections(low[held], high[held], self.seconds[held])

    def same(self, other: "Corrections") -> bool:
        """Say whether another sets all times right in the same way."""
        return all(
            np.array_equal(one, another)
            for one, another in (
                (self.begin, other.begin),
                (self.end, other.end),
                (self.seconds, other.seconds),
            )
        )

    def ends(self, begin: float, end: float) -> Floats:
        """Return the first and last moment of [begin, end), and of the parts of it that are set right."""
        mine = self.within(begin, end)
        edges = np.unique(np.concatenate(([begin, end], mine.begin, mine.end)))
        return np.concatenate((edges[:-1], np.nextafter(edges[1:], edges[:-1])))

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
