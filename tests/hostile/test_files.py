"""Hostile files on the command line: archives that leave their folder, bombs, other formats, bad geometry."""

import io
import json
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely

from tests.fixtures.injected import EVALUATED, TEMPLATE
from tests.hostile.conftest import CommandLine
from tests.hostile.reports import GPX, TRACKS, gpx
from tests.hostile.wire import Wire

MIB = 1 << 20
SQUARE = [[131.0, 46.0], [131.01, 46.0], [131.01, 46.01], [131.0, 46.01], [131.0, 46.0]]


def collection(geometry: Any, **members: Any) -> str:
    """Return a GeoJSON file with one area; a text is taken as JSON that is written already."""
    feature = {"type": "Feature", "properties": {"code": "A"}, "geometry": None}
    whole = json.dumps({"type": "FeatureCollection", **members, "features": [feature]})
    written = geometry if isinstance(geometry, str) else json.dumps(geometry)
    return whole.replace('"geometry": null', f'"geometry": {written}')


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def geojson(folder: Path, text: str) -> Path:
    path = folder / "areas.geojson"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(
            collection({"type": "Polygone", "coordinates": [SQUARE]}), "rows-invalid", id="wrong-type"
        ),
        pytest.param(
            collection({"type": "Point", "coordinates": [131, 46]}), "rows-invalid", id="other-type"
        ),
        pytest.param(
            collection({"type": "Polygon", "coordinates": SQUARE}), "rows-invalid", id="type-of-less"
        ),
        pytest.param(collection("null"), "rows-invalid", id="no-geometry"),
        pytest.param(collection(polygon(SQUARE[:4])), "rows-invalid", id="unclosed"),
        pytest.param(collection(polygon([])), "rows-invalid", id="empty-ring"),
        pytest.param(collection(polygon()), "rows-invalid", id="no-ring"),
        pytest.param(collection(polygon([[131, 46]] * 3)), "rows-invalid", id="three-points"),
        pytest.param(collection(polygon([[p[0]] for p in SQUARE])), "rows-invalid", id="one-dimension"),
        pytest.param(collection(polygon([[*p, 0, 0] for p in SQUARE])), "rows-invalid", id="four-dimensions"),
        pytest.param(collection(polygon([[str(p[0]), p[1]] for p in SQUARE])), "rows-invalid", id="strings"),
        pytest.param(collection(polygon([[p[1], p[0]] for p in SQUARE])), "rows-invalid", id="swapped"),
        pytest.param(collection(polygon([[p[0] + 100, p[1]] for p in SQUARE])), "rows-invalid", id="lon-231"),
        pytest.param(
            collection(json.dumps(polygon(SQUARE)).replace("131.01", "1e999")), "rows-invalid", id="1e999"
        ),
        pytest.param(
            collection(json.dumps(polygon(SQUARE)).replace("131.01", "NaN")), "body-malformed", id="nan"
        ),
        pytest.param(
            collection('{"type":"GeometryCollection","geometries":[' * 500 + "]}" * 500),
            "body-malformed",
            id="collections-500-deep",
        ),
        pytest.param(collection("[" * 200_000 + "]" * 200_000), "body-malformed", id="arrays-200000-deep"),
        pytest.param(collection("9" * 5_000), "body-malformed", id="integer-of-5000-digits"),
        pytest.param(
            '{"type":"FeatureCollection","type":"x","features":[]}', "body-malformed", id="names-twice"
        ),
    ],
)
def test_areas_that_are_none(command_line: CommandLine, tmp_path: Path, text: str, code: str) -> None:
    problem = command_line.refuse(code, "import", "grids", geojson(tmp_path, text))
    assert problem["where"]["file"] == "areas.geojson"


BOW_TIE = [[131.0, 46.0], [131.01, 46.01], [131.01, 46.0], [131.0, 46.01], [131.0, 46.0]]
FLAT = [[131.0, 46.0], [131.01, 46.0], [131.02, 46.0], [131.0, 46.0]]


@pytest.mark.parametrize("ring", [pytest.param(BOW_TIE, id="bow-tie"), pytest.param(FLAT, id="zero-area")])
def test_areas_that_are_not_exact_are_never_stored(
    command_line: CommandLine, tmp_path: Path, ring: Any
) -> None:
    path = geojson(tmp_path, collection(polygon(ring)))
    done = command_line.run("import", "grids", path, "--apply", "--effective", "2025-01-01", "--json")
    assert done["code"] == 1, done
    assert "A" in done["out"] + done["err"]


