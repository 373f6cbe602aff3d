"""Cells of a CSV that no spreadsheet takes for a formula.

A cell that begins with one of these characters may be run when the file is opened (OWASP, CSV injection):
the signs, a tab or line break behind which a spreadsheet looks on, and the full-width forms, which those made
for East Asian languages take for the same. An apostrophe in front makes it text. A plain number runs nothing,
and stays a number.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheets that a file is UTF-8."""

_formula = re.compile(FORMULA).match
_number = re.compile(NUMBER, re.ASCII).fullmatch


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _formula(text) and not _number(text) else text


def inert_row(row: Iterable[Any]) -> list[Any]:
    """Return a row in which no text acts as a formula."""
    return [inert(cell) if isinstance(cell, str) else cell for cell in row]


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return CSV that spreadsheets read as UTF-8 and in which no text acts as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(inert_row, rows))
    return BYTE_ORDER_MARK + text.getvalue()
