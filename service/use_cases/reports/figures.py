"""The numbers of a period: counted from what is recorded, each with the address of its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from geo.errors import N_
from layers.cases import Part
from layers.errors import NotFound
from layers.reports import FIGURES, Span
from layers.stores import Stores
from service.errors import InvalidInput

PATH = "/api/v1/reports/rows"
CASES: Mapping[str, str] = {
    "incidents-due": "due",
    "incidents-suspended": "suspended",
    "incidents-due-closed": "closed",
    "incidents-on-time": "on_time",
}
"""The numbers of incidents that had to be closed in the period, by what the indicators call them."""
BORDER = ("border-m", "border-walked-m")
"""Whole metres of the border, and those of them that were walked."""
NAMES = (*FIGURES, *CASES, *BORDER)
RATES: Mapping[str, tuple[str, str, str | None]] = {
    "closure-rate": ("incidents-due-closed", "incidents-due", "incidents-suspended"),
    "on-time-rate": ("incidents-on-time", "incidents-due", "incidents-suspended"),
    "border-walked": ("border-walked-m", "border-m", None),
    "plan-done": ("items-done", "items", None),
}
"""Each rate: what part, of what, and what is taken off that."""

MOST_DAYS = 3_660
MOST_MONTHS = 24
_DAY = timedelta(days=1)

Metres = Callable[[Span], Mapping[str, int]]
"""Returns the whole metres of :data:`BORDER` in a period."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, and a unit by code that it is asked of: it and what lies below; None is everything."""

    span: Span
    unit: str | None
    units: frozenset[UUID] | None
    query: Mapping[str, str]

    def rows(self, figure: str) -> str:
        """Return the address of the rows behind a number."""
        return f"{PATH}/{figure}?{urlencode(self.query)}"


def asked_for(
    stores: Stores, first: date, after: date, unit: str | None, now: datetime, prefix: str = ""
) -> Asked:
    """Return the period from a day to another, which does not belong to it.

    Raises
    ------
    InvalidInput
        It is empty or too long, or there is no such unit today.
    """
    if not timedelta(0) < after - first <= timedelta(days=MOST_DAYS):
        raise InvalidInput(
            N_("The period from {first} to {last} is empty or longer than ten years."),
            mend=N_("Give from before to; to itself does not belong to the period."),
            where={"parameter": f"{prefix}to"},
            first=first.isoformat(),
            last=after.isoformat(),
        )
    district = stores.districts.current()
    begin, end = (datetime.combine(day, time(), ZoneInfo(district.timezone)) for day in (first, after))
    span = Span(begin, end, first, after, min(end, max(now, begin)), district.timezone)
    query = {"from": first.isoformat(), "to": after.isoformat(), "district": stores.district}
    units = None
    if unit is not None:
        units = stores.reports.below(_unit(stores, unit, district.today(now)))
        query["unit"] = unit
    return Asked(span, unit, units, query)


def day_before(first: date, after: date) -> date:
    """Return the first day of the period just before: of as many months where they are whole, else days."""
    if first.day == after.day == 1:
        months = 12 * (after.year - first.year) + after.month - first.month
        begun = 12 * first.year + first.month - 1 - months
        return date(begun // 12, begun % 12 + 1, 1)
    return first - (after - first)


def _unit(stores: Stores, code: str, day: date) -> UUID:
    for layer in stores.layers.all("partition"):
        try:
            return stores.grids.unit_by_code(layer.code, code, day).id
        except NotFound:
            continue
    raise InvalidInput(
        N_("There is no unit {code} on {day}."),
        mend=N_("Check the code; codes change when units are redrawn."),
        where={"parameter": "unit"},
        code=code,
        day=day.isoformat(),
    )


def figures(stores: Stores, asked: Asked, metres: Metres) -> dict[str, Any]:
    """Return the numbers of a period with their rows, and the rates that come of them."""
    span = asked.span
    counted: dict[str, int] = stores.reports.figures(span, asked.units)
    cases = stores.cases.counts(span.from_at, span.to_at, Part(asked.unit))
    counted |= {name: cases[what] for name, what in CASES.items()}
    # The border belongs to no unit.
    counted |= metres(span) if asked.unit is None else dict.fromkeys(BORDER, 0)
    return {
        "from": span.from_day.isoformat(),
        "to": span.to_day.isoformat(),
        "unit": asked.unit,
        "figures": {name: {"count": counted[name], "rows": asked.rows(name)} for name in NAMES},
        "rates": {name: _rate(counted, *parts) for name, parts in RATES.items()},
    }


def _rate(counted: Mapping[str, int], part: str, whole: str, off: str | None) -> float | None:
    of = counted[whole] - (0 if off is None else counted[off])
    return None if of <= 0 else round(100.0 * counted[part] / of, 2)


def months(stores: Stores, asked: Asked, metres: Metres, now: datetime) -> list[dict[str, Any]]:
    """Return the numbers of each month of which a day lies in a period, each a period of its own.

    Raises
    ------
    InvalidInput
        They are too many.
    """
    first, last = asked.span.from_day, asked.span.to_day
    found: list[dict[str, Any]] = []
    begin = first.replace(day=1)
    while begin < last:
        end = date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
        if len(found) == MOST_MONTHS:
            raise InvalidInput(
                N_("These are more than {most} months."),
                mend=N_("Ask for a shorter period."),
                where={"parameter": "from"},
                most=MOST_MONTHS,
            )
        part = asked_for(stores, max(begin, first), min(end, last), asked.unit, now)
        found.append({"month": f"{begin:%Y-%m}", **figures(stores, part, metres)})
        begin = end
    return found


def comparison(stores: Stores, before: Asked, asked: Asked, metres: Metres) -> dict[str, Any]:
    """Return the numbers of two periods side by side, and by how much of a hundred they changed."""
    old, new = figures(stores, before, metres), figures(stores, asked, metres)
    days = ("from", "to")
    return {
        "before": {name: old[name] for name in days},
        "now": {name: new[name] for name in days},
        "unit": asked.unit,
        "figures": {
            name: {
                "before": old["figures"][name],
                "now": new["figures"][name],
                "change_percent": _change(old["figures"][name]["count"], new["figures"][name]["count"]),
            }
            for name in NAMES
        },
        "rates": {name: {"before": old["rates"][name], "now": new["rates"][name]} for name in RATES},
    }


def _change(before: int, now: int) -> float | None:
    return None if before == 0 else round(100.0 * (now - before) / before, 1)
