"""Batches from devices: tracks, visits, meetings and incidents, taken once whatever the network does."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Header, Path, Response
from pydantic import AwareDatetime

from service import i18n
from service.dependencies import MIB, LanguageDep, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, JsonBodyDep, SenderDep, WorkDep, json_request
from service.schemas.field import BatchReply, FieldBatchIn
from service.use_cases.field import take

router = make_router("field")

# Beyond the 2 MB of a batch, so that the refusal of a larger one can say what to do.
LARGEST_BODY = 4 * MIB


@router.put(
    "/devices/{device}/batches/{batch}",
    response_model=BatchReply,
    responses={409: {"description": "The same UUID came before with another content."}},
    max_body_size=LARGEST_BODY,
    openapi_extra=json_request(FieldBatchIn),
    summary="Send what a device recorded",
    dependencies=[SETTLED],
)
def put_batch(
    batch: Annotated[UUID, Path(description="Made by the device; repeat it only with the same bytes.")],
    sender: SenderDep,
    body: JsonBodyDep,
    stores: StoresDep,
    work: WorkDep,
    language: LanguageDep,
    sent_at: Annotated[
        AwareDatetime | None,
        Header(
            alias="Sent-At",
            description="When this is sent, by the device's clock: how far that is off is measured by it."
            " Without it by the batch's own sent_at; say it here where bytes wait between.",
        ),
    ] = None,
) -> Response:
    """Store a batch and answer with one verdict for each item.

    An item that cannot be stored waits in quarantine with its reason and holds up no other. The same bytes
    under the same UUID get the same reply again, whenever and how often they come.
    """
    taken = take(stores, replace(sender, sent_at=sent_at), batch, body, work, i18n.translator(language))
    headers = {"Idempotency-Replayed": "true"} if taken.repeated else {}
    return Response(taken.reply.encode(), headers=headers, media_type="application/json")
