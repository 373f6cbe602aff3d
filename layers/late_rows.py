"""Which rows of the ledgers can be made again from the fixes that came when their days were over."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, exists, func, literal, select

from layers.clocks import MOST, corrected_at
from layers.fixes import late_fix

_STEP = timedelta(minutes=2)
"""Between two fixes of a walk is seldom more."""

_TIMES = {
    "coverage_line": ("from_at", "to_at"),
    "coverage_area": ("from_at", "to_at"),
    "coverage_grid": ("entered_at", "left_at"),
    "coverage_marker": ("at", "at"),
}


def late_fixes_of(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row of a ledger is of late fixes.

    One lies in its time, or one on either side of a row so short that it lies between two. A crash empties
    the table of late fixes; what they showed must not be made again without them.
    """
    first, last = (table.c[name] for name in _TIMES[table.name])
    begin, end = func.least(first, last), func.greatest(first, last)
    between = _late_fix_in(table, begin - _STEP, begin) & _late_fix_in(table, end, end + _STEP)
    return _late_fix_in(table, begin, end) | ((end - begin < _STEP) & between)


def _late_fix_in(
    table: Table, begin: ColumnElement[datetime], end: ColumnElement[datetime]
) -> ColumnElement[bool]:
    """Return the condition that a late fix of the device of a row lies within two times."""
    at = corrected_at(late_fix)
    return exists(
        select(literal(1)).where(
            late_fix.c.district == table.c.district,
            late_fix.c.device == table.c.device,
            # By its clock first, of which there is an index.
            late_fix.c.at >= begin - MOST,
            late_fix.c.at <= end + MOST,
            at >= begin,
            at <= end,
        )
    )
