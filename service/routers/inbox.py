"""The channels of the inbox, and incidents that come as a table."""

from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request, Response

from geo.errors import N_, WardlineError
from layers.row_security import INTAKE, acting
from service import i18n
from service.dependencies import (
    IdentityDep,
    LanguageDep,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.errors import MalformedBody
from service.schemas.inbox import ChannelsOut, ImportedOut
from service.schemas.incidents import Word
from service.use_cases import incidents
from service.use_cases.refusing import noted

router = make_router("incidents")

_TABLE = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}


async def get_table(request: Request) -> bytes:
    """Return the table of a request: its body."""
    body = await request.body()
    if not body:
        raise MalformedBody(N_("The body is empty."), mend=N_("Send a CSV with a head as the body."))
    return body


TableDep = Annotated[bytes, Depends(get_table)]


@router.get("/incidents/channels", response_model=ChannelsOut)
def get_channels(stores: StoresDep, language: LanguageDep) -> Response:
    """Return the channels of the inbox with their names, and how many incidents of each are open."""
    return _json({"items": incidents.channels_json(stores, i18n.translator(language))})


@router.post("/incidents/import", response_model=ImportedOut, openapi_extra={"requestBody": _TABLE})
def post_import(
    table: TableDep,
    stores: StoresDep,
    service: ServiceDep,
    identity: IdentityDep,
    once: OnceDep,
    channel: Annotated[Word, Query(description="Which channel the table is of.")] = "csv",
) -> Response:
    """Take in a table of incidents: all of it, or nothing where a row is at fault.

    Columns ``external_id``, ``class``, ``title``, ``lon``, ``lat``; ``description``, ``datum``,
    ``accuracy_m``, ``occurred_at`` and ``asset`` may be there too. A row that was delivered before changes
    nothing.
    """

    def act() -> Reply:
        reports = incidents.read_table(table, channel)
        allowed = service.settings.allow_datum_inverse
        with acting(stores.session, INTAKE):
            ground = present_ground(service, stores)
            found = incidents.receive_all(
                stores, ground, reports, allow_inverse=allowed, person=identity.person
            )
        bad = [
            incidents.refused_of(row, one)
            for row, one in enumerate(found, 1)
            if isinstance(one, WardlineError)
        ]
        if bad:
            raise incidents.refused_rows(bad)
        rows = [one for one in found if not isinstance(one, WardlineError)]
        return Reply(
            200,
            {
                "created": sum(new for _, new in rows),
                "known": sum(not new for _, new in rows),
                "incidents": [str(value.id) for value, _ in rows],
            },
        )

    with noted(stores, "import", channel):
        return once(stores, act)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
