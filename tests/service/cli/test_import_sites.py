"""``./wardline import sites`` on a real database: points and lines of projects."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely

from layers.ids import new_id
from layers.projects import Project
from layers.stores import Stores
from tests.service.cli.files import Import, write

POINT, LINE = shapely.Point(116.1, 49.0), shapely.LineString([(116.1, 49.0), (116.2, 49.1)])
SHAPES = [POINT, shapely.MultiLineString([LINE])]


@pytest.fixture
def projects(district_d: Stores) -> Stores:
    """A district with two projects."""
    district_d.districts.create("D", timezone="Asia/Shanghai")
    for code in ("P1", "P2"):
        district_d.projects.add(
            Project(
                id=new_id(),
                code=code,
                name=code,
                kind="road",
                office="Works",
                first_day=date(2025, 1, 1),
                end=None,
                created_at=datetime(2025, 1, 1, tzinfo=UTC),
                created_by="test",
            )
        )
    district_d.session.commit()
    return district_d


@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
def test_points_and_lines_are_stored_in_place_of_those_with_the_same_codes(
    run_import: Import, tmp_path: Path, projects: Stores, suffix: str
) -> None:
    path = write(tmp_path / f"sites.{suffix}", SHAPES, nr=["A", "B"], of=["P1", "P2"], name=["Bridge", ""])
    named = ("--field", "code=nr", "--field", "project=of")
    code, report = run_import("sites", path, *named)
    assert (code, report["applied"], report["rows"], report["new"]) == (0, False, 2, 2)
    assert (report["sites_on_lines"], report["projects"]) == (1, 2)
    assert projects.projects.sites() == ()
    assert run_import("sites", path, *named, "--apply")[0] == 0
    first = projects.projects.sites()
    assert [(one.code, one.name, one.shape.geom_type) for one in first] == [
        ("A", "Bridge", "Point"),
        ("B", "B", "LineString"),
    ]
    assert run_import("sites", path, *named, "--apply")[1]["new"] == 0
    assert [one.id for one in projects.projects.sites()] == [one.id for one in first]


def test_rows_that_do_not_fit_are_named(run_import: Import, tmp_path: Path, projects: Stores) -> None:
    far = shapely.LineString([(116.3, 49), (116.4, 49)])
    shapes = [POINT, shapely.MultiLineString([LINE, far]), shapely.LineString([(116, 49), (116, 49)])]
    path = write(tmp_path / "s.gpkg", shapes, code=["A", "B", "C"], project=["P9", "P1", "P1"])
    code, report = run_import("sites", path, "--apply")
    assert code == 1
    for text in ("There is no project P9.", "Its line has 2 parts.", "Its line has no length."):
        assert text in str(report), text
    area = write(tmp_path / "a.gpkg", [POINT.buffer(0.1)], project=["P1"])
    assert run_import("sites", area)[0] == 1
    plain = write(tmp_path / "p.gpkg", [POINT])
    assert "project" in str(run_import("sites", plain)[1])
    assert projects.projects.sites() == ()
