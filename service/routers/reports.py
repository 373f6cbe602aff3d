"""Reports: numbers of a period, month by month and compared, with their rows; to take away."""

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from layers.paging import Page, checked_limit, decode_cursor, encode_cursor
from layers.reports import ReportRow, Span
from layers.stores import Stores
from maps.document import pdf, policy, summary_page
from maps.document import require_pdf as pango_is_there
from maps.shell import Reader
from service.dependencies import Cursor, IdentityDep, Limit, StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.schemas.coverage import Period, SegmentCoverage
from service.schemas.reports import ComparisonOut, FiguresOut, MonthsOut, RowsOut
from service.schemas.times import NearDay
from service.use_cases import periods, reports
from service.use_cases.coverage import coverage, segments_of
from service.use_cases.reports.rows import row_json

router = make_router("reports")

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]
From = Annotated[NearDay, Query(alias="from", description="First day.")]
To = Annotated[NearDay, Query(description="The day it ends before.")]
Unit = Annotated[str | None, Query(max_length=64, description="By code: it and what lies below.")]


class Told:
    """What is asked of which period."""

    def __init__(self, stores: StoresDep, first: From, to: To, unit: Unit = None) -> None:
        self.stores = stores
        self.now = datetime.now(UTC)
        self.asked = reports.asked_for(stores, first, to, unit, self.now)

    def before(self, first: date | None, to: date | None) -> reports.Asked:
        """Return the period it is compared with: the one given, or the one just before."""
        span = self.asked.span
        begin = first or reports.day_before(span.from_day, span.to_day)
        return reports.asked_for(
            self.stores, begin, to or span.from_day, self.asked.unit, self.now, "before_"
        )

    def metres(self, span: Span) -> Mapping[str, int]:
        """Return how many metres of the border there are, and how many were walked."""
        rows = border_rows(self.stores, span)
        return {name: sum(one.value for one in rows[name]) for name in reports.BORDER}


ToldDep = Annotated[Told, Depends()]
BeforeFrom = Annotated[NearDay | None, Query(description="First day of the period before.")]
BeforeTo = Annotated[NearDay | None, Query(description="The day the period before ends before.")]


def border_rows(stores: Stores, span: Span) -> dict[str, list[ReportRow]]:
    """Return the segments of the border with their whole metres, and with those of them that were walked."""
    period = Period(span.from_at, span.to_at, span.at)
    found = coverage(stores, segments_of(stores, period), period)
    ordered = sorted(found, key=lambda one: one.segment.id)

    def row(one: SegmentCoverage, metres: float) -> ReportRow:
        label = f"{one.segment.code} {one.segment.name}"
        return ReportRow(one.segment.id, None, round(metres), None, label)

    lengths = [row(one, one.length_m) for one in ordered]
    return dict(zip(reports.BORDER, (lengths, [row(one, one.covered_m) for one in ordered]), strict=True))


@router.get("/reports/figures", response_model=FiguresOut)
def get_figures(told: ToldDep) -> Response:
    """Return the numbers of a period, counted from what is recorded; each has the address of its rows."""
    return _json(reports.figures(told.stores, told.asked, told.metres))


@router.get("/reports/months", response_model=MonthsOut)
def get_months(told: ToldDep) -> Response:
    """Return the numbers of each month of a period, each as of its own end; at most 24."""
    return _json({"items": reports.months_of(told.stores, told.asked, told.metres, told.now)})


@router.get("/reports/comparison", response_model=ComparisonOut)
def get_comparison(told: ToldDep, before_from: BeforeFrom = None, before_to: BeforeTo = None) -> Response:
    """Return the numbers of two periods: as many whole months or days just before, if no other is given."""
    return _json(
        reports.comparison(told.stores, told.before(before_from, before_to), told.asked, told.metres)
    )


@router.get("/reports/rows/{figure}", response_model=RowsOut)
def get_rows(figure: str, told: ToldDep, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return a page of the rows behind a number; the sum of their values is the number."""
    if figure in reports.BORDER:
        page = _page(border_rows(told.stores, told.asked.span)[figure], limit, cursor)
        if told.asked.unit is not None:
            page = Page((), None)
        return _json({"items": [row_json(one) for one in page.items], "cursor": page.cursor})
    return _json(reports.rows(told.stores, figure, told.asked, limit=limit, cursor=cursor))


class Taken:
    """A report to take away: numbers, months, a comparison, and the plan named or of just the days."""

    def __init__(
        self,
        told: ToldDep,
        identity: IdentityDep,
        before_from: BeforeFrom = None,
        before_to: BeforeTo = None,
        period: Annotated[UUID | None, Query(description="A plan; that of just these days.")] = None,
    ) -> None:
        stores, asked = told.stores, told.asked
        self.stores = stores
        self.report = reports.figures(stores, asked, told.metres)
        self.months = reports.months_of(stores, asked, told.metres, told.now)
        before = told.before(before_from, before_to)
        self.compared = reports.comparison(stores, before, asked, told.metres)
        last = asked.span.to_day - timedelta(days=1)
        plan = stores.periods.of_days(asked.span.from_day, last)
        if period is not None:
            plan = stores.periods.plan(period)
        by = periods.Recorder(identity.name, identity.person, told.now)
        self.plan = None if plan is None else periods.whole(stores, plan, by)
        self.name = f"report-{asked.span.from_day}-{last}"

    def page(self, reader: Reader, nonce: str) -> str:
        """Return the report as one HTML file."""
        district = self.stores.districts.current()
        place = (district.name_en or district.name) if reader.lang == "en" else district.name
        plan = self.plan
        if plan is not None:
            plan = plan | {"items": [one for one in plan["items"] if one["state"] == "late"]}
        return summary_page(self.report, self.months, self.compared, plan, place, reader, nonce)


TakenDep = Annotated[Taken, Depends()]


@router.get("/reports/report.html", response_class=HTMLResponse)
def get_html(taken: TakenDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the report of a period as a page to print."""
    nonce = secrets.token_urlsafe(18)
    strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
    headers = page_headers("", reader) | {"Content-Security-Policy": strict}
    return HTMLResponse(taken.page(reader, nonce), headers=headers)


@router.get("/reports/report.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_pdf(taken: TakenDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the report of a period as PDF, A4; 503 where Pango is not installed."""
    pango_is_there()
    text = taken.page(reader, "pdf")
    # All is read: the connection goes back before the seconds that setting the type takes.
    taken.stores.session.commit()
    headers = page_headers("", reader) | _attached(f"{taken.name}.pdf")
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(pdf(text), media_type=PDF, headers=headers)


@router.get("/reports/report.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_xlsx(taken: TakenDep, reader: ReaderDep, _language: Language = None) -> Response:
    """Return the report of a period as an Excel workbook, a sheet for each table."""
    zone = ZoneInfo(taken.stores.districts.current().timezone)
    made = reports.workbook(taken.report, taken.months, taken.compared, taken.plan, zone, reader.translate)
    headers = page_headers("", reader) | _attached(f"{taken.name}.xlsx")
    return Response(made, media_type=XLSX, headers=headers)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _page(found: list[ReportRow], limit: int, cursor: str | None) -> Page[ReportRow]:
    last = decode_cursor(cursor)
    left = [one for one in found if last is None or one.id > last]
    part = tuple(left[: checked_limit(limit)])
    return Page(part, encode_cursor(part[-1].id) if len(left) > len(part) else None)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
