"""The audit for those who oversee: what was done in a district, and the state of its chain."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import AwareDatetime

from layers.audit import AuditFilter, write_pending
from service.dependencies import Limit, StoresDep
from service.dependencies import router as make_router
from service.schemas.audit import AuditChain, AuditPage, chain_json, entry_json
from service.use_cases.audit import PROOF, prove_here

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


@router.get("/audit/chain", response_model=AuditChain)
def get_chain(stores: StoresDep) -> dict[str, Any]:
    """Return how long the district's chain is, its last hash, and when it was last proven from here."""
    found = stores.audit.latest(AuditFilter(action=PROOF), limit=1)
    return chain_json(stores.audit.head(), found[0] if found else None)


@router.post("/audit/proof", response_model=AuditChain)
def post_proof(stores: StoresDep) -> dict[str, Any]:
    """Prove the district's chain entry by entry; the proof is an entry of it itself."""
    prove_here(stores)
    write_pending(stores.session)
    return get_chain(stores)
