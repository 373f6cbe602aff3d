"""What meetings and visits came to: counted, with the rows behind each number, and named by codes."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from layers.errors import NotFound
from layers.outreach_records import Gathering, OutreachFilter, Problem
from layers.outreach_tables import DUTIES
from layers.stores import Stores

_ROWS = {
    "bench-meeting": ("", {"kind": "bench-meeting"}),
    "council": ("", {"kind": "council"}),
    "visit": ("", {"kind": "visit"}),
    "served": ("", {}),
    "opinions": ("", {}),
    "problems": ("/problems", {}),
    "solved": ("/problems", {"solved": "yes"}),
    "solved-on-the-spot": ("/problems", {"solved": "on-the-spot"}),
    "solved-later": ("/problems", {"solved": "later"}),
    "actions": ("", {}),
    "requests": ("", {}),
}
"""Each figure, and the list and filter that shows its rows."""


def codes_of(
    stores: Stores, day: date, units: Iterable[UUID | None], people: Iterable[UUID | None]
) -> dict[UUID, str]:
    """Return the codes of units and representatives, those that are there no more included."""
    found: dict[UUID, str] = {}
    for unit in {one for one in units if one is not None}:
        try:
            found[unit] = stores.grids.unit(unit, day).code
        except NotFound:
            found[unit] = stores.grids.last_known(unit).code
    wanted = {one for one in people if one is not None}
    if wanted:
        everybody = stores.representatives.all(active_only=False)
        found |= {one.id: one.code for one in everybody if one.id in wanted}
    return found


def codes_in(stores: Stores, values: Sequence[Gathering], day: date) -> dict[UUID, str]:
    """Return the codes of all units and representatives that meetings and visits name."""
    actions = [each for one in values for each in one.actions]
    units: list[UUID | None] = [one.unit for one in values]
    units += [each.unit for each in actions]
    units += [each.unit for one in values for each in one.requests]
    people = [one.representative for one in values] + [each.representative for each in actions]
    return codes_of(stores, day, units, people)


def figures(stores: Stores, only: OutreachFilter, query: dict[str, str]) -> dict[str, Any]:
    """Return what meetings and visits of a period came to; ``query`` leads from each number to its rows."""
    assert only.from_at is not None  # noqa: S101 - the caller sets both
    assert only.to_at is not None  # noqa: S101
    zone = stores.districts.current().timezone
    months: dict[str, dict[str, int]] = {}
    for one in stores.outreach.figures(only.from_at, only.to_at, zone, only.units):
        months.setdefault(one.month, {})[one.what] = int(one.count)
    for told in months.values():
        told["solved"] = told.get("solved-on-the-spot", 0) + told.get("solved-later", 0)
    total = {what: sum(told.get(what, 0) for told in months.values()) for what in _ROWS}
    return {
        "from": only.from_at.isoformat(),
        "to": only.to_at.isoformat(),
        "total": {what: {"count": count, "rows": _rows_of(what, query)} for what, count in total.items()},
        "months": {
            month: {what: told.get(what, 0) for what in _ROWS} for month, told in sorted(months.items())
        },
    }


def _rows_of(what: str, query: dict[str, str]) -> str:
    path, only = _ROWS[what]
    return f"/api/v1/outreach{path}?{urlencode({**query, **only})}"


def problems(stores: Stores, only: OutreachFilter, solved: str | None) -> list[Problem]:
    """Return problems: those collected in the period, or of ``solved`` those solved in it.

    ``solved`` is no, on-the-spot, later (as an incident closed in the period) or yes, any of the two.
    """
    if solved in (None, "no"):
        return list(stores.outreach.problems(only, solved=None if solved is None else False))
    found: list[Problem] = []
    if solved in ("on-the-spot", "yes"):
        found += [one for one in stores.outreach.problems(only, solved=True) if one.solution is not None]
    if solved in ("later", "yes"):
        ever = OutreachFilter(units=only.units)
        found += [one for one in stores.outreach.problems(ever, solved=True) if _closed_in(one, only)]
    return found


def _closed_in(value: Problem, only: OutreachFilter) -> bool:
    at = value.closed_at
    if value.solution is not None or at is None:
        return False
    return (only.from_at is None or at >= only.from_at) and (only.to_at is None or at < only.to_at)


def duties(stores: Stores, only: OutreachFilter, quota: int) -> dict[str, Any]:
    """Return the visits of each representative by duty in a period, and what falls short of the quota."""
    counted = stores.outreach.duties(only)
    items = []
    for person in stores.representatives.all():
        visits = {duty: counted.get((person.id, duty), 0) for duty in DUTIES}
        missing = {duty: quota - count for duty, count in visits.items() if count < quota}
        items.append(
            {"representative": person.code, "name": person.name, "visits": visits, "missing": missing}
        )
    return {"quota": quota, "items": items}
