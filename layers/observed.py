"""What was observed of lines on which days: the coverage ledger without times and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.evidence import Evidence
from layers.storage import Store

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
