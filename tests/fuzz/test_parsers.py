"""Every parser, fed with spoilt copies of valid input, reads it or refuses it with a reason.

Valid input is cut, joined, repeated and sprinkled with what parsers trip over.
"""

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pyogrio.raw
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import WardlineError
from layers.marker_kinds import read_attributes
from service.hardening.inflation import inflate
from service.readers import points, strict_json, tracks
from service.readers.arrow_sizes import unpacked_size
from service.readers.moments import read_time
from service.readers.vector import read_vector
from tests.fixtures.fit import fit

GPX = (
    b'<?xml version="1.0"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>a</name>'
    b'<trkseg><trkpt lat="46.0" lon="131.0"><time>2025-06-15T01:00:00Z</time><hdop>1.0</hdop></trkpt>'
    b'<trkpt lat="46.1" lon="131.1"><time>2025-06-15T01:00:05+08:00</time><extensions>'
    b"<speed>1</speed></extensions></trkpt></trkseg></trk></gpx>"
)
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "coordTimes": ["2025-06-15T01:00:00Z", 1750000000000],
                    "name": "a",
                    "code": "A",
                },
                "geometry": {"type": "LineString", "coordinates": [[131.0, 46.0, 1], [131.1, 46.1]]},
            },
            {
                "type": "Feature",
                "properties": {"time": "2025-06-15T01:00:00Z", "accuracy": 5, "mode": "foot"},
                "geometry": {"type": "Point", "coordinates": [131.0, 46.0]},
            },
        ],
    }
).encode()
TABLE = b"time,lon,lat,accuracy,mode\n2025-06-15T01:00:00Z,131.0,46.0,5,foot\n1750000000,131.1,46.1,,car\n"
DIRTY = (
    "Report 7;;\nDatum;Uhrzeit;Länge;Längengrad;N/S;Breitengrad;Gerät;speed (km/h)\n"
    "15.06.2025;8:00;;131°30,5'E;N;4630,5;A;3,5\n45823;0,3333;;131,5;S;46,5;B;4 km/h\n\n;;\n"
    "Datum;Uhrzeit;Längengrad;Breitengrad\n06/07/2025;08:00 PM;131,5;46,5\n"
).encode("utf-16")
COLUMNS = b'{"t": [1750000000, "2025-06-15T01:00:00Z", null], "lon": [131, 131.1, "x"], "lat": [46, 46, 46]}'
HOURS = "Mo-Fr 08:00-18:00; Sa,Su 10:00-12:00; PH off; Jan 01-Mar 31 09:00-10:00"


