"""Files of every format are read alike, and each fault is named by file, layer, row and mend."""

import json
import math
import sqlite3
import stat
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely

from geo.crs import UnknownCrs
from geo.errors import WardlineError
from service.errors import ContentTooLarge, InvalidInput, InvalidRows, MalformedBody, UnsupportedFormat
from service.readers import archives
from service.readers.vector import Features, read_vector, swapped_axes

SQUARES = [shapely.box(116.0 + k, 39.0, 117.0 + k, 40.0) for k in range(3)]
CODES = ["东街", "b", "c"]
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}


def write(
    path: Path, areas: Any = SQUARES, crs: str | None = "EPSG:4326", layer: str = "grids", **options: Any
) -> Path:
    """Write areas with codes and counts as a file of the suffix's format."""
    geometry = np.asarray(shapely.to_wkb(np.asarray(areas, dtype=object)), dtype=object)
    codes = np.array((CODES * len(areas))[: len(areas)], dtype=object)
    pyogrio.raw.write(
        path,
        geometry,
        [codes, np.arange(len(areas), dtype=np.int64)],
        fields=["code", "count"],
        layer=layer,
        driver=DRIVERS[path.suffix],
        geometry_type=options.pop("geometry_type", "Polygon"),
        crs=crs,
        **options,
    )
    return path


def collection(path: Path, *geometries: Any, **extra: Any) -> Path:
    """Write GeoJSON as text, whatever is wrong with it."""
    features = [
        {"type": "Feature", "properties": {"code": f"u{k}"}, "geometry": geometry}
        for k, geometry in enumerate(geometries, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **extra}))
    return path


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(ring)]}


GOOD = polygon((116, 39), (117, 39), (117, 40), (116, 39))


