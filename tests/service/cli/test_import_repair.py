"""``./wardline import --repair``: a dry run says what it would do; only what is proven exact is stored."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.lattice import quantise
from layers import districts
from layers.stores import Stores
from service.cli.main import main
from service.readers.vector import read_vector
from tests.geo.partitions import Made, degrees, make, steps
from tests.geo.test_repair import insert_vertices, rebuilt
from tests.service.cli.files import DATA, DAY, Import, write

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder with real data is not here")


def dirty(seed: int) -> tuple[Made, Any]:
    rng = np.random.default_rng(seed)
    made = make(rng, 6, 9)
    units = insert_vertices(rng, steps(made.units))
    return made, degrees(
        np.array([rebuilt(unit, lambda xy: xy + rng.integers(-9, 10, xy.shape)) for unit in units])
    )


def overlapping(path: Path) -> Path:
    boxes: Sequence[Any] = [shapely.box(0, 0, 10_000, 10_000), shapely.box(9_000, 0, 20_000, 10_000)]
    return write(path, degrees(np.array(boxes, dtype=object)))


def test_a_dry_run_says_what_it_would_change_and_stores_nothing(
    run_import: Import, tmp_path: Path, engine: Engine
) -> None:
    made, units = dirty(0)
    path, frame = write(tmp_path / "g.gpkg", units), write(tmp_path / "frame.gpkg", [made.frame])
    changes, repaired = tmp_path / "changes.geojson", tmp_path / "out.gpkg"
    files = ("--changes", changes, "--repaired", repaired, "--defects", tmp_path / "defects.geojson")
    code, report = run_import("grids", path, "--frame", frame, "--repair", *files)
    assert (code, report["exact"], report["applied"]) == (0, True, False)
    assert report["before"]["count"] > 0
    assert (
        len(json.loads((tmp_path / "defects.geojson").read_text())["features"]) == report["before"]["count"]
    )
    level = report["repair"]["levels"][0]
    assert (level["kept"], level["remains"]) == (len(units), [])
    assert report["repair"]["limits"]["shift_m"] == 2.0
    written = json.loads(changes.read_text(encoding="utf-8"))["features"]
    assert len(written) == level["changes"]["count"] + len(level["left_out"])
    assert all(feature["properties"]["text"] for feature in written)
    total = sum(feature["properties"]["area_m2"] for feature in written)
    assert total == pytest.approx(level["changes"]["area_m2"], abs=0.1)
    with Session(engine) as session:
        assert districts.every(session) == ()
    # What was written is a file like the first, and exact; its frame got the vertices of the units.
    code, again = run_import("grids", repaired)
    assert (code, again["exact"], again["rows"]) == (0, True, len(units))


def test_what_is_proven_is_published(run_import: Import, tmp_path: Path, district_d: Stores) -> None:
    made, units = dirty(1)
    path, frame = write(tmp_path / "g.gpkg", units), write(tmp_path / "frame.gpkg", [made.frame])
    code, report = run_import("grids", path, "--frame", frame, "--repair", "--apply", "--name", "District")
    assert (code, report["exact"], report["applied"]) == (0, True, True)
    leaves = district_d.grids.leaves("grids", DAY)
    assert len(leaves.codes) == len(units)
    for code_, area in zip(leaves.codes, leaves.polygons, strict=True):
        before = steps(made.units[int(code_[1:])])
        assert shapely.symmetric_difference(steps(area), before).area < 30 * before.length


def test_beyond_the_limits_nothing_is_stored_until_a_rule_decides(
    run_import: Import, tmp_path: Path, engine: Engine
) -> None:
    path = overlapping(tmp_path / "g.gpkg")
    code, report = run_import("grids", path, "--repair", "--apply")
    assert (code, report["exact"], report["applied"]) == (1, False, False)
    [remain] = report["repair"]["levels"][0]["remains"]
    assert remain["kind"] == "overlap"
    assert remain["text"].startswith("G00 (row 1), G01 (row 2) overlap by")
    with Session(engine) as session:
        assert districts.every(session) == ()
    code, report = run_import("grids", path, "--repair", "--overlap", "first", "--apply", "--name", "D")
    assert (code, report["applied"]) == (0, True)


def test_parents_are_repaired_first_and_are_the_frame(run_import: Import, tmp_path: Path) -> None:
    made, units = dirty(2)
    village = [f"V{k % 3}" for k in range(len(units))]
    path = write(tmp_path / "g.gpkg", units, village=village)
    sums = [shapely.union_all(steps(made.units[k::3])) for k in range(3)]
    write(path, degrees(np.array(sums, dtype=object)), "villages", append=True, code=["V0", "V1", "V2"])
    repaired = tmp_path / "out.gpkg"
    options = ("--layer", "grids", "--parent-field", "village", "--parent-layer", "villages")
    code, report = run_import("grids", path, *options, "--repair", "--repaired", repaired)
    assert (code, report["exact"]) == (0, True)
    assert [level["level"] for level in report["repair"]["levels"]] == ["village", "grid"]
    assert report["before"]["count"] > 0
    code, again = run_import("grids", repaired, *options)
    assert (code, again["exact"]) == (0, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--overlap", "first"),
        ("--changes", "c.geojson"),
        ("--repair", "--overlap", "mine"),
        ("--repair", "--most-shift", "0"),
        ("--repair", "--most-share", "101"),
        ("--repair", "--repaired", "out.csv"),
        ("--repair", "--kind", "overlay"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    engine: Engine,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    options: Sequence[str],
) -> None:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    path = overlapping(tmp_path / "g.gpkg")
    with pytest.raises(SystemExit) as caught:
        main(["import", "grids", str(path), *options])
    out, err = capsys.readouterr()
    assert caught.value.code != 0
    assert out == ""
    assert options[-2] in err or "overlay" in err or "repaired" in err


@needs_data
def test_a_real_county_drawn_badly_is_repaired(run_import: Import, tmp_path: Path) -> None:
    file = DATA / "ellis_county.gpkg"
    source = read_vector(file, "area", layer="blocks")
    rng = np.random.default_rng(5)
    clean = quantise(source.geometries)
    corner = np.rint(shapely.total_bounds(clean)[:2] * 1e7)
    local = shapely.transform(clean, lambda lonlat: np.rint(lonlat * 1e7) - corner)
    hit = rng.random(len(local)) < 0.2
    for k in np.flatnonzero(hit):
        local[k] = rebuilt(local[k], lambda xy: xy + rng.integers(-20, 21, xy.shape))
    spoilt = shapely.transform(local, lambda xy: (np.rint(xy) + corner) / 1e7)
    path = tmp_path / "ellis.gpkg"
    pyogrio.raw.write(
        path,
        shapely.to_wkb(spoilt),
        [source.column("code").astype(object)],
        fields=["code"],
        layer="blocks",
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4490",
    )
    code, report = run_import("grids", path, "--repair")
    assert report["before"]["count"] > 100
    assert (code, report["exact"], report["repair"]["levels"][0]["kept"]) == (0, True, len(clean))
    assert report["repair"]["levels"][0]["changes"]["shift_m"] <= 2.1
