"""``./wardline import`` of lines and points on a real database."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import shapely
from pyproj import Geod

from layers.stores import Stores
from tests.geo.partitions import degrees
from tests.service.cli.files import DATA, DAY, Import, points, write

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder with real data is not here")


class TestBorder:
    """Lines cut into stretches."""

    def test_a_line_is_cut_into_stretches_that_meet(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        line = shapely.LineString([(116, 49), (116.5, 49.2), (117, 49)])
        path = write(tmp_path / "b.geojson", [line], code=["N"], owner=["guard"])
        code, report = run_import("border", path, "--stretch-km", "20", "--apply")
        assert (code, report["applied"]) == (0, True)
        segments = district_d.border.all(DAY)
        assert [segment.code for segment in segments] == [f"N-{k:02d}" for k in range(1, len(segments) + 1)]
        assert {segment.owner for segment in segments} == {"guard"}
        assert segments[0].from_m == 0
        assert segments[-1].to_m == pytest.approx(report["length_m"], abs=0.01)
        for one, next_ in pairwise(segments):
            assert one.to_m == next_.from_m
            assert one.geom.coords[-1] == next_.geom.coords[0]
            assert one.length_m == pytest.approx(20_000) or next_ is segments[-1]
        assert run_import("border", path, "--stretch-km", "20", "--apply")[0] == 0
        assert len(district_d.border.all(DAY)) == len(segments)

    def test_parts_that_do_not_join_and_codes_twice_are_named(
        self, run_import: Import, tmp_path: Path
    ) -> None:
        apart = shapely.MultiLineString([[(116, 49), (117, 49)], [(118, 49), (119, 49)]])
        joined = shapely.MultiLineString([[(117, 49), (118, 49)], [(116, 49), (117, 49)]])
        code, refusal = run_import(
            "border", write(tmp_path / "b.geojson", [apart, joined, joined], code=["a", "b", "b"])
        )
        assert (code, refusal["count"]) == (1, 2)
        assert "2 parts do not join" in refusal["detail"]
        assert "Its code is that of row 2" in refusal["rows"][1]["problem"]

    def test_a_stretch_of_nothing_is_refused(self, run_import: Import, tmp_path: Path) -> None:
        path = write(tmp_path / "b.geojson", [shapely.LineString([(116, 49), (117, 49)])])
        for length in ("0", "nan", "-5"):
            assert run_import("border", path, "--stretch-km", length)[0] == 1

    @needs_data
    def test_the_real_borders_have_their_geodesic_lengths(
        self, run_import: Import, district_d: Stores
    ) -> None:
        code, report = run_import("border", DATA / "border_lines.geojson", "--apply")
        assert code == 0
        features = json.loads((DATA / "border_lines.geojson").read_text())["features"]
        geod = Geod(ellps="GRS80")
        for feature, line in zip(features, report["lines"], strict=True):
            true = geod.geometry_length(shapely.geometry.shape(feature["geometry"]))
            assert line["length_m"] == pytest.approx(true, rel=1e-4)
            assert sum(segment["length_m"] for segment in line["segments"]) == pytest.approx(true, rel=1e-4)
            assert all(12_500 <= segment["length_m"] <= 25_000.001 for segment in line["segments"])
        for segment in district_d.border.all(DAY):
            assert geod.geometry_length(segment.geom) == pytest.approx(segment.length_m, rel=1e-4)


class TestPoints:
    """Markers, stations and representatives."""

    @pytest.fixture
    def border(self, run_import: Import, tmp_path: Path) -> None:
        """A straight border of 36 km."""
        line = write(tmp_path / "b.geojson", [shapely.LineString([(116, 49), (116.5, 49)])], code=["N"])
        assert run_import("border", line, "--apply")[0] == 0

    @pytest.mark.usefixtures("border")
    def test_markers_get_their_place_on_the_border(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        path = points(
            tmp_path / "m.csv",
            "code,name,kind,lon,lat,number,height_m,lockable",
            "M1,First,boundary-marker,116.1,49.0005,12,1.5,",
            "M2,Second,gate,116.4,49.0,,,true",
            "M3,Far,lamp,116.2,49.01,,3,",
        )
        code, report = run_import("markers", path, "--apply")
        assert (code, report["on_border"]) == (0, 2)
        first, second, far = sorted(district_d.markers.all(DAY), key=lambda marker: marker.code)
        assert first.attributes.to_json() == {"number": "12", "height_m": 1.5}
        assert second.attributes.to_json() == {"lockable": True}
        assert first.measure_m == pytest.approx(7_316, abs=3)
        segment = district_d.border.by_code("N-02", DAY)
        assert second.segment == segment.id
        assert second.measure_m == pytest.approx(29_263 - segment.from_m, abs=15)
        assert far.segment is None

    def test_unknown_kinds_and_attributes_are_named_by_row(self, run_import: Import, tmp_path: Path) -> None:
        path = points(
            tmp_path / "m.csv",
            "code,kind,lon,lat,colour",
            "A,gate,116,49,red",
            "B,tree,116,49,",
            "B,gate,116,49,",
        )
        code, refusal = run_import("markers", path)
        assert (code, [row["row"] for row in refusal["rows"]]) == (1, [1, 2, 3])
        assert "--ignore colour" in refusal["rows"][0]["problem"]
        assert "there are: boundary-marker" in refusal["rows"][1]["problem"]
        assert "Its code is that of row 2" in refusal["rows"][2]["problem"]
        plain = points(path, "code,lon,lat,colour", "A,116,49,red")
        code, report = run_import("markers", plain, "--kind", "gate", "--ignore", "colour")
        assert (code, report["kinds"]) == (0, {"gate": 1})

    def test_stations_from_a_file_with_text_only(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        path = points(
            tmp_path / "s.csv",
            "code,name,lon,lat,role,facilities,opening_hours,phone,capacity",
            "S1,Hub,116.2,49.1,hub,charging;rest,Mo-Fr 08:00-18:00,0123,4",
        )
        assert run_import("stations", path, "--apply")[0] == 0
        (station,) = district_d.stations.all(DAY)
        assert (station.role, station.facilities, station.phone, station.capacity) == (
            "hub",
            ("charging", "rest"),
            "0123",
            4,
        )
        bad = points(path, "code,lon,lat,role,opening_hours", "S1,116,49,hub,always")
        code, refusal = run_import("stations", bad)
        assert (code, refusal["where"]["row"]) == (1, 1)
        assert "opening hours as in OpenStreetMap" in refusal["detail"]

    def test_representatives_get_a_home_by_location(
        self, run_import: Import, tmp_path: Path, district_d: Stores
    ) -> None:
        boxes = [degrees(shapely.box(x, 0, x + 50_000, 50_000)) for x in (0, 50_000)]
        grids = write(tmp_path / "g.gpkg", boxes, village=["V1", "V2"])
        assert run_import("grids", grids, "--parent-field", "village", "--apply")[0] == 0
        west, east = (box.centroid for box in boxes)
        path = points(
            tmp_path / "r.csv",
            "code,name,lon,lat,home",
            f"R1,One,{west.x},{west.y},",
            f"R2,Two,{east.x},{east.y},",
            f"R3,Three,{east.x},{east.y},V1",
        )
        code, report = run_import("representatives", path, "--apply")
        assert (code, report["new"]) == (0, 3)
        assert {one["code"]: one["home"] for one in report["homes"]} == {"R1": "V1", "R2": "V2", "R3": "V1"}
        assert len(district_d.representatives.responsibilities(DAY)) == 3
        code, report = run_import("representatives", path, "--apply")
        assert (code, report["new"]) == (0, 0)
        far = points(tmp_path / "r.csv", "code,lon,lat,home", "R4,1,2,", "R5,1,2,V9")
        code, refusal = run_import("representatives", far, "--apply")
        assert (code, refusal["count"]) == (1, 2)
        assert "lies in no grid" in refusal["rows"][0]["problem"]
        assert "“V9” is no unit" in refusal["rows"][1]["problem"]

    def test_representatives_need_grids(self, run_import: Import, tmp_path: Path) -> None:
        path = points(tmp_path / "r.csv", "code,lon,lat", "R1,116,49")
        code, refusal = run_import("representatives", path)
        assert code == 1
        assert "grids first" in refusal["detail"]

    def test_a_table_without_a_point_names_file_and_row(self, run_import: Import, tmp_path: Path) -> None:
        path = points(tmp_path / "m.csv", "code,kind,lon,lat", "A,gate,116,49", "B,gate,x,49")
        code, refusal = run_import("markers", path)
        assert code == 1
        assert (refusal["where"]["file"], refusal["where"]["row"]) == ("m.csv", 2)
