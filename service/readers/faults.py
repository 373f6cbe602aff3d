"""Faults of rows: collected over a whole file and refused together, so that all can be mended at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from geo.errors import N_
from service.errors import InvalidRows

SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row, counted from 1; ``message`` and ``mend`` are keys of translations."""

    row: int
    message: str
    mend: str = ""
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the fault in one English line."""
        return " ".join(part.format(**self.params) for part in (self.message, self.mend) if part)

    def to_json(self) -> dict[str, Any]:
        """Return the fault for a report."""
        named = {"code": self.code} if self.code else {}
        return {"row": self.row, **named, "problem": self.text()}


def refuse_rows(file: str, layer: str, faults: Sequence[RowFault]) -> None:
    """Raise if there is a fault: the first in words, the first ten in ``extra``, all counted.

    Raises
    ------
    InvalidRows
        There is a fault; ``where`` has file, layer, row and, where known, code of the first.
    """
    if not faults:
        return
    ordered = sorted(faults, key=lambda fault: fault.row)
    first = ordered[0]
    where: dict[str, Any] = {"file": file, "layer": layer, "row": first.row}
    if first.code:
        where["code"] = first.code
    others = [f"row {fault.row}: {fault.text()}" for fault in ordered[1:SHOWN_ROWS]]
    more = len(ordered) - SHOWN_ROWS
    listing = "".join(f"\n  {line}" for line in others) + (f"\n  … and {more} more" if more > 0 else "")
    raise RowsRefused.of(
        ordered,
        N_("{file}, layer {layer}: {count} rows are refused, nothing was done. Row {row}: {problem}{others}"),
        where=where,
        extra={"rows": [fault.to_json() for fault in ordered[:SHOWN_ROWS]], "count": len(ordered)},
        file=file,
        layer=layer,
        count=len(ordered),
        row=f"{first.row} ({first.code})" if first.code else str(first.row),
        problem=first.text(),
        others=listing,
    )


class RowsRefused(InvalidRows):
    """Rows of a file are refused; ``faults`` are all of them, by row."""

    faults: tuple[RowFault, ...] = ()

    @classmethod
    def of(cls, faults: Sequence[RowFault], message: str, **told: Any) -> "RowsRefused":
        """Return the refusal of some faults."""
        error = cls(message, **told)
        error.faults = tuple(faults)
        return error
