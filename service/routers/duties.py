"""Duty sheets: of one representative, or of all of the county or of a part of it in one document."""

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Query, Response
from fastapi.responses import HTMLResponse

from maps.document import pdf, policy
from maps.document import require_pdf as pango_is_there
from service.dependencies import DayDep, StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.use_cases.duties import duty_sheets
from service.use_cases.plans.drafting import partition_of

router = make_router("staffing")

PDF = "application/pdf"
_AT = "/staffing/duties"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]
Code = Annotated[str, Path(max_length=64)]


class Asked:
    """Whose sheets are asked for, of which day and in which language."""

    def __init__(self, stores: StoresDep, day: DayDep, reader: ReaderDep, _language: Language = None) -> None:
        self.stores = stores
        self.day = day
        self.reader = reader

    def page(self, nonce: str, code: str | None, unit: str | None) -> str:
        """Return the sheets of a representative, or of all at and below a unit."""
        layer = partition_of(self.stores, None)
        return duty_sheets(self.stores, layer, self.day, self.reader, nonce, code=code, unit=unit)

    def html(self, code: str | None = None, unit: str | None = None) -> Response:
        """Answer with the sheets as a page."""
        nonce = secrets.token_urlsafe(18)
        strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
        headers = page_headers("", self.reader) | {"Content-Security-Policy": strict}
        return HTMLResponse(self.page(nonce, code, unit), headers=headers)

    def pdf(self, code: str | None = None, unit: str | None = None) -> Response:
        """Answer with the sheets as PDF."""
        pango_is_there()
        name = quote(f"duty-{code or unit or self.stores.district}-{self.day}.pdf", safe="")
        headers = page_headers("", self.reader) | {
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }
        return Response(pdf(self.page("pdf", code, unit)), media_type=PDF, headers=headers)


AskedDep = Annotated[Asked, Depends()]
Unit = Annotated[
    str | None, Query(max_length=64, description="Code of a unit: those whose home lies at or below it.")
]


@router.get(_AT + ".html", response_class=HTMLResponse)
def get_all_html(asked: AskedDep, unit: Unit = None) -> Response:
    """Return the duty sheets of all representatives that the caller sees, or of a part of the county."""
    return asked.html(unit=unit)


@router.get(_AT + ".pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_all_pdf(asked: AskedDep, unit: Unit = None) -> Response:
    """Return the same as PDF, A4, a page for each; 503 where Pango is not installed."""
    return asked.pdf(unit=unit)


@router.get(_AT + "/{code}/sheet.html", response_class=HTMLResponse)
def get_html(code: Code, asked: AskedDep) -> Response:
    """Return the duty sheet of a representative: the home grid with a map, the duties, whom to turn to."""
    return asked.html(code)


@router.get(_AT + "/{code}/sheet.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_pdf(code: Code, asked: AskedDep) -> Response:
    """Return the duty sheet as PDF, A4; 503 where Pango is not installed."""
    return asked.pdf(code)
