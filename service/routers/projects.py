"""Project teams: projects with sites, members, who is on site, and who is responsible at a place."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from service.dependencies import (
    AsOf,
    BoxDep,
    Cursor,
    IdentityDep,
    LanguageDep,
    Limit,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    get_day,
    present_ground,
)
from service.dependencies import router as make_router
from service.i18n import translator
from service.indexes.locate import locate
from service.schemas.locate import Lat, Lon
from service.schemas.projects import (
    EndIn,
    MembersIn,
    MembersOut,
    NearOut,
    PostIn,
    PostOut,
    ProjectIn,
    ProjectOut,
    ProjectsOut,
    SitesImportedOut,
    SitesIn,
    TeamFiguresOut,
)
from service.schemas.times import Day
from service.uploads import BODY, LARGEST_FILE, Apply, FileDep, FileName, rows_from
from service.use_cases import projects
from service.use_cases.import_sites import plan_sites

router = make_router("projects")

_TOLD = ("file", "rows", "new", "sites_on_lines", "projects")
DayDep = Annotated[date, Depends(get_day)]
Within = Annotated[float, Query(gt=0, le=20_000, allow_inf_nan=False, description="Metres.")]


@router.get("/projects", response_model=ProjectsOut)
def get_projects(
    stores: StoresDep,
    day: Annotated[Day | None, Query(description="Those of this day; all if left out.")] = None,
    member: Annotated[str | None, Query(max_length=64, description="By code: on site there.")] = None,
    with_team: Annotated[bool, Query(description="Those on whose sites somebody is.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of projects."""
    who = None
    if member is not None:
        found = stores.projects.members_by_code([member]).get(member)
        if found is None:
            return _json({"items": [], "cursor": None})
        who = found.id
    page = stores.projects.page(day=day, member=who, with_team=with_team, limit=limit, cursor=cursor)
    return _json({"items": [projects.head_json(one) for one in page.items], "cursor": page.cursor})


