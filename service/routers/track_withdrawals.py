"""Withdrawing tracks, or times of them, and letting them count again."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from layers.track_withdrawals import TrackWithdrawal
from service.dependencies import IdentityDep, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED
from service.schemas.track_withdrawals import (
    TrackRestoringIn,
    TrackWithdrawalIn,
    TrackWithdrawalMadeOut,
    TrackWithdrawalsOut,
    track_withdrawal_json,
)
from service.use_cases.tracks import restore_track, withdraw_track, withdrawals_of

router = make_router("tracks")

_AT = "/patrols/{patrol}/withdrawals"
_BEFORE: dict[int | str, dict[str, Any]] = {409: {"description": "That is so already."}}


@router.get(_AT, response_model=TrackWithdrawalsOut)
def get_withdrawals(patrol: UUID, stores: StoresDep) -> Response:
    """Return the withdrawals of a track, and which of them were restored."""
    return _json({"items": [track_withdrawal_json(one) for one in withdrawals_of(stores, patrol)]})


@router.post(
    _AT, response_model=TrackWithdrawalMadeOut, status_code=201, responses=_BEFORE, dependencies=[SETTLED]
)
def post_withdrawal(
    patrol: UUID, given: TrackWithdrawalIn, stores: StoresDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Let a track, or a time of it, count no more: a wrong file, somebody else's device, a ride home.

    What it walked, saw and visited goes from all figures before the answer. What was done at markers stays,
    and so do signed reports, which show the difference.
    """

    def act() -> Reply:
        made = withdraw_track(stores, identity, patrol, given, datetime.now(UTC))
        return Reply(201, _made(*made), {"Location": f"/api/v1/patrols/{patrol}/withdrawals"})

    return once(stores, act)


@router.post(
    f"{_AT}/{{withdrawal}}/restore",
    response_model=TrackWithdrawalMadeOut,
    responses=_BEFORE,
    dependencies=[SETTLED],
)
def post_restoring(
    patrol: UUID, withdrawal: UUID, given: TrackRestoringIn, stores: StoresDep, identity: IdentityDep
) -> Response:
    """Let what was withdrawn count again, as if it never had been; that it was is kept."""
    return _json(_made(*restore_track(stores, identity, patrol, withdrawal, given.reason, datetime.now(UTC))))


def _made(one: TrackWithdrawal, recomputed: int) -> dict[str, Any]:
    return {**track_withdrawal_json(one), "recomputed": recomputed}


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
