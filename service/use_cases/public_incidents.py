"""What everybody may know of incidents: how many of each class in each part of the district, by quarter.

Counts from 1 to 4 are not told, nor can they be reckoned from those that are. Quarters are whole and over, of
the day reports were received, and parts are those of the top level: tables that cannot be subtracted from one
another. Parts and classes with fewer than 5 in all go together. In what is left every sum is at least 5, and
a count that is not told has three companions of at least 5 at the corners of a rectangle that are not told
either, sums among them: all four may go up and down together, so none of them can be known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from layers.incidents import ClassCount
from layers.row_security import INTAKE, acting
from layers.stores import Stores
from service.errors import InvalidInput

LEAST = 5
"""Fewer than so many are not told."""

OTHER = "*"
"""The code of all parts, or classes, that had few."""
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")

Table = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year in the district's calendar, half-open."""

    name: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """How many incidents by part (rows) and class (columns), the sums last; ``told`` says which may be."""

    quarter: Quarter
    units: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    counts: Table
    told: Mask

    def to_json(self) -> dict[str, Any]:
        """Return the table as readers see it; a count that is not told is null."""

        def shown(row: int, column: int) -> int | None:
            return int(self.counts[row, column]) if self.told[row, column] else None

        last = len(self.classes)
        return {
            "quarter": self.quarter.name,
            "from": self.quarter.from_at.isoformat(),
            "to": self.quarter.to_at.isoformat(),
            "least": LEAST,
            "units": [
                {
                    "code": code,
                    "name": name,
                    "classes": {one: shown(row, column) for column, one in enumerate(self.classes)},
                    "total": shown(row, last),
                }
                for row, (code, name) in enumerate(self.units)
            ],
            "classes": {one: shown(len(self.units), column) for column, one in enumerate(self.classes)},
            "total": shown(len(self.units), last),
        }


def quarter_of(text: str | None, zone: ZoneInfo, now: datetime) -> Quarter:
    """Return the quarter of a text such as 2026-Q1, the last whole one where none is given.

    Raises
    ------
    InvalidInput
        It is no quarter, or one that is not over.
    """
    local = now.astimezone(zone)
    present = local.year * 4 + (local.month - 1) // 3
    found = re.fullmatch(_QUARTER, text) if text is not None else None
    number = present - 1 if found is None else int(found[1]) * 4 + int(found[2]) - 1
    if (text is not None and found is None) or not 1949 * 4 <= number < present:
        raise InvalidInput(
            N_("“{quarter}” is not a quarter that is over."),
            mend=N_("Name one such as {last}."),
            where={"parameter": "quarter"},
            quarter=(text or "")[:16],
            last=f"{(present - 1) // 4}-Q{(present - 1) % 4 + 1}",
        )
    ends = [datetime(n // 4, n % 4 * 3 + 1, 1, tzinfo=zone).astimezone(UTC) for n in (number, number + 1)]
    return Quarter(f"{number // 4}-Q{number % 4 + 1}", *ends)


def summarise(stores: Stores, quarter: str | None, now: datetime) -> Summary:
    """Return what everybody may know of the incidents of a quarter."""
    wanted = quarter_of(quarter, ZoneInfo(stores.districts.current().timezone), now)
    with acting(stores.session, INTAKE):
        found = stores.incidents.counts(wanted.from_at, wanted.to_at)
    units, classes, counts = table_of(found)
    return Summary(wanted, units, classes, counts, tellable(counts))


def table_of(
    found: Sequence[ClassCount],
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], Table]:
    """Return counts as a table with its sums, parts and classes with too few in all put together."""
    names = {one.unit: one.name for one in found}
    units, classes = sorted(names), sorted({one.class_ for one in found})
    counts = np.zeros((len(units), len(classes)), dtype=np.int64)
    for one in found:
        counts[units.index(one.unit), classes.index(one.class_)] += one.count
    units, counts = _together(units, counts)
    classes, turned = _together(classes, counts.T)
    counts = turned.T
    names[OTHER] = OTHER
    counts = np.vstack([counts, counts.sum(axis=0, keepdims=True)])
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    return tuple((code, names[code]) for code in units), tuple(classes), counts


def _together(names: list[str], counts: Table) -> tuple[list[str], Table]:
    """Put rows with too few in all into one, which takes in the next smallest until it has enough."""
    sums = counts.sum(axis=1)
    order = np.argsort(sums, kind="stable")
    few = int((sums < LEAST).sum())
    if few == 0:
        return names, counts
    while few < len(order) and sums[order[:few]].sum() < LEAST:
        few += 1
    kept = np.sort(order[few:])
    rest = counts[order[:few]].sum(axis=0, keepdims=True)
    return [*(names[place] for place in kept), OTHER], np.vstack([counts[kept], rest])


def tellable(counts: Table) -> Mask:
    """Return which counts of a table with sums (last row and column) may be told."""
    told: Mask = (counts == 0) | (counts >= LEAST)
    if counts[-1, -1] < LEAST:
        # There are so few in all that each of them would be known.
        return np.zeros_like(told)
    small = np.argwhere(~told)
    for row, column in small:
        _hide_with(int(row), int(column), counts, told)
    return told


def _hide_with(row: int, column: int, counts: Table, told: Mask) -> None:
    """Take back the three companions of a small count that cost least; sums cost most."""
    enough = counts >= LEAST
    # enough[r, c]: the corners in the same row, in the same column and opposite hold at least so many.
    possible = enough & enough[row][None, :] & enough[:, column][:, None]
    possible[row, :] = possible[:, column] = False
    costs = np.where(told, counts, 0).astype(np.float64)
    costs[-1, :] = np.where(told[-1, :], costs[-1, :] + counts[-1, -1], 0)
    costs[:, -1] = np.where(told[:, -1], costs[:, -1] + counts[-1, -1], 0)
    total = np.where(possible, costs + costs[row][None, :] + costs[:, column][:, None], np.inf)
    other_row, other_column = np.unravel_index(int(np.argmin(total)), total.shape)
    told[row, other_column] = told[other_row, column] = told[other_row, other_column] = False