def crs(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("EPSG:3857", "rows-invalid", id="3857-with-degrees-is-off-the-coast-of-africa"),
        pytest.param("EPSG:9999", None, id="srid-9999"),
        pytest.param("bogus", None, id="bogus"),
        pytest.param("http://127.0.0.1:1/crs.json", None, id="address"),
    ],
)
def test_a_crs_that_does_not_fit(
    command_line: CommandLine, tmp_path: Path, name: str, code: str | None
) -> None:
    path = geojson(tmp_path, collection(polygon(SQUARE), crs=crs(name)))
    done = command_line.run("import", "grids", path, "--apply", "--effective", "2025-01-01", "--json")
    assert done["code"] == 1, done


def test_a_crs_option_that_is_none(command_line: CommandLine, tmp_path: Path) -> None:
    path = geojson(tmp_path, collection(polygon(SQUARE)))
    for name in ("EPSG:9999", "bogus", "+proj=pipeline +step +proj=nothing", "\0"):
        done = command_line.run("import", "grids", path, "--crs", name, "--json")
        assert done["code"] == 1, done
        assert json.loads(done["err"])["detail"]


def srid_9999(path: Path, wkt: str = "POLYGON ((131 46, 131.01 46, 131.01 46.01, 131 46))") -> Path:
    geometry = shapely.from_wkt(wkt)
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(geometry)], dtype=object),
        [np.array(["A"], dtype=object)],
        fields=["code"],
        layer="grids",
        driver="GPKG",
        geometry_type="Polygon",
        crs="EPSG:4490",
    )
    return path


def test_a_geopackage_whose_srid_is_unknown(command_line: CommandLine, tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415 - only here

    path = srid_9999(tmp_path / "a.gpkg")
    with sqlite3.connect(path) as database:
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            database.execute(f"UPDATE {table} SET srs_id = 9999")  # noqa: S608
    database.close()
    command_line.refuse("input-invalid", "import", "grids", path)


def test_curves(command_line: CommandLine, tmp_path: Path) -> None:
    # WKB of a curve polygon with one circular string of three points, as GeoPackage keeps it.
    points = struct.pack("<6d", 131.0, 46.0, 131.01, 46.0, 131.0, 46.0)
    arc = struct.pack("<BII", 1, 8, 3) + points
    curve = struct.pack("<BII", 1, 10, 1) + arc
    path = tmp_path / "curves.gpkg"
    pyogrio.raw.write(
        path,
        np.array([curve], dtype=object),
        [np.array(["A"], dtype=object)],
        fields=["code"],
        layer="grids",
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4490",
    )
    command_line.refuse("rows-invalid", "import", "grids", path)


VIRTUAL = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource>'
    "<GeometryType>wkbPoint</GeometryType><LayerSRS>EPSG:4326</LayerSRS>"
    '<GeometryField encoding="PointFromColumns" x="lon" y="lat"/></OGRVRTLayer></OGRVRTDataSource>'
)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp", ".geojson"])
def test_a_virtual_file_leads_nowhere(command_line: CommandLine, tmp_path: Path, suffix: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("code,lon,lat\nS1,131.0,46.0\n", encoding="utf-8")
    path = tmp_path / f"points{suffix}"
    path.write_text(VIRTUAL.format(source=secret), encoding="utf-8")
    command_line.refuse("body-malformed", "import", "stations", path)


def test_a_virtual_file_does_not_fetch(command_line: CommandLine, tmp_path: Path, wire: Wire) -> None:
    path = tmp_path / "points.gpkg"
    path.write_text(VIRTUAL.format(source=f"/vsicurl/http://127.0.0.1:{wire.port}/a.csv"), encoding="utf-8")
    command_line.refuse("body-malformed", "import", "stations", path)
    command_line.refuse("body-malformed", "locate", path, "-o", tmp_path / "out.gpkg")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/a.gpkg",
        "/vsicurl/http://127.0.0.1:1/a.gpkg",
        "/vsizip//etc/passwd/a.gpkg",
        "PG:host=127.0.0.1 a.gpkg",
        "file:///etc/passwd.gpkg",
    ],
)
def test_an_address_is_no_file(command_line: CommandLine, tmp_path: Path, address: str) -> None:
    command_line.refuse("input-invalid", "import", "grids", address)
    command_line.refuse("input-invalid", "locate", address, "-o", tmp_path / "out.gpkg")


