"""Bombs: small where they come in, huge inside, or simply huge. 413 before they are unpacked or read."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet
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
    gpx,
    report,
)
from tests.hostile.wire import Wire

MIB = 1 << 20
DEVICE = {"device": "h"}
POINT = '<trkpt lat="46.0" lon="131.0"><time>2025-06-15T01:00:00Z</time></trkpt>'
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


@cache
def zeros(mib: int) -> bytes:
    """Return a gzip file of so many MiB of blanks, about a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(b" " * MIB) for _ in range(mib)), packer.flush()])


def endless(mib: int) -> Iterator[bytes]:
    yield b'{"title":"'
    for _ in range(mib * 16):
        yield b"x" * 65_536


@pytest.mark.parametrize("path", [INCIDENTS, REPRESENTATIVES])
def test_a_string_of_10_mb(wire: Wire, path: str) -> None:
    wire.refuse(413, "content-too-large", "POST", path, report(title="x" * 10_000_000), JSON)


def test_a_string_of_10_mb_in_chunks_that_name_no_length(wire: Wire) -> None:
    stored = wire.contents()
    answer, _ = measured(wire.pid, lambda: wire.send("POST", INCIDENTS, endless(10), JSON))
    assert answer.status == 413
    assert answer.json()["code"] == "content-too-large"
    assert wire.contents() == stored


def test_a_length_that_would_fill_the_memory(wire: Wire) -> None:
    head = {**JSON, "Content-Length": str(1 << 62)}
    wire.refuse(413, "content-too-large", "POST", INCIDENTS, b'{"title":"', head)


def test_a_line_of_2_million_vertices(wire: Wire) -> None:
    coordinates = "[" + ",".join(["[1,2]"] * 2_000_000) + "]"
    body = f'{{"type":"LineString","coordinates":{coordinates}}}'.encode()
    wire.refuse(413, "content-too-large", "POST", TRACKS, body, GEOJSON, DEVICE)


def test_numbers_that_are_no_vertices(wire: Wire) -> None:
    body = b'{"type":"LineString","coordinates":[' + b"0," * 10_000_000 + b"0]}"
    wire.refuse(413, "content-too-large", "POST", TRACKS, body, GEOJSON, DEVICE)


def test_a_gpx_file_of_2_million_points(wire: Wire) -> None:
    wire.refuse(413, "content-too-large", "POST", TRACKS, gpx(POINT * 2_000_000), GPX, DEVICE)


def test_a_gpx_file_of_2_million_small_points(wire: Wire) -> None:
    wire.refuse(413, "content-too-large", "POST", TRACKS, gpx("<trkpt/>" * 2_000_000), GPX, DEVICE)


def test_a_table_of_2_million_fixes(wire: Wire) -> None:
    body = b"time,lon,lat\n" + b"1,2,3\n" * 2_000_000
    wire.refuse(413, "content-too-large", "POST", TRACKS, body, CSV, DEVICE)


@pytest.mark.parametrize(
    ("path", "head"), [(INCIDENTS, JSON), (TRACKS, GPX), (TRACKS, GEOJSON), (TRACKS, CSV), (LOCATE, CSV)]
)
def test_a_body_packed_1000_to_1(wire: Wire, path: str, head: dict[str, str]) -> None:
    query = DEVICE if path == TRACKS else None
    packed = {**head, "Content-Encoding": "gzip"}
    wire.refuse(413, "content-too-large", "POST", path, zeros(1_000), packed, query)


def test_a_gz_file_packed_1000_to_1(wire: Wire) -> None:
    wire.refuse(413, "content-too-large", "POST", TRACKS, zeros(1_000), GPX, DEVICE)


def test_a_gz_file_in_a_form(wire: Wire) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.gpx.gz"\r\n\r\n'
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    wire.refuse(
        413, "content-too-large", "POST", TRACKS, part + zeros(1_000) + b"\r\n--x--\r\n", head, DEVICE
    )


