"""The doctor finds what was broken on purpose, and says what, where and how to mend it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, create_engine, text

from maps import assets
from service.cluster import Cluster
from service.database import head_revision
from service.doctor import CHECKS, Finding, Patient, State, examine, machine
from service.settings import Settings
from tests.fixtures.county import County, square


@pytest.fixture
def patient(cluster: Cluster, engine: Engine, settings: Settings, county: County) -> Iterator[Patient]:
    """The county's database, as one who sees every row."""
    admin = create_engine(cluster.admin_url(str(engine.url.database)))
    yield Patient(settings, admin, None)
    admin.dispose()


def findings(patient: Patient, check: str) -> list[Finding]:
    return [finding for _, finding in examine(patient, {check: CHECKS[check]})]


def the_wrong_one(patient: Patient, check: str) -> tuple[str, str]:
    found = [one for one in findings(patient, check) if one.state is State.WRONG]
    assert len(found) == 1, found
    assert found[0].mend
    return found[0].what.format(**found[0].params), found[0].mend.format(**found[0].params)


def change(patient: Patient, statement: str, **values: Any) -> None:
    with patient.engine.begin() as connection:
        connection.execute(text(statement), values)


def test_a_healthy_installation_has_nothing_wrong(patient: Patient) -> None:
    found = list(examine(patient))
    assert {name for name, _ in found} >= CHECKS.keys() - {"backups"}
    for name, finding in found:
        assert finding.state is not State.WRONG, (name, finding)
        assert finding.what.format(**finding.params)
        assert finding.mend.format(**finding.params) or finding.state is State.WELL
    proven = [one.params for name, one in found if name == "partitions"]
    assert [(one["layer"], one["count"]) for one in proven] == [("grids", 24), ("grids", 24)]


def test_a_moved_corner_is_no_exact_partition(patient: Patient, county: County) -> None:
    ring = shapely.get_coordinates(square(1, 1))
    ring[2] += 1 / 1e7 * 1000
    moved = shapely.multipolygons([shapely.polygons(np.rint(ring * 1e7) / 1e7)])
    write = "UPDATE unit_version SET geom = ST_SetSRID(:geom ::geometry, ST_SRID(geom)) WHERE unit = :unit"
    change(patient, write, geom=moved.wkb_hex, unit=county.units["G11"])
    wrong = [one for one in findings(patient, "partitions") if one.state is State.WRONG]
    assert [one.params["day"] for one in wrong] == ["2024-01-01", "2025-06-01"]
    assert "overlap" in wrong[0].params["kinds"]


def test_a_unit_off_the_lattice_is_named(patient: Patient, county: County) -> None:
    change(patient, "UPDATE unit_version SET geom = ST_Translate(geom, 1e-9, 0) WHERE code = 'G11'")
    wrong = [one for one in findings(patient, "partitions") if one.state is State.WRONG]
    assert len(wrong) == 2
    assert "not multiples of 1e-7" in wrong[0].what.format(**wrong[0].params)


def test_a_lost_unit_is_missed_by_its_parent(patient: Patient, county: County) -> None:
    # In a corner, so that the rest encloses no hole: only the outline of its village knows.
    change(patient, "DELETE FROM responsibility")
    change(patient, "DELETE FROM unit_version WHERE unit = :unit", unit=county.units["G00"])
    wrong = [one for one in findings(patient, "partitions") if one.state is State.WRONG]
    assert len(wrong) == 2
    assert wrong[0].params["kinds"] == "level_mismatch 1"


def test_an_index_that_was_never_finished(patient: Patient) -> None:
    mark = "UPDATE pg_index SET indisvalid = :valid WHERE indexrelid = 'marker_pkey'::regclass"
    change(patient, mark.replace("marker_pkey", "pk_marker"), valid=False)
    try:
        what, mend = the_wrong_one(patient, "indexes")
    finally:
        change(patient, mark.replace("marker_pkey", "pk_marker"), valid=True)
    assert "pk_marker of table marker is not valid" in what
    assert "REINDEX INDEX pk_marker" in mend


def test_a_part_that_is_not_a_month(patient: Patient) -> None:
    change(
        patient,
        "CREATE TABLE fix_odd PARTITION OF fix_block FOR VALUES FROM ('1999-03-01Z') TO ('1999-03-15Z')",
    )
    try:
        what, _ = the_wrong_one(patient, "months")
    finally:
        change(patient, "DROP TABLE fix_odd")
    assert "fix_odd" in what


def test_a_schema_of_another_version(patient: Patient) -> None:
    with patient.engine.connect() as connection:
        newest = head_revision(connection)
    try:
        for revision, words in (
            ("0001", f"this version of Wardline has {newest}"),
            ("9999", "does not know"),
        ):
            change(patient, "UPDATE alembic_version SET version_num = :revision", revision=revision)
            assert words in the_wrong_one(patient, "migrations")[0]
    finally:
        change(patient, "UPDATE alembic_version SET version_num = :revision", revision=newest)


def test_something_from_the_future(patient: Patient) -> None:
    change(patient, "UPDATE release SET published_at = now() + interval '1 day' WHERE number = 2")
    what, mend = the_wrong_one(patient, "clock")
    assert "lies in the future" in what
    assert "timedatectl" in mend


@pytest.mark.parametrize(("limit", "state"), [("LITTLE", State.WARNING), ("TOO_LITTLE", State.WRONG)])
def test_a_full_disk(patient: Patient, monkeypatch: pytest.MonkeyPatch, limit: str, state: State) -> None:
    monkeypatch.setattr(machine, limit, 2**60)
    (found,) = findings(patient, "disk")
    assert found.state is state
    assert found.params["folder"] == patient.settings.home


def test_a_missing_browser_file(patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "WEB", tmp_path)
    what, _ = the_wrong_one(patient, "browser")
    assert "browser files are not installed, such as npm/leaflet/dist/leaflet.js" in what


def test_a_check_that_cannot_look_is_a_finding_and_the_others_go_on(patient: Patient) -> None:
    away = create_engine("postgresql+psycopg://wardline@/nothing?host=/nowhere")
    found = list(examine(Patient(patient.settings, away, None)))
    states = {name: finding.state for name, finding in found}
    assert states["migrations"] is State.WRONG
    assert states["browser"] is State.WELL
