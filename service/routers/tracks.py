"""Tracks: a file from a device, as the body itself or as a form, answered with what became of every fix."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from starlette.datastructures import UploadFile

from geo.errors import N_
from service import i18n
from service.dependencies import MIB, LanguageDep, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.errors import MalformedBody
from service.field_dependencies import SETTLED
from service.readers import tracks as readers
from service.schemas.tracks import TrackReport
from service.use_cases.tracks import Delivery, of_one_device, on_time, report, seen_from, upload

router = make_router("tracks")

LARGEST_TRACK = 32 * MIB
MOST_FIXES = 100_000
"""More than a day at one fix a second. Files of a longer time are loaded on the command line."""
LONGEST_NAME = 200
_FORM = "multipart/form-data"
_BODY = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        **{
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in readers.CONTENT_TYPES
            if not kind.endswith("/xml")
        },
    },
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent."""

    content: bytes
    filename: str
    content_type: str


async def get_sent(request: Request) -> Sent:
    """Return the file of a request: the part ``file`` of a form, or the body itself."""
    kind = request.headers.get("content-type", "")
    body = await request.body()
    if not kind.lower().startswith(_FORM):
        return Sent(body, "", kind)
    async with request.form(max_files=1, max_fields=8) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise MalformedBody(
                N_("The form has no file in its part “file”."),
                mend=N_("Send the track as the part “file”, with its file name."),
                where={"part": "file"},
            )
        return Sent(await part.read(), (part.filename or "")[-LONGEST_NAME:], part.content_type or "")


SentDep = Annotated[Sent, Depends(get_sent)]


@router.post(
    "/tracks",
    response_model=TrackReport,
    status_code=201,
    responses={200: {"model": TrackReport, "description": "The same content came before."}},
    max_body_size=LARGEST_TRACK,
    openapi_extra={"requestBody": _BODY},
    summary="Upload a recorded track",
    dependencies=[SETTLED],
)
def post_track(
    stores: StoresDep,
    sent: SentDep,
    once: OnceDep,
    language: LanguageDep,
    device: Annotated[
        str, Query(min_length=1, max_length=64, pattern=r"\S", description="The device that recorded it.")
    ],
    mode: Annotated[str, Query(max_length=16, description="How the patrol moved, such as foot.")] = "foot",
    person: Annotated[str | None, Query(max_length=64, description="Who carried the device.")] = None,
    name: Annotated[str, Query(max_length=LONGEST_NAME, description="Name of the patrol.")] = "",
    timezone: Annotated[
        str | None, Query(max_length=64, description="Zone of times that name none, such as Asia/Shanghai.")
    ] = None,
    salvage: Annotated[
        bool, Query(description="Take the whole fixes of a GPX or FIT file that breaks off.")
    ] = False,
    dates: Annotated[
        str | None, Query(max_length=16, description="How to read 06/07/2025: day-first or month-first.")
    ] = None,
    clock_behind: Annotated[
        str | None,
        Query(max_length=16, description="By how much the device's clock was behind: 1024w, 2h, -30m, or 0."),
    ] = None,
) -> Response:
    """Store a track in any of the formats: 201 for a new one, 200 where the same content came before.

    Fixes that cannot be used are kept apart with their reason; where none can be used the file is refused.
    """

    def act() -> Reply:
        way = readers.mode_of(mode)
        filename = sent.filename or "api"
        content = readers.unpacked(sent.content, LARGEST_TRACK)
        kind = readers.format_of(sent.filename, sent.content_type, content)
        file = readers.read(
            content,
            kind,
            filename=filename,
            zone=timezone,
            mode=way,
            most=MOST_FIXES,
            salvage=salvage,
            day_first=readers.day_first_of(dates),
        )
        clock = readers.clock_of(clock_behind)
        delivery = Delivery.of(device.strip(), filename, content, datetime.now(UTC), person, name, clock)
        file = on_time(of_one_device(file, filename), clock)
        file = seen_from(stores, file, delivery.received_at)
        receipt = upload(stores, delivery, file)
        body = report(receipt, file, filename, i18n.translator(language))
        return Reply(200 if receipt.repeated else 201, body)

    return once(stores, act)
