"""How good each point of a table is: a column, or a list, of metres, empty where that is not known."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import N_
from service.errors import InvalidInput, InvalidRows
from service.readers.point_table import SHOWN_ROWS, Floats, PointTable, column, numbers

MOST_ACCURACY_M = 10_000.0


def accuracy_column(table: PointTable, name: str) -> Floats:
    """Return a column of accuracies in metres, NaN where it is empty.

    Raises
    ------
    InvalidInput
        There is no such column, or it comes twice.
    InvalidRows
        A value is no number from 0 to 10,000; the first ten are named.
    """
    values = table.table.column(column(table.table, name, (), "accuracy"))
    metres = numbers(values)
    check_accuracy(metres, _empty(values), name)
    return metres


def accuracy_list(values: Any, rows: int) -> Floats:
    """Return a JSON list of accuracies in metres, one for each of so many points, NaN where it has null.

    Raises
    ------
    InvalidInput
        It is not a list of so many numbers and nulls.
    InvalidRows
        A number is not from 0 to 10,000; the first ten are named.
    """
    if (
        not isinstance(values, list)
        or len(values) != rows
        or not set(map(type, values)) <= {int, float, type(None)}
    ):
        raise InvalidInput(
            N_("accuracy_m must be a list of numbers or null, one for each point."),
            mend=N_("Send as many as there are points, or leave it out: 15 m is taken then."),
            where={"pointer": "/accuracy_m"},
        )
    metres = np.array(values, dtype=np.float64)
    check_accuracy(metres, np.array([one is None for one in values], dtype=np.bool_), "accuracy_m")
    return metres


def check_accuracy(metres: Floats, empty: npt.NDArray[np.bool_], name: str) -> None:
    """Refuse accuracies that are neither empty nor from 0 to 10,000 m; the first ten are named by row.

    Raises
    ------
    InvalidRows
        There are such.
    """
    bad = np.flatnonzero(~empty & ~((metres >= 0.0) & (metres <= MOST_ACCURACY_M)))
    if not len(bad):
        return
    rows = [
        {
            "row": int(row) + 1,
            "column": name,
            "value": float(metres[row]) if np.isfinite(metres[row]) else None,
        }
        for row in bad[:SHOWN_ROWS]
    ]
    raise InvalidRows(
        N_("{count} rows have no accuracy from 0 to 10,000 m; the first is row {row}, column {column}."),
        mend=N_("Correct them, or leave them empty: the usual accuracy is taken then. Nothing was done."),
        where={"row": rows[0]["row"], "column": name},
        extra={"rows": rows},
        count=len(bad),
        row=rows[0]["row"],
        column=name,
    )


def _empty(values: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return which values of a column say nothing: null, not a number, or a text of blanks."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    empty = pc.is_null(values, nan_is_null=True)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        blank = pc.equal(pc.utf8_trim_whitespace(values), "")
        empty = pc.or_(empty, pc.fill_null(blank, fill_value=True))
    return np.asarray(empty, dtype=np.bool_)
