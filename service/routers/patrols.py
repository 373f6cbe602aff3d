"""Recorded tracks: one's own, others' for a purpose, and raw fixes with two people."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import AwareDatetime

from service.dependencies import IdentityDep, StoresDep
from service.dependencies import router as make_router
from service.schemas.patrol_records import FixesOut, FixExportIn, FixExportOut, FixExportsOut, KnownPatrols
from service.use_cases import patrol_records as records

router = make_router("tracks")


@router.get("/patrols", response_model=KnownPatrols)
def get_patrols(
    stores: StoresDep,
    identity: IdentityDep,
    from_at: Annotated[AwareDatetime, Query(alias="from")],
    to_at: Annotated[AwareDatetime, Query(alias="to")],
) -> Response:
    """Return the recordings of a period, at most 92 days: one's own, or all for who leads; no places."""
    return _private({"items": records.list_patrols(stores, identity, from_at, to_at)})


@router.get("/patrols/{patrol}/fixes", response_model=FixesOut)
def get_fixes(
    patrol: UUID,
    stores: StoresDep,
    identity: IdentityDep,
    purpose: Annotated[
        str | None, Query(max_length=200, description="What for; required where it is another's recording.")
    ] = None,
) -> Response:
    """Return the fixes of a recording; those of others to some ten metres, and the audit keeps why."""
    return _private(records.view_fixes(stores, identity, patrol, purpose))


@router.get("/fix-exports", response_model=FixExportsOut)
def get_exports(stores: StoresDep) -> Response:
    """Return the requests for raw fixes that have not expired."""
    found = stores.fix_exports.open(datetime.now(UTC))
    return _private({"items": [records.export_json(one) for one in found]})


@router.post("/fix-exports", response_model=FixExportOut, status_code=201)
def post_export(asked: FixExportIn, stores: StoresDep, identity: IdentityDep) -> Response:
    """Ask for the raw fixes of a recording; somebody else must allow it within three days."""
    made = records.request_export(stores, identity, asked.patrol, asked.purpose, datetime.now(UTC))
    return _private(records.export_json(made), 201)


@router.post("/fix-exports/{export}/approval", response_model=FixExportOut)
def post_approval(export: UUID, stores: StoresDep, identity: IdentityDep) -> Response:
    """Allow a request of somebody else; it is good for a day."""
    return _private(records.export_json(records.allow_export(stores, identity, export, datetime.now(UTC))))


@router.get(
    "/fix-exports/{export}/file", response_class=Response, responses={200: {"content": {"text/csv": {}}}}
)
def get_export_file(export: UUID, stores: StoresDep, identity: IdentityDep) -> Response:
    """Return the raw fixes as CSV to who asked for them, once somebody else has allowed it."""
    name, text = records.take_export(stores, identity, export, datetime.now(UTC))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _private(body: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
