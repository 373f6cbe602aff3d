"""A person's day as JSON, and as a sheet to print: one's own, or another's for a purpose."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from maps.document import day_page, pdf, policy
from maps.document import require_pdf as pango_is_there
from service.dependencies import IdentityDep, StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.schemas.day_log import DayOut
from service.schemas.tasks import task_json
from service.schemas.times import NearDay
from service.use_cases import due
from service.use_cases.day_log import day_of

router = make_router("tracks")

PDF = "application/pdf"
_AT = "/patrols/days/{person}/{day}"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]
Purpose = Annotated[
    str | None, Query(max_length=200, description="What for; required where it is another's day.")
]


class Told:
    """The day of a person, as the caller may know it."""

    def __init__(
        self,
        person: UUID,
        day: NearDay,
        stores: StoresDep,
        identity: IdentityDep,
        reader: ReaderDep,
        purpose: Purpose = None,
        _language: Language = None,
    ) -> None:
        self.reader = reader
        self.day = day_of(stores, identity, person, day, purpose, reader.translate)
        tasks = due.looks(stores, stores.tasks.all(("open", "done"), person), datetime.now(UTC))
        zone = ZoneInfo(stores.districts.current().timezone)
        mine = [
            one
            for one in tasks
            if one.state == "open"
            or (one.task.settled_at is not None and one.task.settled_at.astimezone(zone).date() == day)
        ]
        self.tasks = [task_json(one, reader.translate) for one in mine]
        self._zone = zone

    def page(self, nonce: str) -> str:
        """Return the sheet."""
        told = {**self.day, **{name: self._clocked(self.day[name]) for name in ("markers", "actions")}}
        return day_page(told, self.tasks, self.reader, nonce)

    def _clocked(self, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return rows with the time of day in the district."""
        return [
            {**row, "clock": datetime.fromisoformat(row["at"]).astimezone(self._zone).strftime("%H:%M")}
            for row in rows
        ]

    @property
    def name(self) -> str:
        """What a file of it is called."""
        return f"day-{self.day['person']['id']}-{self.day['day']}.pdf"


ToldDep = Annotated[Told, Depends()]


@router.get(_AT, response_model=DayOut)
def get_day(told: ToldDep) -> Response:
    """Return a day: patrols, km, hours, what was reached, done, left open and reported; no places."""
    body = orjson.dumps({**told.day, "tasks": told.tasks})
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")


@router.get(_AT + "/sheet.html", response_class=HTMLResponse)
def get_html(told: ToldDep) -> Response:
    """Return the day as a sheet to print."""
    nonce = secrets.token_urlsafe(18)
    strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
    headers = page_headers("", told.reader) | {"Content-Security-Policy": strict}
    return HTMLResponse(told.page(nonce), headers=headers)


@router.get(_AT + "/sheet.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_pdf(told: ToldDep) -> Response:
    """Return the day as PDF, A4; 503 where Pango is not installed."""
    pango_is_there()
    headers = page_headers("", told.reader) | {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'attachment; filename="{told.name}"',
    }
    return Response(pdf(told.page("pdf")), media_type=PDF, headers=headers)
