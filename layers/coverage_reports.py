"""Signed reports of coverage: what a month was, as it was known when somebody signed for it.

A report is kept as the very text that was signed, under its SHA-256; nobody changes or removes it. What came
later is told as the difference from it.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Row, Text, UniqueConstraint, select

from geo.errors import N_
from layers.base import identifier, in_district, shard_table
from layers.errors import Conflict, NotFound
from layers.storage import Store

coverage_report = shard_table(
    "coverage_report",
    identifier(),
    # Its first day.
    Column("month", Date, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("signed_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    # The SHA-256 of the figures as they are written here.
    Column("digest", Text, nullable=False),
    Column("figures", Text, nullable=False),
    in_district(),
    UniqueConstraint("district", "month"),
    CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
)
coverage_report.info["append_only"] = True


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """The signed report of a month; ``figures`` is the JSON text that was signed, ``digest`` its SHA-256."""

    id: UUID
    month: date
    signed_at: datetime
    signed_by: str
    note: str
    digest: str
    figures: str


_NAMES = tuple(one.name for one in fields(CoverageReport))


class CoverageReports(Store):
    """The signed reports of one district."""

    def add(self, value: CoverageReport) -> None:
        """Store a signed report.

        Raises
        ------
        Conflict
            The month was signed before.
        """
        row = {name: getattr(value, name) for name in _NAMES}
        if not self._insert_new(coverage_report, [row], ["district", "month"]):
            raise Conflict(
                N_("The report of {month} was signed before."),
                mend=N_("Read it; what came since is told beside it."),
                where={"parameter": "month"},
                month=value.month.isoformat()[:7],
            )

    def get(self, month: date) -> CoverageReport:
        """Return the signed report of a month.

        Raises
        ------
        NotFound
            Nobody signed it.
        """
        row = self._first(
            select(coverage_report).where(
                coverage_report.c.district == self.district, coverage_report.c.month == month
            )
        )
        if row is None:
            raise NotFound(
                N_("The report of {month} is not signed."),
                mend=N_("Read its draft, and sign it once the month is over."),
                where={"parameter": "month"},
                month=month.isoformat()[:7],
            )
        return _report(row)

    def all(self) -> tuple[CoverageReport, ...]:
        """Return the signed reports, the latest month first."""
        rows = self._all(
            select(coverage_report)
            .where(coverage_report.c.district == self.district)
            .order_by(coverage_report.c.month.desc())
        )
        return tuple(_report(row) for row in rows)


def _report(row: Row[Any]) -> CoverageReport:
    return CoverageReport(**{name: getattr(row, name) for name in _NAMES})
