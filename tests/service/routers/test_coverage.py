"""Coverage over HTTP: periods, shapes, files, and texts that stay texts."""

import csv
import io
import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

JUNE = {"from": "2025-06-01", "to": "2025-07-01"}
PATH = "/api/v1/coverage/segments"


@pytest.fixture
def walked(client: TestClient, county: County, engine: Engine) -> TestClient:
    """The county's border with markers at both ends and two in it, walked from 500 to 2,500 m."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        for code, measure in (("=1+1", 0.0), ("12/1", 1_500.0), ("12/2", 3_000.0), ("13", BORDER.length_m)):
            lon, lat = BORDER.interpolate(measure).round(7).tolist()
            kind = read_attributes("boundary-marker", {})
            one = Marker(
                new_id(), code, code, lon, lat, kind, date(2024, 1, 1),
                segment=county.segment, measure_m=measure,
            )  # fmt: skip
            stores.markers.add([one])
        session.commit()
    reply = client.post(
        "/api/v1/tracks",
        params={"device": "d1", "person": "{{7*191}}<img onerror=x>"},
        content=gpx(along(BORDER, 500.0, 2_500.0)),
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert reply.status_code == 201
    return client


def get(client: TestClient, path: str = PATH, **query: Any) -> Any:
    return client.get(path, params=query or JUNE)


def test_the_answer_has_the_shape_it_says(walked: TestClient) -> None:
    document = walked.get("/openapi.json").json()
    for path, parameter in ((PATH, ""), (f"{PATH}/B1", "{code}")):
        operation = document["paths"][PATH + (f"/{parameter}" if parameter else "")]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        body = get(walked, path).json()
        assert body.keys() >= set(document["components"]["schemas"][name]["required"])


def test_figures_add_up(walked: TestClient) -> None:
    body = get(walked).json()
    (one,) = body["segments"]
    assert one["covered_m"] == pytest.approx(2_000.0, abs=1.0)
    gaps = sum(gap["length_m"] for gap in one["gaps"])
    assert one["covered_m"] + one["inferred_m"] + gaps == pytest.approx(one["length_m"], abs=0.1)
    assert one["seen_m"] is None
    assert one["seen_percent"] is None
    assert one["declared_m"] == 0.0
    assert [gap["markers"] for gap in one["gaps"]] == [["=1+1", "12/1"], ["12/1", "13"]]
    assert body["total"]["covered_m"] == one["covered_m"]
    assert body["from"] == "2025-06-01T00:00:00+08:00"
    assert body["to"] == "2025-07-01T00:00:00+08:00"


def test_an_older_walk_gives_a_gap_its_age(walked: TestClient) -> None:
    later = {"from": "2025-06-20", "to": "2025-07-01"}
    (one,) = get(walked, **later).json()["segments"]
    assert one["covered_m"] == 0.0
    assert one["last_at"].startswith("2025-06-15")
    (gap,) = one["gaps"]
    assert gap["age_days"] is None  # some of it was never walked
    features = get(walked, f"{PATH}.geojson", **later).json()["features"]
    assert {feature["properties"]["state"] for feature in features} == {"gap"}


def test_geojson_is_lines_in_order_without_holes(walked: TestClient) -> None:
    reply = get(walked, f"{PATH}.geojson")
    assert reply.headers["content-type"] == "application/geo+json"
    features = reply.json()["features"]
    assert [one["properties"]["state"] for one in features] == ["gap", "covered", "gap"]
    for one, other in pairwise(features):
        assert one["geometry"]["coordinates"][-1] == other["geometry"]["coordinates"][0]
        assert one["properties"]["to_m"] == other["properties"]["from_m"]
    middle = features[1]["properties"]
    assert middle["last_by"] == "{{7*191}}<img onerror=x>"
    assert middle["age_days"] == pytest.approx(14.9, abs=0.2)
    assert middle["markers"] == ["=1+1", "12/2"]
    assert middle["passes"] == 1


def test_csv_is_rows_that_no_spreadsheet_runs(walked: TestClient) -> None:
    reply = get(walked, f"{PATH}.csv")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["gap", "covered", "gap"]
    assert rows[0]["after_marker"] == "'=1+1"
    assert not any(re.match(r"[=+@-]", value) for row in rows for value in row.values())


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2025-07-01", "to": "2025-06-01"},
        {"from": "2025-06-01", "to": "2025-06-01"},
        {"from": "June"},
        {"to": "2025-06-31"},
        {"to": "2025-06-30T00:00:00"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"from": "1990-01-01", "to": "2025-06-01"},
        {"period": "June"},
    ],
)
def test_periods_that_are_none(client: TestClient, query: dict[str, str]) -> None:
    reply = get(client, **query)
    assert reply.status_code == 422
    assert reply.json()["where"].keys() == {"parameter"}


def test_instants_and_open_periods(walked: TestClient) -> None:
    # the walk began at 2025-06-15T15:06:40Z and took 1,538 s
    half = {"from": "2025-06-15T00:00:00Z", "to": "2025-06-15T15:19:29Z"}
    assert get(walked, **half).json()["segments"][0]["covered_m"] == pytest.approx(1_000.0, abs=5.0)
    assert walked.get(PATH).json()["segments"][0]["code"] == "B1"


def test_an_unknown_segment_is_404(client: TestClient) -> None:
    reply = get(client, f"{PATH}/NOPE")
    assert reply.status_code == 404
    assert "B1" in reply.json()["detail"]


def test_a_district_without_a_border_answers_nothing(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        Stores(session, "999999").districts.create("空")
        session.commit()
    body = get(client, **JUNE, district="999999").json()
    assert body["segments"] == []
    assert body["total"]["covered_percent"] == 0.0
