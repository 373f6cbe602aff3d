"""Monthly reports: figures of a month, frozen when somebody signs for them, and what changed since."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from geo.errors import N_
from layers.coverage_reports import CoverageReport
from layers.ids import new_id
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.coverage_reports import month_name

Figures = Mapping[str, Any]
Made = Callable[["Month"], Figures]
_LISTS = ("total", "units", "markers", "actions")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a district's calendar: its first day, and the instants it begins at and ends before."""

    first: date
    begin: datetime
    end: datetime

    @property
    def name(self) -> str:
        """How it is written: 2025-06."""
        return month_name(self.first)

    @property
    def after(self) -> date:
        """The first day of the next one."""
        return _next(self.first)


def month_of(stores: Stores, text: str) -> Month:
    """Return the month that a text names.

    Raises
    ------
    InvalidInput
        It names none from 1990 to 2199.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
        if len(text) != 7 or not 1990 <= first.year < 2200:
            raise ValueError(text)
    except ValueError as error:
        raise InvalidInput(
            N_("“{text}” is no month."),
            mend=N_("Write it as 2025-06."),
            where={"parameter": "month"},
            text=text[:16],
        ) from error
    zone = ZoneInfo(stores.districts.current().timezone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, _next(first)))
    return Month(first, begin, end)


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def sign(stores: Stores, month: Month, figures: Figures, by: str, note: str, now: datetime) -> CoverageReport:
    """Freeze the figures of a month that is over.

    Raises
    ------
    InvalidInput
        It is not over.
    Conflict
        It was signed before.
    """
    if now < month.end:
        raise InvalidInput(
            N_("{month} is not over."),
            mend=N_("Sign it after its last day; its draft tells how it stands."),
            where={"parameter": "month"},
            month=month.name,
        )
    text = json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    value = CoverageReport(new_id(), month.first, now, by, note, digest_of(text), text)
    stores.coverage_reports.add(value)
    stores.audit.record("report.sign", "month", month.name, report=str(value.id), digest=value.digest)
    return value


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def differences(signed: Figures, now: Figures) -> list[dict[str, Any]]:
    """Return the figures that are others now than when they were signed, in the order of the report."""
    before, after = dict(_flat(signed)), dict(_flat(now))
    return [
        {"figure": key[0], "name": key[1], "signed": before.get(key), "now": after.get(key)}
        for key in [*before, *(one for one in after if one not in before)]
        if before.get(key) != after.get(key)
    ]


def _flat(figures: Figures) -> Iterator[tuple[tuple[str, str], float]]:
    parts = [(name, figures[name]) for name in _LISTS]
    parts += [(f"segments/{one['code']}", one) for one in figures["segments"]]
    for part, values in parts:
        for name, value in values.items():
            if isinstance(value, int | float):
                yield (part, name), value


def figures_json(
    month: Month,
    coverage: Mapping[str, Any],
    debts: Mapping[str, float],
    counts: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """Return the figures of a month from what other use cases tell of it."""
    names = ("length_m", "covered_m", "covered_percent", "inferred_m", "declared_m", "walked_km", "hours",
             "person_hours")  # fmt: skip
    segments = [
        {
            **{name: one[name] for name in ("code", "name", "owner", *names)},
            "gap_m": round(sum(gap["length_m"] for gap in one["gaps"]), 2),
            "debt_km_days": round(debts.get(one["code"], 0.0), 3),
        }
        for one in coverage["segments"]
    ]
    total = {name: coverage["total"][name] for name in (*names, "gap_m")}
    return {
        "month": month.name,
        "from": month.begin.isoformat(),
        "to": month.end.isoformat(),
        "total": {**total, "debt_km_days": round(sum(one["debt_km_days"] for one in segments), 3)},
        "segments": segments,
        **{name: dict(values) for name, values in counts.items()},
    }
