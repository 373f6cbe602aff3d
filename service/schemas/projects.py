"""Shapes of project teams: projects, sites, members, posts, and who is near a place."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.incidents import Latitude, Longitude, Title, Word
from service.schemas.locate import UnitOut
from service.schemas.stops import Named
from service.schemas.times import NearDay

Role = Literal["lead", "member"]
Office = Annotated[str, Field(max_length=200)]
Place = tuple[Longitude, Latitude]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PointIn(_Strict):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: Place


class LineIn(_Strict):
    """A GeoJSON line."""

    type: Literal["LineString"]
    coordinates: Annotated[list[Place], Field(min_length=2, max_length=10_000)]


class SiteIn(_Strict):
    """A site: a point or a line."""

    code: Word
    name: Named
    geometry: Annotated[PointIn | LineIn, Field(discriminator="type")]


class PostIn(_Strict):
    """A member, by code, on the sites of a project; both days belong to it."""

    member: Word
    role: Role = "member"
    first_day: NearDay
    last_day: NearDay | None = Field(default=None, description="That of the project, if left out.")


class ProjectIn(_Strict):
    """A project with its sites and its team; both days belong to it."""

    code: Word
    name: Title
    kind: Word
    office: Named
    first_day: NearDay
    last_day: NearDay | None = None
    sites: Annotated[list[SiteIn], Field(max_length=500)] = []
    team: Annotated[list[PostIn], Field(max_length=200)] = []


class SitesIn(_Strict):
    """Sites, which take the place of those with the same codes."""

    items: Annotated[list[SiteIn], Field(min_length=1, max_length=500)]


class MemberIn(_Strict):
    """Somebody who belongs to teams."""

    code: Word
    name: Named
    office: Office = ""


class MembersIn(_Strict):
    """Members, who take the place of those with the same codes."""

    items: Annotated[list[MemberIn], Field(min_length=1, max_length=1_000)]


class EndIn(_Strict):
    """The last day."""

    last_day: NearDay


class MemberOut(BaseModel):
    """A member of teams."""

    id: UUID
    code: str
    name: str
    office: str


class MembersOut(BaseModel):
    """A page of members."""

    items: list[MemberOut]
    cursor: str | None


class PostOut(BaseModel):
    """Somebody on the sites of a project; both days belong to it."""

    id: UUID
    member: MemberOut
    role: Role
    first_day: date
    last_day: date | None


class SiteOut(BaseModel):
    """A site, and the unit in which it, or the middle of its line, lies."""

    id: UUID
    code: str
    name: str
    unit: str | None
    geometry: dict[str, Any]


class ProjectHead(BaseModel):
    """A project."""

    id: UUID
    code: str
    name: str
    kind: str
    office: str
    first_day: date
    last_day: date | None
    created_at: datetime
    created_by: str


class ProjectOut(ProjectHead):
    """A project with its sites and everybody who is, was or will be on site."""

    sites: list[SiteOut]
    team: list[PostOut]


class ProjectsOut(BaseModel):
    """A page of projects."""

    items: list[ProjectHead]
    cursor: str | None


class SitesImportedOut(BaseModel):
    """What a file of sites holds; those that are not new take the place of others of their codes."""

    file: str
    rows: int
    new: int
    sites_on_lines: int
    projects: int
    applied: bool


class CountOut(BaseModel):
    """A number, and the address of its rows."""

    count: int
    rows: str


class TeamFiguresOut(BaseModel):
    """How many projects, members, and members on site there are on a day."""

    day: date
    figures: dict[str, CountOut]


class ProjectRef(BaseModel):
    """Which project."""

    id: UUID
    code: str
    name: str


class NearSiteOut(BaseModel):
    """A site near a place, and who is on site on the day, leads first."""

    code: str
    name: str
    distance_m: float
    project: ProjectRef
    team: list[PostOut]


class NearOut(BaseModel):
    """Who is responsible at a place: the units it lies in, the smallest first, and the sites near it."""

    day: date
    chain: list[UnitOut]
    sites: list[NearSiteOut]