def pack(path: Path, shapefile: Path) -> Path:
    """Zip a Shapefile with its side files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shapefile.parent.glob(f"{shapefile.stem}.*")):
            archive.write(part, f"folder/{part.name}")
    return path


def refused(path: Path, error: type[WardlineError] = InvalidRows, **options: Any) -> WardlineError:
    with pytest.raises(error) as refusal:
        read_vector(path, options.pop("shape", "area"), **options)
    return refusal.value


def assert_same(features: Features) -> None:
    assert list(features.columns["code"]) == CODES
    assert list(features.columns["count"]) == [0, 1, 2]
    for found, wanted in zip(features.geometries, SQUARES, strict=True):
        assert found.normalize().equals_exact(wanted.normalize(), 1e-9)


@pytest.mark.parametrize("suffix", sorted(DRIVERS))
def test_every_format_gives_the_same_rows(tmp_path: Path, suffix: str) -> None:
    options = (
        {"encoding": "UTF-8"} if suffix == ".shp" else {"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}
    )
    assert_same(read_vector(write(tmp_path / f"grids{suffix}", **options), "area"))


def test_a_zipped_shapefile_is_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    packed = pack(tmp_path / "grids.zip", write(tmp_path / "grids.shp", encoding="UTF-8"))
    features = read_vector(packed, "area")
    assert_same(features)
    assert features.file == "grids.zip"


def test_a_projected_crs_comes_out_as_longitude_and_latitude(tmp_path: Path) -> None:
    near = [shapely.box(440_000 + 100 * k, 4_300_000, 440_100 + 100 * k, 4_300_100) for k in range(3)]
    features = read_vector(write(tmp_path / "grids.gpkg", near, crs="EPSG:26914"), "area")
    bounds = shapely.total_bounds(features.geometries)
    assert bounds == pytest.approx((-99.6912, 38.8468, -99.6877, 38.8477), abs=0.001)
    assert features.crs == "EPSG:26914"


def test_z_and_m_are_dropped(tmp_path: Path) -> None:
    high = [shapely.force_3d(square, 7.0) for square in SQUARES]
    features = read_vector(write(tmp_path / "grids.gpkg", high, geometry_type="Polygon Z"), "area")
    assert not shapely.has_z(features.geometries).any()


def test_an_unknown_layer_lists_the_layers(tmp_path: Path) -> None:
    path = write(tmp_path / "grids.gpkg", layer="blocks")
    write(path, layer="districts", append=True)
    error = refused(path, InvalidInput, layer="block")
    assert "has no layer “block”; it has: blocks, districts" in str(error)
    assert "--layer blocks" in str(error)
    assert error.where == {"file": "grids.gpkg", "layer": "block"}
    assert "several layers: blocks, districts" in str(refused(path, InvalidInput))


def test_an_unknown_field_lists_the_fields_and_the_nearest(tmp_path: Path) -> None:
    features = read_vector(write(tmp_path / "grids.gpkg"), "area")
    with pytest.raises(InvalidInput, match="it has: code, count\\. Did you mean “count”"):
        features.column("counts")
    with pytest.raises(InvalidInput, match="Name one of them"):
        features.column("xyz")


def test_an_empty_file_and_an_empty_layer_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.gpkg"
    empty.touch()
    assert "is empty" in str(refused(empty, InvalidInput))
    assert "is empty" in str(refused(write(tmp_path / "none.gpkg", []), InvalidInput))
    assert "is empty" in str(refused(collection(tmp_path / "none.geojson"), InvalidInput))


def test_a_missing_file_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    assert "There is no file" in str(refused(tmp_path / "absent.gpkg", InvalidInput))
    assert ".gpkg, .zip" in str(refused(tmp_path / "grids.xls", UnsupportedFormat))
    false = tmp_path / "false.gpkg"
    false.write_text("no database")
    assert "does not begin as a .gpkg file does" in str(refused(false, MalformedBody))


def test_no_crs_is_refused_and_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "grids.fgb"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the writer warns of what is wanted here
        write(path, crs=None, SPATIAL_INDEX="NO")
    error = refused(path, InvalidInput)
    assert "does not say its CRS" in str(error)
    assert "--crs" in str(error)
    assert_same(read_vector(path, "area", crs="EPSG:4326"))
    refused(path, UnknownCrs, crs="EPSG:1")


def test_metres_that_claim_to_be_degrees_ask_for_the_real_crs(tmp_path: Path) -> None:
    metres = [shapely.box(440_000, 4_300_000, 440_100, 4_300_100)]
    error = refused(write(tmp_path / "grids.gpkg", metres, crs="EPSG:4326"))
    assert "not in degrees, though its CRS is EPSG:4326" in str(error)
    assert "--crs" in str(error)
    assert error.where["row"] == 1


def test_swapped_axes_are_recognised(tmp_path: Path) -> None:
    swapped = shapely.transform(np.array(SQUARES), lambda xy: xy[:, ::-1])
    error = refused(write(tmp_path / "grids.gpkg", swapped))
    assert "the axes look swapped" in str(error)
    assert "3 rows are refused" in str(error)
    # Where both orders lie on the globe only the district can tell.
    frame = shapely.box(10, 50, 11, 51)
    assert swapped_axes([shapely.box(50.2, 10.2, 50.4, 10.4)], frame) == "swapped"
    assert swapped_axes([shapely.box(80, 20, 81, 21)], frame) == "elsewhere"
    assert swapped_axes([shapely.box(10.2, 50.2, 10.4, 50.4)], frame) == ""


def test_coordinates_outside_a_projected_crs_are_named(tmp_path: Path) -> None:
    far = [SQUARES[0], shapely.box(1e12, 1e12, 2e12, 2e12)]
    error = refused(write(tmp_path / "grids.gpkg", far, crs="EPSG:3857"), crs="EPSG:32650")
    assert error.where["row"] == 2
    assert "outside the CRS EPSG:32650" in str(error)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_coordinate_that_is_no_number_is_named_by_row(tmp_path: Path, bad: float) -> None:
    with np.errstate(invalid="ignore"):
        areas = [SQUARES[0], shapely.from_wkt(f"POLYGON ((116 39, 117 39, 117 {bad}, 116 39))")]
    error = refused(write(tmp_path / "grids.gpkg", areas))
    assert error.where == {"file": "grids.gpkg", "layer": "grids", "row": 2}
    assert "not a number" in str(error)
    literal = collection(tmp_path / "grids.geojson", polygon((116, 39), (117, bad), (117, 40), (116, 39)))
    assert "not a number of JSON" in str(refused(literal, MalformedBody))


def test_an_unclosed_ring_of_a_binary_format_is_named_and_nothing_else_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "grids.fgb", [shapely.box(116.0, 39.0, 116.5, 40.0)])
    content = path.read_bytes()
    last = content.rfind(struct.pack("<d", 116.5))
    path.write_bytes(content[:last] + struct.pack("<d", 116.25) + content[last + 8 :])
    assert "not closed" in str(refused(path))


def test_an_unclosed_ring_is_named_by_row_and_never_closed_silently(tmp_path: Path) -> None:
    unclosed = polygon((116, 39), (117, 39), (117, 40), (116, 40))
    error = refused(collection(tmp_path / "grids.geojson", GOOD, unclosed))
    assert error.where == {"file": "grids.geojson", "layer": "grids", "row": 2, "code": "u2"}
    assert "not closed" in str(error)
    path = write(tmp_path / "grids.gpkg")
    _replace_wkb(path, 3, _ring_wkb([(116, 39), (117, 39), (117, 40), (116, 40)]))
    error = refused(path)
    assert error.where["row"] == 3
    assert "not closed" in str(error)


def _ring_wkb(ring: list[tuple[float, float]]) -> bytes:
    return struct.pack("<BIII", 1, 3, 1, len(ring)) + b"".join(struct.pack("<dd", *each) for each in ring)


def _replace_wkb(path: Path, row: int, wkb: bytes) -> None:
    """Put a geometry into a GeoPackage that no driver would write."""
    header = b"GP\x00\x01" + struct.pack("<i", 4326)
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE grids SET geom = ? WHERE fid = ?", (header + wkb, row))


def test_curves_are_refused_with_their_row(tmp_path: Path) -> None:
    path = write(tmp_path / "grids.gpkg", geometry_type="Unknown")
    arc = struct.pack("<BII", 1, 8, 5) + struct.pack("<10d", 116, 39, 117, 40, 118, 39, 117, 38, 116, 39)
    _replace_wkb(path, 2, struct.pack("<BII", 1, 10, 1) + arc)
    error = refused(path)
    assert error.where["row"] == 2
    assert "arcs (CURVEPOLYGON)" in str(error)
    assert "Convert curves to segments" in str(error)


def test_other_types_and_collections_are_refused_by_name(tmp_path: Path) -> None:
    mixed = collection(
        tmp_path / "grids.geojson",
        GOOD,
        {"type": "Point", "coordinates": [116, 39]},
        {"type": "GeometryCollection", "geometries": [GOOD]},
        None,
        {"type": "Polygon", "coordinates": []},
    )
    error = refused(mixed)
    assert error.where["row"] == 2
    text = str(error)
    assert "4 rows are refused" in text
    for words in (
        "It is a Point.",
        "row 3: It is a GeometryCollection.",
        "row 4: It has no geometry.",
        "row 5",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"type":"FeatureCollection","features":[],"features":[]}', "the name “features” twice"),
        (b'{"type":"FeatureCollection"', "not JSON"),
        (b'{"type":"FeatureCollection","features":[\xff]}', "not UTF-8"),
        (b"[1, 2]", "not a GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":' + b"[" * 100_000, "nested too deep"),
        (b'{"type":"FeatureCollection","features":[' + b"1" * 5_000 + b"]}", "too many digits"),
    ],
)
def test_malformed_geojson_is_refused(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "grids.geojson"
    path.write_bytes(text)
    assert words in str(refused(path, MalformedBody))


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (polygon((116, 39), (117, 39), (116, 39)), "fewer than four"),
        ({"type": "Polygon", "coordinates": [[116, 39]]}, "not nested"),
        (
            {"type": "Polygon", "coordinates": [[["a", 39], [1, 1], [2, 2], ["a", 39]]]},
            "not a pair of numbers",
        ),
        ({"type": "Polygon", "coordinates": [[[None, 39], [1, 1], [2, 2], [None, 39]]]}, "not a pair"),
        ({"type": "Polygon", "coordinates": [[[1e999, 39]]]}, "not a number of JSON"),
        ({"type": "Circle", "coordinates": []}, "no type that GeoJSON knows"),
    ],
)
def test_malformed_geometries_are_named(tmp_path: Path, geometry: Any, words: str) -> None:
    with pytest.raises((InvalidRows, MalformedBody), match=words):
        read_vector(collection(tmp_path / "grids.geojson", geometry), "area")


def test_text_with_nul_or_half_a_pair_is_refused(tmp_path: Path) -> None:
    for text in ("a\0b", "a\ud800b"):
        path = tmp_path / "grids.geojson"
        path.write_text(json.dumps({"type": "Feature", "properties": {"code": text}, "geometry": GOOD}))
        assert "NUL or half a surrogate" in str(refused(path))


def _shapefile(tmp_path: Path, encoding: str, *, page: bool, language: int = 0) -> Path:
    path = write(tmp_path / "grids.shp", encoding=encoding)
    if not page:
        path.with_suffix(".cpg").unlink(missing_ok=True)
        table = path.with_suffix(".dbf")
        data = bytearray(table.read_bytes())
        data[29] = language
        table.write_bytes(bytes(data))
    return path


def test_the_text_of_a_shapefile_is_read_as_what_it_is(tmp_path: Path) -> None:
    assert_same(read_vector(_shapefile(tmp_path, "UTF-8", page=False), "area"))
    path = _shapefile(tmp_path, "GBK", page=False)
    error = refused(path, InvalidInput)
    assert "is not UTF-8 and nothing says what it is" in str(error)
    assert_same(read_vector(path, "area", encoding="GB18030"))
    assert "not in utf-8" in str(refused(path, InvalidInput, encoding="utf-8"))
    assert "not an encoding" in str(refused(path, InvalidInput, encoding="klingon"))
    assert_same(read_vector(_shapefile(tmp_path, "GBK", page=False, language=0x4D), "area"))
    path.with_suffix(".cpg").write_text("936")
    assert_same(read_vector(path, "area"))


class TestHostileArchives:
    """A zip file is judged by its names and sizes before a driver opens it."""

    @pytest.mark.parametrize(
        "name", ["../grids.shp", "/grids.shp", "a/../../grids.shp", "C:/grids.shp", "a\\b.shp"]
    )
    def test_a_name_that_leaves_the_folder(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "grids.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"x")
        refusal = refused(path, InvalidInput)
        assert "leaves the folder" in str(refusal)
        assert not (tmp_path.parent / "grids.shp").exists()

    def test_a_link(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.zip"
        info = zipfile.ZipInfo("grids.shp")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(info, b"/etc/passwd")
        assert "a link" in str(refused(path, InvalidInput))

    def test_a_bomb(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.zip"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("grids.shp", "w") as member,
        ):
            for _ in range(80):
                member.write(bytes(1 << 20))
        assert "out of proportion" in str(refused(path, ContentTooLarge))

    def test_a_size_that_lies(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("grids.geojson", bytes(5 << 20))
        data = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = data.index(signature) + offset
            data[at : at + 4] = struct.pack("<I", 10)
        path.write_bytes(bytes(data))
        refused(path, (ContentTooLarge, MalformedBody))  # type: ignore[arg-type]

    def test_too_many_members(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
        path = tmp_path / "grids.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for k in range(4):
                archive.writestr(f"{k}.txt", b"")
        refused(path, ContentTooLarge)

    def test_no_dataset_two_datasets_and_lacking_parts(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", b"nothing")
        assert "holds 0 datasets" in str(refused(path, InvalidInput))
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.geojson", b"{}")
            archive.writestr("b.gpkg", b"")
        assert "holds 2 datasets" in str(refused(path, InvalidInput))
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.shp", b"")
        assert "without its .shx, .dbf" in str(refused(path, InvalidInput))

    def test_damage(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.zip"
        path.write_bytes(b"PK\x03\x04 and then nothing")
        assert "not a readable zip" in str(refused(path, MalformedBody))
