"""What was observed of lines: on which days, and all that is known of them in a period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, literal, select

from geo.evidence import Evidence
from layers.coverage import Coverage
from layers.coverage_days import (
    CoverageDays,
    KnownLines,
    Periods,
    at_one_place,
    coverage_day,
    sights_within,
)
from layers.line_intervals import LineIntervals
from layers.storage import Store

FEW = 4
"""Of so many segments the rows themselves are read; of more the days as they are packed."""


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
        known = self.known(segments, Periods.never(from_day, to_day, len(segments)))
        sure = known.walks.evidence >= Evidence.OBSERVED
        walks = known.walks.take(sure)
        return ObservedDays(walks.line, known.days[sure].astype("datetime64[D]"), walks.low, walks.high)

    def known(self, segments: Sequence[UUID], periods: Periods) -> KnownLines:
        """Return what is known of segments, all different, on some days."""
        if len(segments) > FEW:
            return CoverageDays(self._session, self.district).read(segments, periods)
        every_from = periods.from_day if np.isfinite(periods.end) else periods.to_day
        ledger = Coverage(self._session, self.district).lines(
            segments, periods.from_day, periods.to_day, every_from
        )
        if self._several(ledger):
            # What their other devices say of other segments matters, too.
            return CoverageDays(self._session, self.district).read(segments, periods)
        return known_of(ledger, periods)

    def _several(self, ledger: LineIntervals) -> bool:
        """Return whether anybody in some rows had several devices on one of their days."""
        if not ledger.persons:
            return False
        c = coverage_day.c
        twice = (
            select(literal(1))
            .where(
                c.district == self.district,
                c.day == func.any([one.item() for one in np.unique(ledger.day)]),
                c.holder == func.any(list(ledger.persons)),
                c.device != "",
            )
            .group_by(c.day, c.holder)
            .having(func.count() > 1)
        )
        return self._first(twice.limit(1)) is not None


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
    day = ledger.day.astype(np.int64)
    known, doubts = at_one_place(holders, walks, day[~seen], np.ones(len(walks), dtype=bool))
    sights = replace(every.take(seen), source=ledger.band[seen].astype(np.int32))
    sights = doubts.without(sights, doubts.places(code[sights.holder], ledger.device[seen], day[seen]))
    return replace(known, sights=sights_within(sights, periods))
