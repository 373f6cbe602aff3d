"""Hostile texts, numbers, coordinates and times: 422, the place named, nothing stored."""

import json
from typing import Any

import pytest

from tests.hostile.reports import (
    CSV,
    GEOJSON,
    INCIDENTS,
    JSON,
    LAT,
    LOCATE,
    LON,
    NEAREST,
    REPRESENTATIVES,
    TRACKS,
    line,
    report,
    spoilt,
)
from tests.hostile.wire import Wire

SWAPPED = report(lon=LAT, lat=LON)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param(spoilt("title", r'"a\u0000b"'), "/title", id="nul-byte"),
        pytest.param(spoilt("title", r'"\ud83d"'), "/title", id="lone-surrogate"),
        pytest.param(report(title="x" * 201), "/title", id="over-length"),
        pytest.param(report(class_="x" * 65), "/class", id="over-length-word"),
        pytest.param(report(description="界" * 10_001), "/description", id="over-length-text"),
        pytest.param(spoilt("accuracy_m", "NaN"), "/accuracy_m", id="nan"),
        pytest.param(spoilt("accuracy_m", "-Infinity"), "/accuracy_m", id="infinity"),
    ],
)
def test_text_and_numbers_in_a_report(wire: Wire, body: bytes, where: str) -> None:
    problem = wire.refuse(422, "input-invalid", "POST", INCIDENTS, body, JSON)
    assert problem["where"] == {"pointer": where}


def test_text_in_nested_attributes(wire: Wire) -> None:
    body = json.dumps({"code": "H1", "name": "x", "attributes": {"a": [{"b": "\0"}]}}).encode()
    problem = wire.refuse(422, "input-invalid", "POST", REPRESENTATIVES, body, JSON)
    assert problem["where"] == {"pointer": "/attributes/a/0/b"}


@pytest.mark.parametrize(
    ("path", "query", "where"),
    [
        pytest.param(NEAREST, {"lon": LON, "lat": LAT, "k": -1}, "k", id="k-minus-1"),
        pytest.param(NEAREST, {"lon": LON, "lat": LAT, "k": "1e18"}, "k", id="k-1e18"),
        pytest.param(NEAREST, {"lon": LON, "lat": LAT, "k": 10**18}, "k", id="k-10-to-18"),
        pytest.param(NEAREST, {"lon": LON, "lat": LAT, "k": "9" * 5_000}, "k", id="k-5000-digits"),
        pytest.param(NEAREST, {"lon": "nan", "lat": LAT}, "lon", id="lon-nan"),
        pytest.param(LOCATE, {"lon": "nan", "lat": LAT}, "lon", id="locate-lon-nan"),
        pytest.param(LOCATE, {"lon": LON, "lat": "inf"}, "lat", id="locate-lat-inf"),
        pytest.param(LOCATE, {"lon": LON, "lat": LAT, "layer": "a\0b"}, "layer", id="nul-in-address"),
        pytest.param(INCIDENTS, {"status": "x" * 65}, "status", id="over-length-in-address"),
    ],
)
def test_text_and_numbers_in_an_address(wire: Wire, path: str, query: dict[str, Any], where: str) -> None:
    problem = wire.refuse(422, "input-invalid", "GET", path, query=query)
    assert problem["where"] == {"parameter": where}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(spoilt("lon", "NaN"), "input-invalid", id="nan"),
        pytest.param(spoilt("lon", "1e999"), "input-invalid", id="1e999"),
        pytest.param(spoilt("lon", "null"), "input-invalid", id="null"),
        pytest.param(spoilt("lon", '"131.005"'), "input-invalid", id="string"),
        pytest.param(spoilt("lon", "[131.005]"), "input-invalid", id="list"),
        pytest.param(spoilt("lon", '""'), "input-invalid", id="empty"),
        pytest.param(report(lon=200.0), "input-invalid", id="lon-200"),
        pytest.param(report(lat=120.0), "input-invalid", id="lat-120"),
        pytest.param(SWAPPED, "input-invalid", id="swapped"),
        pytest.param(report(lon=-60.0, lat=-46.0), "outside", id="far-outside"),
        pytest.param(report(lon=0.0, lat=0.0), "outside", id="null-island"),
    ],
)
def test_coordinates_of_a_report(wire: Wire, body: bytes, code: str) -> None:
    problem = wire.refuse(422, code, "POST", INCIDENTS, body, JSON)
    assert problem["where"]["pointer"] in ("/lon", "/lat")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param({"lon": 200, "lat": LAT}, "input-invalid", id="lon-200"),
        pytest.param({"lon": LON, "lat": 120}, "input-invalid", id="lat-120"),
        pytest.param({"lon": "1e999", "lat": LAT}, "input-invalid", id="1e999"),
        pytest.param({"lon": "", "lat": LAT}, "input-invalid", id="empty"),
        pytest.param({"lon": LAT, "lat": LON}, "input-invalid", id="swapped"),
        pytest.param({"lon": -60, "lat": -46}, "outside", id="far-outside"),
    ],
)
def test_coordinates_in_an_address(wire: Wire, query: dict[str, Any], code: str) -> None:
    problem = wire.refuse(422, code, "GET", LOCATE, query=query)
    assert problem["where"]["parameter"] in ("lon", "lat", "lon,lat")


