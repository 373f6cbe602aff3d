"""Shapes of withdrawals of tracks: what counts no more, why, and that it counts again."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from layers.track_withdrawals import TrackWithdrawal
from service.schemas.declarations import Why
from service.schemas.times import NearInstant


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TrackWithdrawalIn(_Strict):
    """Why a track counts no more, or a time of it, both ends included; without a time it is all of it."""

    from_at: NearInstant | None = None
    to_at: NearInstant | None = None
    reason: Why

    @model_validator(mode="after")
    def _has_both_ends(self) -> Self:
        if (self.from_at is None) != (self.to_at is None):
            raise ValueError("from_at and to_at belong together")
        if self.from_at is not None and self.to_at is not None and self.to_at < self.from_at:
            raise ValueError("to_at is not before from_at")
        return self


class TrackRestoringIn(_Strict):
    """Why what was withdrawn counts again."""

    reason: Why


class TrackWithdrawalOut(BaseModel):
    """That a track, or a time of it, counts no more. One that was restored counts again, and this is kept."""

    id: UUID
    patrol: UUID
    from_at: datetime | None = Field(
        description="When it was; null where it is all of the track, and what comes of it."
    )
    to_at: datetime | None
    reason: str
    withdrawn_at: datetime
    withdrawn_by: str
    restored_at: datetime | None
    restored_by: str | None
    restoring: str


class TrackWithdrawalMadeOut(TrackWithdrawalOut):
    """A withdrawal that was made or restored."""

    recomputed: int = Field(description="Of how many days the ledger was made anew.")


class TrackWithdrawalsOut(BaseModel):
    """Withdrawals of a track, the oldest first."""

    items: list[TrackWithdrawalOut]


def track_withdrawal_json(one: TrackWithdrawal) -> dict[str, Any]:
    """Return a withdrawal."""
    return {
        "id": str(one.id),
        "patrol": str(one.patrol),
        "from_at": _text(one.from_at),
        "to_at": _text(one.to_at),
        "reason": one.reason,
        "withdrawn_at": _text(one.withdrawn_at),
        "withdrawn_by": one.withdrawn_by,
        "restored_at": _text(one.restored_at),
        "restored_by": one.restored_by,
        "restoring": one.restoring,
    }


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()
