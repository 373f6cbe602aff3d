"""Coverage over HTTP: periods, shapes, files, and texts that stay texts."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.evidence import Evidence
from geo.linear import MeasuredLine
from layers.coverage import LineVisit
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from service.access.policy import POLICY
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.injected import TEMPLATE
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

HOUR = timedelta(hours=1)
JUNE = {"from": "2025-06-01", "to": "2025-07-01"}
PATH = "/api/v1/coverage/segments"
TIMELINE = "/api/v1/coverage/timeline"


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
        params={"device": "d1", "person": f"{TEMPLATE}<img onerror=x>"},
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


def test_what_is_open_and_was_seen_or_declared_is_a_line(
    walked: TestClient, county: County, engine: Engine
) -> None:
    path = "/api/v1/coverage/weaker.geojson"
    (one,) = get(walked).json()["segments"]
    gaps = [(gap["from_m"], gap["to_m"]) for gap in one["gaps"]]

    def spans(evidence: str) -> list[tuple[float, float]]:
        found = [feature["properties"] for feature in get(walked, path).json()["features"]]
        return [(each["from_m"], each["to_m"]) for each in found if each["evidence"] == evidence]

    seen = spans("seen")
    assert seen
    assert all(any(low <= a and b <= high for low, high in gaps) for a, b in seen)
    assert sum(b - a for a, b in seen) == pytest.approx(one["seen_m"], abs=3.0)
    assert spans("declared") == []
    # Somebody says that they went from within what was walked to far beyond what was seen.
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        (patrol,) = stores.patrols.during(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
        at = patrol.started_at
        assert at is not None
        said = LineVisit(county.segment, patrol.id, Evidence.DECLARED, 2_000.0, 3_500.0, at, at + HOUR, "A")
        stores.coverage.replace_lines("log", at.date(), [said])
        session.commit()
    ((low, high),) = spans("declared")
    assert low == pytest.approx(max(b for _, b in seen), abs=0.1)
    assert high == pytest.approx(3_500.0, abs=0.1)
    assert spans("seen") == seen


def test_figures_add_up(walked: TestClient) -> None:
    body = get(walked).json()
    (one,) = body["segments"]
    assert one["covered_m"] == pytest.approx(2_000.0, abs=1.0)
    gaps = sum(gap["length_m"] for gap in one["gaps"])
    assert one["covered_m"] + one["inferred_m"] + gaps == pytest.approx(one["length_m"], abs=0.1)
    assert one["seen_m"] == pytest.approx(30.0, abs=15.0)  # at night, 20 m beyond either end
    assert one["seen_percent"] == pytest.approx(100.0 * one["seen_m"] / one["length_m"], abs=0.001)
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
    assert middle["last_by"] == f"{TEMPLATE}<img onerror=x>"
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


@pytest.mark.parametrize("day", ["1900-01-01", "2300-01-01T00:00:00Z"])
def test_a_day_too_far_away_is_called_what_it_is(client: TestClient, day: str) -> None:
    detail = client.get("/api/v1/coverage/segments", params={"from": day}).json()["detail"]
    assert detail.startswith(f"{day} lies outside of the years 1950 to 2200.")


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


def test_timeline_has_the_metres_of_each_day_once(walked: TestClient) -> None:
    again = walked.post(
        "/api/v1/tracks",
        params={"device": "d2"},
        content=gpx(along(BORDER, 1_000.0, 3_000.0)),
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert again.status_code == 201
    body = get(walked, TIMELINE).json()
    assert body["starts"][0] == "2025-06-01"
    assert len(body["starts"]) == 30
    (row,) = body["segments"]
    # The walks ended in the evening of the 15th in UTC, which was the 15th or the 16th here.
    days = {start: metres for start, metres in zip(body["starts"], row["walked_m"], strict=True) if metres}
    assert sum(days.values()) == pytest.approx(2_500.0, abs=2.0)
    assert days.keys() <= {"2025-06-15", "2025-06-16"}
    assert body["walked_m"] == row["walked_m"]
    assert set(body["length_m"]) == {row["length_m"]}


@pytest.mark.parametrize(
    ("by", "starts"),
    [
        ("week", ["2025-06-01", "2025-06-02", "2025-06-09", "2025-06-16", "2025-06-23", "2025-06-30"]),
        ("month", ["2025-06-01"]),
    ],
)
def test_timeline_by_weeks_and_months_agrees_with_the_period(
    walked: TestClient, by: str, starts: list[str]
) -> None:
    body = get(walked, TIMELINE, **JUNE, by=by).json()
    assert body["starts"] == starts
    for start, end, metres in zip(starts, [*starts[1:], "2025-07-01"], body["walked_m"], strict=True):
        period = get(walked, **{"from": start, "to": end}).json()
        assert metres == pytest.approx(period["total"]["covered_m"], abs=0.1)


def test_timeline_counts_a_segment_where_it_is_in_force_at_the_end(
    walked: TestClient, county: County, engine: Engine
) -> None:
    with Session(engine) as session:
        border = Stores(session, DISTRICT).border
        old = border.get(county.segment)
        border.replace([replace(old, id=new_id(), length_m=old.length_m / 2)], date(2025, 6, 20))
        session.commit()
    body = get(walked, TIMELINE).json()
    (row,) = body["segments"]
    assert row["length_m"] == pytest.approx(body["length_m"][0] / 2, abs=0.1)
    assert body["length_m"][18] == body["length_m"][0]
    assert body["length_m"][19] == row["length_m"]
    assert sum(row["walked_m"]) == pytest.approx(2_000.0, abs=1.0)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2025-07-01", "to": "2025-07-01"},
        {"from": "2020-01-01", "to": "2025-07-01"},
        {"from": "0001-01-01", "to": "9999-12-31", "by": "month"},
        {"from": "2025-06-01T00:00:00Z"},
        {"by": "year"},
    ],
)
def test_timelines_that_are_none(client: TestClient, query: dict[str, str]) -> None:
    assert get(client, TIMELINE, **query).status_code == 422


def test_timeline_ends_with_the_calendar(client: TestClient) -> None:
    last = {"from": "9999-12-01", "to": "9999-12-31"}
    assert [get(client, TIMELINE, **last, by=by).status_code for by in ("day", "week", "month")] == [200] * 3


def test_a_track_over_the_line_is_in_no_public_view(callers: Callers) -> None:
    """Who has not signed in finds neither its places, nor its device, nor its person, wherever they look."""
    beyond = MeasuredLine.from_lonlat(np.add(BORDER.lonlat, (0.0, 0.0011)))  # 120 m over it
    walk = gpx(along(beyond, 500.0, 2_500.0, interval=2.0))
    office = callers.role("out", "coordinator", DISTRICT)
    query = {"device": "beyond-7", "person": "Somebody out there"}
    told = office.post("/api/v1/tracks", params=query, content=walk)
    assert told.status_code == 201
    assert told.json()["coverage"] == []
    at = {"lon": float(beyond.lonlat[0, 0]) + 0.01, "lat": float(beyond.lonlat[0, 1]), "district": DISTRICT}
    places = {f"{value:.4f}" for value in beyond.interpolate(np.arange(500.0, 2_500.0, 250.0))[:, 0]}
    nobody, asked = callers.nobody(), 0
    for key, rule in POLICY.items():
        method, path = key.split(" ")
        if method == "GET" and rule.public and "{" not in path and "signin" not in path:
            said = nobody.get(path, params=at).text
            asked += 1
            assert not [one for one in (*places, *query.values()) if one in said], path
        elif method == "GET" and path.startswith(("/api/v1/coverage", "/api/v1/patrols")):
            assert nobody.get(path.replace("{", "").replace("}", "")).status_code == 401, path
    assert asked > 10
