"""Tables as rangers send them: each oddity is read in its one meaning, or the fix says what is wrong."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.track import Mode
from service.errors import ContentTooLarge, InvalidInput, MalformedBody, ServiceError
from service.readers.track_file import TrackFile
from service.readers.track_values import number
from service.readers.tracks import format_of, read

T0 = datetime(2025, 6, 15, 8, 0, tzinfo=UTC).timestamp()
ROW = "2025-06-15T08:00:00Z,115.5,47.25\n"


def table(text: str, encoding: str = "utf-8", **options: Any) -> TrackFile:
    return read(text.encode(encoding), "csv", filename="walk.csv", **options)


def is_at(track: TrackFile, lon: float = 115.5, lat: float = 47.25, t: float = T0) -> bool:
    fixes = track.fixes
    return track.faults == {} and (fixes.lon[0], fixes.lat[0], fixes.t[0]) == (lon, lat, t)


@pytest.mark.parametrize(
    "head",
    [
        "Zeitstempel;Längengrad;Breitengrad",
        "horodatage;longitude;latitude",
        "fecha_hora;longitud;latitud",
        "时间;经度;纬度",
        "定位时间;经度(°);纬度(°)",
        "Время;Долгота;Широта",
        "Цаг;Уртраг;Өргөрөг",
        "Date and time;X;Y",
        "timestamp;location-long;location-lat",
    ],
)
def test_heads_in_other_languages(head: str) -> None:
    assert is_at(table(f"{head}\n2025-06-15T08:00:00Z;115.5;47.25\n"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings(encoding: str) -> None:
    text = "时间\t经度\t纬度\n2025-06-15T08:00:00Z\t115.5\t47.25\n"
    assert is_at(table(text, encoding))
    assert format_of("", "", text.encode(encoding)) == "csv"


def test_windows_1252() -> None:
    assert is_at(table("Zeit;Längengrad;Breitengrad\n2025-06-15T08:00:00Z;115.5;47.25\n", "cp1252"))


def test_decimal_commas_and_semicolons() -> None:
    track = table("time;lon;lat;speed\n2025-06-15T08:00:00Z;115,5;47,25;1,25\n")
    assert is_at(track)
    assert track.fixes.speed_ms[0] == 1.25


def test_decimal_commas_in_a_table_with_commas_are_never_guessed() -> None:
    track = table("time,lon,lat\n2025-06-15T08:00:00Z,115,5,47,25\n" + ROW)
    assert track.faults == {0: "cells-differ"}
    assert is_at(table('time,lon,lat\n2025-06-15T08:00:00Z,"115,5","47,25"\n'))
    assert is_at(table("time,lon,lat,\n2025-06-15T08:00:00Z,115.5,47.25,,\n"))


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("115°30.0'E", "47°15.0'N"),
        ("E 115° 30' 00\"", "N 47° 15' 00\""),
        ("115 30 0 E", "47 15 0 N"),
        ("115.5E", "47.25 N"),
        ("东115度30分", "北47度15分0秒"),
        ("115°30′0″E", "47°15′0″N"),
    ],
)
def test_degrees_and_minutes(lon: str, lat: str) -> None:
    assert is_at(table(f"time\tlon\tlat\n2025-06-15T08:00:00Z\t{lon}\t{lat}\n"))


@pytest.mark.parametrize(
    "text", ["47°60'N", "47°15'E", "-47°15'S", "N47°15'N", "47.5°15'N", "4°7", "47_1", "1.234,5", "9" * 50]
)
def test_what_is_no_latitude(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        number(text, "lat") if text != "4°7" else number("4°77'N", "lat")


def test_south_and_west_are_negative() -> None:
    assert number("47°15'S", "lat") == -47.25
    assert number("115.5 W", "lon") == -115.5
    assert number("-47°15'", "lat") == -47.25


def test_hemispheres_in_columns_of_their_own() -> None:
    head = "time,lat,N/S,lon,E/W\n"
    assert is_at(table(f"{head}2025-06-15T08:00:00Z,4715.0,N,11530.0,E\n"))
    assert is_at(table(f"{head}2025-06-15T08:00:00Z,47.25,S,115.5,W\n"), -115.5, -47.25)
    assert table(f"{head}2025-06-15T08:00:00Z,47.25,E,115.5,E\n").faults == {0: "number-unreadable"}


def test_swapped_places_say_so() -> None:
    track = table("time,lon,lat\n2025-06-15T08:00:00Z,47.25,115.5\n" + ROW)
    assert track.faults == {0: "position-swapped"}


def test_dates_beside_times_of_day() -> None:
    assert is_at(table("日期,时间,经度,纬度\n2025/6/15,8:00:00,115.5,47.25\n", zone="UTC"))
    assert is_at(table("Datum;Uhrzeit;lon;lat\n15.06.2025;10:00;115,5;47,25\n", zone="Europe/Ljubljana"))
    assert is_at(table("date,time,lon,lat\n45823,0.333333333,115.5,47.25\n", zone="UTC"))


def test_times_of_day_alone_are_unreadable() -> None:
    assert table("time,lon,lat\n08:00:00,115.5,47.25\n", zone="UTC").faults == {0: "time-unreadable"}


def test_serial_dates_of_spreadsheets() -> None:
    text = "time,lon,lat\n45823.3333333333,115.5,47.25\n"
    assert is_at(table(text, zone="UTC"))
    assert is_at(table(text.replace(".333", ",333").replace(",", ";").replace(";333", ",333"), zone="UTC"))
    assert table(text).faults == {0: "time-without-zone"}


def test_local_times_need_their_zone() -> None:
    text = "time,lon,lat\n2025-06-15 16:00:00,115.5,47.25\n"
    assert table(text).faults == {0: "time-without-zone"}
    assert is_at(table(text, zone="Asia/Shanghai"))


def test_a_head_can_say_that_times_are_in_utc() -> None:
    track = table("time (UTC),lon,lat\n2025-06-15 08:00:00,115.5,47.25\n", zone="Asia/Shanghai")
    assert is_at(track)
    assert "UTC" in track.notes[0]


def test_an_hour_that_comes_twice_is_not_guessed() -> None:
    text = "time,lon,lat\n2025-10-26 02:30:00,14.5,46.25\n2025-10-26 04:30:00,14.5,46.25\n"
    assert table(text, zone="Europe/Ljubljana").faults == {0: "time-ambiguous"}


def test_a_date_of_two_meanings_is_not_guessed() -> None:
    text = "time,lon,lat\n06/07/2025 08:00:00,115.5,47.25\n"
    assert table(text, zone="UTC").faults == {0: "time-ambiguous"}
    more = text + "13/07/2025 08:00:00,115.5,47.25\n"
    assert table(more, zone="UTC").fixes.t[0] == datetime(2025, 7, 6, 8, tzinfo=UTC).timestamp()


def test_titles_above_the_head_and_blank_rows() -> None:
    text = f"Patrol report;\n\nUnit: 7\ntime,lon,lat\n\n,,\n{ROW}  ,  ,\n\n{ROW}"
    track = table(text)
    assert len(track) == 2
    assert is_at(track)
    assert track.row.tolist() == [3, 6], "blank rows are no fixes, and are counted"
    assert "above the head" in track.notes[0]


def test_tables_that_were_joined() -> None:
    other = "lat,lon,time,speed\n47.25,115.5,2025-06-15T08:00:00Z,2\n"
    text = f"time,lon,lat\n{ROW}lat;x\n{other}time,lon,lat\n{ROW}"
    track = table(text)
    assert len(track) == 4
    assert [k for k in range(4) if k not in track.faults and np.isfinite(track.fixes.t[k])] == [0, 2, 3]
    assert track.fixes.lon[[0, 2, 3]].tolist() == [115.5] * 3
    assert track.fixes.speed_ms[2] == 2.0
    assert "several heads" in track.notes[0]


def test_joined_tables_of_different_units_are_refused() -> None:
    with pytest.raises(MalformedBody, match="different units"):
        table(f"time,lon,lat\n{ROW}time,lon,lat,speed (km/h)\n{ROW}")


@pytest.mark.parametrize("second", ["time (UTC)", "time"])
def test_joined_tables_of_different_zones_are_refused(second: str) -> None:
    rows = "2025-06-15 16:00:00,115.5,47.25\n"
    assert len(table(f"time (GMT+8),lon,lat\n{rows}time (GMT+08:00),lon,lat\n{rows}")) == 2
    with pytest.raises(MalformedBody, match="different zones"):
        table(f"time (GMT+8),lon,lat\n{rows}{second},lon,lat\n{rows}")


def test_units_of_columns_and_values() -> None:
    track = table("time,lon,lat,speed (km/h),accuracy\n2025-06-15T08:00:00Z,115.5,47.25,36,5 m\n")
    assert track.fixes.speed_ms[0] == pytest.approx(10.0)
    assert track.fixes.accuracy_m[0] == 5.0
    with pytest.raises(InvalidInput, match="unit"):
        table("time,lon,lat,speed (furlongs)\n" + ROW)


@pytest.mark.parametrize(
    ("written", "metres"),
    [
        (("5", "1,200"), (5.0, None)),  # twelve hundred, or a little more than one
        (("12,5", "1,200"), (12.5, 1.2)),
        (("12,5", "1.200"), (12.5, None)),
        (("0,845", "1,200"), (0.845, 1.2)),
        (("2,125", "1,200"), (2.125, 1.2)),
        (("5 m", "1,200 m"), (5.0, None)),
    ],
)
def test_thousands_are_never_taken_for_decimals(
    written: tuple[str, str], metres: tuple[float, float | None]
) -> None:
    rows = "".join(f"2025-06-15T08:00:0{k}Z;115.5;47.25;{one}\n" for k, one in enumerate(written))
    track = table(f"time;lon;lat;accuracy\n{rows}")
    for k, expected in enumerate(metres):
        if expected is None:
            assert track.faults == {k: "number-unreadable"}
        else:
            assert track.fixes.accuracy_m[k] == pytest.approx(expected)


def test_a_quote_that_nothing_closes_takes_up_no_rows() -> None:
    note = '"by the river, 2\nlate, 3, ""wet"""'
    head = "time,lon,lat,note\n"
    assert len(table(head + f"2025-06-15T08:00:00Z,115.5,47.25,{note}\n" * 3)) == 3
    rows = "2025-06-15T08:00:00Z,115.5,47.25,{}\n"
    with pytest.raises(MalformedBody, match="row 2 is not closed") as caught:
        table(head + rows.format(note) + rows.format('"open') + 3 * rows.format("x"))
    assert caught.value.where["row"] == 2


