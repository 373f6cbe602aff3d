"""Notices: what one is told of what is one's own, and the units that one wants to be told of."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from geo.errors import N_
from service import i18n
from service.dependencies import Cursor, DayDep, IdentityDep, LanguageDep, Limit, StoresDep
from service.dependencies import router as make_router
from service.errors import NotAllowed
from service.schemas.notices import NoticeOut, NoticePage, WatchesOut, WatchOut
from service.use_cases import notices

router = make_router("notices")


def get_person(identity: IdentityDep) -> UUID:
    """Return who asks.

    Raises
    ------
    NotAllowed
        Nobody is known where access is open.
    """
    if identity.person is None:
        raise NotAllowed(
            N_("Only somebody who signed in can watch units."),
            mend=N_("Serve with accounts, sign in, and try again."),
            where={"parameter": "unit"},
        )
    return identity.person


PersonDep = Annotated[UUID, Depends(get_person)]


@router.get("/notices", response_model=NoticePage)
def get_notices(
    stores: StoresDep,
    day: DayDep,
    language: LanguageDep,
    unseen: Annotated[bool, Query(description="Only what was not seen yet.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return what the caller is told, as a person and for the units they answer for, the newest first."""
    page = stores.notices.page(unseen=unseen, limit=limit, cursor=cursor)
    translate = i18n.translator(language)
    items = [notices.notice_json(stores, one, day, translate) for one in page.items]
    return _json({"items": items, "cursor": page.cursor})


@router.post("/notices/{notice}/seen", response_model=NoticeOut)
def post_seen(notice: UUID, stores: StoresDep, day: DayDep, language: LanguageDep) -> Response:
    """Note that a notice was seen; one to a unit is seen for all who answer for it."""
    found = stores.notices.see(notice, datetime.now(UTC))
    return _json(notices.notice_json(stores, found, day, i18n.translator(language)))


@router.get("/watches", response_model=WatchesOut)
def get_watches(stores: StoresDep, person: PersonDep, day: DayDep) -> Response:
    """Return the units that the caller watches."""
    return _json({"items": notices.watches_json(stores, person, day)})


@router.put("/watches/{unit}", response_model=WatchOut)
def put_watch(unit: UUID, stores: StoresDep, person: PersonDep, day: DayDep) -> Response:
    """Watch a unit and what lies below it: a notice comes with each publication that redraws them.

    A watch follows the unit: when it is split or merged, what becomes of it is watched.
    """
    return _json(notices.watch(stores, person, unit, day))


@router.delete("/watches/{unit}", status_code=204)
def delete_watch(unit: UUID, stores: StoresDep, person: PersonDep) -> Response:
    """Watch a unit no more."""
    notices.unwatch(stores, person, unit)
    return Response(status_code=204)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
