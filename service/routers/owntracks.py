"""OwnTracks in HTTP mode: each message is a point of the device's day."""

from typing import Annotated

from fastapi import Query, Response

from service.dependencies import MIB, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, BearerDep, JsonBodyDep, WorkDep
from service.readers.loggers import read_owntracks
from service.readers.tracks import mode_of
from service.use_cases.field import counted, take_points

router = make_router("tracks")

_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["_type"],
                    "properties": {
                        "_type": {"type": "string", "example": "location"},
                        "tst": {"type": "integer"},
                        "lat": {"type": "number"},
                        "lon": {"type": "number"},
                        "acc": {"type": "number"},
                        "vel": {"type": "number", "description": "Kilometres an hour."},
                        "cog": {"type": "number"},
                    },
                }
            }
        }
    }
}


@router.post(
    "/tracks/owntracks",
    response_model=list[str],
    max_body_size=MIB,
    openapi_extra=_BODY,
    summary="A message of OwnTracks",
    dependencies=[SETTLED],
)
def post_owntracks(
    sender: BearerDep,
    body: JsonBodyDep,
    stores: StoresDep,
    work: WorkDep,
    mode: Annotated[str, Query(max_length=16, description="How the patrol moves, such as foot.")] = "foot",
) -> Response:
    """Store a location; the same one again changes nothing.

    Answers the empty list that OwnTracks expects. What became of the message is in ``Wardline-Verdict``:
    created, duplicate, quarantined, or ignored for messages that are no location.
    """
    logged = read_owntracks(body, sender.device, mode_of(mode).label)
    judged = take_points(stores, sender, logged.parts, logged.unreadable, work)
    verdict = next((name for name, number in counted(judged).items() if number), "ignored")
    return Response(b"[]", headers={"Wardline-Verdict": verdict}, media_type="application/json")
