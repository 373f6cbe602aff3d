"""Shapes of what is known of the clocks of devices."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from geo.clock import MOST_S
from layers.clocks import Known
from service.schemas.declarations import Why


class ClockOut(BaseModel):
    """By how many seconds a device's clock was behind on a day of it, and how that is known."""

    device: str
    day: date = Field(description="By the clock itself, as all times of its fixes.")
    behind_s: int = Field(description="Added to its times; less than 0 where it was ahead.")
    batches: int = Field(description="Live batches that it was measured from; 0 where nothing was.")
    measured_s: int | None = Field(description="What they say; the word of a person wins.")
    said_by: str | None
    said_at: datetime | None
    reason: str | None = Field(description="Why a person says otherwise.")


class ClocksOut(BaseModel):
    """The clocks that were off, or of which somebody said something, by device and day."""

    items: list[ClockOut]


class ClockIn(BaseModel):
    """What a person says of a clock on a day of it; null takes back what was said."""

    model_config = ConfigDict(extra="forbid")

    behind_s: Annotated[int, Field(ge=-int(MOST_S), le=int(MOST_S))] | None = Field(
        description="Seconds that it was behind, less than 0 where it was ahead, 0 where it was right."
    )
    reason: Why


class ClockSetOut(BaseModel):
    """What is known of a clock now, null where nothing is, and of how many days the ledger was made anew."""

    clock: ClockOut | None
    recomputed: int


def clock_json(known: Known | None) -> dict[str, Any] | None:
    """Return what is known of a clock as JSON."""
    if known is None:
        return None
    skew, word = known.skew, known.word
    return {
        "device": known.device,
        "day": known.day.isoformat(),
        "behind_s": known.seconds,
        "batches": 0 if skew is None else skew.batches,
        "measured_s": None if skew is None else skew.seconds,
        "said_by": None if word is None else word.said_by,
        "said_at": None if word is None else word.said_at.isoformat(),
        "reason": None if word is None else word.reason,
    }


def is_told(known: Known | None) -> bool:
    """Say whether there is something to tell of a clock: it was off, or somebody said something of it."""
    return known is not None and (known.seconds != 0 or known.word is not None)
