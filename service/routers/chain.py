"""The chain of responsibility: its path, demonstration households and who leads."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Path, Query, Response

from service.dependencies import (
    AsOf,
    Cursor,
    LanguageDep,
    Limit,
    OnceDep,
    Reply,
    Service,
    ServiceDep,
    StoresDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.i18n import translator
from service.indexes.ground import Ground
from service.schemas.chain import (
    ChainOut,
    HouseholdOut,
    HouseholdsImportedOut,
    HouseholdsIn,
    HouseholdsOut,
    LeaderOut,
    LeadersIn,
    LeadersOut,
    UntilIn,
)
from service.uploads import BODY, LARGEST_FILE, Apply, FileDep, FileName, rows_from
from service.use_cases import chain
from service.use_cases.import_households import plan_households

router = make_router("chain")

_AT = "/chain"
Code = Annotated[str | None, Query(max_length=64)]


def get_ground(service: ServiceDep, stores: StoresDep, as_of: AsOf = None) -> Ground:
    """Return the ground of the day that is asked about, with everything published up to now."""
    return ground_of(service, stores, as_of)


def ground_of(service: Service, stores: StoresDep, day: date | None) -> Ground:
    """Return the ground of a day, today where none is given."""
    service.indexes.refresh()
    return service.indexes.ground(stores.district, day)


GroundDep = Annotated[Ground, Depends(get_ground)]


@router.get(_AT, response_model=ChainOut)
def get_chain(
    stores: StoresDep,
    ground: GroundDep,
    household: Annotated[str | None, Query(max_length=64, description="Code of a household.")] = None,
    unit: Annotated[str | None, Query(max_length=64, description="Code of a unit of any level.")] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
) -> dict[str, Any]:
    """Return the one path of a household, a unit or a place, from the county down, with who answers.

    Of a place the last level is the nearest demonstration household of its small grid; of a unit the levels
    below it are empty.
    """
    return chain.path_of(stores, ground, chain.Asked(household, unit, lon, lat))


@router.get(_AT + "/households", response_model=HouseholdsOut)
def get_households(
    stores: StoresDep, ground: GroundDep, unit: Code = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """Return the demonstration households of a day, at and below a unit where one is named."""
    return chain.list_households(stores, ground, unit, limit, cursor)


@router.post(_AT + "/households", response_model=HouseholdsOut, status_code=201)
def post_households(given: HouseholdsIn, stores: StoresDep, service: ServiceDep, once: OnceDep) -> Response:
    """Store demonstration households, each in the small grid of its place, all or none."""

    def act() -> Reply:
        ground = present_ground(service, stores)
        return Reply(201, {"items": chain.add_households(stores, ground, given.items), "cursor": None})

    return once(stores, act)


@router.post(_AT + "/households/{code}/end", response_model=HouseholdOut)
def end_household(
    code: Annotated[str, Path(max_length=64)],
    given: UntilIn,
    stores: StoresDep,
    service: ServiceDep,
    once: OnceDep,
) -> Response:
    """Let a demonstration household end before a day."""

    def act() -> Reply:
        body = chain.end_household(stores, present_ground(service, stores), code, given.until)
        return Reply(200, body, {"Content-Location": f"/api/v1{_AT}?household={quote(code, safe='')}"})

    return once(stores, act)


@router.post(
    _AT + "/households/import",
    response_model=HouseholdsImportedOut,
    max_body_size=LARGEST_FILE,
    openapi_extra={"requestBody": BODY},
)
def post_household_file(
    name: FileName,
    body: FileDep,
    stores: StoresDep,
    service: ServiceDep,
    language: LanguageDep,
    once: OnceDep,
    apply: Apply = False,
) -> Response:
    """Store the demonstration households of a file, all or none; only look at it without ``apply``.

    A CSV or any vector file of points, with ``code`` and ``label``, perhaps ``since`` and ``until``. What is
    wrong in it is told row by row, and how to mend it. Rows that are stored just so change nothing.
    """

    def act() -> Reply:
        ground = present_ground(service, stores)
        plan = rows_from(
            name,
            body,
            "point",
            lambda features, faults: plan_households(stores, ground, features, faults),
            translator(language),
        )
        if apply:
            plan.store(stores)
        return Reply(200, {**plan.to_json(), "applied": apply})

    return once(stores, act)


@router.get(_AT + "/leaders", response_model=LeadersOut)
def get_leaders(stores: StoresDep, ground: GroundDep) -> dict[str, Any]:
    """Return who leads the county and its units on a day."""
    return {"items": chain.list_leaders(stores, ground)}


@router.post(_AT + "/leaders", response_model=LeadersOut, status_code=201)
def post_leaders(given: LeadersIn, stores: StoresDep, service: ServiceDep, once: OnceDep) -> Response:
    """Store who leads the county and its units, all or none."""

    def act() -> Reply:
        return Reply(201, {"items": chain.add_leaders(stores, present_ground(service, stores), given.items)})

    return once(stores, act)


@router.post(_AT + "/leaders/{leader}/end", response_model=LeaderOut)
def end_leader(
    leader: UUID, given: UntilIn, stores: StoresDep, service: ServiceDep, once: OnceDep
) -> Response:
    """Let somebody lead up to, without, a day."""

    def act() -> Reply:
        return Reply(200, chain.end_leader(stores, present_ground(service, stores), leader, given.until))

    return once(stores, act)
