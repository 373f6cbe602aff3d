"""What is known of many lines in a period, out of all rows of their ledger at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.intervals import PASS_S, Intervals
from geo.coverage.summary_kernels import Figures, Rule, Seen, Walks, look
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints

BANDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """Spans of lines that were seen in a period, in columns of n: surely (band −1), likely (0), possibly."""

    line: Ints
    band: Codes
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A line of so many metres and its own period [begin, end) in Unix seconds.

    ``days`` are the most between two visits of a metre, NaN for no rule; ``now`` is when that is asked, and
    ``never_t`` the time that stands for never.
    """

    length_m: float
    begin: float
    end: float
    days: float
    now: float
    never_t: float


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What is known of a line.

    ``stretches`` (k, 7) are in order and make up the line: state (0 gap, 1 inferred, 2 covered), both
    measures, fewest passes, last time (NaN for never), who that was (−1 for nobody), and the time of the
    metre left longest. ``sights`` are disjoint spans by band.
    """

    figures: Figures
    stretches: Floats
    sights: tuple[Floats, Floats, Floats]


def summaries(lines: Sequence[Asked], walks: Intervals, sights: Sights, least_m: float) -> Iterator[Summary]:
    """Yield what is known of each line; ``least_m`` is how short an overdue part counts as nothing.

    Of the walks only the rows that are not SEEN are looked at. The same rows in another order have the same
    answer.
    """
    count = len(lines)
    order, starts = _by_line(walks.line, count)
    rows = Walks(
        *(getattr(walks, name)[order] for name in ("from_m", "to_m", "from_t", "to_t", "evidence", "holder"))
    )
    seen_order, seen_starts = _by_line(BANDS * sights.line + (sights.band + 1), BANDS * count)
    seen = Seen(sights.low[seen_order], sights.high[seen_order], seen_starts)
    bounds = starts.tolist()
    for k, line in enumerate(lines):
        rule = Rule(line.days, line.now, line.never_t, least_m)
        figures, stretches, low, likely, high = look(
            rows, bounds[k], bounds[k + 1], seen, k, line.length_m, (line.begin, line.end), rule, PASS_S
        )
        yield Summary(figures, stretches, (low, likely, high))


def _by_line(
    line: npt.NDArray[np.integer[Any]], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the order by line, and where those of each begin."""
    # Numbers of 16 bits are sorted by counting.
    key = line.astype(np.uint16 if count < 2**16 else np.int64)
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(line, minlength=count), out=starts[1:])
    return np.argsort(key, kind="stable"), starts