def _arrow(compression: str | None) -> bytes:
    sink = io.BytesIO()
    table = pa.table(
        {
            "t": [1.75e9, 1.75e9],
            "lon": [131.0, 131.1],
            "lat": [46.0, 46.1],
            "n": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    with pa.ipc.new_stream(
        sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)
    ) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _parquet() -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(
        pa.table({"t": [1.75e9, 1.75e9], "lon": [131.0, 131.1], "lat": [46.0, 46.1]}), sink
    )
    return sink.getvalue()


def _vector(suffix: str, driver: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        area = shapely.box(131.0, 46.0, 131.1, 46.1)
        pyogrio.raw.write(
            path,
            np.array([shapely.to_wkb(area)], dtype=object),
            [np.array(["A"], dtype=object)],
            fields=["code"],
            driver=driver,
            geometry_type="Polygon",
            crs="EPSG:4326",
        )
        if suffix != ".shp":
            return path.read_bytes()
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as packed:
            for one in sorted(Path(folder).iterdir()):
                packed.write(one, one.name)
        return sink.getvalue()


def _file(suffix: str) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"a{suffix}"
            path.write_bytes(data)
            return read_vector(path, "area")

    return read


def _text(read: Callable[[str], Any], *, also: tuple[type[Exception], ...] = ()) -> Callable[[bytes], Any]:
    def told(data: bytes) -> Any:
        try:
            return read(data.decode("utf-8", "replace"))
        except also:
            return None

    return told


PARSERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "gpx": (lambda data: tracks.read(data, "gpx", most=1_000), GPX),
    "gpx-salvaged": (lambda data: tracks.read(data, "gpx", most=1_000, salvage=True), GPX),
    "geojson-track": (lambda data: tracks.read(data, "geojson", most=1_000), GEOJSON),
    "csv-track": (lambda data: tracks.read(data, "csv", most=1_000), TABLE),
    "csv-dirty-track": (lambda data: tracks.read(data, "csv", most=1_000, zone="Europe/Ljubljana"), DIRTY),
    "columns-track": (lambda data: tracks.read(data, "geojson", most=1_000), COLUMNS),
    "fit-track": (
        lambda data: tracks.read(data, "fit", most=1_000),
        fit([[(1_750_000_000, 131.0, 46.0)] * 3]),
    ),
    "fit-salvaged": (
        lambda data: tracks.read(data, "fit", most=1_000, salvage=True),
        fit([[(1_750_000_000, 131.0, 46.0)] * 3]),
    ),
    "arrow-track": (lambda data: tracks.read(data, "arrow", most=1_000), _arrow(None)),
    "parquet-track": (lambda data: tracks.read(data, "parquet", most=1_000), _parquet()),
    "any-track": (lambda data: tracks.read(data, tracks.format_of("", "", data), most=1_000), TABLE),
    "json": (strict_json.loads, GEOJSON),
    "csv-points": (lambda data: points.read(data, "csv"), TABLE),
    "arrow-points": (lambda data: points.read(data, "arrow"), _arrow(None)),
    "arrow-packed-points": (lambda data: points.read(data, "arrow"), _arrow("zstd")),
    "parquet-points": (lambda data: points.read(data, "parquet"), _parquet()),
    "gzip": (lambda data: inflate(data, 1 << 20), gzip.compress(b"abc" * 50)),
    "geojson-areas": (_file(".geojson"), GEOJSON),
    "geopackage": (_file(".gpkg"), _vector(".gpkg", "GPKG")),
    "flatgeobuf": (_file(".fgb"), _vector(".fgb", "FlatGeobuf")),
    "shapefile": (_file(".zip"), _vector(".shp", "ESRI Shapefile")),
    "time": (_text(read_time, also=(ValueError,)), b"2025/06/15 01:00:00 +0800"),
    "opening-hours": (
        _text(lambda text: read_attributes("service-station", {"role": "hub", "opening_hours": text})),
        HOURS.encode(),
    ),
}
"""What reads bytes, and what it reads well. ``read_time`` alone says no by ``ValueError``."""

TRIPS = st.sampled_from(
    [
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"NaN",
        b"1e999",
        b"-0",
        b"9" * 400,
        b"null",
        b"[",
        b"{",
        b'"',
        b"<",
        b"&x;",
        b"<!DOCTYPE a>",
        b"]]>",
        b"\r\n",
        b",",
        b";",
        b"\t",
        b"\xef\xbb\xbf",
        b"'",
        b"\\u0000",
        b"\\ud800",
        b"0001-01-01",
        b"9999-12-31T23:59:59-12:00",
        b"+99:99",
        b"\xff\xff\xff\x7f",
        b"\x80" * 8,
        b"PAR1",
        b"24/7",
        b"week 1-53",
    ]
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "over", "twice", "flip"]), st.floats(0, 1), st.floats(0, 1), TRIPS
    ),
    min_size=1,
    max_size=6,
)


def spoil(data: bytes, changes: list[tuple[str, float, float, bytes]]) -> bytes:
    """Return the data with changes at places given as parts of its length."""
    for how, first, second, trip in changes:
        low, high = sorted((int(first * len(data)), int(second * len(data))))
        if how == "cut":
            data = data[:low] + data[high:]
        elif how == "put":
            data = data[:low] + trip + data[low:]
        elif how == "over":
            data = data[:low] + trip + data[low + len(trip) :]
        elif how == "twice":
            data = (data[:high] + data[low:])[:200_000]
        elif low < len(data):
            data = data[:low] + bytes([data[low] ^ (1 << int(second * 7))]) + data[low + 1 :]
    return data


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(changes=CHANGES)
def test_spoilt_input_is_read_or_refused(name: str, changes: list[tuple[str, float, float, bytes]]) -> None:
    parse, valid = PARSERS[name]
    with suppress(WardlineError):
        parse(spoil(valid, changes))


@pytest.mark.parametrize("name", [one for one in PARSERS if one not in ("geojson-areas",)])
def test_what_is_spoilt_is_valid_before(name: str) -> None:
    parse, valid = PARSERS[name]
    parse(valid)


@settings(max_examples=200)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_no_stream_or_measured(data: bytes) -> None:
    try:
        rows, size = unpacked_size(pa.BufferReader(data))
    except (pa.ArrowException, OSError):
        return
    assert isinstance(rows, int)
    assert isinstance(size, int)
