"""Bodies that are not what they say: 400, and nothing is parsed further than the fault."""

import json

import pytest

from tests.hostile.program import measured
from tests.hostile.reports import (
    CSV,
    GEOJSON,
    GPX,
    INCIDENTS,
    JSON,
    LOCATE,
    REPRESENTATIVES,
    TRACKS,
    line,
    spoilt,
)
from tests.hostile.wire import Wire

_COLLECTION = '{"type":"GeometryCollection","geometries":['


def nested_collections(depth: int) -> bytes:
    """Return a feature with collections inside of each other."""
    inner = '{"type":"Point","coordinates":[131,46]}'
    geometry = _COLLECTION * depth + inner + "]}" * depth
    return f'{{"type":"Feature","properties":{{}},"geometry":{geometry}}}'.encode()


@pytest.mark.parametrize(
    ("path", "headers", "query"),
    [
        pytest.param(INCIDENTS, JSON, None, id="report"),
        pytest.param(REPRESENTATIVES, JSON, None, id="representative"),
        pytest.param(TRACKS, GEOJSON, {"device": "h"}, id="track"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(nested_collections(500), id="collections-500-deep"),
        pytest.param(b"[" * 200_000 + b"]" * 200_000, id="arrays-200000-deep"),
        pytest.param(b'{"a":' * 200_000 + b"1" + b"}" * 200_000, id="objects-200000-deep"),
        pytest.param(b'{"lon":[' + b"9" * 5_000 + b'],"lat":[46]}', id="integer-of-5000-digits"),
        pytest.param(b'{"lon":[1],"lon":[2],"lat":[46]}', id="duplicate-keys"),
        pytest.param(b'{"lon":["\xff\xfe"],"lat":[46]}', id="invalid-utf-8"),
        pytest.param(b'{"lon":["\xed\xa0\x80"],"lat":[46]}', id="surrogate-in-utf-8"),
        pytest.param(b'\xff\xfe{\x00"\x00', id="utf-16"),
        pytest.param(b'{"lon":[1,],"lat":[46]}', id="not-json"),
        pytest.param(b"{} {}", id="two-values"),
    ],
)
def test_json_that_is_none(
    wire: Wire, path: str, headers: dict[str, str], query: dict[str, str] | None, body: bytes
) -> None:
    wire.refuse(400, "body-malformed", "POST", path, body, headers, query)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 200_000 + b"]" * 200_000, id="arrays-200000-deep"),
        pytest.param(b'{"lon":[1],"lon":[2],"lat":[46]}', id="duplicate-keys"),
        pytest.param(rb'{"lon":[1],"\u006con":[2],"lat":[46]}', id="duplicate-keys-by-escapes"),
        pytest.param(b'{"lon":["\xff\xfe"],"lat":[46]}', id="invalid-utf-8"),
        pytest.param(b'{"lon":[1,],"lat":[46]}', id="not-json"),
    ],
)
def test_points_that_are_none(wire: Wire, body: bytes) -> None:
    wire.refuse(400, "body-malformed", "POST", LOCATE, body, JSON)


def test_points_of_5000_digits(wire: Wire) -> None:
    body = b'{"lon":[' + b"9" * 5_000 + b'],"lat":[46]}'
    answer, _ = measured(wire.pid, lambda: wire.send("POST", LOCATE, body, JSON))
    assert answer.status in (400, 422)


def test_many_names_of_which_the_last_comes_twice(wire: Wire) -> None:
    names = ",".join(f'"n{k}":0' for k in range(100_000))
    body = f'{{{names},"n99999":1}}'.encode()
    problem = wire.refuse(400, "body-malformed", "POST", INCIDENTS, body, JSON)
    assert problem["where"] == {"name": "n99999"}


def test_names_that_differ_by_escapes_only(wire: Wire) -> None:
    wire.refuse(400, "body-malformed", "POST", INCIDENTS, spoilt("title", r'"y", "\u0074itle": "z"'), JSON)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"\xff\xfe<gpx", GPX, id="gpx-half-a-mark"),
        pytest.param(b"<gpx>" * 100_000, GPX, id="gpx-100000-deep"),
        pytest.param(b'<?xml version="1.0" encoding="nothing"?><gpx/>', GPX, id="gpx-no-such-encoding"),
        pytest.param(b"<gpx><trk\xff></gpx>", GPX, id="gpx-invalid-utf-8"),
        pytest.param(b"time,lon,lat\n\x00,\x00,\x00\n", CSV, id="csv-nul"),
        pytest.param(b"time,lon,lat\n\x81\xff\x8d,1,2\n", CSV, id="csv-no-encoding"),
        pytest.param(b'time,lon,lat\n"' + b"x" * 100_000, CSV, id="csv-endless-cell"),
        pytest.param(line("[[131,46],[131.001,46]]")[:-3], GEOJSON, id="geojson-broken-off"),
    ],
)
def test_tracks_that_are_none(wire: Wire, body: bytes, headers: dict[str, str]) -> None:
    wire.refuse(400, "body-malformed", "POST", TRACKS, body, headers, {"device": "h"})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff" + b"\x00" * 64, id="arrow"),
        pytest.param("application/vnd.apache.arrow.stream", b"\xff" * 4_096, id="arrow-lying-length"),
        pytest.param("application/vnd.apache.parquet", b"PAR1" + b"\xff" * 64 + b"PAR1", id="parquet"),
        pytest.param(
            "application/vnd.apache.parquet", b"PAR1\xff\xff\xff\x7fPAR1", id="parquet-lying-length"
        ),
        pytest.param("text/csv", b"\xff\xfe\xfd\nx\n", id="csv"),
    ],
)
def test_tables_that_are_none(wire: Wire, kind: str, body: bytes) -> None:
    wire.refuse(400, "body-malformed", "POST", LOCATE, body, {"Content-Type": kind})


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("multipart/form-data", id="no-boundary"),
        pytest.param("multipart/form-data; boundary=" + "b" * 10_000, id="endless-boundary"),
        pytest.param("multipart/form-data; boundary=x", id="boundary-that-never-comes"),
    ],
)
def test_forms_that_are_none(wire: Wire, head: str) -> None:
    body = b"--y\r\nContent-Disposition: form-data; name=file\r\n\r\n" + b"z" * 1_000
    answer = wire.send("POST", TRACKS, body, {"Content-Type": head}, {"device": "h"})
    assert answer.status in (400, 413)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_of_many_parts(wire: Wire) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    wire.refuse(400, "request-malformed", "POST", TRACKS, part * 20_000 + b"--x--\r\n", head, {"device": "h"})


def test_a_body_of_another_kind(wire: Wire) -> None:
    body = json.dumps({"class": "waste"}).encode()
    problem = wire.refuse(415, "format-unsupported", "POST", INCIDENTS, body, {"Content-Type": "text/plain"})
    assert problem["where"] == {"header": "Content-Type"}
