"""Track files: what is read of them, and what is refused naming file, row and reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.track import Mode
from service.errors import ContentTooLarge, InvalidInput, MalformedBody, ServiceError, UnsupportedFormat
from service.readers.moments import read_time
from service.readers.track_file import TrackFile
from service.readers.tracks import Format, format_of, mode_of, read

REAL = Path(__file__).parents[3].parent / "shared" / "data"
T0 = datetime(2025, 6, 15, 8, 0, tzinfo=UTC).timestamp()


def gpx(points: str, space: str = "http://www.topografix.com/GPX/1/1", more: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>\n{more}<gpx xmlns="{space}">\n<trk><name>走线</name><trkseg>\n{points}'
        "</trkseg></trk></gpx>"
    ).encode()


def point(second: int, extra: str = "", time: str | None = None) -> str:
    stamp = f"2025-06-15T08:00:{second:02}Z" if time is None else time
    return f'<trkpt lat="47.0" lon="115.{second:02}"><time>{stamp}</time>{extra}</trkpt>\n'


def refused(content: bytes, kind: Format, **options: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read(content, kind, filename="walk.x", **options)
    assert caught.value.where["file"] == "walk.x"
    return caught.value


@pytest.mark.parametrize(
    "space",
    ["http://www.topografix.com/GPX/1/0", "http://www.topografix.com/GPX/1/1", "urn:someone:else", ""],
)
def test_gpx_of_any_namespace(space: str) -> None:
    track = read(gpx(point(0) + point(1), space), "gpx")
    assert track.name == "走线"
    assert track.fixes.t.tolist() == [T0, T0 + 1]
    assert track.fixes.lon.tolist() == [115.0, 115.01]
    assert track.row.tolist() == [4, 5]


def test_gpx_keeps_segments_as_parts_also_empty_ones() -> None:
    content = gpx(point(0) + "</trkseg><trkseg></trkseg></trk><trk><trkseg>" + point(1))
    track = read(content, "gpx")
    assert len(track.segments) == 3
    assert track.fixes.part.tolist() == [0, 2]


def test_gpx_values_of_other_makers() -> None:
    extra = (
        "<hdop>1.2</hdop><extensions><m:TrackPointExtension xmlns:m='urn:m'><m:speed>1.5</m:speed>"
        "<m:course>90</m:course></m:TrackPointExtension></extensions>"
    )
    accuracy = "<extensions><accuracy>7.5</accuracy></extensions><hdop>3</hdop>"
    fixes = read(gpx(point(0, extra) + point(1, accuracy) + point(2)), "gpx").fixes
    assert fixes.accuracy_m[:2].tolist() == [6.0, 7.5]
    assert np.isnan(fixes.accuracy_m[2])
    assert fixes.speed_ms[0] == 1.5
    assert fixes.course_deg[0] == 90.0


def test_gpx_times_with_offsets_and_without() -> None:
    offset = read(gpx(point(0, time="2025-06-15T16:00:00+08:00")), "gpx")
    assert offset.fixes.t[0] == T0
    naive = gpx(point(0, time="2025-06-15T08:00:00") + point(1, time="2025-06-15T08:00:01"))
    track = read(naive, "gpx")
    assert track.fixes.t.tolist() == [T0, T0 + 1]
    assert "UTC" in track.notes[0]
    assert read(naive, "gpx", zone="Asia/Shanghai").fixes.t[0] == T0 - 8 * 3_600
    mixed = read(gpx(point(0) + point(1, time="2025-06-15T08:00:01")), "gpx")
    assert mixed.faults == {1: "time-without-zone"}


def test_gpx_faults_are_of_the_fix_alone() -> None:
    bad = '<trkpt lat="x" lon="115"><time>2025-06-15T08:00:02Z</time></trkpt>\n<trkpt lat="1"/>\n'
    track = read(gpx(point(0, time="yesterday") + bad + point(3)), "gpx")
    assert track.faults == {0: "time-unreadable", 1: "number-unreadable"}
    assert np.isnan(track.fixes.lon[2])
    assert track.raw(1) == {
        "row": 5,
        "segment": "trkseg 1 (line 3)",
        "time": "2025-06-15T08:00:02Z",
        "lon": "115",
        "lat": "x",
    }


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n',
        '<!DOCTYPE gpx SYSTEM "file:///etc/passwd">\n',
        '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
    ],
)
def test_entity_bombs_and_outside_files_are_refused(head: str) -> None:
    assert isinstance(refused(gpx(point(0), more=head), "gpx"), InvalidInput)


def test_fixes_on_one_line_are_told_by_their_numbers() -> None:
    content = gpx("".join(map(point, range(5)))).replace(b"\n", b"")
    track = read(content, "gpx")
    assert track.row.tolist() == [1, 2, 3, 4, 5]
    assert track.raw(3)["row"] == 4
    assert any("one line" in note for note in track.notes)


def test_positions_of_nulls_are_fixes_without_a_place() -> None:
    places = ["[115.5, 47.25]", "[null, null]", "[]", "null"]
    points = ",".join(
        f'{{"type": "Feature", "properties": {{"time": "2025-06-15T08:00:0{k}Z"}},'
        f' "geometry": {{"type": "Point", "coordinates": {one}}}}}'
        for k, one in enumerate(places)
    )
    track = read(f'{{"type": "FeatureCollection", "features": [{points}]}}'.encode(), "geojson")
    assert np.isfinite(track.fixes.lon).tolist() == [True, False, False, False]
    assert track.faults == {}
    assert "lon" not in track.raw(1)


def test_lines_of_json_that_break_off_name_the_line() -> None:
    line = '{"time": "2025-06-15T08:00:00Z", "lon": 115.5, "lat": 47.25}\n'
    error = refused((3 * line + line[:20]).encode(), "geojson")
    assert isinstance(error, MalformedBody)
    assert error.where["row"] == 4


def test_half_a_gpx_is_refused_or_salvaged() -> None:
    content = gpx("".join(map(point, range(50))))
    half = content[: len(content) // 2]
    error = refused(half, "gpx")
    assert isinstance(error, MalformedBody)
    assert error.where["row"] == half.count(b"\n") + 1
    whole = half.count(b"</trkpt>")
    assert f"after {whole} fixes" in str(error)
    salvaged = read(half, "gpx", salvage=True)
    assert len(salvaged) == whole
    assert salvaged.notes


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "gpx"),
        (b"  \n", "csv"),
        (b"<kml><trkpt/></kml>", "gpx"),
        (b"not xml", "gpx"),
        (b'<?xml version="1.0" encoding="klingon"?><gpx/>', "gpx"),
        (b"{", "geojson"),
        (b"[1, 2]", "geojson"),
        (b'{"type": "Topology"}', "geojson"),
        (b'{"type": "FeatureCollection", "features": {}}', "geojson"),
        (b'{"type": "FeatureCollection", "features": [7]}', "geojson"),
        (b'{"type": "LineString", "coordinates": [[NaN, 1]]}', "geojson"),
        (b'{"type": "LineString", "coordinates": [["1", 1]]}', "geojson"),
        (b'{"type": "LineString", "coordinates": 5}', "geojson"),
        (b"lon,lat\n1,2\n", "csv"),
        (b"time,lon,longitude,lat\n", "csv"),
        (b"time,lon,lat\n\xff\x81\xff,1,2\n", "csv"),
        (b'time,lon,lat\n"' + b"x" * 20_000 + b'",1,2\n', "csv"),
    ],
)
def test_what_is_no_track_is_refused(content: bytes, kind: Format) -> None:
    refused(content, kind)


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def geojson(*features: dict[str, Any], **more: Any) -> TrackFile:
    body = {"type": "FeatureCollection", "features": list(features), **more}
    return read(json.dumps(body).encode(), "geojson", filename="walk.x")


LINE = {"type": "LineString", "coordinates": [[115.0, 47.0, 800.0], [115.1, 47.0, 801.0]]}
ISO = ["2025-06-15T08:00:00Z", "2025-06-15T16:00:05+08:00"]


@pytest.mark.parametrize(
    "properties",
    [
        {"coordTimes": ISO},
        {"times": [T0 * 1e3, (T0 + 5) * 1e3]},
        {"coordinateProperties": {"times": ISO}},
    ],
)
def test_geojson_lines(properties: dict[str, Any]) -> None:
    track = geojson(feature(LINE, name="线", **properties))
    assert track.fixes.t.tolist() == [T0, T0 + 5]
    assert track.fixes.lon.tolist() == [115.0, 115.1]
    assert track.name == "线"


def test_geojson_many_lines_and_points() -> None:
    several = {"type": "MultiLineString", "coordinates": [LINE["coordinates"], LINE["coordinates"]]}
    nested, flat = feature(several, coordTimes=[ISO, ISO]), feature(several, coordTimes=ISO + ISO)
    for each in (nested, flat):
        track = geojson(each)
        assert track.fixes.part.tolist() == [0, 0, 1, 1]
        assert track.fixes.t.tolist() == [T0, T0 + 5] * 2
    places = [
        feature({"type": "Point", "coordinates": [115.0, 47.0]}, time=stamp, accuracy=4, speed=1, mode="car")
        for stamp in ISO
    ]
    track = geojson(*places, feature({"type": "Polygon", "coordinates": []}))
    assert track.fixes.part.tolist() == [0, 0]
    assert track.fixes.mode.tolist() == [Mode.CAR] * 2
    assert track.fixes.accuracy_m.tolist() == [4.0, 4.0]


def test_geojson_times_that_do_not_fit_name_their_pointer() -> None:
    with pytest.raises(InvalidInput, match="2 positions but 1 times") as caught:
        geojson(feature(LINE, coordTimes=ISO[:1]))
    assert caught.value.where["pointer"] == "/features/0/geometry/coordinates"


def test_geojson_in_another_system_is_refused() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    with pytest.raises(InvalidInput, match="reference system"):
        geojson(feature(LINE, coordTimes=ISO), crs=crs)
    storage = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert len(geojson(feature(LINE, coordTimes=ISO), crs=storage)) == 2


def test_geojson_without_times_has_fixes_without_times() -> None:
    track = geojson(feature(LINE))
    assert np.isnan(track.fixes.t).all()
    assert track.faults == {}


@pytest.mark.parametrize(
    "head",
    [
        "time,lon,lat,accuracy,speed,course,mode",
        "Timestamp;Longitude;Latitude;hAcc;Velocity;Heading;Activity",
        "时间\t经度\t纬度\t精度\t速度\t方向\t方式",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_headers_separators_and_encodings(head: str, encoding: str) -> None:
    separator = next(mark for mark in ";\t," if mark in head)
    rows = [
        ["2025-06-15T08:00:00Z", "115.0", "47.0", "5", "1.2", "90", "foot"],
        ["2025-06-15 16:00:01+08:00", "115.1", "47.1", "", "", "", "HORSE"],
        [str(int(T0) + 2), "115.2", "47.2", "-1", "", "", ""],
        [str(int(T0 + 3) * 1000), "115.3", "47.3"],
    ]
    text = "\r\n".join([head, *(separator.join(row) for row in rows), ""])
    track = read(text.encode(encoding), "csv")
    assert track.fixes.t.tolist() == [T0, T0 + 1, T0 + 2, T0 + 3]
    assert track.fixes.mode.tolist() == [Mode.FOOT, Mode.HORSE, Mode.FOOT, Mode.FOOT]
    assert track.fixes.accuracy_m[0] == 5.0
    assert np.isnan(track.fixes.accuracy_m[1:]).all()
    assert track.row.tolist() == [1, 2, 3, 4]


def test_csv_faults_name_their_rows() -> None:
    text = (
        "time,lon,lat,mode\n2025-06-15 08:00:00,115,47,foot\n2025-06-15T08:00:01Z,1x,47,foot\n"
        "2025-06-15T08:00:02Z,115,47,swim\nsoon,115,47,\n,115,47,\n2025-06-15T08:00:03Z,nan,47,\n"
    )
    track = read(text.encode(), "csv")
    assert track.faults == {
        0: "time-without-zone",
        1: "number-unreadable",
        2: "mode-unknown",
        3: "time-unreadable",
    }
    assert track.raw(1)["row"] == 2
    assert read(text.encode(), "csv", zone="UTC").faults.get(0) is None


def test_csv_segments() -> None:
    text = "time,lon,lat,part\n" + "".join(f"{int(T0) + k},115,47,{k // 2}\n" for k in range(6))
    assert read(text.encode(), "csv").fixes.part.tolist() == [0, 0, 1, 1, 2, 2]


def test_too_many_fixes_are_refused() -> None:
    file = gpx("".join(map(point, range(11))))
    assert len(read(file, "gpx", most=11)) == 11
    with pytest.raises(ContentTooLarge):
        read(file, "gpx", most=10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-15T08:00:00Z", T0),
        ("2025-06-15T08:00:00.500Z", T0 + 0.5),
        ("2025/06/15 08:00:00 UTC", T0),
        ("2025-06-15 16:00:00 +0800", T0),
        ("20250615T080000Z", T0),
    ],
)
def test_times_in_their_usual_spellings(text: str, expected: float) -> None:
    moment = read_time(text)
    assert isinstance(moment, datetime)
    assert moment.timestamp() == expected


@pytest.mark.parametrize("text", ["", "noon", "2025-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "1e400", "١"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_time(text)


def test_formats_are_known_by_type_name_or_beginning() -> None:
    assert format_of("", "application/gpx+xml", b"") == "gpx"
    assert format_of("a.GeoJSON", "application/octet-stream", b"") == "geojson"
    assert format_of("a.csv", "", b"") == "csv"
    assert format_of("upload", "", b"\xef\xbb\xbf <?xml") == "gpx"
    assert format_of("upload", "", b' {"type"') == "geojson"
    assert format_of("upload.fit", "", b"\x0e\x10") == "fit"
    with pytest.raises(UnsupportedFormat):
        format_of("upload.doc", "", b"\x0e\x10")


def test_unknown_modes_and_zones_are_refused() -> None:
    assert mode_of("Foot") is Mode.FOOT
    with pytest.raises(InvalidInput, match="foot, ski"):
        mode_of("swim")
    with pytest.raises(InvalidInput, match="Mars"):
        read(gpx(point(0)), "gpx", zone="Mars/Olympus")


@pytest.mark.skipif(not REAL.exists(), reason="the shared data folder is not here")
def test_real_recordings() -> None:
    track = read((REAL / "korita-zbevnica.gpx").read_bytes(), "gpx")
    assert len(track) == 871
    assert len(track.segments) == 4
    assert np.isfinite(track.fixes.t).sum() == 513
