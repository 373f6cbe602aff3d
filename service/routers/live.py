"""Those on shift at this moment, for their own coordinator."""

import hashlib
from datetime import UTC, datetime

import orjson
from fastapi import Request, Response

from maps.delivery import deliver
from service.dependencies import IdentityDep, StoresDep
from service.dependencies import router as make_router
from service.schemas.live import LivesOut
from service.use_cases import live

router = make_router("coverage")


@router.get(
    "/coverage/live",
    response_model=LivesOut,
    summary="Who is on shift, and where they were last",
    responses={304: {"description": "Nothing has changed since the ETag that If-None-Match names."}},
)
def get_live(request: Request, stores: StoresDep, identity: IdentityDep) -> Response:
    """Return the last place of each person on shift below the caller's own coordinator role; no way.

    Ask again with ``If-None-Match``, at most every 15 seconds. Each look is in the audit, once an hour.
    """
    body = orjson.dumps({"items": live.live(stores, identity, datetime.now(UTC))})
    # Never compressed: what was compressed is kept for a while, and this is kept by nobody.
    made = deliver(
        body,
        "application/json",
        hashlib.sha256(body).hexdigest()[:24],
        cache="no-store",
        if_none_match=request.headers.get("if-none-match"),
    )
    return Response(made.body, made.status, dict(made.headers))