def archive(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "member",
    [
        pytest.param("../escaped.geojson", id="up"),
        pytest.param("a/../../escaped.geojson", id="down-and-up"),
        pytest.param("/tmp/escaped.geojson", id="absolute"),  # noqa: S108 - the point
        pytest.param("..\\escaped.geojson", id="backslashes"),
        pytest.param("C:/escaped.geojson", id="drive"),
        pytest.param(link("link.geojson"), id="link"),
    ],
)
def test_a_zip_file_that_leaves_its_folder(
    command_line: CommandLine, tmp_path: Path, member: str | zipfile.ZipInfo
) -> None:
    path = archive(tmp_path / "a.zip", ("ok.geojson", b"{}"), (member, b"/etc/passwd"))
    command_line.refuse("input-invalid", "import", "grids", path)
    assert not list(tmp_path.rglob("escaped*"))


def test_a_zip_bomb(command_line: CommandLine, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", *((f"{k}.geojson", b" " * (64 * MIB)) for k in range(4)))
    command_line.refuse("content-too-large", "import", "grids", path)


def test_a_zip_file_of_many_members(command_line: CommandLine, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", *((f"{k}.txt", b"") for k in range(20_000)))
    command_line.refuse("content-too-large", "import", "grids", path)


def test_a_zip_file_that_lies_about_its_size(command_line: CommandLine, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ("a.geojson", b" " * (64 * MIB)))
    data = bytearray(path.read_bytes())
    honest, lie = struct.pack("<I", 64 * MIB), struct.pack("<I", 100)
    assert data.count(honest) == 2
    path.write_bytes(data.replace(honest, lie))
    done = command_line.run("import", "grids", path, "--json")
    assert done["code"] == 1
    assert json.loads(done["err"])["code"] in ("content-too-large", "body-malformed")


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\0" * 4_096])
def test_a_zip_file_that_is_none(command_line: CommandLine, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    done = command_line.run("import", "grids", path, "--json")
    assert done["code"] == 1
    assert json.loads(done["err"])["code"] in ("body-malformed", "input-invalid")


LAUGHS = (
    '<!DOCTYPE gpx [<!ENTITY a "' + "ha" * 100 + '">'
    + "".join(f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9))
    + "]><gpx><trk><name>&j;</name></trk></gpx>"
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAUGHS, id="entity-expansion"),
        pytest.param(
            '<!DOCTYPE gpx [<!ENTITY a "' + "x" * 50_000 + '">]><gpx>' + "&a;" * 50_000 + "</gpx>",
            id="quadratic-expansion",
        ),
        pytest.param(
            '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]><gpx><name>&x;</name></gpx>', id="xxe"
        ),
        pytest.param('<!DOCTYPE gpx SYSTEM "http://127.0.0.1:1/gpx.dtd"><gpx/>', id="external-dtd"),
        pytest.param(
            '<!DOCTYPE gpx [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><gpx/>', id="parameter-entity"
        ),
        pytest.param("<!DOCTYPE gpx><gpx/>", id="plain-document-type"),
    ],
)
def test_xml_that_reaches_out(wire: Wire, command_line: CommandLine, tmp_path: Path, text: str) -> None:
    wire.refuse(422, "input-invalid", "POST", TRACKS, text.encode(), GPX, {"device": "h"})
    path = tmp_path / "a.gpx"
    path.write_text(text, encoding="utf-8")
    command_line.refuse("input-invalid", "tracks", path, "--device", "h")


def test_xml_in_other_encodings_reaches_out_no_more(wire: Wire) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>'
    wire.refuse(422, "input-invalid", "POST", TRACKS, text.encode("utf-16"), GPX, {"device": "h"})


def test_a_file_name_that_is_an_attack(wire: Wire) -> None:
    point = '<trkpt lat="46.03" lon="131.0"><time>2025-06-15T01:00:00Z</time></trkpt>'
    part = f'form-data; name=file; filename="../../../etc/{TEMPLATE}<b>.gpx"'
    sink = io.BytesIO()
    sink.write(f"--x\r\nContent-Disposition: {part}\r\n\r\n".encode())
    sink.write(gpx(point * 2) + b"\r\n--x--\r\n")
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = wire.send("POST", TRACKS, sink.getvalue(), head, {"device": "h2"})
    assert answer.status == 201, answer.content
    assert answer.json()["file"].endswith(f"{TEMPLATE}<b>.gpx")
    assert EVALUATED.encode() not in answer.content
