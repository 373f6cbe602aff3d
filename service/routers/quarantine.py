"""Quarantine: what came from the field and could not be stored, and what people decide about it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import Query, Response

from layers.quarantine import Quarantined, QuarantineFilter
from layers.stores import Stores
from service import i18n
from service.access.identity import Identity
from service.dependencies import Cursor, IdentityDep, LanguageDep, Limit, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, WorkDep
from service.readers.field_faults import Fault
from service.schemas.field import DiscardIn, QuarantinedOut, QuarantinePage, ReleaseIn, quarantined_json
from service.schemas.times import Day
from service.use_cases.field import Correction, discard, release

router = make_router("field")

Short = Annotated[str | None, Query(max_length=64)]
State = Literal["waiting", "released", "discarded", "all"]


@router.get("/quarantine", response_model=QuarantinePage, summary="What waits in quarantine")
def get_quarantine(
    stores: StoresDep,
    language: LanguageDep,
    state: Annotated[State, Query(description="Whether it waits, or what was decided.")] = "waiting",
    device: Short = None,
    reason: Short = None,
    kind: Literal["point", "visit", "incident", "outreach"] | None = None,
    day: Annotated[
        Day | None,
        Query(ge=date(1990, 1, 1), le=date(2100, 12, 31), description="The local day it was received."),
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of what could not be stored, the newest first, and how much waits for each reason."""
    begin, end = _bounds(stores, day)
    only = QuarantineFilter(None if state == "all" else state, device, reason, kind, begin, end)
    page = stores.quarantine.page(only, limit=limit, cursor=cursor)
    items = [_json(one, language) for one in page.items]
    return _answer({"items": items, "reasons": stores.quarantine.reasons(), "cursor": page.cursor})


@router.post(
    "/quarantine/{item}/release",
    response_model=QuarantinedOut,
    summary="Correct and store an item",
    dependencies=[SETTLED],
)
def post_release(
    item: UUID,
    given: ReleaseIn,
    stores: StoresDep,
    work: WorkDep,
    identity: IdentityDep,
    language: LanguageDep,
) -> Response:
    """Store an item after corrections, by the same rules as if it came so; the original is kept beside them.

    Where the rules still refuse it, it stays where it is and the answer says why.
    """
    correction = Correction(given.corrections, given.timezone, given.note)
    now = datetime.now(UTC)
    translate = i18n.translator(language)
    settled, _ = release(stores, item, correction, _actor(identity), now, work, translate)
    return _answer(_json(settled, language))


@router.post(
    "/quarantine/{item}/discard", response_model=QuarantinedOut, summary="Set an item aside for good"
)
def post_discard(
    item: UUID, given: DiscardIn, stores: StoresDep, identity: IdentityDep, language: LanguageDep
) -> Response:
    """Mark an item as not wanted, and say why. It is kept, and sent again it stays discarded."""
    settled = discard(stores, item, given.note, _actor(identity), datetime.now(UTC))
    return _answer(_json(settled, language))


def _actor(identity: Identity) -> str:
    return identity.name


def _bounds(stores: Stores, day: date | None) -> tuple[datetime | None, datetime | None]:
    if day is None:
        return None, None
    zone = ZoneInfo(stores.districts.current().timezone)
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _json(value: Quarantined, language: str) -> dict[str, Any]:
    fault = Fault(value.reason, value.fault.get("text", value.reason), value.fault.get("params", {}))
    return quarantined_json(value, fault.told(i18n.translator(language)))


def _answer(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
