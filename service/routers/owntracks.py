"""OwnTracks in HTTP mode: each message is a point of the device's day."""

from typing import Annotated, Any

from fastapi import Query, Response

from service.dependencies import MIB, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, BearerDep, JsonBodyDep, WorkDep
from service.readers.field_batch import MOST_POINTS
from service.readers.loggers import read_owntracks
from service.readers.tracks import mode_of
from service.use_cases.field import counted, take_points

router = make_router("tracks")

_MESSAGE = {
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
# Of a list each message is judged by itself, as the points of a batch are.
_MESSAGES = {"type": "array", "items": {}, "minItems": 1, "maxItems": MOST_POINTS}
_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/json": {"schema": {"oneOf": [_MESSAGE, _MESSAGES]}}}}
}


@router.post(
    "/tracks/owntracks",
    response_model=list[str],
    max_body_size=4 * MIB,
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
    """Store a location, or a list of up to 5,000 messages; the same ones again change nothing.

    Answers the empty list that OwnTracks expects. What became of the message is in ``Wardline-Verdict``:
    created, duplicate, quarantined, or ignored for messages that are no location; of a list the number
    of each as well.
    """
    logged = read_owntracks(body, sender.device, mode_of(mode).label)
    judged = take_points(stores, sender, logged.parts, logged.unreadable, work)
    counts = {**counted(judged), "ignored": len(logged.ignored)}
    told = [
        name if sum(counts.values()) <= 1 else f"{name} {number}" for name, number in counts.items() if number
    ]
    verdict = ", ".join(told) or "ignored"
    return Response(b"[]", headers={"Wardline-Verdict": verdict}, media_type="application/json")
