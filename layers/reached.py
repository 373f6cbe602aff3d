"""Reading the ledgers of units and markers: who was where, when, and how that is known."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from layers.coverage_areas import coverage_area
from layers.coverage_tables import coverage_grid, coverage_line, coverage_marker
from layers.field_tables import visit
from layers.markers import marker
from layers.storage import Store
from layers.unit_visits import UnitRow, UnitVisits

_DAY = timedelta(days=1)


class Reached(Store):
    """What was reached in one district."""

    def ledger(self, device: str, day: date) -> dict[str, Counter[tuple[Any, ...]]]:
        """Return all rows of the ledgers of a device and day, by table, without their ids and recordings."""
        found = {}
        for table in (coverage_line, coverage_grid, coverage_marker, coverage_area):
            columns = [one for one in table.c if one.name not in ("district", "id", "patrol")]
            mine = (table.c.district == self.district, table.c.device == device, table.c.day == day)
            found[table.name] = Counter(tuple(row) for row in self._all(select(*columns).where(*mine)))
        return found

    def last_joint(self, action: str, since: datetime, until: datetime) -> dict[str, datetime]:
        """Return when an action was last done at each marker in [since, until), by code."""
        rows = self._all(
            select(marker.c.code, func.max(visit.c.at).label("last_at"))
            .join(marker, (marker.c.district == visit.c.district) & (marker.c.id == visit.c.marker))
            .where(
                visit.c.district == self.district,
                visit.c.action == action,
                visit.c.at >= since,
                visit.c.at < until,
            )
            .group_by(marker.c.code)
        )
        return {row.code: row.last_at for row in rows}

    def last_units(
        self, units: Collection[UUID], since: date, until: date, before: datetime
    ) -> dict[UUID, UnitRow]:
        """Return the last visit that counts of each unit on days of [since, until), begun before a time."""
        visits = UnitVisits(self._session, self.district)
        found = self._last_units(units, since, until, before)
        last = _latest(visits.settled(found, frozenset(units)))
        # Where the last one was at a place that its person was not at, the one before it counts.
        other = [row.unit for row in found if row.unit not in last or last[row.unit].left_at != row.left_at]
        if not other:
            return last
        every = visits.of(other, since, until)
        return last | _latest(row for row in every if row.entered_at < before)

    def _last_units(
        self, units: Collection[UUID], since: date, until: date, before: datetime
    ) -> list[UnitRow]:
        c = coverage_grid.c
        rows = self._all(
            select(
                c.unit,
                c.device,
                c.person,
                c.state == "visited",
                c.metres,
                c.seconds,
                c.entered_at,
                c.left_at,
                c.day,
            )
            .where(
                c.district == self.district,
                c.day >= since,
                c.day < until,
                c.entered_at < before,
                c.state == "visited",
                c.unit == func.any(list(units)),
            )
            .ext(distinct_on(c.unit))
            .order_by(c.unit, c.left_at.desc(), c.id)
        )
        return [UnitRow(*tuple(row)) for row in rows]


def _latest(rows: Iterable[UnitRow]) -> dict[UUID, UnitRow]:
    """Return the latest of the visits of each unit."""
    return {row.unit: row for row in sorted(rows, key=lambda row: row.left_at)}
