"""Text that is code elsewhere: stored exactly as it was sent, inert in every export.

How pages and the standalone map show such text is looked at in a real browser, in tests/browser.
"""

import csv
import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from tests.fixtures.injected import EVALUATED, PRODUCT, TEMPLATE
from tests.hostile.conftest import CommandLine
from tests.hostile.reports import INCIDENTS, JSON, LAT, LON, REPRESENTATIVES, report
from tests.hostile.wire import Wire

FORMULAS = (
    '=HYPERLINK("http://127.0.0.1/","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+9)*cmd",
    "＝HYPERLINK(1)",
)
CODE = (
    TEMPLATE,
    f"{{% print({PRODUCT}) %}}",
    f"${{{PRODUCT}}}",
    f"<img src=x onerror=alert({PRODUCT})>",
    f"</script><script>{PRODUCT}</script>",
)
TEXTS = (*FORMULAS, *CODE)
RUNS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module", autouse=True)
def stored(wire: Wire, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every hostile text in every layer that can be written from outside."""
    rows = []
    for number, text in enumerate(TEXTS):
        body = report(title=text, description=text, channel=f"{text}"[:64], class_=f"{text}"[:64])
        made = wire.send("POST", INCIDENTS, body, JSON)
        assert made.status == 201, made.content
        given = {"code": f"{text[:60]}{number}", "name": text, "attributes": {text: text}}
        made = wire.send("POST", REPRESENTATIVES, json.dumps(given).encode(), JSON)
        assert made.status == 201, made.content
        rows.append((f"{text[:60]}{number}", text, "point", LON, LAT))
    path = tmp_path_factory.mktemp("inert") / "stations.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name", "role", "lon", "lat"), *rows])
    done = command_line.run("import", "stations", path, "--apply", "--effective", "2025-01-01", "--json")
    assert done["code"] == 0, done


def test_everything_is_answered_exactly_as_it_was_sent(wire: Wire) -> None:
    items = wire.send("GET", INCIDENTS, query={"limit": 1_000}).json()["items"]
    assert {one["title"] for one in items} >= set(TEXTS)
    assert {one["description"] for one in items} >= set(TEXTS)
    people = wire.send("GET", REPRESENTATIVES).json()["items"]
    assert {one["name"] for one in people} >= set(TEXTS)
    assert {text for one in people for text in one["attributes"].items()} >= {(one, one) for one in TEXTS}
    stations = wire.send("GET", "/api/v1/stations").json()["items"]
    assert {one["name"] for one in stations} >= set(TEXTS)


@pytest.mark.parametrize("layer", ["incidents", "representatives", "stations"])
def test_a_csv_export_has_no_formula(command_line: CommandLine, tmp_path: Path, layer: str) -> None:
    path = tmp_path / "out.csv"
    done = command_line.run("export", layer, "-o", path, "--json")
    assert done["code"] == 0, done
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    cells = {cell for row in rows for cell in row}
    assert not [cell for cell in (*header, *cells) if cell.startswith(RUNS) and not _number(cell)]
    assert cells >= {f"'{text}" for text in FORMULAS[:4]} | set(CODE)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("layer", ["incidents", "representatives", "stations"])
@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".fgb"])
def test_other_exports_are_exact(command_line: CommandLine, tmp_path: Path, layer: str, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    done = command_line.run("export", layer, "-o", path, "--json")
    assert done["code"] == 0, done
    name = "title" if layer == "incidents" else "name"
    if suffix == ".geojson":
        features: list[Any] = json.loads(path.read_text(encoding="utf-8"))["features"]
        found = {feature["properties"][name] for feature in features}
    else:
        meta, table = pyogrio.read_arrow(path, read_geometry=False)
        assert name in list(meta["fields"])
        found = set(table.column(name).to_pylist())
    assert found >= set(TEXTS)


def test_no_answer_evaluates_a_template(wire: Wire) -> None:
    for path in (
        "/",
        "/grids",
        "/coverage",
        "/stations",
        "/maps/coverage.html",
        "/api/v1/coverage/segments.csv",
    ):
        answer = wire.send("GET", path)
        assert answer.status == 200, path
        assert EVALUATED.encode() not in answer.content
