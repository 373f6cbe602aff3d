"""Reports: the numbers of a period with the rows behind each, month by month, compared, and to take away."""

from service.use_cases.reports.figures import (
    BORDER,
    NAMES,
    RATES,
    Asked,
    Metres,
    asked_for,
    comparison,
    day_before,
    figures,
)
from service.use_cases.reports.figures import months as months_of
from service.use_cases.reports.rows import rows
from service.use_cases.reports.workbook import workbook

__all__ = [
    "BORDER",
    "NAMES",
    "RATES",
    "Asked",
    "Metres",
    "asked_for",
    "comparison",
    "day_before",
    "figures",
    "months_of",
    "rows",
    "workbook",
]