@pytest.mark.parametrize(
    ("coordinates", "code"),
    [
        pytest.param("[[NaN, 46], [131, 46]]", "input-invalid", id="nan"),
        pytest.param("[[1e999, 46], [131, 46]]", "input-invalid", id="1e999"),
        pytest.param("[[null, 46], [131, 46]]", "input-invalid", id="null"),
        pytest.param('[["131", 46], [131, 46]]', "input-invalid", id="string"),
        pytest.param("[[200, 46], [200, 46.1]]", "track-refused", id="lon-200"),
        pytest.param("[[131, 120], [131, 120.1]]", "track-refused", id="lat-120"),
        pytest.param("[[46, 131], [46.1, 131]]", "track-refused", id="swapped"),
        pytest.param("[]", "input-invalid", id="empty"),
        pytest.param("[[131], [131.1]]", "input-invalid", id="one-dimension"),
        pytest.param("[131, 46]", "input-invalid", id="flat"),
        pytest.param("[[131, 46, 1, 2, 3], [131.1, 46, 1, 2, 3]]", "input-invalid", id="five-dimensions"),
        pytest.param("[[[131, 46]], [[131.1, 46]]]", "input-invalid", id="nested"),
    ],
)
def test_coordinates_of_a_track(wire: Wire, coordinates: str, code: str) -> None:
    wire.refuse(422, code, "POST", TRACKS, line(coordinates), GEOJSON, {"device": "h"})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        pytest.param(b'{"lon":[NaN],"lat":[46]}', JSON, 400, "body-malformed", id="nan"),
        pytest.param(b'{"lon":[1e999],"lat":[46]}', JSON, 400, "body-malformed", id="1e999"),
        pytest.param(b'{"lon":[null],"lat":[46]}', JSON, 422, "input-invalid", id="null"),
        pytest.param(b'{"lon":["131"],"lat":[46]}', JSON, 422, "input-invalid", id="string"),
        pytest.param(b'{"lon":[200],"lat":[46]}', JSON, 422, "rows-invalid", id="lon-200"),
        pytest.param(b'{"lon":131,"lat":46}', JSON, 422, "input-invalid", id="flat"),
        pytest.param(b"lon,lat\nnan,46\n", CSV, 422, "rows-invalid", id="csv-nan"),
        pytest.param(b"lon,lat\n131,120\n", CSV, 422, "rows-invalid", id="csv-lat-120"),
        pytest.param(b"lon,lat\n,\n", CSV, 422, "rows-invalid", id="csv-empty"),
    ],
)
def test_coordinates_of_many_points(
    wire: Wire, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    wire.refuse(status, code, "POST", LOCATE, body, headers)


@pytest.mark.parametrize(
    "at",
    [
        pytest.param("0001-01-01T00:00:00+14:00", id="year-0001"),
        pytest.param("9999-12-31T23:59:59-12:00", id="year-9999"),
        pytest.param("0001-01-01T00:00:00Z", id="year-0001-utc"),
        pytest.param("9999-12-31T23:59:59Z", id="year-9999-utc"),
        pytest.param("2025-06-15T09:00:00", id="naive"),
        pytest.param("2025-06-15", id="date-only"),
        pytest.param("2025-02-30T00:00:00Z", id="no-such-day"),
        pytest.param("2025-06-15T09:00:00+99:00", id="no-such-offset"),
        pytest.param("+275760-09-13T00:00:00Z", id="year-275760"),
        pytest.param("1e18", id="seconds-1e18"),
    ],
)
def test_time_of_a_report(wire: Wire, at: str) -> None:
    problem = wire.refuse(422, "input-invalid", "POST", INCIDENTS, report(occurred_at=at), JSON)
    assert problem["where"] == {"pointer": "/occurred_at"}


@pytest.mark.parametrize("number", [1e18, -1e18, 10**30, 1e308], ids=str)
def test_time_as_a_number(wire: Wire, number: float) -> None:
    wire.refuse(422, "input-invalid", "POST", INCIDENTS, report(occurred_at=number), JSON)


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:05+14:00"], id="year-0001"),
        pytest.param(["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"], id="year-9999"),
        pytest.param(["2025-06-15T09:00:00", "2025-06-15T09:00:05"], id="naive"),
        pytest.param([1e300, -1e300], id="numbers"),
        pytest.param([{}, []], id="not-times"),
    ],
)
def test_times_of_a_track(wire: Wire, times: list[Any]) -> None:
    body = line([[131.0, 46.0], [131.001, 46.0]], properties={"coordTimes": times})
    wire.refuse(422, "track-refused", "POST", TRACKS, body, GEOJSON, {"device": "h"})


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param(
            NEAREST, {"lon": LON, "lat": LAT, "open_at": "0001-01-01T00:00:00+14:00"}, id="open-0001"
        ),
        pytest.param(
            NEAREST, {"lon": LON, "lat": LAT, "open_at": "9999-12-31T23:59:59-12:00"}, id="open-9999"
        ),
        pytest.param(NEAREST, {"lon": LON, "lat": LAT, "open_at": "2025-06-15T09:00:00"}, id="open-naive"),
        pytest.param(INCIDENTS, {"occurred_from": "2025-06-15T09:00:00"}, id="occurred-naive"),
        pytest.param(
            "/api/v1/coverage/segments", {"from": "9999-12-31", "to": "9999-12-31"}, id="coverage-9999"
        ),
        pytest.param("/api/v1/coverage/segments", {"from": "0001-01-01T00:00:00+14:00"}, id="coverage-0001"),
        pytest.param("/api/v1/coverage/segments", {"from": "2025-06-15T09:00:00"}, id="coverage-naive"),
        pytest.param(LOCATE, {"lon": LON, "lat": LAT, "as_of": "10000-01-01"}, id="day-10000"),
    ],
)
def test_times_in_an_address(wire: Wire, path: str, query: dict[str, Any]) -> None:
    wire.refuse(422, "input-invalid", "GET", path, query=query)
