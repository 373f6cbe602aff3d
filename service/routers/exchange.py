"""Exchange with desktop programs: drafts and releases as GeoPackages, and edited ones back as drafts."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from geo.errors import N_
from geo.repair import Limits, OverlapRule, RingRule
from service.dependencies import (
    MIB,
    IdentityDep,
    LanguageDep,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    VersionDep,
)
from service.dependencies import router as make_router
from service.errors import MalformedBody
from service.i18n import translator
from service.readers.exchange import read_exchange
from service.schemas.exchange import ExchangeOut
from service.schemas.plans import Title
from service.use_cases.plans import drafting, exchange, exchange_file, features
from service.use_cases.plans.drafting import Planner

router = make_router("plans")

LARGEST_FILE = 256 * MIB
"""100,000 units of some fifty vertices take a third of it."""
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {exchange_file.MEDIA_TYPE: {}}}}
_BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


async def get_body(request: Request) -> bytes:
    """Return the file of a request: its body."""
    body = await request.body()
    if not body:
        raise MalformedBody(N_("The body is empty."), mend=N_("Send the GeoPackage as the body."))
    return body


BodyDep = Annotated[bytes, Depends(get_body)]


def get_limits(
    repair: Annotated[
        bool, Query(description="Repair areas that are not exact, within the limits, and list every change.")
    ] = False,
    most_shift: Annotated[float, Query(gt=0, le=1_000, description="Metres an edge may move.")] = 2.0,
    most_area: Annotated[
        float, Query(gt=0, le=1e12, description="Square metres that may change hands at one place.")
    ] = 10_000.0,
    most_share: Annotated[
        float, Query(gt=0, le=100, description="Percent of its ground that a unit may lose.")
    ] = 10.0,
    overlap: Annotated[OverlapRule | None, Query(description="Who gets a wide overlap.")] = None,
    gaps: Annotated[
        Literal["fill"] | None, Query(description="Wide gaps go to the neighbour with the longest edge.")
    ] = None,
    duplicates: Annotated[
        Literal["first"] | None, Query(description="Keep the first of units with the same ground.")
    ] = None,
    rings: Annotated[RingRule | None, Query(description="Rings that run over themselves.")] = None,
) -> Limits | None:
    """Return the limits of a repair, None where none is asked for; they say nothing without ``repair``."""
    if not repair:
        return None
    return Limits(most_shift, most_area, most_share / 100, overlap, gaps, duplicates, rings)


LimitsDep = Annotated[Limits | None, Depends(get_limits)]


@router.get("/plans/{plan}/exchange.gpkg", response_class=Response, responses=_FILE)
def get_plan_file(plan: UUID, stores: StoresDep, service: ServiceDep) -> Response:
    """Return a plan as a GeoPackage: units as they are drawn, levels above, lineage, and what it is."""
    return _file(lambda path: exchange_file.write_plan(stores, service.drafts, plan, path))


@router.get("/releases/{release}/exchange.gpkg", response_class=Response, responses=_FILE)
def get_release_file(release: UUID, stores: StoresDep, service: ServiceDep) -> Response:
    """Return a release as a GeoPackage: units, levels above, lineage, and what it is."""
    return _file(lambda path: exchange_file.write_release(stores, service.drafts, release, path))


@router.post(
    "/plans/exchange",
    response_model=ExchangeOut,
    status_code=201,
    responses={200: {"model": ExchangeOut, "description": "The operations were added to a draft."}},
    max_body_size=LARGEST_FILE,
    openapi_extra={"requestBody": _BODY},
    summary="Send an edited GeoPackage back",
)
def post_exchange(
    stores: StoresDep,
    body: BodyDep,
    service: ServiceDep,
    identity: IdentityDep,
    language: LanguageDep,
    version: VersionDep,
    once: OnceDep,
    limits: LimitsDep,
    title: Annotated[
        Title | None, Query(description="Title of the new draft; that of the plan exported.")
    ] = None,
    plan: Annotated[UUID | None, Query(description="A draft to be changed; else a new one is made.")] = None,
    release: Annotated[
        UUID | None, Query(description="What it was drawn on, where the file has lost it.")
    ] = None,
) -> Response:
    """Turn the difference between a file and what it was exported from into the operations of a draft.

    The draft is exactly what the file shows. Areas that leave gaps, overlap or change the outer boundary are
    refused with the places as ``features``; nothing is stored then. With ``repair`` they are mended first as
    on import, if the limits and rules decide every place; ``repair`` of the answer lists what was changed.
    """
    planner = Planner.of(identity, stores.district)
    wanted = exchange.Wanted(title, plan, release, version, limits)

    def act() -> Reply:
        with tempfile.TemporaryDirectory(prefix="wardline-exchange-") as folder:
            path = Path(folder) / "exchange.gpkg"
            path.write_bytes(body)
            file = read_exchange(path)
        taken = exchange.take_back(stores, service.drafts, planner, file, wanted, translator(language))
        status = 201 if plan is None else 200
        told = _told(stores, taken, planner, translator(language))
        return Reply(status, told, {"ETag": f'"{taken.draft.plan.version}"'})

    return once(stores, act)


def _told(
    stores: Any, taken: exchange.TakenBack, planner: Planner, translate: exchange.Translate
) -> dict[str, Any]:
    return {
        "plan": taken.draft.to_json(stores, planner),
        "ops": [drafting.operation_json(one) for one in taken.ops],
        "changed": features.collection(features.changed_features(taken.found.change)),
        "removed": [str(unit) for unit in features.ended_units(taken.found.change)],
        "found": taken.counted.to_json(),
        "repair": None if taken.mended is None else taken.mended.to_json(translate),
        "proof": {
            "exact": True,
            "units": len(taken.found.change.units),
            "ms": round(taken.seconds * 1e3, 3),
        },
    }


def _file(write: Callable[[Path], str]) -> Response:
    """Return a file that is written to a folder of its own and removed once it was sent."""
    folder = Path(tempfile.mkdtemp(prefix="wardline-exchange-"))
    path = folder / "exchange.gpkg"
    try:
        name = write(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(
        path,
        media_type=exchange_file.MEDIA_TYPE,
        filename=name,
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )
