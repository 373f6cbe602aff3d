"""Coverage of grids and markers over HTTP, and what of the legal line was seen."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.linear import MeasuredLine
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from tests.fixtures.accounts import add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, SIDE, County, centre
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

JUNE = {"from": "2025-06-01", "to": "2025-07-01"}
QUARTER = {"from": "2025-06-01T00:00:00Z", "to": "2025-07-01T00:00:00Z"}
GRIDS, MARKERS = "/api/v1/coverage/grids", "/api/v1/coverage/markers"
NIGHT = 1_750_000_000.0  # 23:06:40 in the county
DAWN = NIGHT + 8 * 3_600.0


def send(client: TestClient, content: bytes, device: str = "d1", person: str = "王") -> None:
    reply = client.post(
        "/api/v1/tracks",
        params={"device": device, "person": person},
        content=content,
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert reply.status_code == 201, reply.text


def through(start: float, row: int = 3) -> bytes:
    """A walk through the middles of the grids of a row, from the first to the third."""
    west, y = centre(0, row)
    east, _ = centre(2, row)
    way = MeasuredLine.from_lonlat([(west, y), (east, y)])
    return gpx(along(way, 0.0, way.length_m, start=start, interval=2.0))


@pytest.fixture
def visited(client: TestClient, county: County, engine: Engine) -> TestClient:
    """Three grids walked through, and two markers, one of them on the way."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        lon, lat = centre(1, 3)
        days = {"routine_days": 7, "joint_days": 365}
        for code, north in (("=9", 0.0), ("9/1", 0.002)):
            kind = read_attributes("boundary-marker", days)
            stores.markers.add([Marker(new_id(), code, code, lon, lat + north, kind, date(2024, 1, 1))])
        session.commit()
    send(client, through(NIGHT))
    return client


def get(client: TestClient, path: str, **query: Any) -> Any:
    reply = client.get(path, params={**JUNE, **query})
    assert reply.status_code == 200, reply.text
    return reply


def test_grids_have_a_state_each(visited: TestClient) -> None:
    body = get(visited, GRIDS).json()
    assert body["layer"] == "grids"
    states = {one["code"]: one["state"] for one in body["units"]}
    assert {code for code, state in states.items() if state == "visited"} == {"G03", "G13", "G23"}
    assert body["total"]["visited"] == 3
    assert body["total"]["units"] == len(states) == body["total"]["none"] + 3
    middle = next(one for one in body["units"] if one["code"] == "G13")
    assert middle["parent"] == "V01"
    assert middle["visits"] == 1
    assert middle["metres"] == pytest.approx(SIDE * 76_000.0, rel=0.02)
    assert middle["seconds"] == pytest.approx(middle["metres"] / 1.3, rel=0.02)
    assert middle["last_by"] == "王"
    assert middle["age_days"] is not None


def test_a_second_walk_is_another_visit_and_a_mate_is_not(visited: TestClient) -> None:
    send(visited, through(NIGHT + 60.0), device="d2", person="李")
    send(visited, through(DAWN), device="d2", person="李")
    middle = next(one for one in get(visited, GRIDS).json()["units"] if one["code"] == "G13")
    assert middle["visits"] == 2
    assert middle["metres"] == pytest.approx(3 * SIDE * 76_000.0, rel=0.02)
    assert middle["last_by"] == "李"


def test_a_period_that_ends_within_a_visit_splits_it_by_time(visited: TestClient) -> None:
    """The first half of the middle grid: 0.5 grids to its edge and half of it, at 1.3 m/s."""
    whole = next(one for one in get(visited, GRIDS).json()["units"] if one["code"] == "G13")
    end = NIGHT + SIDE * 76_000.0 / 1.3
    part = {"from": "2025-06-01", "to": f"2025-06-15T15:{6 + int((40 + end - NIGHT) // 60):02d}:00Z"}
    found = visited.get(GRIDS, params=part).json()
    middle = next(one for one in found["units"] if one["code"] == "G13")
    assert 0.3 * whole["metres"] < middle["metres"] < 0.6 * whole["metres"]


def test_a_visit_after_the_period_is_not_its_last(visited: TestClient) -> None:
    until = datetime.fromtimestamp(DAWN - 3_600.0, UTC).isoformat()
    before = get(visited, GRIDS, to=until).json()["units"]
    send(visited, through(DAWN), "d2", "李")
    after = get(visited, GRIDS, to=until).json()["units"]
    names = ("code", "state", "visits", "last_at", "last_by")
    assert [[one[name] for name in names] for one in after] == [
        [one[name] for name in names] for one in before
    ]


def test_grids_as_areas_and_as_a_table(visited: TestClient) -> None:
    features = get(visited, f"{GRIDS}.geojson").json()["features"]
    assert len(features) == 24
    assert {one["geometry"]["type"] for one in features} == {"MultiPolygon"}
    assert sum(one["properties"]["state"] == "visited" for one in features) == 3
    reply = get(visited, f"{GRIDS}.csv")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert len(rows) == 24
    assert {row["state"] for row in rows} == {"visited", "none"}


def test_markers_have_evidence_and_two_clocks(visited: TestClient) -> None:
    body = get(visited, MARKERS, kind="boundary-marker").json()
    near, far = sorted(body["markers"], key=lambda one: str(one["last_at"] is None))
    assert (near["code"], near["evidence"], near["last_by"]) == ("=9", "observed", "王")
    assert near["distance_m"] <= 1.0
    assert near["routine"]["days"] == 7
    assert near["routine"]["last_at"] == near["last_at"]
    assert near["routine"]["next_on"] == "2025-06-22"
    assert near["joint"] == {"days": 365, "last_at": None, "age_days": None, "next_on": "2024-12-31"}
    assert (far["evidence"], far["last_at"], far["distance_m"]) == (None, None, None)
    assert body["total"] == {"markers": 2, "visited": 1, "passed": 0, "none": 1, "visited_percent": 50.0}
    assert get(visited, MARKERS, kind="lamp").json()["markers"] == []


def test_a_marker_visited_before_the_period_tells_when(visited: TestClient) -> None:
    july = {"from": "2025-07-01", "to": "2025-08-01"}
    near = visited.get(MARKERS, params=july).json()["markers"]
    found = next(one for one in near if one["code"] == "=9")
    assert found["evidence"] is None
    assert found["last_at"] is not None


def test_markers_as_points_and_as_a_table_that_runs_nothing(visited: TestClient) -> None:
    features = get(visited, f"{MARKERS}.geojson", kind="boundary-marker").json()["features"]
    assert [one["geometry"]["type"] for one in features] == ["Point", "Point"]
    reply = get(visited, f"{MARKERS}.csv", kind="boundary-marker")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert {row["code"] for row in rows} == {"'=9", "9/1"}


def test_layers_and_districts_without_any(visited: TestClient, engine: Engine) -> None:
    assert visited.get(GRIDS, params={**JUNE, "layer": "nope"}).status_code == 404
    with Session(engine) as session:
        Stores(session, "999999").districts.create("空")
        session.commit()
    body = get(visited, GRIDS, district="999999").json()
    assert (body["layer"], body["units"]) == (None, [])
    assert get(visited, MARKERS, district="999999").json()["markers"] == []


def test_the_rungs_of_evidence_add_up(client: TestClient, county: County) -> None:
    """Along the line by day: what was walked, and 50 m of sight over open ground at either end."""
    send(client, gpx(along(BORDER, 500.0, 2_500.0, start=DAWN + 3_600.0)))
    found = get(client, "/api/v1/coverage/segments").json()
    (one,) = found["segments"]
    assert one["covered_m"] == pytest.approx(2_000.0, abs=5.0)
    assert one["seen_m"] == pytest.approx(200.0, abs=25.0)
    rungs = one["rungs"]
    assert rungs["observed"] == one["covered_percent"]
    assert rungs["seen"] == pytest.approx(one["covered_percent"] + one["seen_percent"], abs=0.01)
    assert rungs["observed"] <= rungs["seen"] <= rungs["inferred"] <= rungs["declared"]
    legal = one["legal"]
    assert legal["length_m"] == pytest.approx(one["length_m"], abs=0.01)
    assert legal["low_percent"] < legal["seen_percent"] < legal["high_percent"]
    assert found["total"]["rungs"] == rungs


def test_the_answers_have_the_shapes_they_say(visited: TestClient) -> None:
    document = visited.get("/openapi.json").json()
    for path, name in ((GRIDS, "UnitsCoverageOut"), (MARKERS, "MarkersCoverageOut")):
        schema = document["components"]["schemas"][name]
        assert set(get(visited, path).json()) == set(schema["properties"])


def test_who_was_there_is_told_by_name(visited: TestClient, engine: Engine) -> None:
    person = str(add_person(engine, "lin", [("guard", DISTRICT, None)]))
    send(visited, through(DAWN), "phone", person)
    send(visited, gpx(along(BORDER, 0.0, 500.0, start=DAWN + 7_200.0, interval=5.0)), "phone", person)
    grids = visited.get(GRIDS, params=JUNE).json()["units"]
    markers = visited.get(MARKERS, params=JUNE).json()["markers"]
    segments = visited.get("/api/v1/coverage/segments", params=JUNE).json()["segments"]
    patrols = visited.get("/api/v1/patrols", params=QUARTER).json()["items"]
    told = [{one["last_by"] for one in some} - {None} for some in (grids, markers, segments)]
    assert told == [{"lin"}] * 3
    assert {one["who"] for one in patrols} == {"王", "lin"}
