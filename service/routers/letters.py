"""Reminder letters: issued to units that are late, read, and printed."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from geo.errors import N_
from layers.errors import NotFound
from layers.period_records import PeriodPlan, ReminderLetter
from layers.stores import Stores
from maps.document import letter_page, pdf, policy
from maps.document import require_pdf as pango_is_there
from maps.shell import Reader
from service.dependencies import Cursor, IdentityDep, Limit, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.schemas.letters import IssuedOut, IssueIn, LetterOut, LettersOut, letter_json
from service.schemas.periods import plan_json
from service.use_cases import periods
from service.use_cases.periods import Names, Recorder

router = make_router("periods")

PDF = "application/pdf"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]


class Writing:
    """The stores, who asks, and what names the units of a plan."""

    def __init__(self, stores: StoresDep, identity: IdentityDep) -> None:
        self.stores = stores
        self.by = Recorder(identity.name, identity.person, datetime.now(UTC))

    def names(self, plan: PeriodPlan) -> Names:
        """Return the units as of the day of the plan that is nearest to today."""
        return Names.of(self.stores, plan, self.stores.districts.current().today(self.by.now))

    def letter(self, period: UUID, letter: UUID) -> tuple[PeriodPlan, ReminderLetter]:
        """Return a letter and its plan."""
        value = self.stores.letters.get(letter)
        if value.plan != period:
            raise NotFound(
                N_("District {district} has no reminder letter {id}."),
                mend=N_("List those that you may see."),
                where={"id": str(letter)},
                district=self.stores.district,
                id=str(letter),
            )
        return self.stores.periods.plan(period), value


WritingDep = Annotated[Writing, Depends()]


@router.post(
    "/periods/{period}/letters",
    response_model=IssuedOut,
    responses={409: {"description": "The plan is not published."}},
)
def post_letters(period: UUID, given: IssueIn, writing: WritingDep, once: OnceDep) -> Response:
    """Write to every unit that is late, or to one: a letter each, once a period, and a notice of it.

    What became late after a unit's letter goes on a supplementary list of that letter. Issuing again without
    anything new adds nothing.
    """

    def act() -> Reply:
        done = periods.issue(writing.stores, period, given.unit, writing.by)
        unit = writing.names(writing.stores.periods.plan(period)).json
        body = {
            "issued": [letter_json(one, unit) for one in done.letters],
            "supplemented": [letter_json(one, unit) for one in done.supplemented],
            "items": done.items,
        }
        return Reply(200, body)

    return once(writing.stores, act)


@router.get("/periods/{period}/letters", response_model=LettersOut)
def get_letters(period: UUID, writing: WritingDep, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return a page of the letters of a plan."""
    plan = writing.stores.periods.plan(period)
    page = writing.stores.letters.page(plan.id, limit=limit, cursor=cursor)
    unit = writing.names(plan).json
    return _json({"items": [letter_json(one, unit) for one in page.items], "cursor": page.cursor})


@router.get("/periods/{period}/letters/{letter}", response_model=LetterOut)
def get_letter(period: UUID, letter: UUID, writing: WritingDep) -> Response:
    """Return a letter with what it cites, in the words of the days it was cited."""
    plan, value = writing.letter(period, letter)
    return _json(letter_json(value, writing.names(plan).json))


@router.get("/periods/{period}/letters/{letter}/document.html", response_class=HTMLResponse)
def get_html(
    period: UUID, letter: UUID, writing: WritingDep, reader: ReaderDep, _language: Language = None
) -> Response:
    """Return a letter as a page to print."""
    nonce = secrets.token_urlsafe(18)
    text = _written(writing, period, letter, reader, nonce)
    strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
    return HTMLResponse(text, headers=page_headers("", reader) | {"Content-Security-Policy": strict})


@router.get(
    "/periods/{period}/letters/{letter}/document.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: {}}}},
)
def get_pdf(
    period: UUID, letter: UUID, writing: WritingDep, reader: ReaderDep, _language: Language = None
) -> Response:
    """Return a letter as PDF, A4; 503 where Pango is not installed."""
    pango_is_there()
    text = _written(writing, period, letter, reader, "pdf")
    # All is read: the connection goes back before the seconds that setting the type takes.
    writing.stores.session.commit()
    headers = page_headers("", reader)
    headers["Content-Disposition"] = f'attachment; filename="letter-{letter}.pdf"'
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(pdf(text), media_type=PDF, headers=headers)


def _written(writing: Writing, period: UUID, letter: UUID, reader: Reader, nonce: str) -> str:
    plan, value = writing.letter(period, letter)
    place = _place(writing.stores, reader)
    body = letter_json(value, writing.names(plan).json)
    return letter_page(body, plan_json(plan), place, reader, nonce)


def _place(stores: Stores, reader: Reader) -> dict[str, str]:
    district = stores.districts.current()
    name = (district.name_en or district.name) if reader.lang == "en" else district.name
    return {"district": name, "timezone": district.timezone}


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
