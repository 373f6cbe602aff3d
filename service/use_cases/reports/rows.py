"""The rows behind a number of a report: the sum of their values is the number."""

from typing import Any

from geo.errors import N_
from layers.cases import Part
from layers.errors import NotFound
from layers.paging import Page
from layers.reports import FIGURES, ReportRow
from layers.stores import Stores
from service.use_cases.reports.figures import CASES, NAMES, Asked


def rows(stores: Stores, figure: str, asked: Asked, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return a page of the rows behind a number but those of the border.

    Raises
    ------
    NotFound
        There is no such number.
    """
    if figure in FIGURES:
        page = stores.reports.rows(figure, asked.span, asked.units, limit=limit, cursor=cursor)
    elif figure in CASES:
        page = _cases(stores, CASES[figure], asked, limit, cursor)
    else:
        raise NotFound(
            N_("There is no number {figure} in a report."),
            mend=N_("There are: {names}."),
            where={"parameter": "figure"},
            figure=figure[:64],
            names=", ".join(NAMES),
        )
    return {"items": [row_json(one) for one in page.items], "cursor": page.cursor}


def _cases(stores: Stores, count: str, asked: Asked, limit: int, cursor: str | None) -> Page[ReportRow]:
    span = asked.span
    page = stores.cases.counted(count, span.from_at, span.to_at, Part(asked.unit), limit, cursor)
    found = tuple(ReportRow(one.id, one.due_at, 1, _code(one.assignment), one.title) for one in page.items)
    return Page(found, page.cursor)


def _code(assignment: Any) -> str | None:
    chain = (assignment or {}).get("chain") or []
    return chain[0]["code"] if chain else None


def row_json(value: ReportRow) -> dict[str, Any]:
    """Return a row as readers see it."""
    return {
        "id": str(value.id),
        "at": None if value.at is None else value.at.isoformat(),
        "value": value.value,
        "unit": value.unit,
        "label": value.label,
    }
