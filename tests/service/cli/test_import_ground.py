"""``./wardline import`` of dwellings, lines and ground cover on a real database."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import shapely

from geo.lattice import on_lattice
from geo.visits import Cover
from layers.dwellings import Dwelling, Dwellings
from layers.errors import Conflict
from layers.stores import Stores
from service.use_cases import import_features
from tests.service.cli.files import DAY, Import, points, write


class TestDwellings:
    """Places with households."""

    def test_they_are_stored_in_place_of_those_with_the_same_codes(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        path = points(tmp_path / "d.csv", "id,homes,lon,lat", "A,3,116.1,49", "B,0,116.2,49.1")
        named = ("--field", "code=id", "--field", "households=homes")
        code, report = run_import("dwellings", path, *named)
        assert (code, report["applied"], report["rows"], report["households"]) == (0, False, 2, 3)
        assert district_d.dwellings.count() == 0
        assert run_import("dwellings", path, *named, "--apply")[0] == 0
        again = points(tmp_path / "d.csv", "id,homes,lon,lat", "B,7,116.2,49.1", "C,1,116.3,49")
        assert run_import("dwellings", again, *named, "--apply")[0] == 0
        stored = {one: district_d.dwellings.by_code(one).households for one in "ABC"}
        assert stored == {"A": 3, "B": 7, "C": 1}

    def test_they_are_written_in_parts_all_or_none(
        self, run_import: Import, tmp_path: Path, district_d: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_features, "PART", 2)
        rows = [f"{code},{number},116.{number},49" for number, code in enumerate("ABCDE")]
        path = points(tmp_path / "d.csv", "code,households,lon,lat", *rows)
        assert run_import("dwellings", path, "--apply")[0] == 0
        kept = {one.code: one for one in district_d.dwellings.page().items}
        assert {code: (one.lon, one.households) for code, one in kept.items()} == {
            code: (float(f"116.{number}"), number) for number, code in enumerate("ABCDE")
        }
        replace = Dwellings.replace

        def last_fails(store: Dwellings, values: Sequence[Dwelling]) -> None:
            if len(values) == 1:
                raise Conflict("no", mend="", where={})
            replace(store, values)

        monkeypatch.setattr(Dwellings, "replace", last_fails)
        rows = [f"{code},9,117,49" for code in "ABCDE"]
        again = points(tmp_path / "d.csv", "code,households,lon,lat", *rows)
        assert run_import("dwellings", again, "--apply")[0] == 1
        assert {one.code: one for one in district_d.dwellings.page().items} == kept

    def test_what_is_no_number_of_households_is_named_by_row(
        self, run_import: Import, tmp_path: Path
    ) -> None:
        path = points(
            tmp_path / "d.csv",
            "code,households,lon,lat",
            "A,-1,116,49",
            "B,2.5,116,49",
            "B,,116,49",
            ",1,116,49",
        )
        code, refusal = run_import("dwellings", path)
        assert code == 1
        without = points(tmp_path / "e.csv", "code,lon,lat", "A,116,49")
        assert run_import("dwellings", without)[0] == 1
        assert {row["row"] for row in refusal["rows"]} == {1, 2, 3, 4}


class TestCover:
    """Ground cover."""

    def test_polygons_are_stored_whole_and_in_parts(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        wood, lake = shapely.box(116, 49, 116.1, 49.1), shapely.box(116.2, 49, 116.3, 49.1)
        path = write(
            tmp_path / "c.geojson", [shapely.MultiPolygon([wood, lake]), lake], code=["F", "L"],
            kind=["forest", "water"],
        )  # fmt: skip
        code, report = run_import("cover", path, "--apply")
        assert (code, report["parts"], report["cover_kinds"]) == (0, 3, {"forest": 2, "water": 1})
        assert [one.code for one in district_d.cover.all()] == ["F-1", "F-2", "L"]
        again = write(tmp_path / "d.geojson", [wood], code=["F"])
        code, report = run_import("cover", again, "--kind", "scrub")
        assert (code, report["gone"]) == (0, ["F-1", "F-2"]), "what goes is told before it does"
        assert run_import("cover", again, "--kind", "scrub", "--apply")[0] == 0
        stored = {one.code: one.kind for one in district_d.cover.all()}
        assert stored == {"F": Cover.SCRUB, "L": Cover.WATER}

    def test_kinds_and_shapes_that_are_none_are_refused(self, run_import: Import, tmp_path: Path) -> None:
        bow = shapely.Polygon([(116, 49), (116.1, 49.1), (116.1, 49), (116, 49.1)])
        path = write(tmp_path / "c.geojson", [shapely.box(116, 49, 117, 50), bow], code=["A", "B"],
                     kind=["jungle", "forest"])  # fmt: skip
        code, refusal = run_import("cover", path)
        assert (code, {row["row"] for row in refusal["rows"]}) == (1, {1, 2})
        assert run_import("cover", path, "--kind", "swamp")[0] == 1


class TestBarriers:
    """What patrols do not see past."""

    def test_lines_and_polygons_stand_from_a_day_on_and_are_corrected_on_it(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        wall, house = shapely.LineString([(116, 49), (116.01, 49)]), shapely.box(116, 49, 116.001, 49.001)
        both = shapely.MultiLineString([wall, [(116, 48), (116.01, 48)]])
        path = write(
            tmp_path / "w.geojson",
            [both, house],
            code=["W", "H"],
            kind=["wall", "building"],
            note=["3 m", ""],
        )
        code, report = run_import("barriers", path)
        assert (code, report["applied"], report["parts"]) == (0, False, 3)
        code, report = run_import("barriers", path, "--apply")
        assert (code, report["barrier_kinds"], report["recomputed"]) == (0, {"wall": 2, "building": 1}, 0)
        again = write(tmp_path / "x.geojson", [wall], code=["W"], kind=["hedge"])
        code, report = run_import("barriers", again, "--apply")
        assert (code, report["gone"]) == (0, ["W-1", "W-2"])
        ends = [one.subject for one in district_d.audit.entries() if one.action == "barrier.end"]
        assert sorted(ends) == ["W-1", "W-2"]
        stored = district_d.barriers.during(date(2025, 1, 1), date(2026, 1, 1))
        assert [(one.code, one.kind, one.note, one.valid_to) for one in stored] == [
            ("H", "building", "", None),
            ("W", "hedge", "", None),
        ]
        assert district_d.barriers.during(date(2024, 1, 1), DAY) == ()

    def test_kinds_and_shapes_that_are_none_are_refused(self, run_import: Import, tmp_path: Path) -> None:
        bow = shapely.Polygon([(116, 49), (116.1, 49.1), (116.1, 49), (116, 49.1)])
        dot = shapely.LineString([(116, 49), (116, 49)])
        path = write(tmp_path / "w.geojson", [bow, dot], code=["A", "B"], kind=["fog", "wall"])
        code, refusal = run_import("barriers", path)
        assert (code, {row["row"] for row in refusal["rows"]}) == (1, {1, 2})


class TestLines:
    """Roads, rivers and tracks."""

    def test_parts_get_numbers_and_everything_is_on_the_lattice(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        road = shapely.LineString([(116.00000004, 49), (116.1, 49.033333333)])
        river = shapely.MultiLineString([[(116, 49), (116.1, 49)], [(116.2, 49), (116.3, 49)]])
        path = write(
            tmp_path / "l.geojson", [road, river], code=["R", "W"], kind=["road", "river"], name=["A", None]
        )
        code, report = run_import("lines", path, "--apply")
        assert (code, report["rows"], report["parts"]) == (0, 2, 3)
        assert report["line_kinds"] == {"road": 1, "river": 2}
        stored = {one.code: one for one in district_d.lines.all()}
        assert set(stored) == {"R", "W-1", "W-2"}
        assert (stored["R"].name, stored["W-1"].name) == ("A", "W")
        assert all(on_lattice(shapely.get_coordinates(one.line)) for one in stored.values())

    @pytest.mark.parametrize("given", [[], ["--kind", "canal"]])
    def test_a_kind_is_needed_and_must_be_known(
        self, run_import: Import, tmp_path: Path, given: list[str]
    ) -> None:
        path = write(tmp_path / "l.geojson", [shapely.LineString([(116, 49), (117, 49)])], code=["R"])
        code, refusal = run_import("lines", path, *given)
        assert code == 1
        assert "kind" in refusal["detail"] or "canal" in str(refusal["rows"])

    def test_codes_of_parts_that_meet_other_codes_are_refused(
        self, run_import: Import, tmp_path: Path
    ) -> None:
        two = shapely.MultiLineString([[(116, 49), (116.1, 49)], [(116.2, 49), (116.3, 49)]])
        one = shapely.LineString([(116, 49), (116.1, 49)])
        path = write(tmp_path / "l.geojson", [two, one], code=["R", "R-1"])
        code, refusal = run_import("lines", path, "--kind", "road")
        assert (code, [row["row"] for row in refusal["rows"]]) == (1, [2])

    def test_a_part_without_length_is_told_and_the_others_keep_their_numbers(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        parts = shapely.MultiLineString([[(116, 49), (116, 49.00000001)], [(116.2, 49), (116.3, 49)]])
        path = write(tmp_path / "l.gpkg", [parts], code=["R"])
        code, report = run_import("lines", path, "--kind", "road", "--apply")
        assert (code, report["parts"], report["parts_too_short"]) == (0, 1, 1)
        assert [one.code for one in district_d.lines.all()] == ["R-2"]
        # Whatever parts it had: none of them stays beside what it is now.
        whole = write(tmp_path / "l.geojson", [shapely.LineString([(116, 49), (117, 49)])], code=["R"])
        assert run_import("lines", whole, "--kind", "road", "--apply")[0] == 0
        assert [one.code for one in district_d.lines.all()] == ["R"]
