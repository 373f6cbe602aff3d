"""Shapes of what is known of the clocks of devices."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from geo.clock import MOST_S
from layers.clocks import Known
from layers.fixes import instant
from service.schemas.declarations import Why


class DeviceClockOut(BaseModel):
    """By how many seconds a device's clock was behind on a day of it, and how that is known."""

    device: str
    day: date = Field(description="By the clock itself, as all times of its fixes.")
    behind_s: int = Field(description="Added to its times; less than 0 where it was ahead.")
    set_at: datetime | None = Field(
        description="When it was set on that day, as it told; null where it was not."
    )
    then_behind_s: int | None = Field(description="By how much it was behind from then on.")
    batches: int = Field(description="Live batches that it was measured from; 0 where nothing was.")
    measured_s: int | None = Field(
        description="What they say of the time until it was set; the word of a person wins."
    )
    said_by: str | None
    said_at: datetime | None
    reason: str | None = Field(description="Why a person says otherwise.")


class DeviceClocksOut(BaseModel):
    """The clocks that were off, or of which somebody said something, by device and day."""

    items: list[DeviceClockOut]


class DeviceClockIn(BaseModel):
    """What a person says of a clock on a day of it; null takes back what was said."""

    model_config = ConfigDict(extra="forbid")

    behind_s: Annotated[int, Field(ge=-int(MOST_S), le=int(MOST_S))] | None = Field(
        description="Seconds that it was behind, less than 0 where it was ahead, 0 where it was right."
    )
    reason: Why


class DeviceClockSetOut(BaseModel):
    """What is known of a clock now, null where nothing is, and of how many days the ledger was made anew."""

    clock: DeviceClockOut | None
    recomputed: int


def device_clock_json(known: Known | None) -> dict[str, Any] | None:
    """Return what is known of a clock as JSON."""
    if known is None:
        return None
    skew, word, taken = known.skew, known.word, known.taken
    return {
        "device": known.device,
        "day": known.day.isoformat(),
        "behind_s": taken.seconds,
        "set_at": None if taken.set_s is None else instant(taken.set_s).isoformat(),
        "then_behind_s": None if taken.set_s is None else taken.then,
        "batches": 0 if skew is None else skew.batches,
        "measured_s": None if skew is None else skew.seconds,
        "said_by": None if word is None else word.said_by,
        "said_at": None if word is None else word.said_at.isoformat(),
        "reason": None if word is None else word.reason,
    }


def is_told(known: Known | None) -> bool:
    """Say whether there is something to tell of a clock: it was off, or somebody said something of it."""
    return known is not None and (
        known.taken.seconds != 0 or known.taken.set_s is not None or known.word is not None
    )
