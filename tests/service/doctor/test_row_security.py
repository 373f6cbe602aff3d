"""The doctor finds tables without row security, unmarked boxes and power of the role of requests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, create_engine

from layers.base import metadata
from service.cluster import Cluster
from service.doctor import Patient, State
from service.settings import Settings
from tests.fixtures.database import web_address
from tests.service.doctor.test_doctor import findings, the_wrong_one

BOXES = "ALTER FUNCTION geometry_overlaps(geometry, geometry)"


@pytest.fixture
def patient(cluster: Cluster, engine: Engine, settings: Settings) -> Iterator[Patient]:
    """An empty database, as one who sees every row."""
    admin = create_engine(cluster.admin_url(str(engine.url.database)))
    yield Patient(settings, admin, None)
    admin.dispose()


@contextmanager
def changed(patient: Patient, *, before: str, after: str) -> Iterator[None]:
    """Change the database for the length of a block."""
    with patient.engine.begin() as connection:
        connection.exec_driver_sql(before)
    try:
        yield
    finally:
        with patient.engine.begin() as connection:
            connection.exec_driver_sql(after)


@contextmanager
def month(patient: Patient) -> Iterator[str]:
    """Add a part to the table of fixes."""
    make = f"SELECT ensure_fix_months(ARRAY['{date(2031, 5, 1)}'::date])"
    with changed(patient, before=make, after="DROP TABLE fix_block_2031_05"):
        yield "fix_block_2031_05"


def served_as(patient: Patient, role: str) -> Patient:
    """Return the same installation with another role for requests."""
    address = web_address(str(patient.settings.database_url)).replace("wardline_web@", f"{role}@")
    return replace(patient, settings=patient.settings.model_copy(update={"web_database_url": address}))


def test_a_healthy_installation_has_every_table_secured(patient: Patient) -> None:
    with month(patient):
        found = [one for check in ("tables", "boxes", "role") for one in findings(patient, check)]
    assert [one.state for one in found] == [State.WELL] * 3, found
    assert found[0].params["count"] > len(metadata.tables)
    assert found[2].params["role"] == "wardline_web"


@pytest.mark.parametrize("change", ["NO FORCE", "DISABLE"])
def test_a_table_without_row_security_is_named(patient: Patient, change: str) -> None:
    after = "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    with month(patient) as part:
        for table in ("incident", part):
            before = f"ALTER TABLE {table} {change} ROW LEVEL SECURITY"
            with changed(patient, before=before, after=after.format(table)):
                what, mend = the_wrong_one(patient, "tables")
            assert f"table {table} is off" in what
            assert mend == f"Run in the database: {after.format(table)};"


def test_a_table_that_is_missing_is_named(patient: Patient) -> None:
    with changed(
        patient, before="ALTER TABLE visit RENAME TO gone", after="ALTER TABLE gone RENAME TO visit"
    ):
        assert the_wrong_one(patient, "tables")[0] == "The table visit is missing."


def test_unmarked_boxes_are_a_warning_where_the_server_is_not_ours(
    patient: Patient, cluster: Cluster
) -> None:
    with changed(patient, before=f"{BOXES} NOT LEAKPROOF", after=f"{BOXES} LEAKPROOF"):
        (found,) = findings(patient, "boxes")
        assert found.state is State.WARNING
        assert found.mend.endswith(f"{BOXES} LEAKPROOF;")
        assert "Start ./wardline serve again" in the_wrong_one(replace(patient, cluster=cluster), "boxes")[1]


def test_power_of_the_role_of_requests_is_named(patient: Patient) -> None:
    odd = f"odd_{os.getpid()}"
    before = f"CREATE ROLE {odd} CREATEDB BYPASSRLS; GRANT wardline_web TO {odd}"
    with changed(patient, before=before, after=f"DROP ROLE {odd}"):
        what, mend = the_wrong_one(served_as(patient, odd), "role")
    assert f"role {odd}" in what
    assert what.endswith("has power: BYPASSRLS, CREATEDB, MEMBER OF wardline_web.")
    assert odd in mend
    assert "OWNER OF" in the_wrong_one(served_as(patient, "wardline"), "role")[0]
    assert "SUPERUSER" in the_wrong_one(served_as(patient, "wardline_admin"), "role")[0]


def test_an_absent_role_is_named(patient: Patient) -> None:
    assert "no role nobody_at_all" in the_wrong_one(served_as(patient, "nobody_at_all"), "role")[0]
