"""Shapes of the answer to an uploaded track: what became of every fix."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from layers.clocks import Known
from layers.patrols import Patrol
from service.schemas.clocks import DeviceClockOut, device_clock_json, is_told


class PatrolOut(BaseModel):
    """A stored recording."""

    id: UUID
    device: str
    person: str | None
    who: str | None = Field(description="The name of the person; without an account what the file says.")
    mode: str
    name: str
    source: str
    started_at: datetime | None
    ended_at: datetime | None
    fixes: int
    clock: DeviceClockOut | None = Field(
        description="Of the device on the day that it began, where it was off; times are set right by it."
    )


class CountsOut(BaseModel):
    """How many fixes came, and what became of them."""

    received: int
    stored: int
    duplicate: int = Field(description="Stored before, by this or another file of the device.")
    quarantined: int
    not_kept: int = Field(
        description="Came when the days of positions were over: they count for coverage and are not kept."
    )


class PartOut(BaseModel):
    """One part of the file, such as a ``<trkseg>``."""

    name: str
    fixes: int
    quarantined: int


class FixOut(BaseModel):
    """A fix that is not used, with its place in the file and why."""

    row: int
    segment: str
    reason: str
    text: str


class RowsOut(BaseModel):
    """The fixes of one part that are not used for one reason, by their places in the file."""

    segment: str
    reason: str
    text: str
    rows: list[int]


class SilenceOut(BaseModel):
    """A gap in the recording that is kept as a gap."""

    from_: datetime = Field(alias="from")
    to: datetime
    seconds: float
    metres: float


class WalkedOut(BaseModel):
    """What the device walked of a segment on a day that this upload touched."""

    segment: str
    day: date
    walked_m: float
    inferred_m: float


class TrackReport(BaseModel):
    """What became of an uploaded track."""

    patrol: UUID
    patrols: list[PatrolOut]
    repeated: bool = Field(description="The same content came before; nothing was stored again.")
    file: str
    format: str
    notes: list[str]
    fixes: CountsOut
    verdicts: dict[str, int] = Field(description="How many of the stored fixes have each verdict.")
    parts: list[PartOut]
    pieces: int
    stays: int
    distance_m: float
    silences: list[SilenceOut] = Field(
        description="Between the pieces; the longest twenty, in order of time."
    )
    quarantined: list[FixOut] = Field(description="The first twenty.")
    quarantined_rows: list[RowsOut] = Field(description="All of them, by their rows.")
    set_aside: list[FixOut] = Field(description="Stored but without credit; the first twenty.")
    set_aside_rows: list[RowsOut] = Field(description="All of them, by their rows.")
    coverage: list[WalkedOut]


def patrol_json(
    value: Patrol, called: Mapping[str, str] | None = None, clock: Known | None = None
) -> dict[str, Any]:
    """Return a patrol as JSON; ``called`` has the names of people by their ids.

    ``clock`` is what is known of its device's, by which its times are set right.
    """
    return {
        "id": str(value.id),
        "device": value.device,
        "person": value.person,
        "who": None if value.person is None else (called or {}).get(value.person, value.person),
        "mode": value.mode,
        "name": value.name,
        "source": value.source,
        "started_at": _text(value.started_at),
        "ended_at": _text(value.ended_at),
        "fixes": value.fixes,
        "clock": device_clock_json(clock) if is_told(clock) else None,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
