"""Coverage in a period: of the border's segments with their gaps, of grids, and of markers."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Query, Response

from layers.stores import Stores
from service import i18n
from service.dependencies import LanguageDep, StoresDep
from service.dependencies import router as make_router
from service.hardening.cells import table
from service.period_dependencies import PeriodDep
from service.schemas.coverage import (
    Period,
    SegmentCoverage,
    detail_json,
    features_json,
    report_json,
)
from service.schemas.coverage_models import CoverageOut, SegmentDetailOut
from service.schemas.timeline import Step, TimelineOut, timeline_json
from service.schemas.times import Day
from service.schemas.visits import (
    MARKER_COLUMNS,
    UNIT_COLUMNS,
    MarkersCoverageOut,
    UnitsCoverageOut,
    marker_features,
    marker_rows,
    markers_json,
    unit_features,
    unit_rows,
    units_json,
)
from service.schemas.weaker import weaker_json
from service.use_cases import due
from service.use_cases.coverage import coverage, segments_of
from service.use_cases.coverage_files import table_text
from service.use_cases.coverage_timeline import timeline_of
from service.use_cases.visits import marker_coverage, unit_areas, unit_coverage

router = make_router("coverage")

GEOJSON = "application/geo+json"


LayerDep = Annotated[
    str | None, Query(max_length=64, description="Code of a partition; the default one if left out.")
]
KindDep = Annotated[str | None, Query(max_length=64, description="One kind of markers; all if left out.")]


@router.get("/coverage/segments", response_model=CoverageOut, summary="Coverage of the border in a period")
def get_segments(stores: StoresDep, period: PeriodDep, language: LanguageDep) -> Response:
    """Return covered and inferred metres and percent, passes, gaps and due state of every segment."""
    found = _ruled(stores, period)
    return _json(report_json(found, period, i18n.translator(language)))


@router.get(
    "/coverage/segments.geojson",
    summary="Coverage of the border as lines",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_features(stores: StoresDep, period: PeriodDep) -> Response:
    """Return a feature for each stretch that was covered, inferred or left open."""
    found = _ruled(stores, period)
    return _json(features_json(found, period), GEOJSON)


@router.get(
    "/coverage/weaker.geojson",
    summary="What is open and was seen or declared, as lines",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_weaker(stores: StoresDep, period: PeriodDep) -> Response:
    """Return a feature for each part of a gap that was seen, or declared and not seen."""
    return _json(weaker_json(coverage(stores, segments_of(stores, period), period)), GEOJSON)


@router.get(
    "/coverage/segments.csv",
    summary="Coverage of the border as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_table(stores: StoresDep, period: PeriodDep) -> Response:
    """Return a row for each stretch that was covered, inferred or left open."""
    found = coverage(stores, segments_of(stores, period), period)
    return _csv("coverage", table_text(found, period))


@router.get("/coverage/segments/{code}", response_model=SegmentDetailOut, summary="Coverage of one segment")
def get_segment(
    code: str,
    stores: StoresDep,
    period: PeriodDep,
    language: LanguageDep,
    geometry: Annotated[bool, Query(description="Add the line of each stretch.")] = False,
) -> Response:
    """Return the coverage of a segment with all its stretches in order."""
    (found,) = _ruled(stores, period, code)
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


def _ruled(stores: Stores, period: Period, code: str | None = None) -> tuple[SegmentCoverage, ...]:
    """Return coverage of segments, all or the one of a code, and how they stand by the rules."""
    found = coverage(stores, segments_of(stores, period, code), period)
    return due.with_rules(stores, found, period)


@router.get("/coverage/grids", response_model=UnitsCoverageOut, summary="Coverage of grids in a period")
def get_units(stores: StoresDep, period: PeriodDep, layer: LayerDep = None) -> Response:
    """Return for every leaf unit whether it was visited or grazed, how often, how long, and when last."""
    code, found = unit_coverage(stores, period, layer)
    return _json(units_json(code, found, period))


@router.get(
    "/coverage/grids.geojson",
    summary="Coverage of grids as areas",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_unit_features(stores: StoresDep, period: PeriodDep, layer: LayerDep = None) -> Response:
    """Return every leaf unit with its area."""
    code, found = unit_coverage(stores, period, layer)
    return _json(unit_features(found, unit_areas(stores, code, period), period), GEOJSON)


@router.get(
    "/coverage/grids.csv",
    summary="Coverage of grids as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_unit_table(stores: StoresDep, period: PeriodDep, layer: LayerDep = None) -> Response:
    """Return a row for every leaf unit."""
    return _csv("grids", table(UNIT_COLUMNS, unit_rows(unit_coverage(stores, period, layer)[1], period)))


@router.get("/coverage/markers", response_model=MarkersCoverageOut, summary="Coverage of markers in a period")
def get_markers(stores: StoresDep, period: PeriodDep, kind: KindDep = None) -> Response:
    """Return how well every marker is known to have been visited, when last, by whom, and its two clocks."""
    return _json(markers_json(marker_coverage(stores, period, kind), period))


@router.get(
    "/coverage/markers.geojson",
    summary="Coverage of markers as points",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
)
def get_marker_features(stores: StoresDep, period: PeriodDep, kind: KindDep = None) -> Response:
    """Return a point for every marker."""
    return _json(marker_features(marker_coverage(stores, period, kind), period), GEOJSON)


@router.get(
    "/coverage/markers.csv",
    summary="Coverage of markers as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_marker_table(stores: StoresDep, period: PeriodDep, kind: KindDep = None) -> Response:
    """Return a row for every marker."""
    return _csv("markers", table(MARKER_COLUMNS, marker_rows(marker_coverage(stores, period, kind), period)))


def _csv(name: str, text: str) -> Response:
    return Response(
        text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _json(body: Any, media_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body), media_type=media_type)
