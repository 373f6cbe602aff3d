"""Coverage of the border to take away: a sheet to print, the same as PDF, and a GeoPackage."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from maps.document import pdf, policy
from maps.document import require_pdf as pango_is_there
from service.dependencies import StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.use_cases import due
from service.use_cases.coverage import coverage, period_of, segments_of
from service.use_cases.coverage_files import geopackage
from service.use_cases.coverage_map import coverage_sheet

router = make_router("coverage")

PDF = "application/pdf"
GEOPACKAGE = "application/geopackage+sqlite3"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]


class Told:
    """The coverage of a period."""

    def __init__(
        self,
        stores: StoresDep,
        first: Annotated[
            str | None, Query(alias="from", max_length=40, description="First day, or an instant.")
        ] = None,
        last: Annotated[
            str | None, Query(alias="to", max_length=40, description="The day or instant it ends before.")
        ] = None,
    ) -> None:
        self.stores = stores
        self.period = period_of(first, last, stores.districts.current().timezone, datetime.now(UTC))
        found = coverage(stores, segments_of(stores, self.period), self.period)
        self.found = due.with_rules(stores, found, self.period)

    def attached(self, suffix: str) -> dict[str, str]:
        """Return the header that names the file."""
        begin, end = self.period.from_at.date(), self.period.to_at.date()
        return {"Content-Disposition": f'attachment; filename="coverage-{begin}-{end}.{suffix}"'}


ToldDep = Annotated[Told, Depends()]


@router.get("/coverage/sheet.html", response_class=HTMLResponse)
def get_html(told: ToldDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the coverage of a period as a sheet to print: headline, map, stretches and gaps."""
    nonce = secrets.token_urlsafe(18)
    text = coverage_sheet(told.stores, reader, told.found, told.period, nonce)
    strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
    return HTMLResponse(text, headers=page_headers("", reader) | {"Content-Security-Policy": strict})


@router.get("/coverage/sheet.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_pdf(told: ToldDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the sheet as PDF, A4; 503 where Pango is not installed."""
    pango_is_there()
    text = coverage_sheet(told.stores, reader, told.found, told.period, "pdf")
    # All is read: the connection goes back before the seconds that setting the type takes.
    told.stores.session.commit()
    headers = page_headers("", reader) | told.attached("pdf")
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(pdf(text), media_type=PDF, headers=headers)


@router.get(
    "/coverage/segments.gpkg", response_class=Response, responses={200: {"content": {GEOPACKAGE: {}}}}
)
def get_geopackage(told: ToldDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the stretches and segments of a period as a GeoPackage, for desktop map programs."""
    headers = told.attached("gpkg") | {"Cache-Control": "no-store"}
    body = geopackage(told.found, told.period, reader.translate)
    return Response(body, media_type=GEOPACKAGE, headers=headers)
