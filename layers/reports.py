"""Numbers of a period over all that is recorded, and the rows behind each: one query makes both."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from layers.area import units_below
from layers.errors import translated
from layers.paging import Page, checked_limit, decode_cursor, encode_cursor
from layers.storage import Store, read_sql

FIGURES = (
    *("visits", "meetings", "served", "opinions", "problems", "problems-solved"),
    *("incidents", "incidents-green", "incidents-blue", "incidents-yellow", "incidents-red"),
    *("incidents-closed", "checks", "ledgers", "tasks-submitted", "tasks", "units-covered"),
    *("items", "items-open", "items-done", "items-done-late", "items-late", "letters"),
)
"""What is counted here; each number is the sum of its rows' values."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period: instants, half-open, and the same as days; ``at`` is when it is judged what is late."""

    from_at: datetime
    to_at: datetime
    from_day: date
    to_day: date
    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row behind a number: when it was, what it counts for, in which unit (a code), and what it is."""

    id: UUID
    at: datetime | None
    value: int
    unit: str | None
    label: str


class Reports(Store):
    """The numbers of one district, by what the caller sees."""

    def figures(self, span: Span, units: Collection[UUID] | None) -> dict[str, int]:
        """Return every number of a period, those without rows too."""
        found = dict.fromkeys(FIGURES, 0)
        return found | {row[0]: row[1] for row in self._read("report_figures", span, units)}

    def rows(
        self, figure: str, span: Span, units: Collection[UUID] | None, *, limit: int, cursor: str | None
    ) -> Page[ReportRow]:
        """Return a page of the rows behind a number, in the order of their ids."""
        given = {"figure": figure, "after": decode_cursor(cursor), "most": checked_limit(limit) + 1}
        found = self._read("report_page", span, units, **given)
        rows = tuple(ReportRow(*row) for row in found[:limit])
        return Page(rows, encode_cursor(rows[-1].id) if len(found) > limit else None)

    def below(self, unit: UUID) -> frozenset[UUID]:
        """Return a unit and what lies below it today."""
        return units_below(self._session, self.district, [unit])

    def _read(self, query: str, span: Span, units: Collection[UUID] | None, **others: Any) -> list[Any]:
        values = {
            **{name: getattr(span, name) for name in Span.__slots__},
            "district": self.district,
            "plan": None,
            "task": None,
            "units": None if units is None else sorted(units),
            **others,
        }
        parts = ("period_items", "report_rows", query)
        statement = "\n".join(read_sql(name) for name in parts)
        with translated(), self._driver().cursor() as cursor:
            return cursor.execute(statement.encode(), values).fetchall()
