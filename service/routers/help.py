"""Help: anybody asks, the nearest who is free is asked to come, and whoever asked sees what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Path, Query, Response

from geo.errors import N_
from layers.errors import NotFound
from layers.help import HelpRequest
from layers.stores import Stores
from service import i18n
from service.access.identity import Identity
from service.dependencies import (
    Cursor,
    IdentityDep,
    LanguageDep,
    Limit,
    OnceDep,
    Reply,
    Service,
    ServiceDep,
    StoresDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.errors import NotAllowed
from service.indexes.roads import DayRoads
from service.keys import KeyRing
from service.schemas.contacts import ContactOut
from service.schemas.help import (
    HelpAnswerIn,
    HelpAskedOut,
    HelpClosingIn,
    HelpFollowedOut,
    HelpIn,
    HelpOut,
    HelpPage,
)
from service.use_cases import contacts
from service.use_cases.helping import asking
from service.use_cases.helping.asking import Translate

router = make_router("help")

_PRIVATE = {"Cache-Control": "no-store"}
_SETTLED: dict[int | str, dict[str, Any]] = {
    409: {"description": "Somebody else accepted, or it was answered, done or cancelled before."}
}
Receipt = Annotated[str, Path(max_length=40, description="As it was given with the request.")]
Purpose = Annotated[
    str, Query(min_length=2, max_length=200, description="What the data are needed for; the audit keeps it.")
]


def get_translate(language: LanguageDep) -> Translate:
    """Return what puts texts into the caller's language."""
    return i18n.translator(language)


TranslateDep = Annotated[Translate, Depends(get_translate)]


def _roads(service: Service, stores: Stores, now: datetime) -> DayRoads:
    return service.indexes.roads(stores.district, stores.districts.current().today(now))


def _told(stores: Stores, value: HelpRequest, translate: Translate) -> dict[str, Any]:
    return asking.help_json(value, stores.help.offers(value.id), translate)


@router.post("/help", response_model=HelpAskedOut, status_code=201)
def post_help(
    given: HelpIn,
    stores: StoresDep,
    service: ServiceDep,
    identity: IdentityDep,
    translate: TranslateDep,
    once: OnceDep,
) -> Response:
    """Ask for help: the nearest volunteer or person on duty who is free is asked to come.

    Nobody needs to sign in. The receipt tells what becomes of it, and cancels it.
    """
    if given.channel == "phone" and not identity.signed_in:
        raise NotAllowed(
            N_("Only the staff takes down what is asked by phone."),
            mend=N_("Leave the channel out."),
            where={"pointer": "/channel"},
        )

    def act() -> Reply:
        now = datetime.now(UTC)
        receipt = contacts.new_receipt()
        ground = present_ground(service, stores)
        digest = contacts.digest_of(receipt)
        value = asking.ask(stores, ground, _roads(service, stores, now), given, digest, now)
        contacts.keep(stores, KeyRing(service.settings.home), value.id, given.contact, now, "aid")
        body = {**asking.followed_json(stores, value, translate), "receipt": receipt}
        return Reply(201, body)

    return once(stores, act)


@router.get("/help/receipts/{receipt}", response_model=HelpFollowedOut)
def get_followed(receipt: Receipt, stores: StoresDep, translate: TranslateDep) -> Response:
    """Return what became of a request, to whoever has its receipt."""
    found = asking.by_receipt(stores, contacts.digest_of(receipt))
    body = asking.followed_json(stores, found, translate)
    return Response(orjson.dumps(body), headers=_PRIVATE, media_type="application/json")


@router.post("/help/receipts/{receipt}/cancel", response_model=HelpFollowedOut, responses=_SETTLED)
def post_cancel_followed(receipt: Receipt, stores: StoresDep, translate: TranslateDep) -> dict[str, Any]:
    """Cancel a request of one's own."""
    found = asking.by_receipt(stores, contacts.digest_of(receipt))
    value = asking.settle(stores, found.id, "", datetime.now(UTC), cancel=True)
    return asking.followed_json(stores, value, translate)


@router.get("/help", response_model=HelpPage)
def get_requests(
    stores: StoresDep,
    translate: TranslateDep,
    open_only: bool = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Return a page of requests, the newest first: all to who leads, to others what they were asked."""
    page = stores.help.page(open_only=open_only, limit=limit, cursor=cursor)
    return {"items": [_told(stores, one, translate) for one in page.items], "cursor": page.cursor}


@router.get("/help/{request}", response_model=HelpOut)
def get_request(request: UUID, stores: StoresDep, translate: TranslateDep) -> dict[str, Any]:
    """Return a request with the offers that the caller may see."""
    return _told(stores, stores.help.get(request), translate)


@router.post("/help/{request}/answer", response_model=HelpOut, responses=_SETTLED)
def post_answer(
    request: UUID,
    given: HelpAnswerIn,
    stores: StoresDep,
    service: ServiceDep,
    identity: IdentityDep,
    translate: TranslateDep,
    once: OnceDep,
) -> Response:
    """Accept or decline: whoever accepts first helps, and another gets 409; declined, the next is asked."""

    def act() -> Reply:
        now = datetime.now(UTC)
        roads = _roads(service, stores, now)
        value = asking.answer(stores, roads, request, given.offer, identity, now, accept=given.accept)
        return Reply(200, _told(stores, value, translate))

    return once(stores, act)


@router.post("/help/{request}/done", response_model=HelpOut, responses=_SETTLED)
def post_done(
    request: UUID,
    given: HelpClosingIn,
    stores: StoresDep,
    identity: IdentityDep,
    translate: TranslateDep,
    once: OnceDep,
) -> Response:
    """Say that help was given."""
    return once(stores, _over(request, given, stores, identity, translate, cancel=False))


@router.post("/help/{request}/cancel", response_model=HelpOut, responses=_SETTLED)
def post_cancel(
    request: UUID,
    given: HelpClosingIn,
    stores: StoresDep,
    identity: IdentityDep,
    translate: TranslateDep,
    once: OnceDep,
) -> Response:
    """Say that no help is needed any more."""
    return once(stores, _over(request, given, stores, identity, translate, cancel=True))


def _over(
    request: UUID,
    given: HelpClosingIn,
    stores: Stores,
    identity: Identity,
    translate: Translate,
    *,
    cancel: bool,
) -> Callable[[], Reply]:
    """Return the act that ends a request."""

    def act() -> Reply:
        value = asking.finish(stores, request, identity, given.text, datetime.now(UTC), cancel=cancel)
        return Reply(200, _told(stores, value, translate))

    return act


@router.get("/help/{request}/contact", response_model=ContactOut)
def get_help_contact(
    request: UUID, stores: StoresDep, service: ServiceDep, identity: IdentityDep, purpose: Purpose
) -> Response:
    """Return how to reach whoever asked, to whoever helps. Each read is in the audit, with its purpose."""
    asking.may_read_contact(stores, request, identity)
    found = contacts.read_of(stores, KeyRing(service.settings.home), request, purpose, "aid")
    if found is None:
        raise NotFound(
            N_("Nothing is kept of how to reach whoever asked."),
            mend=N_("They gave nothing, or the time for which it is kept is over."),
            where={"request": str(request)},
        )
    return Response(orjson.dumps(found), headers=_PRIVATE, media_type="application/json")
