"""Who reported an incident, for a purpose; and what a receipt tells of it."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Path, Query, Response

from service.dependencies import ServiceDep, StoresDep
from service.dependencies import router as make_router
from service.keys import KeyRing
from service.schemas.contacts import ContactOut, FollowedOut
from service.use_cases import contacts

router = make_router("incidents")

Purpose = Annotated[
    str, Query(min_length=2, max_length=200, description="What the data are needed for; the audit keeps it.")
]
# Nothing personal stays in a cache on the way.
_PRIVATE = {"Cache-Control": "no-store"}


@router.get(
    "/incidents/{incident}/contact",
    response_model=ContactOut,
    responses={410: {"description": "The incident was withdrawn."}},
)
def get_contact(incident: UUID, stores: StoresDep, service: ServiceDep, purpose: Purpose) -> Response:
    """Return how to reach who reported the incident. Each read is in the audit, with its purpose."""
    found = contacts.read(stores, KeyRing(service.settings.home), incident, purpose)
    return Response(orjson.dumps(found), headers=_PRIVATE, media_type="application/json")


@router.get("/receipts/{receipt}", response_model=FollowedOut)
def get_receipt(
    receipt: Annotated[str, Path(max_length=40, description="As it was given with the report.")],
    stores: StoresDep,
) -> Response:
    """Return what became of the report of a receipt: its status and when it last changed."""
    body = contacts.receipt_json(contacts.follow(stores, receipt))
    return Response(orjson.dumps(body), headers=_PRIVATE, media_type="application/json")
