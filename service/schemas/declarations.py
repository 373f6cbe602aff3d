"""Shapes of declarations: stretches that somebody says they walked, without a track."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.declarations import Declaration
from service.schemas.due import Metres
from service.schemas.incidents import Word
from service.schemas.times import NearInstant

Why = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeclarationIn(_Strict):
    """A stretch that was walked and has no track: where, when, by whom, and why there is none."""

    code: Word = Field(description="Code of the segment.")
    from_m: Metres = Field(description="Metres from the start of the segment.")
    to_m: Metres
    from_at: NearInstant
    to_at: NearInstant
    person: UUID | None = Field(default=None, description="Who walked; you, where it is left out.")
    reason: Why


class WithdrawalIn(_Strict):
    """Why a declaration counts no more."""

    reason: Why


class DeclarationOut(BaseModel):
    """A declaration. One that was withdrawn counts no more, and is kept."""

    id: UUID
    code: str
    from_m: float
    to_m: float
    from_at: datetime
    to_at: datetime
    person: UUID
    name: str | None
    reason: str
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawing: str


class DeclarationsOut(BaseModel):
    """Declarations by time."""

    items: list[DeclarationOut]


def declaration_json(one: Declaration, name: str | None) -> dict[str, Any]:
    """Return a declaration, with the name of who walked where the caller may know it."""
    return {
        "id": str(one.id),
        "code": one.code,
        "from_m": round(one.from_m, 2),
        "to_m": round(one.to_m, 2),
        "from_at": one.from_at.astimezone(UTC).isoformat(),
        "to_at": one.to_at.astimezone(UTC).isoformat(),
        "person": str(one.person),
        "name": name,
        "reason": one.reason,
        "created_at": one.created_at.astimezone(UTC).isoformat(),
        "created_by": one.created_by,
        "withdrawn_at": None if one.withdrawn_at is None else one.withdrawn_at.isoformat(),
        "withdrawn_by": one.withdrawn_by,
        "withdrawing": one.withdrawing,
    }
