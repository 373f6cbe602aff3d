"""Releases of area layers, lineage of units, and crosswalks: what figures of one day mean on another."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response

from service.dependencies import DayDep, StoresDep
from service.dependencies import router as make_router
from service.hardening.cells import table
from service.schemas.releases import CrosswalkOut, LineageOut, ReleasesOut
from service.use_cases import releases
from service.use_cases.plans.drafting import partition_of

router = make_router("releases")

Layer = Annotated[
    str | None, Query(max_length=64, description="The district's first partition, where none is given.")
]


@router.get("/releases", response_model=ReleasesOut)
def get_releases(stores: StoresDep, day: DayDep, layer: Layer = None) -> Response:
    """Return the releases that make up a layer, in the order of their days; one is in force on ``as_of``."""
    found = releases.releases_json(stores, partition_of(stores, layer), day)
    return _json({"items": found})


@router.get("/lineage", response_model=LineageOut)
def get_lineage(
    stores: StoresDep, unit: Annotated[UUID, Query(description="Id of a unit, also of one that is no more.")]
) -> Response:
    """Return where a unit came from, and what became of it, with shares of area, households and incidents."""
    return _json(releases.lineage_json(stores, unit))


@router.get("/crosswalk", response_model=CrosswalkOut)
def get_crosswalk(
    stores: StoresDep,
    first: Annotated[UUID, Query(alias="from", description="Id of the earlier release.")],
    last: Annotated[UUID, Query(alias="to", description="Id of the later release.")],
    layer: Layer = None,
) -> Response:
    """Return what became of the units of one release in a later one."""
    return _json(releases.crosswalk_json(stores, partition_of(stores, layer), first, last))


@router.get("/crosswalk.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_crosswalk_table(
    stores: StoresDep,
    first: Annotated[UUID, Query(alias="from", description="Id of the earlier release.")],
    last: Annotated[UUID, Query(alias="to", description="Id of the later release.")],
    layer: Layer = None,
) -> Response:
    """Return the same crosswalk as a table."""
    body = releases.crosswalk_json(stores, partition_of(stores, layer), first, last)
    text = table(releases.CSV_HEADER, releases.crosswalk_rows(body))
    name = f"crosswalk-{body['from']}-{body['to']}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
