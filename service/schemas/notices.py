"""Shapes of notices and watches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class NoticeOut(BaseModel):
    """What somebody is told; ``text`` is it in words."""

    id: UUID
    kind: str
    subject: str = Field(description="What it is about, such as the id of a plan.")
    text: str
    unit: str | None = Field(description="Code of the unit whose holders are told, if it is to a unit.")
    created_at: datetime
    seen_at: datetime | None
    body: dict[str, Any]


class NoticePage(BaseModel):
    """Notices, the newest first."""

    items: list[NoticeOut]
    cursor: str | None


class WatchedUnit(BaseModel):
    """A unit that is watched."""

    id: UUID
    code: str
    name: str
    layer: str


class WatchOut(BaseModel):
    """That somebody watches a unit and what lies below it."""

    unit: WatchedUnit
    since: datetime


class WatchesOut(BaseModel):
    """What somebody watches."""

    items: list[WatchOut]
