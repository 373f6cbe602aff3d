"""``./wardline import`` on a real database: examined first, stored only when exact and asked for."""

import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Geod
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers import districts
from layers.stores import Stores
from service.cli.main import main
from tests.geo.partitions import Made, degrees, make, spoil

DATA = Path(__file__).parents[4] / "shared" / "data"
DAY = date(2025, 3, 1)
Import = Callable[..., tuple[int, dict[str, Any]]]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder with real data is not here")


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, database_url: str, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> Import:
    """Import into district D; return the exit code and the report, or the refusal."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)

    def command(*arguments: object, district: str | None = "D") -> tuple[int, dict[str, Any]]:
        named = ["--district", district] if district else []
        with pytest.raises(SystemExit) as caught:
            main(["import", *map(str, arguments), "--effective", DAY.isoformat(), "--json", *named])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), json.loads(out or err)

    return command


@pytest.fixture
def stores(engine: Engine) -> Any:
    """Open the stores of district D in a new session."""
    with Session(engine) as session:
        yield Stores(session, "D")


def partition(seed: int = 4) -> Made:
    return make(np.random.default_rng(seed), 7, 12)


def write(path: Path, areas: Any, layer: str = "grids", append: bool = False, **columns: Any) -> Path:
    """Write areas as a GeoPackage or GeoJSON with code and other columns."""
    columns = {"code": [f"G{k:02d}" for k in range(len(areas))], **columns}
    arrays = [
        np.array(values, dtype=object if isinstance(values[0], str) else None) for values in columns.values()
    ]
    pyogrio.raw.write(
        path,
        np.asarray(shapely.to_wkb(np.asarray(areas, dtype=object)), dtype=object),
        arrays,
        fields=list(columns),
        layer=layer,
        driver="GPKG" if path.suffix == ".gpkg" else "GeoJSON",
        geometry_type="Unknown",
        crs="EPSG:4490",
        append=append,
        **({} if path.suffix == ".gpkg" else {"COORDINATE_PRECISION": 7}),
    )
    return path


def points(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


class TestGrids:
    """A partition of one or more levels."""

    def test_a_dry_run_changes_nothing(self, run: Import, tmp_path: Path, engine: Engine) -> None:
        code, report = run("grids", write(tmp_path / "g.gpkg", partition().units), "--enclave", "0,0")
        holes = report["frame"]["enclaves"]
        assert (code, report["exact"], report["applied"]) == (0 if not holes else 1, not holes, False)
        with Session(engine) as session:
            assert districts.every(session) == ()

    def test_an_exact_partition_is_published_with_ids_that_stay(
        self, run: Import, tmp_path: Path, stores: Stores
    ) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        frame = write(tmp_path / "frame.gpkg", [shapely.union_all(units)])
        path = write(tmp_path / "g.gpkg", units, people=list(range(len(units))))
        options = ("--field", "households=people", "--frame", frame, "--apply")
        code, report = run("grids", path, *options, "--name", "District")
        assert (code, report["exact"], report["applied"]) == (0, True, True)
        assert report["release"]["number"] == 1
        leaves = stores.grids.leaves("grids", DAY)
        assert stores.districts.current().name == "District"
        assert dict(zip(leaves.codes, leaves.households.tolist(), strict=True)) == {
            f"G{k:02d}": k for k in range(len(units))
        }
        for code_, area in zip(leaves.codes, leaves.polygons, strict=True):
            assert (
                shapely.normalize(area).wkb
                == shapely.normalize(shapely.multipolygons(shapely.get_parts(units[int(code_[1:])]))).wkb
            )
        assert run("grids", path, *options)[1]["release"]["number"] == 2
        stores.layers.all()
        assert set(stores.grids.leaves("grids", DAY).ids) == set(leaves.ids)

    def test_parents_are_chain_sums(self, run: Import, tmp_path: Path, stores: Stores) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        village = [f"V{k % 3}" for k in range(len(units))]
        path = write(tmp_path / "g.gpkg", units, village=village, town=["T"] * len(units))
        frame = write(tmp_path / "frame.gpkg", [shapely.union_all(units)])
        parents = ("--parent-field", "village", "--parent-field", "town")
        code, report = run("grids", path, *parents, "--frame", frame, "--apply")
        assert (code, [level["units"] for level in report["levels"]]) == (0, [1, 3, len(units)])
        outlines = stores.grids.outlines("grids", 1, DAY)
        assert outlines.codes
        for name, area in zip(outlines.codes, outlines.polygons, strict=True):
            own = units[[k for k, each in enumerate(village) if each == name]]
            assert shapely.symmetric_difference(area, shapely.union_all(own)).area < 1e-18
        chain = stores.grids.tree("grids", DAY).chain(stores.grids.unit_by_code("grids", "G01", DAY, 2).id)
        assert [unit.code for unit in chain] == ["G01", "V1", "T"]

    @pytest.mark.parametrize("how", ["delete", "duplicate", "shift", "nudge", "move", "insert", "swap"])
    def test_a_broken_partition_is_never_stored(
        self, run: Import, tmp_path: Path, engine: Engine, how: str
    ) -> None:
        made = make(np.random.default_rng(0), 6, 9)
        spoilt = spoil(np.random.default_rng(1), made, how)
        assert spoilt is not None
        frame = write(tmp_path / "frame.gpkg", [made.frame])
        path, defects = write(tmp_path / "g.gpkg", spoilt.units), tmp_path / "defects.geojson"
        code, report = run("grids", path, "--frame", frame, "--apply", "--defects", defects)
        assert (code, report["exact"], report["applied"]) == (1, False, False)
        written = json.loads(defects.read_text(encoding="utf-8"))["features"]
        assert len(written) == report["defects"]["count"] == sum(report["defects"]["by_kind"].values()) > 0
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in written if feature["geometry"]]
        assert min(shape.distance(spoilt.place) for shape in shapes) < 3e-7
        assert all(feature["properties"]["text"] for feature in written)
        with Session(engine) as session:
            assert districts.every(session) == ()

    def test_the_same_code_twice_and_bad_parents_are_defects(self, run: Import, tmp_path: Path) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        codes = ["A", "A", *(f"G{k}" for k in range(2, len(units)))]
        village = ["V0"] * (len(units) - 1) + ["nowhere"]
        town = ["T0", "T1"] + ["T0"] * (len(units) - 2)
        path = write(tmp_path / "g.gpkg", units, code=codes, village=village, town=town)
        write(path, [shapely.union_all(units)], "villages", append=True, code=["V0"])
        options = ("--layer", "grids", "--parent-field", "village", "--parent-field", "town")
        code, report = run("grids", path, *options, "--parent-layer", "villages")
        assert code == 1
        by_kind = report["defects"]["by_kind"]
        assert (by_kind["same_code"], by_kind["unknown_parent"]) == (1, 1)
        assert by_kind["two_parents"] == 1
        texts = " ".join(item["text"] for item in report["defects"]["items"])
        assert "A (row 1), A (row 2) have the same code" in texts
        assert "names the parent “nowhere”, which does not exist" in texts

    def test_a_unit_outside_its_parent_is_a_defect(self, run: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in range(0, 20_000, 5_000)]
        village = ["W", "E", "E", "E"]
        path = write(tmp_path / "g.gpkg", boxes, village=village)
        west, east = (shapely.union_all(boxes[at]) for at in (slice(0, 2), slice(2, 4)))
        write(path, [west, east], "villages", append=True, code=["W", "E"])
        options = ("--layer", "grids", "--parent-field", "village", "--parent-layer", "villages")
        code, report = run("grids", path, *options)
        assert (code, report["defects"]["by_kind"]) == (1, {"outside_parent": 1})
        assert report["defects"]["items"][0]["text"].startswith(
            "G01 (row 2) lies outside its parent E (row 2)"
        )

    def test_other_levels_than_the_stored_ones_are_refused(self, run: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in (0, 5_000)]
        assert run("grids", write(tmp_path / "g.gpkg", boxes), "--apply")[0] == 0
        path = write(tmp_path / "h.gpkg", boxes, village=["V", "V"])
        code, refusal = run("grids", path, "--parent-field", "village", "--apply")
        assert code == 1
        assert "the file is read with village, grid" in refusal["detail"]

    def test_swapped_axes_are_told_by_the_district(self, run: Import, tmp_path: Path) -> None:
        near = [shapely.box(10.0, 50.0, 10.5, 50.5)]
        assert run("grids", write(tmp_path / "g.gpkg", near), "--apply")[0] == 0
        swapped = [shapely.box(50.0, 10.0, 50.5, 10.5)]
        code, refusal = run("grids", write(tmp_path / "s.gpkg", swapped))
        assert (code, refusal["where"]["file"]) == (1, "s.gpkg")
        assert "inside it with its axes swapped" in refusal["detail"]

    def test_an_overlay_may_overlap_but_not_cross_itself(
        self, run: Import, tmp_path: Path, stores: Stores
    ) -> None:
        beats = [degrees(shapely.box(0, 0, 9_000, 9_000)), degrees(shapely.box(5_000, 0, 15_000, 9_000))]
        code, report = run("beats", write(tmp_path / "b.gpkg", beats), "--apply")
        assert (code, report["kind"], report["exact"]) == (0, "overlay", True)
        assert stores.layers.get("beats").kind == "overlay"
        bow = degrees(shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)]))
        code, report = run("beats", write(tmp_path / "c.gpkg", [*beats, bow]), "--apply")
        assert (code, report["defects"]["by_kind"]) == (1, {"invalid_ring": 1})
        assert "G02 (row 3) is not a valid area" in report["defects"]["items"][0]["text"]

    def test_null_codes_and_bad_counts_are_named_by_row(self, run: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in (0, 5_000, 10_000)]
        path = write(tmp_path / "g.geojson", boxes, code=["a", " ", "c"], people=[1.0, 2.0, -3.0])
        code, refusal = run("grids", path, "--field", "households=people", "--apply")
        assert (code, refusal["code"], refusal["count"]) == (1, "rows-invalid", 2)
        assert [row["row"] for row in refusal["rows"]] == [2, 3]
        assert refusal["rows"][1]["code"] == "c"

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--field", "colour=x"), "nothing that a field can be given for"),
            (("--field", "code=cod"), "Did you mean “code”"),
            (("--parent-layer", "v"), "--parent-layer needs"),
            (("--parent-field", "village"), "has no field “village”"),
            (("--levels", "a,b"), "1 levels need as many names"),
            (("--kind", "map"), "of the kind “map”"),
            (("--crs", "EPSG:1"), "not a coordinate reference system"),
        ],
    )
    def test_wrong_options_are_refused_with_a_reason(
        self, run: Import, tmp_path: Path, options: tuple[str, ...], words: str
    ) -> None:
        path = write(tmp_path / "g.gpkg", [degrees(shapely.box(0, 0, 9_000, 9_000))])
        code, refusal = run("grids", path, *options)
        assert code == 1
        assert words in refusal["detail"]

    @pytest.mark.parametrize("option", [("--field", "code"), ("--enclave", "x"), ("--effective", "31.12.")])
    def test_wrong_usage_is_exit_code_2(
        self, monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path, option: tuple[str, str]
    ) -> None:
        monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
        with pytest.raises(SystemExit) as caught:
            main(["import", "grids", str(tmp_path / "g.gpkg"), *option])
        assert caught.value.code == 2

    def test_nobody_names_a_district(self, run: Import, tmp_path: Path) -> None:
        path = write(tmp_path / "g.gpkg", [degrees(shapely.box(0, 0, 9_000, 9_000))])
        assert run("grids", path, district=None)[1]["district"] is None
        code, refusal = run("grids", path, "--apply", district=None)
        assert (code, refusal["code"]) == (1, "district-not-named")

    @needs_data
    def test_the_real_county_is_exact_on_two_levels(self, run: Import, stores: Stores) -> None:
        options = ("--layer", "blocks", "--parent-layer", "districts", "--parent-field", "district")
        fields = ("--field", "code=code", "--field", "households=population")
        code, report = run("grids", DATA / "ellis_county.gpkg", *options, *fields, "--apply")
        assert (code, report["exact"], report["households"]) == (0, True, 28_934)
        assert [level["units"] for level in report["levels"]] == [43, 2_296]
        assert report["max_shift_cm"] < 1
        assert len(stores.grids.leaves("grids", DAY)) == 2_296
        assert stores.grids.outlines("grids", 0, DAY).households.sum() == 28_934


class TestBorder:
    """Lines cut into stretches."""

    def test_a_line_is_cut_into_stretches_that_meet(
        self, run: Import, tmp_path: Path, stores: Stores
    ) -> None:
        line = shapely.LineString([(116, 49), (116.5, 49.2), (117, 49)])
        path = write(tmp_path / "b.geojson", [line], code=["N"], owner=["guard"])
        code, report = run("border", path, "--stretch-km", "20", "--apply")
        assert (code, report["applied"]) == (0, True)
        segments = stores.border.all(DAY)
        assert [segment.code for segment in segments] == [f"N-{k:02d}" for k in range(1, len(segments) + 1)]
        assert {segment.owner for segment in segments} == {"guard"}
        assert segments[0].from_m == 0
        assert segments[-1].to_m == pytest.approx(report["length_m"], abs=0.01)
        for one, next_ in pairwise(segments):
            assert one.to_m == next_.from_m
            assert one.geom.coords[-1] == next_.geom.coords[0]
            assert one.length_m == pytest.approx(20_000) or next_ is segments[-1]
        assert run("border", path, "--stretch-km", "20", "--apply")[0] == 0
        assert len(stores.border.all(DAY)) == len(segments)

    def test_parts_that_do_not_join_and_codes_twice_are_named(self, run: Import, tmp_path: Path) -> None:
        apart = shapely.MultiLineString([[(116, 49), (117, 49)], [(118, 49), (119, 49)]])
        joined = shapely.MultiLineString([[(117, 49), (118, 49)], [(116, 49), (117, 49)]])
        code, refusal = run(
            "border", write(tmp_path / "b.geojson", [apart, joined, joined], code=["a", "b", "b"])
        )
        assert (code, refusal["count"]) == (1, 2)
        assert "2 parts do not join" in refusal["detail"]
        assert "Its code is that of row 2" in refusal["rows"][1]["problem"]

    def test_a_stretch_of_nothing_is_refused(self, run: Import, tmp_path: Path) -> None:
        path = write(tmp_path / "b.geojson", [shapely.LineString([(116, 49), (117, 49)])])
        for length in ("0", "nan", "-5"):
            assert run("border", path, "--stretch-km", length)[0] == 1

    @needs_data
    def test_the_real_borders_have_their_geodesic_lengths(self, run: Import, stores: Stores) -> None:
        code, report = run("border", DATA / "border_lines.geojson", "--apply")
        assert code == 0
        features = json.loads((DATA / "border_lines.geojson").read_text())["features"]
        geod = Geod(ellps="GRS80")
        for feature, line in zip(features, report["lines"], strict=True):
            true = geod.geometry_length(shapely.geometry.shape(feature["geometry"]))
            assert line["length_m"] == pytest.approx(true, rel=1e-4)
            assert sum(segment["length_m"] for segment in line["segments"]) == pytest.approx(true, rel=1e-4)
            assert all(12_500 <= segment["length_m"] <= 25_000.001 for segment in line["segments"])
        for segment in stores.border.all(DAY):
            assert geod.geometry_length(segment.geom) == pytest.approx(segment.length_m, rel=1e-4)


class TestPoints:
    """Markers, stations and representatives."""

    @pytest.fixture
    def border(self, run: Import, tmp_path: Path) -> None:
        """A straight border of 36 km."""
        line = write(tmp_path / "b.geojson", [shapely.LineString([(116, 49), (116.5, 49)])], code=["N"])
        assert run("border", line, "--apply")[0] == 0

    @pytest.mark.usefixtures("border")
    def test_markers_get_their_place_on_the_border(self, run: Import, tmp_path: Path, stores: Stores) -> None:
        path = points(
            tmp_path / "m.csv",
            "code,name,kind,lon,lat,number,height_m,lockable",
            "M1,First,boundary-marker,116.1,49.0005,12,1.5,",
            "M2,Second,gate,116.4,49.0,,,true",
            "M3,Far,lamp,116.2,49.01,,3,",
        )
        code, report = run("markers", path, "--apply")
        assert (code, report["on_border"]) == (0, 2)
        first, second, far = sorted(stores.markers.all(DAY), key=lambda marker: marker.code)
        assert first.attributes.to_json() == {"number": "12", "height_m": 1.5}
        assert second.attributes.to_json() == {"lockable": True}
        assert first.measure_m == pytest.approx(7_316, abs=3)
        segment = stores.border.by_code("N-02", DAY)
        assert second.segment == segment.id
        assert second.measure_m == pytest.approx(29_263 - segment.from_m, abs=15)
        assert far.segment is None

    def test_unknown_kinds_and_attributes_are_named_by_row(self, run: Import, tmp_path: Path) -> None:
        path = points(
            tmp_path / "m.csv",
            "code,kind,lon,lat,colour",
            "A,gate,116,49,red",
            "B,tree,116,49,",
            "B,gate,116,49,",
        )
        code, refusal = run("markers", path)
        assert (code, [row["row"] for row in refusal["rows"]]) == (1, [1, 2, 3])
        assert "--ignore colour" in refusal["rows"][0]["problem"]
        assert "there are: boundary-marker" in refusal["rows"][1]["problem"]
        assert "Its code is that of row 2" in refusal["rows"][2]["problem"]
        code, report = run("markers", points(path, "code,lon,lat,colour", "A,116,49,red"), "--kind", "gate",
                           "--ignore", "colour")  # fmt: skip
        assert (code, report["kinds"]) == (0, {"gate": 1})

    def test_stations_from_a_file_with_text_only(self, run: Import, tmp_path: Path, stores: Stores) -> None:
        path = points(
            tmp_path / "s.csv",
            "code,name,lon,lat,role,facilities,opening_hours,phone,capacity",
            "S1,Hub,116.2,49.1,hub,charging;rest,Mo-Fr 08:00-18:00,0123,4",
        )
        assert run("stations", path, "--apply")[0] == 0
        (station,) = stores.stations.all(DAY)
        assert (station.role, station.facilities, station.phone, station.capacity) == (
            "hub",
            ("charging", "rest"),
            "0123",
            4,
        )
        bad = points(path, "code,lon,lat,role,opening_hours", "S1,116,49,hub,always")
        code, refusal = run("stations", bad)
        assert (code, refusal["where"]["row"]) == (1, 1)
        assert "opening hours as in OpenStreetMap" in refusal["detail"]

    def test_representatives_get_a_home_by_location(
        self, run: Import, tmp_path: Path, stores: Stores
    ) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 50_000, 50_000)) for x in (0, 50_000)]
        grids = write(tmp_path / "g.gpkg", boxes, village=["V1", "V2"])
        assert run("grids", grids, "--parent-field", "village", "--apply")[0] == 0
        west, east = (box.centroid for box in boxes)
        path = points(
            tmp_path / "r.csv",
            "code,name,lon,lat,home",
            f"R1,One,{west.x},{west.y},",
            f"R2,Two,{east.x},{east.y},",
            f"R3,Three,{east.x},{east.y},V1",
        )
        code, report = run("representatives", path, "--apply")
        assert (code, report["new"]) == (0, 3)
        assert {one["code"]: one["home"] for one in report["homes"]} == {"R1": "V1", "R2": "V2", "R3": "V1"}
        assert len(stores.representatives.responsibilities(DAY)) == 3
        code, report = run("representatives", path, "--apply")
        assert (code, report["new"]) == (0, 0)
        far = points(tmp_path / "r.csv", "code,lon,lat,home", "R4,1,2,", "R5,1,2,V9")
        code, refusal = run("representatives", far, "--apply")
        assert (code, refusal["count"]) == (1, 2)
        assert "lies in no grid" in refusal["rows"][0]["problem"]
        assert "“V9” is no unit" in refusal["rows"][1]["problem"]

    def test_representatives_need_grids(self, run: Import, tmp_path: Path) -> None:
        path = points(tmp_path / "r.csv", "code,lon,lat", "R1,116,49")
        code, refusal = run("representatives", path)
        assert code == 1
        assert "grids first" in refusal["detail"]

    def test_a_table_without_a_point_names_file_and_row(self, run: Import, tmp_path: Path) -> None:
        path = points(tmp_path / "m.csv", "code,kind,lon,lat", "A,gate,116,49", "B,gate,x,49")
        code, refusal = run("markers", path)
        assert code == 1
        assert (refusal["where"]["file"], refusal["where"]["row"]) == ("m.csv", 2)
