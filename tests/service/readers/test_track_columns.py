"""Tracks in columns and from watches: the same fixes in every format, and refusals that say where."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.track import Mode
from service.errors import ContentTooLarge, InvalidInput, MalformedBody
from service.readers.track_file import TrackFile
from service.readers.tracks import Format, format_of, read
from tests.fixtures.fit import fit

T0 = int(datetime(2025, 6, 15, 8, tzinfo=UTC).timestamp())
Row = tuple[int, float, float]
ROWS: list[Row] = [(T0, 115.0, 47.0), (T0 + 1, 115.1, 47.1), (T0 + 5, 115.2, 47.2)]
FIXES = st.lists(
    st.tuples(
        st.integers(631_152_000, 2_000_000_000),
        st.integers(-1_800_000_000, 1_800_000_000).map(lambda one: one / 1e7),
        st.integers(-900_000_000, 900_000_000).map(lambda one: one / 1e7),
    ),
    min_size=1,
    max_size=20,
)


def as_json(rows: Sequence[Row], **more: Any) -> bytes:
    t, lon, lat = map(list, zip(*rows, strict=True))
    return json.dumps({"t": t, "lon": lon, "lat": lat, **more}).encode()


def as_csv(rows: Sequence[Row]) -> bytes:
    return "\n".join(["t,lon,lat", *(",".join(map(repr, row)) for row in rows)]).encode()


def as_gpx(rows: Sequence[Row]) -> bytes:
    points = "".join(
        f'<trkpt lon="{lon!r}" lat="{lat!r}"><time>{time.isoformat()}</time></trkpt>'
        for time, lon, lat in ((datetime.fromtimestamp(t, UTC), lon, lat) for t, lon, lat in rows)
    )
    return f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>".encode()


def as_table(rows: Sequence[Row], unit: str = "us", zone: str | None = "UTC") -> pa.Table:
    t, lon, lat = map(np.array, zip(*rows, strict=True))
    times = pa.array(t.astype("datetime64[s]")).cast(pa.timestamp(unit, zone))
    return pa.table({"Timestamp": times, "Longitude": lon, "Latitude": lat})


def as_arrow(table: pa.Table, *, file: bool = False, compression: str | None = None) -> bytes:
    sink, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=compression)
    make = pa.ipc.new_file if file else pa.ipc.new_stream
    with make(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink)
    return sink.getvalue()


def read_any(content: bytes, **options: Any) -> TrackFile:
    """Read content that nothing but its bytes tells the format of."""
    return read(content, format_of("", "", content), filename="walk", **options)


@given(FIXES)
def test_every_format_gives_the_same_fixes(rows: list[Row]) -> None:
    table = as_table(rows)
    contents = [
        as_json(rows),
        as_csv(rows),
        as_gpx(rows),
        as_arrow(table),
        as_arrow(table, file=True),
        as_arrow(table, compression="zstd"),
        as_parquet(table),
    ]
    first, *others = map(read_any, contents)
    assert first.fixes.t.tolist() == [row[0] for row in rows]
    assert first.fixes.lon.tolist() == [row[1] for row in rows]
    for other in others:
        for name in ("t", "lon", "lat"):
            assert np.array_equal(getattr(other.fixes, name), getattr(first.fixes, name)), other.format
        assert other.faults == first.faults


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (as_json(ROWS), "geojson"),
        (as_csv(ROWS), "csv"),
        (as_gpx(ROWS), "gpx"),
        (as_arrow(as_table(ROWS)), "arrow"),
        (as_arrow(as_table(ROWS), file=True), "arrow"),
        (as_parquet(as_table(ROWS)), "parquet"),
        (fit([ROWS]), "fit"),
    ],
)
def test_formats_are_known_by_content(content: bytes, kind: Format) -> None:
    assert format_of("walk.gpx", "text/csv", content) == kind


def test_columns_of_json_with_everything() -> None:
    track = read_any(
        as_json(
            ROWS,
            accuracy_m=[5, None, -1],
            speed=[1.5, 2, None],
            mode="car",
            segment=["a", "a", "b"],
            note=["x", "y", "z"],
        )
    )
    assert track.format == "columns"
    assert track.fixes.accuracy_m[0] == 5.0
    assert np.isnan(track.fixes.accuracy_m[1:]).all()
    assert track.fixes.mode.tolist() == [Mode.CAR] * 3
    assert track.fixes.part.tolist() == [0, 0, 1]
    assert track.segments == ("a", "b")


def test_what_is_wrong_in_columns_is_of_the_fix_alone() -> None:
    value = {"t": [T0, "soon", None, T0], "lon": [115, "x", 115, True], "lat": [47, 47, 47, 47]}
    track = read_any(json.dumps(value).encode())
    assert track.faults == {1: "time-unreadable", 3: "number-unreadable"}
    assert np.isnan(track.fixes.t[2])
    assert track.raw(1) == {"row": 2, "segment": "rows", "time": "soon", "lon": "x", "lat": 47}


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"t": [1], "lon": [1, 2], "lat": [1, 2]}, "/t"),
        ({"t": 1, "lon": [1], "lat": [1]}, "/t"),
        ({"t": [1], "lon": None, "lat": [1]}, "/t"),
        ({"t": [1], "lon": 5, "lat": [1]}, "/t"),
        ({"t": [1], "position": 5}, "/t"),
        ({"t": [1], "lon": [1], "lat": [1], "mode": 3}, "/mode"),
    ],
)
def test_columns_of_different_lengths_are_refused(value: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_any(json.dumps(value).encode())
    assert caught.value.where["pointer"] == pointer


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_timestamps(unit: str) -> None:
    assert read_any(as_parquet(as_table(ROWS, unit))).fixes.t.tolist() == [row[0] for row in ROWS]


def test_timestamps_without_a_zone_need_one() -> None:
    content = as_arrow(as_table(ROWS, zone=None))
    assert set(read_any(content).faults.values()) == {"time-without-zone"}
    assert read_any(content, zone="Asia/Shanghai").fixes.t[0] == T0 - 8 * 3_600


def test_texts_and_nulls_in_arrow() -> None:
    table = pa.table(
        {
            "time": pa.array(["2025-06-15T08:00:00Z", None]).dictionary_encode(),
            "lon": pa.array([115, None], pa.int32()),
            "lat": pa.array(["47", "47°30'N"]),
            "device": ["a", None],
        }
    )
    track = read_any(as_arrow(table))
    assert track.fixes.t[0] == T0
    assert np.isnan(track.fixes.t[1])
    assert np.isnan(track.fixes.lon[1])
    assert track.fixes.lat.tolist() == [47.0, 47.5]
    assert track.devices == ("a", "")


def test_too_many_fixes_in_columns() -> None:
    for content in (as_json(ROWS), as_arrow(as_table(ROWS)), as_parquet(as_table(ROWS))):
        with pytest.raises(ContentTooLarge):
            read_any(content, most=2)
        assert len(read_any(content, most=3)) == 3


def test_damaged_tables_are_refused() -> None:
    for content in (as_arrow(as_table(ROWS)), as_parquet(as_table(ROWS))):
        with pytest.raises(MalformedBody):
            read_any(content[: len(content) // 2])


def test_a_watch_has_records_in_parts() -> None:
    track = read_any(fit([ROWS, [(T0 + 9, None, None)]]))
    assert track.format == "fit"
    assert track.fixes.t.tolist() == [T0, T0 + 1, T0 + 5, T0 + 9]
    assert track.fixes.lon[:3] == pytest.approx([115.0, 115.1, 115.2], abs=1e-7)
    assert np.isnan(track.fixes.lon[3])
    assert track.fixes.part.tolist() == [0, 0, 0, 1]
    assert track.fixes.speed_ms[0] == 1.3
    assert track.fixes.accuracy_m[0] == 5.0
    assert track.row.tolist() == [1, 2, 3, 4]


def test_the_sport_of_a_watch_is_the_mode() -> None:
    assert read_any(fit([ROWS], sport=2)).fixes.mode.tolist() == [Mode.BICYCLE] * 3
    assert read_any(fit([ROWS], sport=0), mode=Mode.HORSE).fixes.mode.tolist() == [Mode.HORSE] * 3


def test_half_a_watch_is_refused_or_salvaged() -> None:
    content = fit([[(T0 + k, 115.0, 47.0) for k in range(50)]])
    with pytest.raises(MalformedBody, match=r"after 2[0-9] records"):
        read_any(content[: len(content) // 2])
    track = read_any(content[: len(content) // 2], salvage=True)
    assert 20 <= len(track) < 30
    assert "cut off" in track.notes[0]
    wrong = content[:100] + bytes([content[100] ^ 1]) + content[101:]
    with pytest.raises(MalformedBody):
        read_any(wrong)


def test_too_many_records_are_refused() -> None:
    content = fit([ROWS])
    with pytest.raises(ContentTooLarge):
        read_any(content, most=2)