@router.post("/projects", response_model=ProjectOut, status_code=201)
def post_project(
    given: ProjectIn, stores: StoresDep, service: ServiceDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Store a project with its sites and its team."""

    def act() -> Reply:
        ground = present_ground(service, stores)
        value = projects.create(stores, ground, given, identity.name, datetime.now(UTC))
        body = projects.whole_json(stores, ground, value)
        return Reply(201, body, {"Location": f"/api/v1/projects/{value.id}"})

    return once(stores, act)


@router.get("/projects/figures", response_model=TeamFiguresOut)
def get_figures(stores: StoresDep, day: DayDep) -> Response:
    """Return how many projects, members and members on site there are; each number leads to its rows."""
    return _json(projects.figures(stores, day))


@router.get("/projects/members", response_model=MembersOut)
def get_members(
    stores: StoresDep,
    on_site: Annotated[Day | None, Query(description="Those who are on site on this day.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of members of teams."""
    page = stores.projects.members(on_site=on_site, limit=limit, cursor=cursor)
    return _json({"items": [projects.member_json(one) for one in page.items], "cursor": page.cursor})


@router.post("/projects/members", response_model=MembersOut)
def post_members(given: MembersIn, stores: StoresDep, once: OnceDep) -> Response:
    """Store members of teams in place of those with the same codes."""

    def act() -> Reply:
        made = projects.put_members(stores, given.items)
        return Reply(200, {"items": [projects.member_json(one) for one in made], "cursor": None})

    return once(stores, act)


@router.get("/projects/near", response_model=NearOut)
def get_near(
    stores: StoresDep, service: ServiceDep, lon: Lon, lat: Lat, day: DayDep, within_m: Within = 500.0
) -> Response:
    """Return who is responsible at a place: its units, and the sites near it with who is on site that day."""
    ground = service.indexes.ground(stores.districts.current().code, day, None)
    chain = locate(ground, lon, lat).to_json()["chain"]
    sites = projects.near(stores, lon, lat, within_m, day)
    return _json({"day": day.isoformat(), "chain": chain, "sites": sites})


@router.get("/projects/sites.geojson", response_class=Response)
def get_sites(stores: StoresDep, service: ServiceDep, box: BoxDep, as_of: AsOf = None) -> Response:
    """Return sites as GeoJSON, those of a day or all, within a box where one is given."""
    ground = present_ground(service, stores)
    features = [
        {
            "type": "Feature",
            "geometry": told.pop("geometry"),
            "properties": {**told, "project": str(one.project)},
        }
        for one in stores.projects.sites(box=box, day=as_of)
        if (told := projects.site_json(one, ground))
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/geo+json")


@router.post(
    "/projects/sites/import",
    response_model=SitesImportedOut,
    max_body_size=LARGEST_FILE,
    openapi_extra={"requestBody": BODY},
)
def post_site_file(
    name: FileName,
    body: FileDep,
    stores: StoresDep,
    language: LanguageDep,
    once: OnceDep,
    project: Annotated[
        str | None, Query(max_length=64, description="Code of the project, where the file names none.")
    ] = None,
    apply: Apply = False,
) -> Response:
    """Store the sites of a file in place of those with the same codes, all or none.

    GeoJSON, GeoPackage, any other vector file, or CSV with ``lon`` and ``lat`` or ``wkt``; points and lines
    with ``code``, perhaps ``name``, and ``project`` where it is not named here. What is wrong is told row
    by row. Without ``apply`` it is only looked at.
    """

    def act() -> Reply:
        plan = rows_from(
            name,
            body,
            "site",
            lambda features, faults: plan_sites(stores, features, {}, project=project, known_faults=faults),
            translator(language),
        )
        if apply:
            plan.store(stores)
            stores.audit.record("project.sites", "project", "", sites=len(plan.sites))
        told = plan.to_json()
        return Reply(200, {name: told[name] for name in _TOLD} | {"applied": apply})

    return once(stores, act)


@router.get("/projects/{project}", response_model=ProjectOut)
def get_project(project: UUID, stores: StoresDep, service: ServiceDep) -> Response:
    """Return a project with its sites and everybody who is, was or will be on site."""
    value = stores.projects.get(project)
    return _json(projects.whole_json(stores, present_ground(service, stores), value))


@router.post("/projects/{project}/sites", response_model=ProjectOut)
def post_sites(
    project: UUID, given: SitesIn, stores: StoresDep, service: ServiceDep, once: OnceDep
) -> Response:
    """Store sites of a project in place of those with the same codes."""

    def act() -> Reply:
        value = stores.projects.get(project)
        ground = present_ground(service, stores)
        sites = projects.put_sites(stores, ground, value, given.items, "/items")
        stores.audit.record("project.sites", "project", value.id, sites=len(sites))
        return Reply(200, projects.whole_json(stores, ground, value))

    return once(stores, act)


@router.post("/projects/{project}/posts", response_model=PostOut, status_code=201)
def post_post(project: UUID, given: PostIn, stores: StoresDep, once: OnceDep) -> Response:
    """Put a member on the sites of a project, from a day to another."""

    def act() -> Reply:
        value = stores.projects.get(project)
        (made,) = projects.put_posts(stores, value, [given], "")
        stores.audit.record("project.post", "project", value.id, member=str(made.member))
        return Reply(201, projects.post_json(made, stores.projects.members_by_id([made.member])))

    return once(stores, act)


@router.post("/projects/{project}/posts/{post}/end", response_model=ProjectOut)
def post_post_end(
    project: UUID, post: UUID, given: EndIn, stores: StoresDep, service: ServiceDep
) -> Response:
    """Let somebody's time on site end on a day; one that would only begin later goes."""
    value = stores.projects.get(project)
    projects.end_post(stores, value, post, given.last_day)
    return _json(projects.whole_json(stores, present_ground(service, stores), value))


@router.post("/projects/{project}/end", response_model=ProjectOut)
def post_end(project: UUID, given: EndIn, stores: StoresDep, service: ServiceDep) -> Response:
    """Let a project and the posts of its team end on a day."""
    value = projects.end(stores, stores.projects.get(project), given.last_day)
    return _json(projects.whole_json(stores, present_ground(service, stores), value))


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
