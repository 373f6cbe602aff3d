"""Exports of the programs that rangers carry: each is read as its maker means it, or says what is wrong."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely

from service.errors import ContentTooLarge, InvalidInput, MalformedBody, ServiceError, UnsupportedFormat
from service.readers.track_file import TrackFile
from service.readers.tracks import clock_of, day_first_of, format_of, read, unpacked

T0 = datetime(2025, 6, 15, 8, 0, tzinfo=UTC).timestamp()
ISO = "2025-06-15T08:00:00Z"
MOST = 1 << 20


def sent(content: str | bytes, **options: Any) -> TrackFile:
    """Read what came, whatever it is."""
    data = unpacked(content.encode() if isinstance(content, str) else content, MOST)
    return read(data, format_of("", "", data), filename="walk", **options)


def zipped(**files: str | bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Without the time of now: workers name tests by what is in them, and have to agree.
            member = zipfile.ZipInfo(name.replace("__", ".").replace("_in_", "/"))
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def parquet(**columns: list[Any]) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


KML = """<?xml version="1.0"?><!-- exported --><kml xmlns="http://www.opengis.net/kml/2.2"
 xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Placemark><gx:MultiTrack>
<gx:Track><when>{when}</when><gx:coord>115.5 47.25 700</gx:coord></gx:Track></gx:MultiTrack></Placemark>
<Placemark><name>a camp</name><Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>"""
POINT = (
    "<Placemark><TimeStamp><when>{}</when></TimeStamp><Point><coordinates>115.5,47.25</coordinates></Point>"
)
TCX = """<TrainingCenterDatabase><Activities><Activity><Lap><Track><Trackpoint><Time>{}</Time><Position>
<LatitudeDegrees>47.25</LatitudeDegrees><LongitudeDegrees>115.5</LongitudeDegrees></Position></Trackpoint>
</Track></Lap></Activity></Activities></TrainingCenterDatabase>"""
PLACE = {"type": "Point", "coordinates": [115.5, 47.25, 700.0, 0]}
ANSWER = {
    "data": {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"title": "Team A", "coordinateProperties": {"times": [ISO]}},
                "geometry": {"type": "LineString", "coordinates": [[115.5, 47.25]]},
            }
        ],
    },
    "status": {"code": 200},
}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            "event-id,visible,timestamp,location-long,location-lat,individual-local-identifier\n"
            "1,true,2025-06-15 08:00:00.000,115.5,47.25,R7\n",
            id="Movebank, whose times are in UTC",
        ),
        pytest.param(
            "Subject Name,Recorded At (GMT+8:00),Longitude,Latitude,fixtime\n"
            f"A,2025-06-15 16:00:00,115.5,47.25,{ISO}\n",
            id="EarthRanger, with the zone in the head and another time",
        ),
        pytest.param(json.dumps(ANSWER), id="EarthRanger, as its interface answers"),
        pytest.param(
            json.dumps({"type": "Feature", "properties": {"fixtime": ISO}, "geometry": PLACE}),
            id="points of ecoscope, with a measure as fourth value",
        ),
        pytest.param(
            parquet(fixtime=[ISO], geometry=[shapely.Point(115.5, 47.25).wkb]), id="GeoParquet of ecoscope"
        ),
        pytest.param(
            'Patrol ID,Waypoint Date,Waypoint Time,X,Y\n7,"Jun 15, 2025",4:00:00 PM,115.5,47.25\n'.replace(
                "Time", "Time (UTC+08:00)"
            ),
            id="SMART, with months in words",
        ),
        pytest.param("定位时间(北京时间),GPS经度,GPS纬度\n2025-06-15 16:00:00,115.5,47.25\n", id="北京时间"),
        pytest.param(
            "Datum;Time UTC;Länge;Breite\n15.06.2025;08:00:00;115,5;47,25\n",
            id="German spreadsheet",
        ),
        pytest.param(f"valid,fixtime,latitude,longitude\n1,{ISO},47.25,115.5\n", id="Traccar"),
        pytest.param(f"fid;WKT;timestamp\n1;POINT Z (115.5 47.25 700);{ISO}\n", id="QGIS, as WKT"),
        pytest.param(
            f"Header\tTrack\n\nHeader\tPosition\tTime\nTrackpoint\tN47 15.000 E115 30.000\t{ISO}\n",
            id="BaseCamp, with places in one column",
        ),
        pytest.param(
            json.dumps(
                {
                    "data": {
                        "results": [{"location": {"latitude": 47.25, "longitude": 115.5}, "recorded_at": ISO}]
                    }
                }
            ),
            id="observations of EarthRanger",
        ),
        pytest.param(
            json.dumps([{"time": ISO, "lon": 115.5, "lat": 47.25, "more": [1]}]), id="a list of objects"
        ),
        pytest.param(KML.format(when=ISO), id="KML"),
        pytest.param(f"<kml><Document>{POINT.format(ISO)}</Placemark></Document></kml>", id="KML of points"),
        pytest.param(zipped(doc__kml=KML.format(when=ISO), files_in_icon__png=b"x"), id="KMZ"),
        pytest.param(zipped(walk__tcx=TCX.format(ISO), readme__txt="x"), id="TCX, in a zip"),
    ],
)
def test_makers(content: str | bytes) -> None:
    track = sent(content)
    assert track.faults == {}
    assert (track.fixes.lon[0], track.fixes.lat[0], track.fixes.t[0]) == (115.5, 47.25, T0)
    assert len(track) == 1
    assert len(track.devices) <= 1


def test_lines_of_objects_are_a_list() -> None:
    rows = [{"time": ISO, "lon": 115.5, "lat": 47.25}, {"time": "soon", "lon": 115.5, "lat": 47.25}]
    track = sent("\n".join(map(json.dumps, rows)) + "\n")
    assert (len(track), track.faults) == (2, {1: "time-unreadable"})
    features = [{"type": "Feature", "properties": {"time": ISO, "": "no"}, "geometry": PLACE}] * 2
    assert sent("\n".join(map(json.dumps, features))).faults == {}
    with pytest.raises(ContentTooLarge):
        sent("{}\n" * 11_100, most=1)
    for content in ('[{"a": 1}]', '{"data": {"data": {"data": {"data": []}}}}', "[{}, 1]", "[[]]"):
        with pytest.raises(ServiceError):
            read(content.encode(), "geojson")


def test_the_dilution_of_osmand_is_its_accuracy() -> None:
    text = f'<gpx creator="{{}}"><trkpt lon="1" lat="2"><time>{ISO}</time><hdop>4</hdop></trkpt></gpx>'
    assert sent(text.format("OsmAnd 4.6.9")).fixes.accuracy_m.tolist() == [4.0]
    assert sent(text.format("GPSLogger")).fixes.accuracy_m.tolist() == [20.0]


@pytest.mark.parametrize(
    "head",
    ["时间,经度(GCJ-02),纬度(GCJ-02)", "time,lon (bd09),lat (bd09)", "time,x (m),y (m)", "time,高德经度,lat"],
)
def test_places_in_other_systems_are_refused(head: str) -> None:
    with pytest.raises(InvalidInput):
        read(f"{head}\n{ISO},115.5,47.25\n".encode(), "csv")


def test_fixes_that_their_receiver_or_datum_denies_are_kept_apart() -> None:
    rows = [f"{ISO},115.5,47.25,{valid},{datum}" for valid, datum in (("1", ""), ("V", ""), ("A", "GCJ02"))]
    text = "\n".join(["time,lon,lat,valid,坐标系", *rows])
    assert sent(text).faults == {1: "position-invalid", 2: "datum-shifted"}
    feature = {"type": "Feature", "properties": {"time": ISO, "valid": False}, "geometry": PLACE}
    assert sent(json.dumps(feature)).faults == {0: "position-invalid"}
    columns = {"time": [ISO], "lon": [115.5], "lat": [47.25], "valid": [False]}
    assert sent(json.dumps(columns)).faults == {0: "position-invalid"}


def test_people_of_one_table_are_several_devices() -> None:
    head = "timestamp,location-long,location-lat,tag-local-identifier,individual-local-identifier"
    assert sent(f"{head}\n{ISO},1,2,t1,A\n{ISO},1,2,t1,B\n").devices == ("A", "B")
    names = [
        {"type": "Feature", "properties": {"time": ISO, "subject_name": n}, "geometry": PLACE} for n in "AB"
    ]
    assert sent(json.dumps({"type": "FeatureCollection", "features": names})).devices == ("A", "B")


def test_places_that_cannot_be_read_are_of_the_fix_alone() -> None:
    rows = [f"{ISO};{place}" for place in ("POINT (1 2)", "LINESTRING (1 2, 3 4)", "47.5, 115.5", "N47 E115")]
    track = sent("\n".join(["time;position", *rows]))
    assert track.faults == {1: "number-unreadable", 2: "number-unreadable"}
    shapes = [shapely.Point(1, 2).wkb, shapely.LineString([(1, 2), (3, 4)]).wkb, None, b"\x01"]
    track = sent(parquet(time=[ISO] * 4, geometry=shapes))
    assert track.faults == {1: "number-unreadable", 3: "number-unreadable"}


def test_an_offset_in_a_head_is_no_utc() -> None:
    for said, hours in {"UTC +8": 8, "GMT-03:30": -3.5, "UTC": 0, "utc": 0}.items():
        track = sent(f"time ({said}),lon,lat\n2025-06-15 08:00:00,1,2\n")
        assert track.fixes.t[0] == T0 - hours * 3_600.0
    assert sent("time (utc8),lon,lat\n2025-06-15 08:00:00,1,2\n").faults == {0: "time-without-zone"}


@pytest.mark.parametrize(
    "text", ["Jun 15, 2025 8:00:00 AM", "15-Jun-2025 08:00", "Sun, 15 June 2025 08:00:00 GMT"]
)
def test_months_in_words(text: str) -> None:
    track = sent(f'time,lon,lat\n"{text}",1,2\n', zone="UTC")
    assert (track.faults, track.fixes.t.tolist()) == ({}, [T0])


def test_the_order_of_dates_can_be_said() -> None:
    text = "date,time,lon,lat\n06/07/2025,08:00:00Z,1,2\n"
    assert sent(text).faults == {0: "time-ambiguous"}
    for name, day in (
        ("day-first", datetime(2025, 7, 6, 8, tzinfo=UTC)),
        ("month-first", datetime(2025, 6, 7, 8, tzinfo=UTC)),
    ):
        assert sent(text, day_first=day_first_of(name)).fixes.t[0] == day.timestamp()
    assert sent(text.replace("06/07", "06/15"), day_first=True).faults == {0: "time-unreadable"}
    with pytest.raises(InvalidInput):
        day_first_of("dmy")


def test_how_far_a_clock_was_behind() -> None:
    assert [clock_of(one) for one in (None, "0", "1024w", "-2h", "90")] == [None, 0, 619_315_200, -7_200, 90]
    with pytest.raises(InvalidInput):
        clock_of("two hours")


def test_parts_that_overlap_in_time_are_noted() -> None:
    def notes(second: float) -> bool:
        rows = [
            f"{T0 + start + k * 100:.0f},1,2,{part}"
            for part, start in (("a", 0.0), ("b", second))
            for k in range(3)
        ]
        return any("overlap" in note for note in sent("\n".join(["t,lon,lat,segment", *rows])).notes)

    assert notes(50.0)
    assert not notes(200.0)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (zipped(a__gpx=b"<gpx/>", b__gpx=b"<gpx/>"), InvalidInput, "2 track files"),
        (zipped(photo__jpg=b"x"), InvalidInput, "0 track files"),
        (zipped(a__gpx=b"0" * (2 * MOST)), ContentTooLarge, "larger than"),
        (zipped(**{"[Content_Types]__xml": b"<x/>"}), UnsupportedFormat, "spreadsheet"),
        (zipped(a__gpx=b"<gpx/>")[:60], MalformedBody, "damaged"),
        (KML.format(when="</when><when>"), InvalidInput, "1 positions but 2 times"),
        (KML[:300].format(when=ISO), MalformedBody, "breaks off"),
        ("<!DOCTYPE html><html><body/></html>", InvalidInput, "document type"),
        ("<html><body/></html>", InvalidInput, "<html>"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(content: str | bytes, error: type[ServiceError], said: str) -> None:
    with pytest.raises(error, match=said):
        sent(content)


def test_kml_without_times_has_fixes_without_times() -> None:
    track = sent("<kml><LineString><coordinates>1,2 3,4,5</coordinates></LineString></kml>")
    assert len(track) == 2
    assert not track.fixes.t[track.fixes.t == track.fixes.t].size
