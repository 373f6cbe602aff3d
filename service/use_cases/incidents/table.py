"""Incidents as a table of text: one a row, refused as a whole where a row is at fault."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from geo.errors import N_, WardlineError
from service.errors import ContentTooLarge, InvalidInput, InvalidRows, MalformedBody
from service.schemas.incidents import IncidentIn

MOST_ROWS = 5_000
COLUMNS = (
    "external_id", "class", "title", "description", "lon", "lat", "datum", "accuracy_m", "occurred_at",
    "asset",
)  # fmt: skip
NEEDED = ("external_id", "class", "title", "lon", "lat")
_NUMBERS = frozenset({"lon", "lat", "accuracy_m"})
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that is refused, counted from 1 below the head, and the column at fault where one is."""

    row: int
    column: str | None
    text: str


def read_table(content: bytes, channel: str) -> list[IncidentIn]:
    """Return the incidents of a CSV in UTF-8 with a head, as one channel delivers them.

    Raises
    ------
    MalformedBody
        It is not UTF-8, or not CSV.
    InvalidInput
        A column that is needed is missing, or one is unknown or there twice.
    InvalidRows
        Rows at fault; the first ten are named.
    ContentTooLarge
        More rows than are taken at once.
    """
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedBody(
            N_("The table cannot be read."), mend=N_("Send CSV in UTF-8, with commas and a head.")
        ) from error
    rows = [line for line in lines if any(cell.strip() for cell in line)]
    head = [name.strip().lower() for name in rows[0]] if rows else []
    _require_columns(head)
    if len(rows) - 1 > MOST_ROWS:
        raise ContentTooLarge(
            N_("The table has {rows} rows; at most {most} are taken at once."),
            mend=N_("Send it in parts."),
            rows=len(rows) - 1,
            most=MOST_ROWS,
        )
    found: list[IncidentIn] = []
    faults: list[RowFault] = []
    for number, line in enumerate(rows[1:], 1):
        try:
            found.append(_read(dict(zip(head, line, strict=True)), channel))
        except ValidationError as error:
            first = error.errors()[0]
            faults.append(RowFault(number, str(first["loc"][0]) if first["loc"] else None, first["msg"]))
        except ValueError as error:
            faults.append(RowFault(number, None, str(error)))
    if faults:
        raise refused_rows(faults)
    return found


def _require_columns(head: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in head]
    odd = [name for name in head if name not in COLUMNS or head.count(name) > 1]
    if missing or odd:
        raise InvalidInput(
            N_("The table has columns that do not fit: missing {missing}; unknown or there twice {odd}."),
            mend=N_("Give each of these once: {needed}; these may be there too: {others}."),
            where={"row": 0, "column": (missing or odd)[0]},
            missing=", ".join(missing) or "–",
            odd=", ".join(odd) or "–",
            needed=", ".join(NEEDED),
            others=", ".join(name for name in COLUMNS if name not in NEEDED),
        )


def _read(row: dict[str, str], channel: str) -> IncidentIn:
    given: dict[str, Any] = {"channel": channel, "actor": "import"}
    for name, cell in row.items():
        text = cell.strip()
        if text:
            given[name] = _number(text) if name in _NUMBERS else text
    # Without it the same table sent twice would be taken in twice.
    given.setdefault("external_id", "")
    return IncidentIn.model_validate(given)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def refused_rows(faults: Sequence[RowFault]) -> InvalidRows:
    """Return the refusal of a table for rows at fault."""
    shown = [{"row": one.row, "column": one.column, "problem": one.text} for one in faults[:_SHOWN]]
    return InvalidRows(
        N_("{count} rows are refused; the first is row {row}, column {column}: {problem}"),
        mend=N_("Correct or remove them and send the table again; nothing was done."),
        where={"row": faults[0].row, **({"column": faults[0].column} if faults[0].column else {})},
        extra={"rows": shown},
        count=len(faults),
        row=faults[0].row,
        column=faults[0].column or "–",
        problem=faults[0].text,
    )


def refused_of(number: int, refusal: WardlineError) -> RowFault:
    """Return why a row could be read and yet not be taken in."""
    pointer = str(refusal.where.get("pointer", "")).strip("/")
    return RowFault(number, pointer or None, refusal.text())
