"""Visits of units as the ledger tells them, with everybody at one place at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, func, select

from geo.coverage import covered_length, gaps, union
from layers.coverage_tables import coverage_grid
from layers.storage import Store

VISITED_S = 60.0
"""What is left of a visit counts as one if it is as long; see :mod:`geo.visits.grids`."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A visit of a unit on a day: ``visited`` or else grazed, its metres and seconds, and by whom."""

    unit: UUID
    device: str
    person: str | None
    visited: bool
    metres: float
    seconds: float
    entered_at: datetime
    left_at: datetime
    day: date


class UnitVisits(Store):
    """The ledger of units of one district."""

    def during(self, from_day: date, to_day: date) -> tuple[UnitRow, ...]:
        """Return the visits of the days of [from_day, to_day), by time of entering."""
        c = coverage_grid.c
        return at_one_place(self._rows(c.day >= from_day, c.day < to_day))

    def of(self, units: Collection[UUID], since: date, until: date | None = None) -> tuple[UnitRow, ...]:
        """Return the visits that count of some units from a day on, before another where one is given."""
        c = coverage_grid.c
        before = [] if until is None else [c.day < until]
        wanted = list(units)
        rows = self._rows(c.day >= since, *before, c.state == "visited", c.unit == func.any(wanted))
        return self.settled(rows, frozenset(wanted))

    def of_patrols(self, patrols: Collection[UUID], day: date) -> tuple[UnitRow, ...]:
        """Return the visits of a day that some recordings show, all of one person, by time of entering."""
        c = coverage_grid.c
        return at_one_place(self._rows(c.day == day, c.patrol == func.any(list(patrols))))

    def settled(self, rows: Sequence[UnitRow], units: Collection[UUID]) -> tuple[UnitRow, ...]:
        """Return what is left of visits of some units when all that their people did those days is known."""
        days = {row.day for row in rows if row.person is not None}
        people = {row.person for row in rows if row.person is not None}
        if not days:
            return tuple(rows)
        c = coverage_grid.c
        theirs = (c.day == func.any(sorted(days)), c.person == func.any(sorted(people)))
        doubted = {
            (row.person, row.day)
            for row in self._all(
                select(c.person, c.day)
                .where(c.district == self.district, *theirs)
                .group_by(c.person, c.day)
                .having(func.count(c.device.distinct()) > 1)
            )
        }
        if not doubted:
            return tuple(rows)
        kept = [row for row in rows if (row.person, row.day) not in doubted]
        all_day = [row for row in self._rows(*theirs) if (row.person, row.day) in doubted]
        kept += [row for row in at_one_place(all_day) if row.visited and row.unit in units]
        return tuple(sorted(kept, key=_by_time))

    def _rows(self, *conditions: ColumnElement[bool]) -> tuple[UnitRow, ...]:
        c = coverage_grid.c
        rows = self._all(
            select(
                c.unit, c.device, c.person, c.state == "visited", c.metres, c.seconds, c.entered_at,
                c.left_at, c.day,
            )
            .where(c.district == self.district, *conditions)
            .order_by(c.entered_at, c.left_at, c.id)
        )  # fmt: skip
        return tuple(UnitRow(*tuple(row)) for row in rows)


def at_one_place(rows: Iterable[UnitRow]) -> tuple[UnitRow, ...]:
    """Return visits with everybody at one place at a time, by time of entering; all of a day are given.

    Of a person's devices of a day that which went farthest counts; of another what lies outside of its times
    is left, in proportion, and what is shorter than a visit then only grazed the unit.
    """
    mine: dict[tuple[str, date], list[UnitRow]] = defaultdict(list)
    kept = []
    for row in rows:
        if row.person is None:
            kept.append(row)
        else:
            mine[row.person, row.day].append(row)
    for group in mine.values():
        kept += group if len({row.device for row in group}) == 1 else _of_one(group)
    return tuple(sorted(kept, key=_by_time))


def _of_one(group: Sequence[UnitRow]) -> Iterator[UnitRow]:
    """Yield what is left of the visits of one person with several devices on a day."""
    metres: dict[str, float] = defaultdict(float)
    for row in group:
        metres[row.device] += row.metres
    taken = np.empty((0, 2))
    for device in sorted(metres, key=lambda one: (-metres[one], one)):
        own = [row for row in group if row.device == device]
        for row in own:
            begin, end = row.entered_at.timestamp(), row.left_at.timestamp()
            left = covered_length(gaps(taken, begin, end))
            share = left / (end - begin) if end > begin else float(not len(taken))
            seconds = share * row.seconds
            if share > 0.0:
                visited = row.visited and (share == 1.0 or seconds >= VISITED_S)
                yield replace(row, metres=share * row.metres, seconds=seconds, visited=visited)
        ends = [(row.entered_at.timestamp(), row.left_at.timestamp()) for row in own]
        taken = union(*np.concatenate([taken, ends]).T)


def _by_time(row: UnitRow) -> tuple[datetime, datetime]:
    return row.entered_at, row.left_at
