"""Every CSV we write: no cell of it is a formula, and numbers stay numbers."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from layers.units import UnitDraft
from service.hardening.cells import inert
from service.use_cases.export import export_layer
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, REDRAWN, County, square

# What spreadsheets take for the beginning of a formula, by their own documentation and by OWASP.
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
RUNS = (
    '=HYPERLINK("https://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "－1－1",
    "-",
    "+",
    "--1",
    "+1-1",
    "-1e5x",
    "+86 10 1234",
    "-∞",
    "+٣",
)
NUMBERS = ("-5", "+5", "-0.25", "1e5", "-1.5E-7", "0")


def is_inert(cell: str) -> bool:
    return (
        not cell.startswith(DANGEROUS) or re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", cell) is not None
    )


@pytest.mark.parametrize("text", RUNS)
def test_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert inert(text) == "'" + text


@pytest.mark.parametrize("text", [*NUMBERS, "", "a=b", "'=1", " x", "网格", "12-3", "a\n=1"])
def test_what_runs_nothing_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_no_text_is_a_formula(text: str) -> None:
    assert is_inert(inert(text))
    assert inert(text).removeprefix("'") == text.removeprefix("'")


def hostile(session: Session) -> None:
    stores = Stores(session, DISTRICT)
    attributes = read_attributes("service-station", {"role": "hub", "phone": "+1+cmd|' /C calc'!A0"})
    stores.markers.add(
        [
            Marker(new_id(), f"X{k}", text.replace("\n", " \n"), 131.0, 46.0, attributes, BEGIN)
            for k, text in enumerate(RUNS)
        ]
    )
    stores.layers.create("evil", name="=1+1", level_names=("=2+2",))
    draft = UnitDraft(new_id(), "@SUM(1)", "=3+3", 0, None, square(0, 0, 6, 4))
    stores.grids.publish("evil", BEGIN, [draft])


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]


def test_an_exported_layer_is_inert(county: County, session: Session, tmp_path: Path) -> None:
    hostile(session)
    stores = Stores(session, DISTRICT)
    for layer in ("markers", "stations", "evil", "grids", "representatives"):
        path = tmp_path / f"{layer}.csv"
        export_layer(stores, layer, path, REDRAWN)
        found = cells(path.read_text(encoding="utf-8"))
        assert all(map(is_inert, found)), layer
    rows = csv.DictReader(io.StringIO((tmp_path / "markers.csv").read_text(encoding="utf-8")))
    first = next(rows)
    # Coordinates are numbers, not texts with an apostrophe.
    assert float(first["lon"]) == pytest.approx(131.0, abs=0.1)


def test_what_is_added_to_a_table_of_points_is_inert(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        hostile(session)
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
    sent = "id,lon,lat,note\r\n1,131.005,46.005,=1+1\r\n-7,131.015,46.015,-5\r\n"
    answer = client.post(
        "/api/v1/locate?layer=evil", content=sent.encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    ours = [cell for row in rows for name, cell in row.items() if name not in ("id", "lon", "lat", "note")]
    assert "'@SUM(1)" in ours
    assert all(map(is_inert, ours))
    # The sender's own columns come back as they were sent: who changes them falsifies somebody's data.
    assert [row["note"] for row in rows] == ["=1+1", "-5"]


def test_the_coverage_table_is_inert(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        hostile(session)
    answer = client.get("/api/v1/coverage/segments.csv", params={"from": "2025-06-01", "to": "2025-07-01"})
    assert answer.status_code == 200, answer.text
    assert all(map(is_inert, cells(answer.text)))
    assert answer.headers["content-disposition"].startswith("attachment")
