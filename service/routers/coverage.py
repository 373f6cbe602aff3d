"""Coverage of the border: figures and gaps of segments, and their stretches as lines or rows."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Response

from layers.stores import Stores
from service import i18n
from service.dependencies import LanguageDep, StoresDep
from service.dependencies import router as make_router
from service.schemas.coverage import (
    CoverageOut,
    Period,
    SegmentCoverage,
    SegmentDetailOut,
    detail_json,
    features_json,
    report_json,
)
from service.schemas.timeline import Step, TimelineOut, timeline_json
from service.schemas.times import Day
from service.use_cases import due
from service.use_cases.coverage import coverage, period_of, segments_of
from service.use_cases.coverage_files import table_text
from service.use_cases.coverage_timeline import timeline_of

router = make_router("coverage")

GEOJSON = "application/geo+json"


def get_period(
    stores: StoresDep,
    first: Annotated[
        str | None, Query(alias="from", max_length=40, description="First day, or an instant.")
    ] = None,
    last: Annotated[
        str | None, Query(alias="to", max_length=40, description="The day or instant it ends before.")
    ] = None,
) -> Period:
    """Return the period of a request; the last 30 days where none is given."""
    return period_of(first, last, stores.districts.current().timezone, datetime.now(UTC))


PeriodDep = Annotated[Period, Depends(get_period)]


@router.get("/coverage/segments", response_model=CoverageOut, summary="Coverage of the border in a period")
def get_segments(stores: StoresDep, period: PeriodDep, language: LanguageDep) -> Response:
    """Return covered and inferred metres and percent, passes, gaps and due state of every segment."""
    found = _standing(stores, period)
    return _json(report_json(found, period, i18n.translator(language)))


@router.get(
    "/coverage/segments.geojson",
    summary="Coverage of the border as lines",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_features(stores: StoresDep, period: PeriodDep) -> Response:
    """Return a feature for each stretch that was covered, inferred or left open."""
    found = _standing(stores, period)
    return _json(features_json(found, period), GEOJSON)


@router.get(
    "/coverage/segments.csv",
    summary="Coverage of the border as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_table(stores: StoresDep, period: PeriodDep) -> Response:
    """Return a row for each stretch that was covered, inferred or left open."""
    found = _standing(stores, period)
    return Response(
        table_text(found, period),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="coverage.csv"'},
    )


@router.get("/coverage/segments/{code}", response_model=SegmentDetailOut, summary="Coverage of one segment")
def get_segment(
    code: str,
    stores: StoresDep,
    period: PeriodDep,
    language: LanguageDep,
    geometry: Annotated[bool, Query(description="Add the line of each stretch.")] = False,
) -> Response:
    """Return the coverage of a segment with all its stretches in order."""
    (found,) = _standing(stores, period, code)
    return _json(detail_json(found, period, i18n.translator(language), geometry=geometry))


@router.get("/coverage/timeline", response_model=TimelineOut, summary="What was walked by segment and day")
def get_timeline(
    stores: StoresDep,
    first: Annotated[
        Day | None, Query(alias="from", description="First day; 30 days before the end where left out.")
    ] = None,
    last: Annotated[
        Day | None, Query(alias="to", description="The day it ends before; tomorrow where left out.")
    ] = None,
    by: Annotated[Step, Query(description="A day, a week from Monday, or a month; 400 at most.")] = "day",
) -> Response:
    """Return the metres walked of each segment in each day, week or month of a period."""
    return _json(timeline_json(timeline_of(stores, first, last, by, datetime.now(UTC))))


def _standing(stores: Stores, period: Period, code: str | None = None) -> tuple[SegmentCoverage, ...]:
    """Return coverage of segments, all or the one of a code, and how they stand by the rules."""
    return due.with_rules(stores, coverage(stores, segments_of(stores, period, code), period), period)


def _json(body: Any, media_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body), media_type=media_type)
