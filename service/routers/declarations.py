"""Declarations: stretches that somebody says they walked, without a track."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from layers.declarations import Declaration
from service.dependencies import IdentityDep, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.period_dependencies import PeriodDep
from service.schemas.declarations import (
    DeclarationIn,
    DeclarationOut,
    DeclarationsOut,
    WithdrawalIn,
    declaration_json,
)
from service.use_cases.declarations import declare, names_of, withdraw

router = make_router("coverage")

_BEFORE: dict[int | str, dict[str, Any]] = {409: {"description": "It was withdrawn before."}}


@router.get("/coverage/declarations", response_model=DeclarationsOut)
def get_declarations(stores: StoresDep, period: PeriodDep) -> Response:
    """Return what was declared of a period, and what of it was withdrawn."""
    every = stores.declarations.during(period.from_at, period.to_at)
    names = names_of(stores, every)
    return _json({"items": [declaration_json(one, names.get(one.person)) for one in every]})


@router.post("/coverage/declarations", response_model=DeclarationOut, status_code=201)
def post_declaration(
    given: DeclarationIn, stores: StoresDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Declare that a stretch was walked and has no track, and why; it is counted as declared alone."""

    def act() -> Reply:
        made = declare(stores, identity, given, datetime.now(UTC))
        return Reply(201, _told(stores, made), {"Location": f"/api/v1/coverage/declarations/{made.id}"})

    return once(stores, act)


@router.get("/coverage/declarations/{declaration}", response_model=DeclarationOut)
def get_declaration(declaration: UUID, stores: StoresDep) -> Response:
    """Return a declaration."""
    return _json(_told(stores, stores.declarations.get(declaration)))


@router.post(
    "/coverage/declarations/{declaration}/withdraw", response_model=DeclarationOut, responses=_BEFORE
)
def post_withdrawal(
    declaration: UUID, given: WithdrawalIn, stores: StoresDep, identity: IdentityDep
) -> Response:
    """Let a declaration count no more; it is kept, with who withdrew it and why."""
    return _json(_told(stores, withdraw(stores, identity, declaration, given.reason, datetime.now(UTC))))


def _told(stores: StoresDep, one: Declaration) -> dict[str, Any]:
    return declaration_json(one, names_of(stores, (one,)).get(one.person))


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