def test_a_body_packed_twice_over(wire: Wire) -> None:
    body = gzip.compress(zeros(1_000))
    wire.refuse(413, "content-too-large", "POST", TRACKS, body, {**GPX, "Content-Encoding": "gzip"}, DEVICE)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not gzip at all", id="not-gzip"),
        pytest.param(gzip.compress(report())[:-9], id="broken-off"),
        pytest.param(gzip.compress(report()) + b"more", id="more-after-its-end"),
        pytest.param(gzip.compress(report())[:-4] + b"\xff\xff\xff\x7f", id="lying-size"),
    ],
)
def test_a_packed_body_that_is_none(wire: Wire, body: bytes) -> None:
    packed = {**JSON, "Content-Encoding": "gzip"}
    wire.refuse(400, "body-malformed", "POST", INCIDENTS, body, packed)


def test_a_coding_that_is_not_read(wire: Wire) -> None:
    problem = wire.refuse(
        415, "format-unsupported", "POST", INCIDENTS, b"x", {**JSON, "Content-Encoding": "br"}
    )
    assert problem["where"] == {"header": "Content-Encoding"}


def test_a_packed_report_is_taken_as_if_it_were_plain(wire: Wire) -> None:
    body = gzip.compress(report(title="packed"))
    answer = wire.send("POST", INCIDENTS, body, {**JSON, "Content-Encoding": "gzip"})
    assert answer.status == 201, answer.content
    assert answer.json()["title"] == "packed"


def test_a_packed_track_is_taken_as_if_it_were_plain(wire: Wire) -> None:
    points = "".join(
        f'<trkpt lat="46.03" lon="131.0{k}"><time>2025-06-15T01:{k:02}:00Z</time></trkpt>' for k in range(3)
    )
    answers = [
        wire.send("POST", TRACKS, body, GPX, DEVICE) for body in (gzip.compress(gpx(points)), gpx(points))
    ]
    assert [one.status for one in answers] == [201, 200]


def packed_table(rows: int) -> pa.Table:
    return pa.table({"lon": np.full(rows, 131.0), "lat": np.full(rows, 46.0)})


def test_an_arrow_stream_that_unpacks_to_hundreds_of_megabytes(wire: Wire) -> None:
    sink, batch = io.BytesIO(), packed_table(1_000_000).to_batches()[0]
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as stream:
        for _ in range(50):
            stream.write_batch(batch)
    wire.refuse(413, "content-too-large", "POST", LOCATE, sink.getvalue(), {"Content-Type": ARROW})


def test_one_batch_that_unpacks_to_hundreds_of_megabytes(wire: Wire) -> None:
    sink, batch = io.BytesIO(), packed_table(50_000_000).to_batches()[0]
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_batch(batch)
    wire.refuse(413, "content-too-large", "POST", LOCATE, sink.getvalue(), {"Content-Type": ARROW})


def test_a_parquet_file_that_unpacks_to_hundreds_of_megabytes(wire: Wire) -> None:
    sink = io.BytesIO()
    pa.parquet.write_table(packed_table(50_000_000), sink, compression="zstd")
    wire.refuse(413, "content-too-large", "POST", LOCATE, sink.getvalue(), {"Content-Type": PARQUET})


def test_a_wide_table(wire: Wire) -> None:
    names = ",".join(f"c{k}" for k in range(200_000))
    body = f"lon,lat,{names}\n131,46{',' * 200_000}\n".encode()
    wire.refuse(413, "content-too-large", "POST", LOCATE, body, CSV)


def test_a_time_that_is_endless(wire: Wire) -> None:
    # A careless expression looks at such a text again from each of its letters.
    table = f"time,lon,lat\n{'1' + ' ' * 9_000 + 'x'},131,46\n" * 100
    wire.refuse(422, "track-refused", "POST", TRACKS, table.encode(), CSV, DEVICE)


def test_attributes_by_the_thousand(wire: Wire) -> None:
    body = json.dumps({"code": "H", "name": "x", "attributes": {f"a{k}": k for k in range(1_000)}}).encode()
    wire.refuse(422, "input-invalid", "POST", REPRESENTATIVES, body, JSON)
