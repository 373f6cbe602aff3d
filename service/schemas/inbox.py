"""Shapes of the inbox: its channels, its clocks, and what became of a table."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.schemas.incidents import IncidentOut


class ChannelOut(BaseModel):
    """A channel, and how many incidents it delivered."""

    code: str
    name: str
    open: int
    incidents: int


class ChannelsOut(BaseModel):
    """The channels of the inbox: those that every district has, its platforms, and others that delivered."""

    items: list[ChannelOut]


class ImportedOut(BaseModel):
    """What became of a table: incidents by row."""

    created: int
    known: int = Field(description="So many were delivered before; nothing changed.")
    incidents: list[UUID]


class StandingOut(BaseModel):
    """How the clock of an incident stands."""

    state: str = Field(description="unfiled, running, soon, overdue, waiting, on-time, late or settled")
    filed_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    left_s: int | None = Field(description="Working time left, below zero of what is overdue.")


class InboxItem(IncidentOut):
    """An incident in the inbox."""

    clock: StandingOut


class InboxPage(BaseModel):
    """A page of the inbox, newest first; ``cursor`` asks for the next, null on the last."""

    items: list[InboxItem]
    cursor: str | None