def test_metres_of_a_projection_are_told_what_is_wanted() -> None:
    with pytest.raises(InvalidInput, match="not metres of a projection"):
        table("time,Easting,Northing\n2025-06-15T08:00:00Z,563000,5154000\n")


def test_several_devices_come_apart() -> None:
    text = "设备号,time,lon,lat\n" + "".join(f"{'AB'[k % 2]}1,{int(T0) + k},115.{k},47\n" for k in range(6))
    track = table(text)
    parts = dict(track.by_device())
    assert list(parts) == ["A1", "B1"]
    assert parts["B1"].fixes.lon.tolist() == [115.1, 115.3, 115.5]
    assert parts["B1"].row.tolist() == [2, 4, 6]
    assert parts["B1"].raw(1)["lon"] == "115.3"


def test_times_that_go_backwards_are_noted() -> None:
    text = "time,lon,lat\n" + "".join(f"{int(T0) - k},115.5,47.25\n" for k in range(3))
    assert "backwards" in table(text).notes[0]


def test_many_blank_lines_are_no_fixes() -> None:
    text = "time,lon,lat\n" + f"{ROW}\n\n\n" * 900
    assert len(table(text, most=900)) == 900
    with pytest.raises(ContentTooLarge):
        table(text, most=899)


def test_modes_of_later_heads_and_rows() -> None:
    text = f"time,lon,lat\n{ROW}time,lon,lat,mode\n{ROW.strip()},car\n"
    assert table(text).fixes.mode.tolist() == [Mode.FOOT, Mode.CAR]


def test_content_says_what_it_is_whatever_its_name() -> None:
    assert format_of("walk.gpx", "text/csv", b"time,lon,lat\n") == "csv"
    assert format_of("walk.csv", "text/csv", b"<?xml version='1.0'?><gpx/>") == "gpx"
    assert format_of("walk.csv", "", "\ufeff<gpx/>".encode("utf-16")) == "gpx"
    assert format_of("walk.csv", "", b'{"t": []}') == "geojson"


@given(st.text("0123456789.,;:\t\n\"'-NSEW°timelonat ", max_size=300))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    try:
        track = table("time,lon,lat\n" + text)
    except ServiceError:
        return
    for place in range(len(track)):
        assert track.raw(place)["row"]
