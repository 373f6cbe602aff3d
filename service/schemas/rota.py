"""Shapes of the weekly rota of stations, and of volunteers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.volunteers import Volunteer
from service.schemas.contacts import ContactIn
from service.schemas.incidents import Latitude, Longitude
from service.schemas.representatives import Code, Name
from service.schemas.times import NearDay

Weekday = Literal["mo", "tu", "we", "th", "fr", "sa", "su", "ph"]
Clock = Annotated[str, StringConstraints(pattern=r"^[0-4][0-9]:[0-5][0-9]$")]
Reason = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Weekdays = Annotated[list[Weekday], Field(max_length=8)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HoursIn(_Strict):
    """Hours of the wall clock; an end after 24:00 is on the next day."""

    days: Weekdays = Field(default=[], description="Weekdays; ph is a public holiday, which is no weekday.")
    begin: Clock = Field(examples=["08:00"])
    end: Clock = Field(examples=["12:00"])


class DutyIn(HoursIn):
    """A duty at a station: of an account or a volunteer, on weekdays of a period or on one day."""

    person: UUID | None = None
    volunteer: UUID | None = None
    on_day: NearDay | None = None
    from_day: NearDay | None = Field(default=None, description="Today where none is given.")
    to_day: NearDay | None = Field(default=None, description="The first day on which it is no more.")


class AwayIn(_Strict):
    """Why a duty does not take place."""

    reason: Reason = ""


class VolunteerIn(_Strict):
    """A volunteer, who has agreed to be asked; ``contact`` is kept apart and sealed."""

    code: Code
    name: Name
    person: UUID | None = Field(default=None, description="Their account.")
    lon: Longitude
    lat: Latitude
    reach_m: Annotated[float, Field(gt=0, le=200_000, allow_inf_nan=False)] = 5_000.0
    skills: Annotated[list[Code], Field(min_length=1, max_length=30)]
    windows: Annotated[list[HoursIn], Field(min_length=1, max_length=30)]
    consent: Literal[True] = Field(description="They agreed to be kept here and asked.")
    consented_on: NearDay | None = None
    contact: ContactIn


class VolunteerPatch(_Strict):
    """What of a volunteer changes; members that are left out stay."""

    name: Name | None = None
    person: UUID | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    reach_m: Annotated[float, Field(gt=0, le=200_000, allow_inf_nan=False)] | None = None
    skills: Annotated[list[Code], Field(min_length=1, max_length=30)] | None = None
    windows: Annotated[list[HoursIn], Field(min_length=1, max_length=30)] | None = None


class SpanOut(BaseModel):
    """A time with its offset."""

    begin: datetime
    end: datetime


class DutyOut(BaseModel):
    """A duty as it repeats."""

    id: UUID
    version: int
    station: str
    kind: Literal["person", "volunteer"]
    who: UUID
    name: str
    days: list[Weekday]
    on_day: date | None
    begin: str
    end: str
    from_day: date | None
    to_day: date | None
    away: dict[str, str]


class ShiftOut(SpanOut):
    """A duty on its day."""

    duty: UUID
    day: date
    name: str


class GapOut(SpanOut):
    """A time of one day at which a station is open and nobody has duty."""

    day: date
    weekday: Weekday
    minutes: float
    text: str


class GapsOut(BaseModel):
    """The gaps of a station; ``warning`` says why there is no saying."""

    station: str
    from_day: date
    to_day: date
    gaps: list[GapOut]
    warning: str | None


class RotaOut(GapsOut):
    """The rota of a station: duties, and the days with what is open, staffed and left open."""

    name: str
    timezone: str
    opening_hours: str | None
    open: list[SpanOut]
    shifts: list[ShiftOut]
    duties: list[DutyOut]


class ChangedOut(BaseModel):
    """A duty as it is now, None where it was removed; ``gaps`` are those of the station's next two weeks."""

    duty: DutyOut | None
    gaps: list[GapOut]


class StaffedOut(BaseModel):
    """A station with how much of its hours is left open."""

    code: str
    name: str
    opening_hours: str | None
    duties: int
    open_minutes: float
    gap_minutes: float
    gaps: int


class StaffedListOut(BaseModel):
    """Stations by code."""

    from_day: date
    to_day: date
    items: list[StaffedOut]


class OnDutyOut(BaseModel):
    """Somebody who may have duty."""

    id: UUID
    kind: Literal["person", "volunteer"]
    name: str


class OnDutyListOut(BaseModel):
    """Who may have duty, by name."""

    items: list[OnDutyOut]


class VolunteerOut(BaseModel):
    """A volunteer, without how to reach them."""

    id: UUID
    version: int
    code: str
    name: str
    person: UUID | None
    lon: float
    lat: float
    reach_m: float
    skills: list[str]
    windows: list[HoursIn]
    consented_on: date


class VolunteerPage(BaseModel):
    """A page of volunteers."""

    items: list[VolunteerOut]
    cursor: str | None


class ForgottenOut(BaseModel):
    """How many duties went with a volunteer."""

    duties: int


def volunteer_json(one: Volunteer) -> dict[str, Any]:
    """Return a volunteer as readers see it."""
    return {
        "id": str(one.id),
        "version": one.version,
        "code": one.code,
        "name": one.name,
        "person": None if one.person is None else str(one.person),
        "lon": one.lon,
        "lat": one.lat,
        "reach_m": one.reach_m,
        "skills": list(one.skills),
        "windows": [dict(window) for window in one.windows],
        "consented_on": one.consented_on.isoformat(),
    }
