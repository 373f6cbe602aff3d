"""``./wardline import`` of areas on a real database: examined first, stored only when exact and asked for."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers import districts
from layers.stores import Stores
from service.cli.main import main
from tests.geo.partitions import degrees, make, spoil
from tests.service.cli.files import DATA, DAY, Import, write

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder with real data is not here")


class TestGrids:
    """A partition of one or more levels."""

    def test_a_dry_run_changes_nothing(self, run_import: Import, tmp_path: Path, engine: Engine) -> None:
        made = make(np.random.default_rng(4), 7, 12)
        frame = write(tmp_path / "frame.gpkg", [made.frame])
        code, report = run_import("grids", write(tmp_path / "g.gpkg", made.units), "--frame", frame)
        assert (code, report["exact"], report["applied"]) == (0, True, False)
        with Session(engine) as session:
            assert districts.every(session) == ()

    def test_an_exact_partition_is_published_with_ids_that_stay(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        frame = write(tmp_path / "frame.gpkg", [shapely.union_all(units)])
        path = write(tmp_path / "g.gpkg", units, people=list(range(len(units))))
        options = ("--field", "households=people", "--frame", frame, "--apply")
        code, report = run_import("grids", path, *options, "--name", "District")
        assert (code, report["exact"], report["applied"]) == (0, True, True)
        assert report["release"]["number"] == 1
        leaves = district_d.grids.leaves("grids", DAY)
        assert district_d.districts.current().name == "District"
        assert dict(zip(leaves.codes, leaves.households.tolist(), strict=True)) == {
            f"G{k:02d}": k for k in range(len(units))
        }
        for code_, area in zip(leaves.codes, leaves.polygons, strict=True):
            assert (
                shapely.normalize(area).wkb
                == shapely.normalize(shapely.multipolygons(shapely.get_parts(units[int(code_[1:])]))).wkb
            )
        assert run_import("grids", path, *options)[1]["release"]["number"] == 2
        district_d.layers.all()
        assert set(district_d.grids.leaves("grids", DAY).ids) == set(leaves.ids)

    def test_parents_are_chain_sums(self, run_import: Import, tmp_path: Path, district_d: Stores) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        village = [f"V{k % 3}" for k in range(len(units))]
        path = write(tmp_path / "g.gpkg", units, village=village, town=["T"] * len(units))
        frame = write(tmp_path / "frame.gpkg", [shapely.union_all(units)])
        parents = ("--parent-field", "village", "--parent-field", "town")
        code, report = run_import("grids", path, *parents, "--frame", frame, "--apply")
        assert (code, [level["units"] for level in report["levels"]]) == (0, [1, 3, len(units)])
        outlines = district_d.grids.outlines("grids", 1, DAY)
        assert outlines.codes
        for name, area in zip(outlines.codes, outlines.polygons, strict=True):
            own = units[[k for k, each in enumerate(village) if each == name]]
            assert shapely.symmetric_difference(area, shapely.union_all(own)).area < 1e-18
        chain = district_d.grids.tree("grids", DAY).chain(
            district_d.grids.unit_by_code("grids", "G01", DAY, 2).id
        )
        assert [unit.code for unit in chain] == ["G01", "V1", "T"]

    @pytest.mark.parametrize("how", ["delete", "duplicate", "shift", "nudge", "move", "insert", "swap"])
    def test_a_broken_partition_is_never_stored(
        self, run_import: Import, tmp_path: Path, engine: Engine, how: str
    ) -> None:
        made = make(np.random.default_rng(0), 6, 9)
        spoilt = spoil(np.random.default_rng(1), made, how)
        assert spoilt is not None
        frame = write(tmp_path / "frame.gpkg", [made.frame])
        path, defects = write(tmp_path / "g.gpkg", spoilt.units), tmp_path / "defects.geojson"
        code, report = run_import("grids", path, "--frame", frame, "--apply", "--defects", defects)
        assert (code, report["exact"], report["applied"]) == (1, False, False)
        written = json.loads(defects.read_text(encoding="utf-8"))["features"]
        assert len(written) == report["defects"]["count"] == sum(report["defects"]["by_kind"].values()) > 0
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in written if feature["geometry"]]
        assert min(shape.distance(spoilt.place) for shape in shapes) < 3e-7
        assert all(feature["properties"]["text"] for feature in written)
        with Session(engine) as session:
            assert districts.every(session) == ()

    def test_the_same_code_twice_and_bad_parents_are_defects(
        self, run_import: Import, tmp_path: Path
    ) -> None:
        units = make(np.random.default_rng(0), 6, 9).units
        codes = ["A", "A", *(f"G{k}" for k in range(2, len(units)))]
        village = ["V0"] * (len(units) - 1) + ["nowhere"]
        town = ["T0", "T1"] + ["T0"] * (len(units) - 2)
        path = write(tmp_path / "g.gpkg", units, code=codes, village=village, town=town)
        write(path, [shapely.union_all(units)], "villages", append=True, code=["V0"])
        options = ("--layer", "grids", "--parent-field", "village", "--parent-field", "town")
        code, report = run_import("grids", path, *options, "--parent-layer", "villages")
        assert code == 1
        by_kind = report["defects"]["by_kind"]
        assert (by_kind["same_code"], by_kind["unknown_parent"]) == (1, 1)
        assert by_kind["two_parents"] == 1
        texts = " ".join(item["text"] for item in report["defects"]["items"])
        assert "A (row 1), A (row 2) have the same code" in texts
        assert "names the parent “nowhere”, which does not exist" in texts

    def test_a_unit_outside_its_parent_is_a_defect(self, run_import: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in range(0, 20_000, 5_000)]
        village = ["W", "E", "E", "E"]
        path = write(tmp_path / "g.gpkg", boxes, village=village)
        west, east = (shapely.union_all(boxes[at]) for at in (slice(0, 2), slice(2, 4)))
        write(path, [west, east], "villages", append=True, code=["W", "E"])
        options = ("--layer", "grids", "--parent-field", "village", "--parent-layer", "villages")
        code, report = run_import("grids", path, *options)
        assert (code, report["defects"]["by_kind"]) == (1, {"outside_parent": 1})
        assert report["defects"]["items"][0]["text"].startswith(
            "G01 (row 2) lies outside its parent E (row 2)"
        )

    def test_other_levels_than_the_stored_ones_are_refused(self, run_import: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in (0, 5_000)]
        assert run_import("grids", write(tmp_path / "g.gpkg", boxes), "--apply")[0] == 0
        path = write(tmp_path / "h.gpkg", boxes, village=["V", "V"])
        code, refusal = run_import("grids", path, "--parent-field", "village", "--apply")
        assert code == 1
        assert "the file is read with village, grid" in refusal["detail"]

    def test_swapped_axes_are_told_by_the_district(self, run_import: Import, tmp_path: Path) -> None:
        near = [shapely.box(10.0, 50.0, 10.5, 50.5)]
        assert run_import("grids", write(tmp_path / "g.gpkg", near), "--apply")[0] == 0
        swapped = [shapely.box(50.0, 10.0, 50.5, 10.5)]
        code, refusal = run_import("grids", write(tmp_path / "s.gpkg", swapped))
        assert (code, refusal["where"]["file"]) == (1, "s.gpkg")
        assert "inside it with its axes swapped" in refusal["detail"]

    def test_an_overlay_may_overlap_but_not_cross_itself(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        beats = [degrees(shapely.box(0, 0, 9_000, 9_000)), degrees(shapely.box(5_000, 0, 15_000, 9_000))]
        code, report = run_import("beats", write(tmp_path / "b.gpkg", beats), "--apply")
        assert (code, report["kind"], report["exact"]) == (0, "overlay", True)
        assert district_d.layers.get("beats").kind == "overlay"
        bow = degrees(shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)]))
        code, report = run_import("beats", write(tmp_path / "c.gpkg", [*beats, bow]), "--apply")
        assert (code, report["defects"]["by_kind"]) == (1, {"invalid_ring": 1})
        assert "G02 (row 3) is not a valid area" in report["defects"]["items"][0]["text"]

    def test_null_codes_and_bad_counts_are_named_by_row(self, run_import: Import, tmp_path: Path) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 5_000, 5_000)) for x in (0, 5_000, 10_000)]
        path = write(tmp_path / "g.geojson", boxes, code=["a", " ", "c"], people=[1.0, 2.0, -3.0])
        code, refusal = run_import("grids", path, "--field", "households=people", "--apply")
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
        self, run_import: Import, tmp_path: Path, options: tuple[str, ...], words: str
    ) -> None:
        path = write(tmp_path / "g.gpkg", [degrees(shapely.box(0, 0, 9_000, 9_000))])
        code, refusal = run_import("grids", path, *options)
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

    def test_nobody_names_a_district(self, run_import: Import, tmp_path: Path) -> None:
        path = write(tmp_path / "g.gpkg", [degrees(shapely.box(0, 0, 9_000, 9_000))])
        assert run_import("grids", path, district=None)[1]["district"] is None
        code, refusal = run_import("grids", path, "--apply", district=None)
        assert (code, refusal["code"]) == (1, "district-not-named")

    @needs_data
    def test_the_real_county_is_exact_on_two_levels(self, run_import: Import, district_d: Stores) -> None:
        options = ("--layer", "blocks", "--parent-layer", "districts", "--parent-field", "district")
        fields = ("--field", "code=code", "--field", "households=population")
        code, report = run_import("grids", DATA / "ellis_county.gpkg", *options, *fields, "--apply")
        assert (code, report["exact"], report["households"]) == (0, True, 28_934)
        assert [level["units"] for level in report["levels"]] == [43, 2_296]
        assert report["max_shift_cm"] < 1
        assert len(district_d.grids.leaves("grids", DAY)) == 2_296
        assert district_d.grids.outlines("grids", 0, DAY).households.sum() == 28_934
