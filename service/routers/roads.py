"""Roads that are closed for a period."""

from typing import Any
from uuid import UUID

from fastapi import Response

from service.dependencies import OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.schemas.roads import ClosureIn, ClosureOut, ClosuresOut
from service.use_cases import roads

router = make_router("stations")


@router.get("/roads/closures", response_model=ClosuresOut)
def get_closures(stores: StoresDep) -> dict[str, Any]:
    """Return the roads that were, are or will be closed."""
    return {"items": roads.list_closures(stores)}


@router.post("/roads/closures", response_model=ClosureOut, status_code=201)
def post_closure(given: ClosureIn, stores: StoresDep, once: OnceDep) -> Response:
    """Close the road nearest to a place; ways along roads avoid it within a second in every worker."""

    def act() -> Reply:
        made = roads.close_road(
            stores,
            given.lon,
            given.lat,
            tuple(given.modes),
            given.valid_from,
            given.valid_to,
            given.reason,
        )
        return Reply(201, made)

    return once(stores, act)


@router.delete("/roads/closures/{closure}", status_code=204)
def delete_closure(closure: UUID, stores: StoresDep) -> Response:
    """Open a road again."""
    roads.open_road(stores, closure)
    return Response(status_code=204)
