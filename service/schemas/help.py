"""Shapes of requests for help."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.schemas.contacts import ContactIn
from service.schemas.incidents import Latitude, Longitude

Kind = Literal["breakdown", "charging", "first-aid", "accompany", "repair", "other"]
State = Literal["asked", "offered", "accepted", "done", "cancelled"]
Words = Annotated[str, StringConstraints(max_length=1_000, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HelpIn(_Strict):
    """What help is needed, and where; ``contact`` is kept apart and sealed, and told to who helps alone."""

    kind: Kind
    note: Words = ""
    place: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    lon: Longitude
    lat: Latitude
    channel: Literal["web", "phone"] = Field(default="web", description="phone: taken down by the staff.")
    contact: ContactIn = Field(default_factory=ContactIn)


class HelpAnswerIn(_Strict):
    """Whether somebody helps; ``offer`` names whose answer it is where it was given by phone."""

    accept: Annotated[bool, Field(strict=True)]
    offer: UUID | None = None


class HelpClosingIn(_Strict):
    """How it ended."""

    text: Words = ""


class HelpFollowedOut(BaseModel):
    """What whoever asked is told; ``distance_m`` of who is asked or comes, to 100 metres."""

    state: State
    kind: Kind
    asked_at: datetime
    asked: int = Field(description="How many people were asked so far.")
    distance_m: float | None
    way: Literal["straight", "network"] | None
    why: str | None = Field(description="Why it is not by road, or why nobody is found.")


class HelpAskedOut(HelpFollowedOut):
    """A new request with its receipt, which is shown once."""

    receipt: str


class HelpOfferOut(BaseModel):
    """An offer; ``lapsed`` may still be accepted until somebody else has."""

    id: UUID
    kind: Literal["volunteer", "person"]
    name: str
    station: str | None
    has_account: bool
    distance_m: float
    way: Literal["straight", "network"]
    offered_at: datetime
    expires_at: datetime
    state: Literal["offered", "lapsed", "accepted", "declined", "withdrawn"]
    answered_at: datetime | None


class HelpOut(BaseModel):
    """A request, with the offers that the caller may see."""

    id: UUID
    kind: Kind
    note: str
    place: str
    lon: float
    lat: float
    channel: Literal["web", "phone"]
    asked_at: datetime
    state: State
    why: str | None
    settled_at: datetime | None
    closing: str
    offers: list[HelpOfferOut]


class HelpPage(BaseModel):
    """A page of requests, the newest first."""

    items: list[HelpOut]
    cursor: str | None
