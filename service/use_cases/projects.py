"""Project teams: who is on the sites of a project from when to when, and who is responsible at a place."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID

import shapely

from geo.crs import distance_m
from geo.errors import N_, WardlineError
from layers.geometry import Box
from layers.ids import new_id
from layers.projects import Post, Project, Site, TeamMember
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.ground import Ground
from service.indexes.locate import locate
from service.schemas.projects import MemberIn, PostIn, ProjectIn, SiteIn

PATH = "/api/v1/projects"
MOST_NEAR = 50
_DAY = timedelta(days=1)
_METRES_A_DEGREE = 110_574.0


def create(stores: Stores, ground: Ground, given: ProjectIn, by: str, now: datetime) -> Project:
    """Store a project with its sites and its team.

    Raises
    ------
    InvalidInput
        Days end before they begin or lie outside the project, a member is not there, or a line is no line.
    OutsideDistrict
        A site lies in no unit.
    Conflict
        The code of the project or of a site is that of another one.
    Overlap
        Somebody is on site twice on a day.
    """
    value = Project(
        **given.model_dump(include={"code", "name", "kind", "office", "first_day"}),
        id=new_id(),
        end=_end(given.first_day, given.last_day, "/last_day"),
        created_at=now,
        created_by=by,
    )
    stores.projects.add(value)
    put_sites(stores, ground, value, given.sites, "/sites")
    put_posts(stores, value, given.team, "/team")
    stores.audit.record("project.create", "project", value.id, sites=len(given.sites), team=len(given.team))
    return value


def put_sites(
    stores: Stores, ground: Ground, value: Project, given: Sequence[SiteIn], pointer: str
) -> tuple[Site, ...]:
    """Store sites of a project in place of those of it with the same codes; return them.

    Raises
    ------
    InvalidInput
        Two have the same code, one is another project's, or a line is no line.
    OutsideDistrict
        One lies in no unit.
    """
    known = {one.code: one for one in stores.projects.sites()}
    made: dict[str, Site] = {}
    for place, one in enumerate(given):
        at = f"{pointer}/{place}"
        shape = shapely.geometry.shape(one.geometry.model_dump())
        if shape.geom_type == "LineString" and shape.length == 0:
            raise _unfit(f"{at}/geometry", N_("The line has no length."), N_("Give a point, or a line."))
        if one.code in made:
            raise _unfit(f"{at}/code", N_("Two sites have the same code."), N_("Give each its own."))
        old = known.get(one.code)
        if old is not None and old.project != value.id:
            raise _unfit(f"{at}/code", N_("A site of another project has this code."), N_("Give it its own."))
        _require_inside(ground, shape, f"{at}/geometry")
        made[one.code] = Site(new_id() if old is None else old.id, value.id, one.code, one.name, shape)
    stores.projects.put_sites(list(made.values()))
    return tuple(made.values())


def _require_inside(ground: Ground, shape: Any, pointer: str) -> None:
    middle = middle_of(shape)
    try:
        locate(ground, middle.x, middle.y)
    except WardlineError as error:
        error.where = {"pointer": pointer}
        raise


def middle_of(shape: Any) -> Any:
    """Return the point that a site counts as: itself, or the middle of its line."""
    return shape if shape.geom_type == "Point" else shape.interpolate(0.5, normalized=True)


def put_posts(stores: Stores, value: Project, given: Sequence[PostIn], pointer: str) -> tuple[Post, ...]:
    """Put members on the sites of a project; return their posts.

    Raises
    ------
    InvalidInput
        A member is not there, or the days end before they begin or lie outside the project.
    Overlap
        Somebody is on site twice on a day.
    """
    members = stores.projects.members_by_code({one.member for one in given})
    posts = []
    for place, one in enumerate(given):
        at = f"{pointer}/{place}"
        member = members.get(one.member)
        if member is None:
            raise InvalidInput(
                N_("There is no team member {code}."),
                mend=N_("Store the member first, at /api/v1/projects/members."),
                where={"pointer": f"{at}/member"},
                code=one.member,
            )
        end = value.end if one.last_day is None else _end(one.first_day, one.last_day, f"{at}/last_day")
        if one.first_day < value.first_day or (value.end is not None and (end is None or end > value.end)):
            raise InvalidInput(
                N_("These days lie outside the project, {first} to {last}."),
                mend=N_("Give days of the project."),
                where={"pointer": f"{at}/first_day"},
                first=value.first_day.isoformat(),
                last="…" if value.end is None else (value.end - _DAY).isoformat(),
            )
        _end(one.first_day, None if end is None else end - _DAY, f"{at}/first_day")
        posts.append(Post(new_id(), value.id, member.id, one.role, one.first_day, end))
    stores.projects.add_posts(posts)
    return tuple(posts)


def _end(first: date, last: date | None, pointer: str) -> date | None:
    """Return the day after the last one."""
    if last is not None and last < first:
        raise _unfit(pointer, N_("It ends before it begins."), N_("Give a later day."))
    return None if last is None else last + _DAY


def _unfit(pointer: str, text: str, mend: str) -> InvalidInput:
    return InvalidInput(text, mend=mend, where={"pointer": pointer})


def put_members(stores: Stores, given: Sequence[MemberIn]) -> tuple[TeamMember, ...]:
    """Store members in place of those with the same codes.

    Raises
    ------
    InvalidInput
        Two have the same code.
    """
    known = stores.projects.members_by_code({one.code for one in given})
    made: dict[str, TeamMember] = {}
    for place, one in enumerate(given):
        if one.code in made:
            raise _unfit(
                f"/items/{place}/code", N_("Two members have the same code."), N_("Give each their own.")
            )
        old = known.get(one.code)
        made[one.code] = TeamMember(new_id() if old is None else old.id, one.code, one.name, one.office)
    stores.projects.put_members(list(made.values()))
    stores.audit.record("team.members", "district", stores.district, members=len(made))
    return tuple(made.values())


def end(stores: Stores, value: Project, last: date) -> Project:
    """Let a project and the posts of it end on a day.

    Raises
    ------
    InvalidInput
        It ends before it begins.
    """
    after = _end(value.first_day, last, "/last_day")
    assert after is not None  # noqa: S101 - a last day has a day after it
    stores.projects.end(value.id, after)
    stores.audit.record("project.end", "project", value.id, last=last.isoformat())
    return stores.projects.get(value.id)


def end_post(stores: Stores, value: Project, identifier: UUID, last: date) -> None:
    """Let somebody's time on site end on a day.

    Raises
    ------
    NotFound
        The project has no such post.
    InvalidInput
        It would end later than it does.
    """
    post = stores.projects.post(identifier)
    if post.project != value.id or (post.end is not None and post.end <= last):
        raise InvalidInput(
            N_("It is no post of this project, or ends before that day."),
            mend=N_("Give an earlier day; for a longer time on site add another post."),
            where={"pointer": "/last_day"},
        )
    stores.projects.end_post(post, last + _DAY)
    stores.audit.record("project.post-end", "project", value.id, member=str(post.member))


def near(stores: Stores, lon: float, lat: float, within_m: float, day: date) -> list[dict[str, Any]]:
    """Return the sites of a day within some metres of a place, the nearest first, with who is on site."""
    high = within_m / _METRES_A_DEGREE * 1.01
    wide = high / max(0.01, cos(radians(lat)))
    box = Box(max(-180.0, lon - wide), max(-90.0, lat - high), min(180.0, lon + wide), min(90.0, lat + high))
    found = [(distance_m(lon, lat, one.shape), one) for one in stores.projects.sites(box=box, day=day)]
    close = sorted((pair for pair in found if pair[0] <= within_m), key=lambda pair: (pair[0], pair[1].code))
    close = close[:MOST_NEAR]
    projects = {one: stores.projects.get(one) for one in {site.project for _, site in close}}
    teams = _teams(stores, projects, day)
    return [
        {
            "code": site.code,
            "name": site.name,
            "distance_m": round(metres, 1),
            "project": {
                "id": str(site.project),
                "code": projects[site.project].code,
                "name": projects[site.project].name,
            },
            "team": teams.get(site.project, []),
        }
        for metres, site in close
    ]


def _teams(stores: Stores, projects: Iterable[UUID], day: date | None) -> dict[UUID, list[dict[str, Any]]]:
    posts = stores.projects.posts(list(projects), day)
    members = stores.projects.members_by_id({one.member for one in posts})
    found: dict[UUID, list[dict[str, Any]]] = {}
    for one in posts:
        found.setdefault(one.project, []).append(post_json(one, members))
    return found


def figures(stores: Stores, day: date) -> dict[str, Any]:
    """Return how many projects, members and members on site there are on a day, with the rows of each."""
    counts = stores.projects.count(day)
    rows = {
        "projects": f"{PATH}?day={day}",
        "members": f"{PATH}/members",
        "on-site": f"{PATH}/members?on_site={day}",
        "projects-with-team": f"{PATH}?day={day}&with_team=true",
    }
    return {
        "day": day.isoformat(),
        "figures": {name: {"count": counts[name], "rows": rows[name]} for name in rows},
    }


def head_json(value: Project) -> dict[str, Any]:
    """Return a project as lists show it."""
    plain = ("code", "name", "kind", "office", "created_by")
    return {
        "id": str(value.id),
        **{name: getattr(value, name) for name in plain},
        "first_day": value.first_day.isoformat(),
        "last_day": _last(value.end),
        "created_at": value.created_at.isoformat(),
    }


def whole_json(stores: Stores, ground: Ground, value: Project) -> dict[str, Any]:
    """Return a project with its sites and everybody who is, was or will be on site."""
    sites = stores.projects.sites(projects=[value.id])
    return {
        **head_json(value),
        "sites": [site_json(one, ground) for one in sites],
        "team": _teams(stores, [value.id], None).get(value.id, []),
    }


def site_json(value: Site, ground: Ground) -> dict[str, Any]:
    """Return a site as readers see it."""
    middle = middle_of(value.shape)
    try:
        unit = locate(ground, middle.x, middle.y).chain[0].code
    except WardlineError:
        unit = None
    return {
        "id": str(value.id),
        "code": value.code,
        "name": value.name,
        "unit": unit,
        "geometry": shapely.geometry.mapping(value.shape),
    }


def post_json(value: Post, members: Mapping[UUID, TeamMember]) -> dict[str, Any]:
    """Return a post as readers see it."""
    return {
        "id": str(value.id),
        "member": member_json(members[value.member]),
        "role": value.role,
        "first_day": value.first_day.isoformat(),
        "last_day": _last(value.end),
    }


def member_json(value: TeamMember) -> dict[str, Any]:
    """Return a member as readers see them."""
    return {"id": str(value.id), "code": value.code, "name": value.name, "office": value.office}


def _last(after: date | None) -> str | None:
    return None if after is None else (after - _DAY).isoformat()
