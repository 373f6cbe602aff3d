"""What everybody may know of incidents, without signing in."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import Query, Response

from service.dependencies import StoresDep
from service.dependencies import router as make_router
from service.schemas.public import PublicIncidents
from service.use_cases.public_incidents import summarise

router = make_router("public")


@router.get("/public/incidents", response_model=PublicIncidents)
def get_public_incidents(
    stores: StoresDep,
    quarter: Annotated[
        str | None,
        Query(max_length=16, description="Such as 2026-Q1; the last whole one where none is given."),
    ] = None,
) -> Response:
    """Return how many incidents of each class each part of the district had in a quarter.

    Counts below 5, and those from which they could be reckoned, are null.
    """
    body = summarise(stores, quarter, datetime.now(UTC)).to_json()
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
