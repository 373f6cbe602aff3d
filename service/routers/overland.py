"""Overland: batches of GeoJSON points of the device's days."""

from typing import Any

import orjson
from fastapi import Response
from pydantic import BaseModel, Field

from service import i18n
from service.dependencies import MIB, LanguageDep, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, BearerDep, JsonBodyDep, WorkDep
from service.readers.loggers import read_overland
from service.schemas.field import VerdictOut
from service.use_cases.field import counted, take_points

router = make_router("tracks")


class OverlandReply(BaseModel):
    """What Overland expects, and what became of its points."""

    result: str = Field(description="ok: the app may forget what it sent.")
    counts: dict[str, int]
    ignored: int
    quarantined: list[VerdictOut]


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["locations"],
                    # Each is judged by itself: what is no location is kept apart, and the others are stored.
                    "properties": {"locations": {"type": "array", "items": {}}},
                }
            }
        },
    }
}


@router.post(
    "/tracks/overland",
    response_model=OverlandReply,
    max_body_size=4 * MIB,
    openapi_extra=_BODY,
    dependencies=[SETTLED],
    summary="Points of Overland",
)
def post_overland(
    sender: BearerDep, body: JsonBodyDep, stores: StoresDep, work: WorkDep, language: LanguageDep
) -> Response:
    """Store the points of a batch; the same points again are duplicates.

    ``result`` is ``ok`` once they are stored or in quarantine, and the app forgets them.
    """
    logged = read_overland(body, sender.device)
    judged = take_points(stores, sender, logged.parts, logged.unreadable, work)
    translate = i18n.translator(language)
    reply = {
        "result": "ok",
        "counts": counted(judged),
        "ignored": len(logged.ignored),
        "quarantined": [one.to_json(translate) for one in judged if one.verdict == "quarantined"],
    }
    return Response(orjson.dumps(reply), media_type="application/json")
