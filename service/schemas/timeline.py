"""Shapes of what was walked by segment and step of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

Step = Literal["day", "week", "month"]


@dataclass(slots=True)
class TimelineRow:
    """A segment, and the metres walked in each step; None where it was not in force at the step's end."""

    code: str
    name: str
    length_m: float
    walked_m: list[float | None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Steps of a period by their first days, the metres there were to walk, and the rows in their order."""

    step: Step
    begin: date
    end: date
    starts: Sequence[date]
    length_m: Sequence[float]
    rows: Sequence[TimelineRow]


def timeline_json(value: Timeline) -> dict[str, Any]:
    """Return the body of a timeline."""
    walked = [sum(one for one in column if one is not None) for column in _columns(value)]
    return {
        "by": value.step,
        "from": value.begin.isoformat(),
        "to": value.end.isoformat(),
        "starts": [start.isoformat() for start in value.starts],
        "length_m": [round(one, 1) for one in value.length_m],
        "walked_m": [round(one, 1) for one in walked],
        "segments": [
            {
                "code": row.code,
                "name": row.name,
                "length_m": round(row.length_m, 1),
                "walked_m": [None if one is None else round(one, 1) for one in row.walked_m],
            }
            for row in value.rows
        ],
    }


def _columns(value: Timeline) -> list[tuple[float | None, ...]]:
    if not value.rows:
        return [()] * len(value.starts)
    return list(zip(*(row.walked_m for row in value.rows), strict=True))


class TimelineRowOut(BaseModel):
    """A segment, and the metres walked of it in each step."""

    code: str
    name: str
    length_m: float = Field(description="As it is at the end of the period.")
    walked_m: list[float | None] = Field(
        description="Null where it was not in force on the step's last day; each metre counts once a step."
    )


class TimelineOut(BaseModel):
    """Metres walked by segment and step: a day, a week that begins on Monday, or a month."""

    by: Step
    from_: date = Field(alias="from")
    to: date = Field(description="The day after the last one.")
    starts: list[date] = Field(description="The first day of each step.")
    length_m: list[float] = Field(description="Metres there were to walk at the end of each step.")
    walked_m: list[float] = Field(description="Metres walked of them in the step.")
    segments: list[TimelineRowOut]
