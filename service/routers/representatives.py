"""Representatives: the list, one of them, and new ones with a home grid by location."""

from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import Path, Response

from service.dependencies import DayDep, OnceDep, Reply, ServiceDep, StoresDep, present_ground
from service.dependencies import router as make_router
from service.schemas.representatives import (
    RepresentativeIn,
    RepresentativeOut,
    RepresentativesIn,
    RepresentativesOut,
)
from service.use_cases import representatives
from service.use_cases.representatives import require_in_area

router = make_router("representatives")


@router.get("/representatives", response_model=RepresentativesOut)
def get_representatives(stores: StoresDep, day: DayDep) -> Response:
    """Return the active representatives by code, with the units they answer for."""
    found = representatives.describe(stores, stores.representatives.all(), day)
    return Response(orjson.dumps({"items": found}), media_type="application/json")


@router.get("/representatives/{code}", response_model=RepresentativeOut)
def get_representative(
    code: Annotated[str, Path(max_length=64)], stores: StoresDep, day: DayDep
) -> dict[str, Any]:
    """Return a representative by code, with the units they answer for."""
    return representatives.describe(stores, [stores.representatives.by_code(code)], day)[0]


@router.post("/representatives", response_model=RepresentativeOut, status_code=201)
def post_representative(
    given: RepresentativeIn, stores: StoresDep, service: ServiceDep, once: OnceDep
) -> Response:
    """Store a representative; lon and lat, or home, give them their home grid from today on."""

    def act() -> Reply:
        ground = present_ground(service, stores)
        value = representatives.add(stores, ground, given)
        require_in_area(stores, value)
        body = representatives.describe(stores, [value], ground.day)[0]
        return Reply(201, body, {"Location": f"/api/v1/representatives/{quote(value.code, safe='')}"})

    return once(stores, act)


@router.post("/representatives/batch", response_model=RepresentativesOut, status_code=201)
def post_representatives(
    given: RepresentativesIn, stores: StoresDep, service: ServiceDep, once: OnceDep
) -> Response:
    """Store many representatives, all or none, each with a home grid as one alone would have."""

    def act() -> Reply:
        ground = present_ground(service, stores)
        values = representatives.add_many(stores, ground, given.items)
        return Reply(201, {"items": representatives.describe(stores, values, ground.day)})

    return once(stores, act)
