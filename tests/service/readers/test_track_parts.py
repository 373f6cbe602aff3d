"""Large files in parts and archives: the same fixes as read at once, whatever the size of the parts."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import ContentTooLarge, InvalidInput, MalformedBody, ServiceError, UnsupportedFormat
from service.readers import geojson_parts, track_archives, track_csv, track_parts
from service.readers.track_archives import is_archive, members
from service.readers.track_file import TrackFile
from service.readers.track_parts import Options, digest_of, parts_of
from service.readers.tracks import format_of, read
from tests.fixtures.fit import fit

T0 = 1_750_000_000
POINT = json.dumps(
    {
        "type": "Feature",
        "properties": {"time": T0},
        "geometry": {"type": "Point", "coordinates": [115.0, 47.0]},
    }
)


def table(parts: list[int], head: str = "t,lon,lat,segment,device,mode,N/S") -> bytes:
    """Return a table of parts of so many fixes, some of which cannot be read."""
    rows = [head]
    for number, size in enumerate(parts):
        for _ in range(size):
            k = len(rows)
            mode = "swim" if k % 7 == 0 else "car"
            lat, more = "x" if k % 5 == 0 else 47, ",more" if k % 3 == 0 else ""
            rows.append(f"{T0 + k},{115 + k / 1e4:.4f},{lat},{number},d{k % 2},{mode},N{more}")
    return "\n".join(rows).encode()


def gpx(parts: list[int]) -> bytes:
    text, k = "", 0
    for size in parts:
        text += "<trkseg>"
        for _ in range(size):
            k += 1
            place = f'lon="{115 + k / 1e4:.4f}" lat="{"x" if k % 5 == 0 else 47}"'
            text += f"<trkpt {place}><time>{T0 + k}</time></trkpt>\n"
        text += "</trkseg>"
    return f"<gpx><trk><name>a</name>{text}</trk></gpx>".encode()


def parquet(parts: list[int]) -> bytes:
    count = sum(parts)
    k = np.arange(count)
    sink = io.BytesIO()
    columns = {
        "t": T0 + k,
        "lon": 115 + k / 1e4,
        "lat": np.full(count, 47.0),
        "device": [f"d{i % 2}" for i in k],
    }
    pa.parquet.write_table(pa.table(columns), sink, row_group_size=7)
    return sink.getvalue()


def arrow(parts: list[int]) -> bytes:
    sink = io.BytesIO()
    whole = pa.parquet.read_table(io.BytesIO(parquet(parts)))
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole, max_chunksize=7)
    return sink.getvalue()


def geojson(parts: list[int]) -> bytes:
    """Return points, and each third part as a line."""
    features, k = [], 0
    for part, count in enumerate(parts):
        places = [[115.0 + (k + j) / 1e4, 47.0] for j in range(count)]
        times = [T0 + k + j for j in range(count)]
        if part % 3 == 2:
            line = {"type": "LineString", "coordinates": places}
            features.append({"type": "Feature", "properties": {"coordTimes": times}, "geometry": line})
        else:
            modes = [{"mode": "ski"} if j % 5 else {} for j in range(count)]
            features += [
                {
                    "type": "Feature",
                    "properties": {"time": "x" if j == 3 else time, "name": 'a [,]} \\ " é', **mode},
                    "geometry": {"type": "Point", "coordinates": place},
                }
                for j, (time, place, mode) in enumerate(zip(times, places, modes, strict=True))
            ]
        k += count
    whole = {"type": "FeatureCollection", "name": "w", "features": features, "more": [1]}
    return json.dumps(whole, ensure_ascii=False, indent=len(parts) % 2 or None).encode()


def kml(parts: list[int]) -> bytes:
    """Return tracks, and each third part as points."""
    text, k = "", 0
    for part, count in enumerate(parts):
        stamps = [f"<when>{T0 + k + j}</when>" for j in range(count)]
        places = [f"{115 + (k + j) / 1e4:.4f} {'x' if j == 3 else 47}" for j in range(count)]
        if part % 3 == 2:
            points = [f"<Point><coordinates>{one.replace(' ', ',')}</coordinates></Point>" for one in places]
            both = zip(stamps, points, strict=True)
            text += "".join(f"<Placemark><TimeStamp>{t}</TimeStamp>{p}</Placemark>\n" for t, p in both)
        else:
            coords = [f"<gx:coord>{one}</gx:coord>" for one in places]
            text += f"<Placemark><gx:Track>{chr(10).join([*stamps, *coords])}</gx:Track></Placemark>"
        k += count
    return f'<kml xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>{text}</Document></kml>'.encode()


def told(track: Any) -> list[tuple[Any, ...]]:
    """Return what is known of every fix, its part by name."""
    names = [track.segments[k] if track.segments else "" for k in track.fixes.part]
    devices = [""] * len(track) if track.device is None else [track.devices[code] for code in track.device]
    return [
        (
            float(np.nan_to_num(track.fixes.t[k], nan=-1.0)),
            float(np.nan_to_num(track.fixes.lon[k], nan=-1.0)),
            int(track.fixes.mode[k]),
            names[k],
            devices[k],
            int(track.row[k]),
            track.faults.get(k),
            track.raw(k),
        )
        for k in range(len(track))
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    make=st.sampled_from([table, gpx, parquet, arrow, geojson, kml]),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    size=st.integers(1, 12),
    packed=st.booleans(),
)
def test_parts_hold_what_the_whole_holds(
    tmp_path: Path, make: Callable[[list[int]], bytes], sizes: list[int], size: int, packed: bool
) -> None:
    content, path = make(sizes), tmp_path / "walk"
    path.write_bytes(gzip.compress(content) if packed else content)
    whole = read(content, format_of("", "", content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track_parts, "_CHUNK", 64)
        patch.setattr(track_csv, "_BLOCK", 5)
        patch.setattr(geojson_parts, "_AT_ONCE", 3)
        patch.setattr(geojson_parts, "_LEAST", 1)
        parts = list(parts_of(path, "walk", Options(size=size)))
    found = [one for part in parts for one in told(part)]
    expected = told(whole)
    if make in (table, gpx, geojson, kml):
        assert found == expected
    else:
        assert [one[:3] + one[4:7] for one in found] == [one[:3] + one[4:7] for one in expected]
    assert len(parts) >= len(expected) // (size + 70)
    assert len(digest_of(path)) == 64


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    titles=st.integers(0, 3),
    kinds=st.lists(
        st.sampled_from(["good", "time-unreadable", "number-unreadable", "blank", "head"]), min_size=1
    ),
    size=st.integers(1, 12),
    block=st.integers(1, 9),
)
def test_the_row_of_a_fault_is_counted_from_the_head_whatever_the_parts(
    tmp_path: Path, titles: int, kinds: list[str], size: int, block: int
) -> None:
    """Told by the text itself: a reader that counts wrong counts so in parts and as a whole."""
    lines, head = [f"walk {k}" for k in range(titles)], "t,lon,lat"
    lines += [head, f"{T0},115.0,47.0"]
    for k, kind in enumerate(kinds, 1):
        time, lat = "x" if kind == "time-unreadable" else T0 + k, "x" if kind == "number-unreadable" else 47
        lines.append({"blank": "", "head": head}.get(kind, f"{time},{115 + k / 1e4:.4f},{lat}"))
    path = tmp_path / "walk.csv"
    path.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track_csv, "_BLOCK", block)
        parts = list(parts_of(path, "walk.csv", Options(size=size)))
    found = [
        (int(part.row[k]), part.faults.get(k, "good"), part.raw(k)["row"])
        for part in parts
        for k in range(len(part))
    ]
    told_by_text = [(2 + k, kind) for k, kind in enumerate(kinds) if kind not in ("blank", "head")]
    assert found == [(row, kind, row) for row, kind in [(1, "good"), *told_by_text]]


def test_two_parts_are_cut_inside_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_bytes(table([4, 4]))
    parts = list(parts_of(path, "walk.csv", Options(size=4)))
    assert [len(part) for part in parts] == [3, 4, 1]
    assert [part.segments for part in parts] == [("0",), ("0", "1"), ("1",)]


def test_what_is_wrong_with_a_row_goes_with_it_into_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_csv, "_BLOCK", 5)
    path, content = tmp_path / "walk.csv", table([9, 9])
    path.write_bytes(content)
    parts = list(parts_of(path, "walk.csv", Options(size=4)))
    assert [one for part in parts for one in told(part)] == told(read(content, "csv"))


def test_formats_that_are_read_whole_are_cut_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut inside of recordings, as the others are."""
    path = tmp_path / "walk"
    path.write_bytes(fit([[(T0 + 10 * j + k, 115.0, 47.0) for k in range(4)] for j in range(3)]))
    whole = read(path.read_bytes(), "fit")
    parts = list(parts_of(path, "walk", Options(size=4)))
    assert [len(part) for part in parts] == [3, 4, 4, 1]
    assert [one for part in parts for one in told(part)] == told(whole)
    monkeypatch.setattr(track_parts, "MOST_WHOLE", 50)
    with pytest.raises(ContentTooLarge, match="in parts") as caught:
        list(parts_of(path, "walk", Options()))
    assert caught.value.where["file"] == "walk"


