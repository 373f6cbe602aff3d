"""Barriers of sight: what patrols do not see past."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from service.dependencies import OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.period_dependencies import PeriodDep
from service.schemas.barriers import (
    BarrierEndIn,
    BarrierIn,
    BarrierMadeOut,
    BarrierOut,
    BarriersOut,
    barrier_json,
)
from service.use_cases import tracks

router = make_router("coverage")


@router.get("/coverage/barriers", response_model=BarriersOut)
def get_barriers(stores: StoresDep, period: PeriodDep) -> Response:
    """Return the barriers that stand on a day of a period."""
    return _json({"items": [barrier_json(one) for one in tracks.barriers_of(stores, period)]})


@router.post("/coverage/barriers", response_model=BarrierMadeOut, status_code=201)
def post_barrier(given: BarrierIn, stores: StoresDep, once: OnceDep) -> Response:
    """Store a barrier from a day on; what was seen near it on its days is made anew before the answer."""

    def act() -> Reply:
        made, recomputed = tracks.add_barrier(stores, given)
        body = {**barrier_json(made), "recomputed": recomputed}
        return Reply(201, body, {"Location": f"/api/v1/coverage/barriers/{made.id}"})

    return once(stores, act)


@router.get("/coverage/barriers/{barrier}", response_model=BarrierOut)
def get_barrier(barrier: UUID, stores: StoresDep) -> Response:
    """Return a barrier."""
    return _json(barrier_json(stores.barriers.get(barrier)))


@router.post("/coverage/barriers/{barrier}/end", response_model=BarrierMadeOut)
def post_barrier_end(barrier: UUID, given: BarrierEndIn, stores: StoresDep) -> Response:
    """Let a barrier stand no more from a day on; what was seen near it from then on is made anew."""
    ended, recomputed = tracks.end_barrier(stores, barrier, given.on, given.reason)
    return _json({**barrier_json(ended), "recomputed": recomputed})


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
