"""The audit for those who oversee: what was done in a district, the newest first."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import AwareDatetime

from layers.audit import AuditFilter
from service.dependencies import Limit, StoresDep
from service.dependencies import router as make_router
from service.schemas.audit import AuditPage, entry_json

router = make_router("audit")

Short = Annotated[str | None, Query(max_length=64)]


@router.get("/audit", response_model=AuditPage)
def get_audit(
    stores: StoresDep,
    action: Short = None,
    actor: UUID | None = None,
    subject_kind: Short = None,
    subject: Short = None,
    from_at: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to_at: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="Only entries below this number.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """Return entries of the district's audit, the newest first; ``before`` asks for the next page."""
    only = AuditFilter(action, actor, subject_kind, subject, from_at, to_at)
    found = stores.audit.latest(only, limit=limit, before=before)
    body = {"items": [entry_json(one) for one in found], "before": found[-1].seq if found else None}
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
