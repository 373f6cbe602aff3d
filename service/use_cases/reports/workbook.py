"""A report as an Excel workbook: a sheet for each table, numbers as numbers and days as days."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from geo.errors import N_
from maps import figures as words

Translate = Callable[[str], str]
Cell = str | int | float | date | datetime | None
Table = tuple[str, Sequence[str], Sequence[Sequence[Cell]]]

# What a person wrote stays a text, whatever it begins with.
_AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
_WIDTH = 48
_MOST_ROWS = 1_000_000


def workbook(
    report: Mapping[str, Any],
    months: Sequence[Mapping[str, Any]],
    compared: Mapping[str, Any],
    plan: Mapping[str, Any] | None,
    zone: ZoneInfo,
    translate: Translate,
) -> bytes:
    """Return the workbook of a report, its months, its comparison and, where there is one, a plan.

    All are as the service answers them; of a plan its ``tasks``, ``items`` and ``letters``.
    """
    tables = [
        _figures(report, translate),
        _rates(report, translate),
        _months(months, translate),
        _compared(compared, translate),
    ]
    if plan is not None:
        tables += [
            _tasks(plan["tasks"], translate),
            _items(plan["items"], zone, translate),
            _letters(plan["letters"], zone, translate),
        ]
    out = io.BytesIO()
    with Workbook(out, _AS_TEXT) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        shapes = {
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            float: book.add_format({"num_format": "0.00"}),
            int: book.add_format({"num_format": "#,##0"}),
        }
        for name, columns, rows in tables:
            _write(book.add_worksheet(name[:31]), columns, rows, head, shapes)
    return out.getvalue()


def _write(
    sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Cell]], head: Any, shapes: Mapping[type, Any]
) -> None:
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name, head)
    for line, row in enumerate(rows[:_MOST_ROWS], 1):
        for place, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(line, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(line, place, value, shapes[type(value)])
            else:
                sheet.write_number(line, place, value, shapes[type(value)])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    sheet.autofit(_WIDTH * 7)


def _figures(report: Mapping[str, Any], say: Translate) -> Table:
    columns = (N_("Number"), N_("From"), N_("Until, without"), N_("Count"), N_("Counted in"))
    days = date.fromisoformat(report["from"]), date.fromisoformat(report["to"])
    rows = [
        (say(label), *days, report["figures"][key]["count"], say(unit))
        for key, (label, unit) in words.LABELS.items()
    ]
    return say(N_("Numbers")), [say(one) for one in columns], rows


def _rates(report: Mapping[str, Any], say: Translate) -> Table:
    rows = [(say(label), report["rates"][key]) for key, label in words.RATES.items()]
    return say(N_("Rates")), [say(N_("Rate")), "%"], rows


def _months(months: Sequence[Mapping[str, Any]], say: Translate) -> Table:
    labels = [f"{say(label)} ({say(unit)})" for label, unit in words.LABELS.values()]
    rates = [f"{say(label)} (%)" for label in words.RATES.values()]
    rows = [
        (
            date.fromisoformat(one["from"]),
            *(one["figures"][key]["count"] for key in words.LABELS),
            *(one["rates"][key] for key in words.RATES),
        )
        for one in months
    ]
    return say(N_("Months")), [say(N_("From")), *labels, *rates], rows


def _compared(compared: Mapping[str, Any], say: Translate) -> Table:
    spans = [f"{compared[side]['from']} – {compared[side]['to']}" for side in ("before", "now")]
    rows: list[Sequence[Cell]] = [
        (say(label), one["before"]["count"], one["now"]["count"], one["change_percent"], say(unit))
        for key, (label, unit) in words.LABELS.items()
        if (one := compared["figures"][key])
    ]
    rows += [
        (say(label), one["before"], one["now"], None, "%")
        for key, label in words.RATES.items()
        if (one := compared["rates"][key])
    ]
    columns = [say(N_("Number")), *spans, say(N_("Change, %")), say(N_("Counted in"))]
    return say(N_("Comparison")), columns, rows


def _tasks(tasks: Sequence[Mapping[str, Any]], say: Translate) -> Table:
    columns = (N_("Task"), N_("Kind"), N_("Settled by"), N_("Offices"), N_("Due"), N_("Units"), N_("Reason"))
    rows = [
        (
            one["title"],
            one["kind"],
            say(words.EVIDENCE[one["evidence"]]),
            ", ".join(one["offices"]),
            date.fromisoformat(one["due_on"]),
            len(one["units"]),
            one["reason"],
        )
        for one in tasks
    ]
    return say(N_("Tasks")), [say(name) for name in columns], rows


def _items(items: Sequence[Mapping[str, Any]], zone: ZoneInfo, say: Translate) -> Table:
    columns = (
        N_("Unit"),
        N_("Name of the unit"),
        N_("Task"),
        N_("Answers for it"),
        N_("Due"),
        N_("State"),
        N_("Done at"),
    )
    rows = [
        (
            one["unit"]["code"],
            one["unit"]["name"],
            one["title"],
            one["recipient"]["code"],
            date.fromisoformat(one["due_on"]),
            say(words.STATES[one["state"]]),
            None if one["done_at"] is None else _local(one["done_at"], zone),
        )
        for one in items
    ]
    return say(N_("Units and tasks")), [say(name) for name in columns], rows


def _letters(letters: Sequence[Mapping[str, Any]], zone: ZoneInfo, say: Translate) -> Table:
    columns = (
        N_("No."),
        N_("Unit"),
        N_("Name of the unit"),
        N_("Issued"),
        N_("Items"),
        N_("Supplementary lists"),
    )
    rows = [
        (
            one["number"],
            one["unit"]["code"],
            one["unit"]["name"],
            _local(one["issued_at"], zone),
            len(one["items"]),
            one["lists"],
        )
        for one in letters
    ]
    return say(N_("Letters")), [say(name) for name in columns], rows


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)
