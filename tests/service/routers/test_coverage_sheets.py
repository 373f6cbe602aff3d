"""Coverage to take away: the sheet, the same as PDF, and the GeoPackage."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest
from defusedxml.ElementTree import fromstring

from tests.fixtures.client import TestClient
from tests.fixtures.injected import TEMPLATE
from tests.service.routers.test_coverage import JUNE, walked

__all__ = ["walked"]

PATH = "/api/v1/coverage"


def test_the_sheet_tells_the_period_in_both_languages(walked: TestClient) -> None:
    reply = walked.get(f"{PATH}/sheet.html", params=JUNE | {"lang": "zh"})
    assert reply.status_code == 200
    assert "边界巡护" in reply.text
    text = walked.get(f"{PATH}/sheet.html", params=JUNE | {"lang": "en"}).text
    assert "2025-06-01 – 2025-06-30" in text
    assert "Border coverage" in text
    assert 'stroke-dasharray="2 2"' in text
    assert text.count("<svg") == 8
    # 15:06 in UTC, and the walk of 25 minutes ended before midnight here.
    assert "<td>2025-06-15</td>" in text


def test_hostile_text_is_inert_in_the_sheet(walked: TestClient) -> None:
    reply = walked.get(f"{PATH}/sheet.html", params=JUNE)
    assert f"{TEMPLATE}&lt;img onerror=x&gt;" in reply.text
    assert "<img" not in reply.text
    policy = reply.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_a_district_without_a_border_has_a_sheet(client: TestClient) -> None:
    reply = client.get(f"{PATH}/sheet.html", params={"from": "2001-01-01", "to": "2001-02-01"})
    assert reply.status_code == 200
    assert "No border yet" in reply.text


def test_the_sheet_as_pdf(walked: TestClient) -> None:
    reply = walked.get(f"{PATH}/sheet.pdf", params=JUNE)
    if reply.status_code == 503:
        pytest.skip("Pango is not installed")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.content.startswith(b"%PDF")
    assert "coverage-2025-06-01-2025-07-01.pdf" in reply.headers["content-disposition"]


def test_the_geopackage_has_a_line_for_each_stretch(walked: TestClient, tmp_path: Path) -> None:
    reply = walked.get(f"{PATH}/segments.gpkg", params=JUNE)
    assert reply.status_code == 200
    file = tmp_path / "coverage.gpkg"
    file.write_bytes(reply.content)
    meta, _, lines, columns = pyogrio.raw.read(file, layer="coverage")
    fields = dict(zip(meta["fields"], columns, strict=True))
    assert meta["crs"] == "EPSG:4490"
    assert fields["state"].tolist() == ["gap", "covered", "gap"]
    assert len(lines) == 3


def test_the_geopackage_has_the_figures_of_the_api_and_the_classes_of_the_map(
    walked: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "coverage.gpkg"
    file.write_bytes(walked.get(f"{PATH}/segments.gpkg", params=JUNE | {"lang": "zh"}).content)
    told = walked.get(f"{PATH}/segments", params=JUNE).json()["segments"]
    meta, _, lines, columns = pyogrio.raw.read(file, layer="segments")
    fields = dict(zip(meta["fields"], columns, strict=True))
    assert meta["crs"] == "EPSG:4490"
    assert fields["walked_m"].tolist() == [one["covered_m"] for one in told]
    assert fields["declared_percent"].tolist() == [one["rungs"]["declared"] for one in told]
    assert fields["person_hours"].tolist() == [one["person_hours"] for one in told]
    assert len(lines) == len(told)
    with closing(sqlite3.connect(file)) as database:
        ((name, text),) = database.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"
        )
    rules = {one.get("label"): one.get("filter") for one in fromstring(text).iter("rule")}
    assert name == "coverage"
    assert len(rules) == 7
    assert rules["未巡到"] == "state = 'gap'"
    assert rules["3–6 天前"] == "state = 'covered' AND age_days >= 3 AND age_days < 7"


def test_an_empty_geopackage(client: TestClient) -> None:
    reply = client.get(f"{PATH}/segments.gpkg", params={"from": "2001-01-01", "to": "2001-02-01"})
    assert reply.status_code == 200
    assert reply.content.startswith(b"SQLite format 3")