@pytest.mark.parametrize(
    ("features", "pointer"),
    [
        (f"{POINT}, {POINT[:30]}", "/features/1"),
        (f"{POINT}, {POINT}", "/features/1"),
        (f"{POINT} {POINT}]}}", "/features/1"),
        (f"{POINT},]}}", "/features/1"),
        (f",{POINT}]}}", "/features/0"),
        (f"{POINT}, 7]}}", "/features/1"),
        (f'{POINT}, {{"type": "Feature", "geometry": NaN}}]}}', "/features/1/geometry"),
        (f'{POINT}, {{"type": "Feature", "type": "Feature"}}]}}', "/features/1"),
        (f'{POINT}], "features": []}}', "/features/1"),
        (f"{POINT}]}} more", "/features/1"),
        ("[" * 100_000, "/features/0"),
    ],
)
def test_a_collection_that_is_broken_names_the_feature(tmp_path: Path, features: str, pointer: str) -> None:
    path = tmp_path / "walk"
    path.write_text('{"type": "FeatureCollection", "features": [' + features, encoding="utf-8")
    with pytest.raises((InvalidInput, MalformedBody)) as caught:
        list(parts_of(path, "walk", Options()))
    assert caught.value.where["pointer"] == pointer


def test_half_a_file_gives_what_was_whole_and_says_where_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_parts, "_CHUNK", 64)
    path, content = tmp_path / "walk.gpx", gpx([100])
    path.write_bytes(content[: len(content) // 2])
    got: list[TrackFile] = []
    with pytest.raises(MalformedBody, match="breaks off") as caught:
        got.extend(parts_of(path, "walk.gpx", Options(size=10)))
    assert caught.value.where["file"] == "walk.gpx"
    assert len(got) >= 3
    whole = sum(map(len, parts_of(path, "walk.gpx", Options(size=10, salvage=True))))
    assert whole == content[: len(content) // 2].count(b"</trkpt>")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", ServiceError),
        (b"hello", UnsupportedFormat),
        (gzip.compress(b"t,lon,lat\n" * 99)[:-9], MalformedBody),
    ],
    ids=["empty", "words", "cut"],  # packed bytes hold the time, and workers must find the same tests
)
def test_what_is_no_track_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "walk"
    path.write_bytes(content)
    with pytest.raises(error):
        list(parts_of(path, "walk", Options()))


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz", **more: Any) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for attribute, value in more.items():
                setattr(info, attribute, value)
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


@pytest.mark.parametrize(
    "pack", [zipped, tarred, lambda files: tarred(files, "w"), lambda f: tarred(f, "w:xz")]
)
def test_archives_give_their_files(tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    path = tmp_path / "walks"
    path.write_bytes(pack({"a/b.csv": table([3]), "__MACOSX/x": b"", "a/.hidden": b"", "c.gpx": gpx([2])}))
    assert is_archive(path)
    found = {one.name: one.path.read_bytes() for one in members(path, tmp_path)}
    assert found == {"a/b.csv": table([3]), "c.gpx": gpx([2])}
    assert [one.name for one in tmp_path.iterdir()] == ["walks"]


@pytest.mark.parametrize(
    "content",
    [table([3]), gpx([2]), parquet([3]), arrow([3]), gzip.compress(table([9]))],
    ids=["table", "gpx", "parquet", "arrow", "packed"],
)
def test_tracks_are_no_archives(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "walk"
    path.write_bytes(content)
    assert not is_archive(path)


@pytest.mark.parametrize(
    "content",
    [
        zipped({"../evil.csv": b"x"}),
        zipped({"/evil.csv": b"x"}),
        tarred({"../evil.csv": b"x"}),
        tarred({"/evil.csv": b"x"}),
        tarred({"a.csv": b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        tarred({"a.csv": b""}, type=tarfile.CHRTYPE),
    ],
    ids=["zip up", "zip root", "tar up", "tar root", "link", "device"],
)
def test_members_that_lead_elsewhere_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "walks"
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        list(members(path, tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["walks"]


def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_archives, "_RATIO_FROM", 1 << 20)
    for pack in (zipped, tarred):
        path = tmp_path / "walks"
        path.write_bytes(pack({"a.csv": b" " * (8 << 20)}))
        with pytest.raises(ContentTooLarge):
            list(members(path, tmp_path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.binary(max_size=40), at=st.floats(0, 1), kind=st.sampled_from([zipped, tarred]))
def test_spoilt_archives_are_read_or_refused(
    tmp_path: Path, data: bytes, at: float, kind: Callable[[dict[str, bytes]], bytes]
) -> None:
    content = kind({"a.csv": table([3]), "b.csv": table([2])})
    place = int(at * len(content))
    path = tmp_path / "walks"
    path.write_bytes(content[:place] + data + content[place + len(data) :])
    try:
        if is_archive(path):
            list(members(path, tmp_path))
    except ServiceError:
        pass
