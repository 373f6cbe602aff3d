"""Maintenance of markers and fence posts: what was done, by whom, how well it is proven, what is due."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Path, Response

from service import i18n
from service.dependencies import IdentityDep, LanguageDep, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED
from service.schemas.due import due_json
from service.schemas.maintenance import ActionIn, ActionOut, MaintenanceOut
from service.use_cases import due
from service.use_cases.field import action_json, history, photos_of, record_action

router = make_router("due")

Code = Annotated[str, Path(max_length=64)]


@router.get("/coverage/markers/{code}/actions", response_model=MaintenanceOut)
def get_actions(code: Code, stores: StoresDep, language: LanguageDep) -> Response:
    """Return what was done at a marker, the latest first, and how its clocks stand."""
    now = datetime.now(UTC)
    clocks = due.marker_clocks(stores, code, now)
    marker = stores.markers.by_code(code, stores.districts.current().today(now))
    where = due.where_in(i18n.translator(language))
    return _json(
        {
            "marker": marker.code,
            "name": marker.name,
            "kind": marker.kind,
            "clocks": [due_json(one, where) for one in clocks],
            "actions": history(stores, code),
        }
    )


@router.post(
    "/coverage/markers/{code}/actions",
    response_model=ActionOut,
    status_code=201,
    responses={200: {"model": ActionOut, "description": "It was recorded before."}},
    dependencies=[SETTLED],
)
def post_action(
    code: Code, given: ActionIn, stores: StoresDep, identity: IdentityDep, language: LanguageDep
) -> Response:
    """Record what was done at a marker without a device; the same id again changes nothing."""
    translate = i18n.translator(language)
    value, new = record_action(stores, identity, code, given, datetime.now(UTC), translate)
    photos = photos_of(stores, [value.id]).get(value.id, [])
    return _json(action_json(value, identity.name, photos), 201 if new else 200)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, media_type="application/json")
