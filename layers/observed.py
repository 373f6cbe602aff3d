"""What was observed of lines: on which days, and all that is known of them in a period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.evidence import Evidence
from layers.coverage import Coverage
from layers.coverage_days import CoverageDays, KnownLines, Periods, sights_within
from layers.line_intervals import LineIntervals
from layers.storage import Store

FEW = 4
"""Of so many segments the rows themselves are read; of more the days as they are packed."""

_DAYS = (("segment", ">i4"), ("day", ">i4"), ("low", ">f8"), ("high", ">f8"))


@dataclass(frozen=True, slots=True, eq=False)
class ObservedDays:
    """What was observed on which days, in columns of n in no order.

    ``segment`` is the position among those asked about, ``low`` ≤ ``high`` are measures in metres.
    """

    segment: NDArray[np.int32]
    day: NDArray[np.datetime64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


class Observed(Store):
    """What was observed in one district."""

    def days(self, segments: Sequence[UUID], from_day: date, to_day: date) -> ObservedDays:
        """Return what was observed of some segments on the days of [from_day, to_day)."""
        rows = self._arrays(
            "coverage_days",
            {
                "district": self.district,
                "segments": list(segments),
                "from_day": from_day,
                "to_day": to_day,
                "evidence": int(Evidence.OBSERVED),
            },
            _DAYS,
        )
        return ObservedDays(
            rows["segment"].astype(np.int32) - 1,
            rows["day"].astype("datetime64[D]"),
            rows["low"].astype(np.float64),
            rows["high"].astype(np.float64),
        )

    def known(self, segments: Sequence[UUID], periods: Periods) -> KnownLines:
        """Return what is known of segments, all different, on some days."""
        if len(segments) > FEW:
            return CoverageDays(self._session, self.district).read(segments, periods)
        every_from = periods.from_day if np.isfinite(periods.end) else periods.to_day
        ledger = Coverage(self._session, self.district).lines(
            segments, periods.from_day, periods.to_day, every_from
        )
        return known_of(ledger, periods)


def known_of(ledger: LineIntervals, periods: Periods) -> KnownLines:
    """Return what rows of the ledger say, as the same rows packed by day would."""
    every = ledger.in_time()
    names = (*ledger.persons, *ledger.devices)
    holders = tuple(sorted({names[k] for k in np.unique(every.holder).tolist()}))
    place = {name: k for k, name in enumerate(holders)}
    code = np.array([place.get(name, -1) for name in names], dtype=np.int32)
    seen = ledger.evidence == Evidence.SEEN
    walks = every.take(~seen)
    walks = replace(walks, holder=code[walks.holder], source=ledger.device[~seen])
    sights = replace(every.take(seen), source=ledger.band[seen].astype(np.int32))
    return KnownLines(holders, walks, sights_within(sights, periods))
