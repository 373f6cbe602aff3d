"""Shapes of recorded tracks as people may see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.schemas.track_withdrawals import TrackWithdrawalOut
from service.schemas.tracks import PatrolOut


class KnownPatrol(PatrolOut):
    """A stored recording; ``own`` says whether it is the caller's."""

    own: bool
    withdrawn: list[TrackWithdrawalOut] = Field(description="What of it counts no more.")
    may_withdraw: bool = Field(description="Whether the caller may withdraw it and let it count again.")


class KnownPatrols(BaseModel):
    """Recordings by their start."""

    items: list[KnownPatrol]


class FixesOut(BaseModel):
    """The fixes of a recording as columns; those of others to some ten metres."""

    patrol: PatrolOut
    own: bool
    at: list[datetime] = Field(description="When they were, their device's clock set right.")
    told_at: list[datetime] = Field(description="As the device told it, and as it is stored.")
    lon: list[float]
    lat: list[float]
    part: list[int]


class FixExportIn(BaseModel):
    """A request for the raw fixes of a recording."""

    model_config = ConfigDict(extra="forbid")

    patrol: UUID
    purpose: Annotated[str, StringConstraints(min_length=2, max_length=200, strip_whitespace=True)]


class FixExportOut(BaseModel):
    """A request for raw fixes: by whom, for what, and who allowed it."""

    id: UUID
    patrol: UUID
    purpose: str
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    allowed_by: UUID | None = Field(description="Somebody else; null while nobody has allowed it.")


class FixExportsOut(BaseModel):
    """The requests that have not expired, oldest first."""

    items: list[FixExportOut]
