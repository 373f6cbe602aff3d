"""Practice 9: a guard's stretch of 25.0 km, walked 0–11 km and 9–20 km, its gap named by its markers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.linear import MeasuredLine
from geo.track import Fixes
from layers.border import BorderSegment
from layers.ids import new_id
from layers.line_features import LineFeature
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.field import Phone, batch, jpeg, sha256, visit
from tests.fixtures.walks import Receiver, along, gpx, places

REAL = Path(__file__).parents[2].parent / "shared" / "data"
DISTRICT = "152921"
PERIOD = {"from": "2025-06-01", "to": "2025-07-01"}
LENGTH_M = 25_000.0
TOLERANCE_M = 20.0  # the ends of two walks, four standard deviations of the receivers' error


def winding() -> MeasuredLine:
    """A border that winds like a real one, cut to 25.0 km."""
    x = np.arange(0.0, 30_000.0, 50.0)
    y = 400.0 * np.sin(x / 1_500.0) + 60.0 * np.sin(x / 170.0)
    longer = MeasuredLine.from_lonlat(places(x, y))
    return MeasuredLine.from_lonlat(longer.cut(0.0, LENGTH_M).round(7))


@pytest.fixture(scope="module")
def border() -> MeasuredLine:
    return winding()


@pytest.fixture
def client(settings: Settings, engine: Engine, border: MeasuredLine) -> Iterator[TestClient]:
    """The service on a county with one stretch and a marker at every kilometre, and a post between two."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create("试验旗", timezone="Asia/Shanghai")
        line = shapely.LineString(border.lonlat)
        since = date(2025, 1, 1)
        segment = BorderSegment(
            new_id(), "B07", "七段", 7, 150_000.0, 175_000.0, border.length_m, line, since,
            owner="guard-07", due_days=14,
        )  # fmt: skip
        stores.border.add([segment])
        markers = [_marker(border, segment, f"{1100 + k}", 1_000.0 * k, "boundary-marker") for k in range(26)]
        post = _marker(border, segment, "FP-1", 20_400.0, "fence-post")
        ford = _marker(border, segment, "RC-1", 12_300.0, "river-crossing")
        stores.markers.add([*markers, post, ford])
        lon, lat = border.interpolate(12_300.0).tolist()
        river = shapely.LineString([(lon, lat - 0.02), (lon, lat + 0.02)])
        stores.lines.add([LineFeature(new_id(), "L1", "river", "Ford river", river)])
        session.commit()
    with running(settings) as client:
        client.headers["Accept-Language"] = "en"
        yield client


def _marker(line: MeasuredLine, segment: BorderSegment, code: str, measure: float, kind: str) -> Marker:
    lon, lat = line.interpolate(measure).round(7).tolist()
    return Marker(
        new_id(), code, code, lon, lat, read_attributes(kind, {}), date(2025, 1, 1),
        segment=segment.id, measure_m=measure,
    )  # fmt: skip


def send(client: TestClient, device: str, person: str, fixes: Fixes) -> dict[str, Any]:
    reply = client.post(
        "/api/v1/tracks",
        params={"device": device, "person": person, "mode": "foot"},
        files={"file": (f"{device}.gpx", gpx(fixes), "application/gpx+xml")},
    )
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


def walk_both(client: TestClient, border: MeasuredLine) -> None:
    phone = Receiver(sigma=4.0, memory=30.0, seed=1)
    watch = Receiver(sigma=5.0, memory=60.0, seed=2)
    send(client, "phone-a", "A", along(border, 0.0, 11_000.0, phone, start=1_749_430_800.0))
    send(client, "watch-b", "B", along(border, 9_000.0, 20_000.0, watch, interval=5.0, start=1_749_517_200.0))


def test_two_patrols_cover_80_percent_and_the_gap_is_named(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    (segment,) = client.get("/api/v1/coverage/segments", params=PERIOD).json()["segments"]
    assert segment["code"] == "B07"
    assert segment["length_m"] == pytest.approx(25_000.0, abs=1.0)
    assert segment["covered_m"] == pytest.approx(20_000.0, abs=TOLERANCE_M)
    assert segment["covered_percent"] == pytest.approx(80.0, abs=0.1)
    assert round(segment["covered_m"] / 1000.0, 1) == 20.0
    assert segment["inferred_m"] == pytest.approx(0.0, abs=TOLERANCE_M)
    gap = max(segment["gaps"], key=lambda gap: gap["length_m"])
    assert gap["from_m"] == pytest.approx(20_000.0, abs=TOLERANCE_M)
    assert gap["to_m"] == pytest.approx(25_000.0, abs=0.01)
    assert gap["markers"] == ["1120", "1125"]
    assert gap["where"] == "between marker 1120 and 1125"
    assert gap["owner"] == "guard-07"
    assert gap["age_days"] is None
    assert sum(gap["length_m"] for gap in segment["gaps"]) == pytest.approx(5_000.0, abs=2 * TOLERANCE_M)
    # the overlap was passed twice, the rest once: kilometres add, metres do not
    assert segment["walked_km"] == pytest.approx(22.0, abs=0.3)
    assert segment["passes"]["most"] == 2
    assert segment["hours"] == pytest.approx(22_000.0 / 1.3 / 3600.0, rel=0.02)


def test_a_team_walks_once_and_each_of_it_for_all_hours(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    # Two more walk with A, some steps behind; D's watch says something else for a while.
    start = 1_749_430_800.0
    for place, person in enumerate("CD", 1):
        walk = along(border, 0.0, 11_000.0, Receiver(seed=place), start=start + 40.0 * place)
        send(client, f"phone-{person}", person, walk)
    send(client, "watch-d", "D", along(border, 3_000.0, 5_000.0, Receiver(seed=9), start=start + 60.0))
    body = client.get("/api/v1/coverage/segments", params=PERIOD).json()
    (segment,) = body["segments"]
    hours = 11_000.0 / 1.3 / 3600.0
    assert segment["covered_m"] == pytest.approx(20_000.0, abs=TOLERANCE_M)
    assert segment["walked_km"] == pytest.approx(22.0, abs=0.3)
    assert segment["person_hours"] == pytest.approx(4 * hours, rel=0.02)
    assert segment["hours"] == pytest.approx(2 * hours, rel=0.03)
    (twice,) = segment["twice"]
    assert twice["by"] == "D"
    assert twice["minutes"] == pytest.approx(2_000.0 / 1.3 / 60.0, rel=0.05)
    assert twice["apart_m"] == pytest.approx(3_000.0, abs=60.0)
    # What B walked is a day younger than what the team did; the last fifth was never walked.
    ages = segment["freshness"]
    ends = [
        (one["age_days"], one["length_m"])
        for one in client.get("/api/v1/coverage/segments/B07", params=PERIOD).json()["stretches"]
        if one["state"] == "covered"
    ]
    assert ages["known_percent"] == pytest.approx(80.0, abs=0.1)
    told = sum(age * metres for age, metres in ends) / sum(metres for _, metres in ends)
    assert ages["age_days"] == pytest.approx(told, abs=0.1)
    assert body["total"]["person_hours"] == pytest.approx(segment["person_hours"], abs=0.01)
    assert body["total"]["freshness"] == ages


def test_last_at_and_last_by_are_told_metre_by_metre(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    detail = client.get("/api/v1/coverage/segments/B07", params=PERIOD | {"geometry": "true"}).json()
    assert detail["stretches"][0]["from_m"] == 0.0
    assert detail["stretches"][-1]["to_m"] == pytest.approx(border.length_m, abs=0.01)
    walked = [one for one in detail["stretches"] if one["state"] == "covered"]
    by = {name: sum(one["length_m"] for one in walked if one["last_by"] == name) for name in "AB"}
    assert by["A"] == pytest.approx(9_000.0, abs=TOLERANCE_M)
    assert by["B"] == pytest.approx(11_000.0, abs=TOLERANCE_M)
    assert {one["last_at"][:10] for one in walked if one["last_by"] == "A"} == {"2025-06-09"}
    assert all(len(one["geometry"]["coordinates"]) >= 2 for one in detail["stretches"])
    features = client.get("/api/v1/coverage/segments.geojson", params=PERIOD).json()["features"]
    assert len(features) == len(detail["stretches"])
    assert {one["properties"]["state"] for one in features} >= {"covered", "gap"}


def test_another_period_sees_another_picture(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)

    def covered(first: str, last: str) -> float:
        body = client.get("/api/v1/coverage/segments/B07", params={"from": first, "to": last}).json()
        return float(body["covered_m"])

    assert covered("2025-06-09", "2025-06-10") == pytest.approx(11_000.0, abs=TOLERANCE_M)
    assert covered("2025-06-10", "2025-06-11") == pytest.approx(11_000.0, abs=TOLERANCE_M)
    assert covered("2025-06-11", "2025-06-12") == 0.0
    # A began at 09:00 local time and was half way after 11,000 / 1.3 / 2 seconds
    half = covered("2025-06-09", "2025-06-09T10:10:31+08:00")
    assert half == pytest.approx(5_500.0, abs=TOLERANCE_M)


def test_the_due_rule_looks_at_the_metres_left_longest(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    due = client.get("/api/v1/coverage/segments/B07", params=PERIOD).json()["due"]
    assert due["days"] == 14
    assert due["state"] == "overdue"
    assert due["overdue_m"] == pytest.approx(25_000.0, abs=TOLERANCE_M)
    soon = {"from": "2025-06-01", "to": "2025-06-20"}
    due = client.get("/api/v1/coverage/segments/B07", params=soon).json()["due"]
    assert due["overdue_m"] == pytest.approx(5_000.0, abs=TOLERANCE_M)


@pytest.mark.skipif(not REAL.exists(), reason="the shared data folder is not here")
@pytest.mark.parametrize(
    ("name", "stored", "untimed", "km"),
    # km of the fixes with times: sums of their steps without the silences and, in the second, the jumps
    [("korita-zbevnica", 513, 358, 6.2), ("cerknicko-jezero", 296, 0, 3.4)],
)
def test_real_recordings_load_and_keep_their_gaps(
    client: TestClient, name: str, stored: int, untimed: int, km: float
) -> None:
    content = (REAL / f"{name}.gpx").read_bytes()
    reply = client.post(
        "/api/v1/tracks",
        params={"device": "gps-60"},
        content=content,
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert reply.status_code == 201, reply.text
    body = reply.json()
    counted = body["fixes"]
    # More than ten years old: for what was walked alone, as soon as the district has said how long it keeps.
    assert counted["stored"] + counted["not_kept"] == stored
    assert (counted["received"], counted["duplicate"], counted["quarantined"]) == (
        stored + untimed,
        0,
        untimed,
    )
    assert body["distance_m"] / 1000.0 == pytest.approx(km, rel=0.05)
    timed = [part for part in body["parts"] if part["fixes"] > part["quarantined"]]
    assert body["pieces"] >= len(timed)
    assert len(body["silences"]) == body["pieces"] - 1
    assert body["coverage"] == []
    if untimed:
        assert body["quarantined"][0]["reason"] == "no-time"
        assert body["quarantined"][0]["row"] == 33


def test_the_gap_becomes_a_task_that_later_walks_shrink_and_close(
    client: TestClient, border: MeasuredLine
) -> None:
    walk_both(client, border)
    body = client.get("/api/v1/coverage/segments", params=PERIOD).json()
    gap = max(body["segments"][0]["gaps"], key=lambda one: one["length_m"])
    asked = {
        "kind": "segment", "code": "B07", "from_m": gap["from_m"], "to_m": gap["to_m"],
        "counts_from": body["from"], "until": "2025-06-20", "reason": "open in June",
    }  # fmt: skip
    task = client.post("/api/v1/coverage/tasks", json=asked).json()
    assert (task["state"], task["open_m"]) == ("open", pytest.approx(5_000.0, abs=TOLERANCE_M))
    assert task["open"][0]["where"] == "between marker 1120 and 1125"
    path = f"/api/v1/coverage/tasks/{task['id']}"
    send(client, "phone-a", "A", along(border, 19_900.0, 22_000.0, Receiver(seed=3), start=1_749_603_600.0))
    shrunk = client.get(path).json()
    assert (shrunk["state"], shrunk["open_m"]) == ("open", pytest.approx(3_000.0, abs=TOLERANCE_M))
    assert [one["where"] for one in shrunk["open"]] == ["between marker 1122 and 1125"]
    send(client, "watch-b", "B", along(border, 21_900.0, 25_000.0, Receiver(seed=4), start=1_749_690_000.0))
    done = client.get(path).json()
    assert (done["state"], done["open"], done["settled_by"]) == ("done", [], "evidence")
    (after,) = client.get("/api/v1/coverage/segments", params=PERIOD).json()["segments"]
    assert after["covered_percent"] == pytest.approx(100.0, abs=0.2)


def test_what_is_overdue_is_listed_with_its_owner_and_debt(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    at = {"at": "2025-07-01T00:00:00+08:00"}
    listed = client.get("/api/v1/coverage/due", params=at).json()
    (never,) = [one for one in listed["items"] if one["state"] == "never"]
    assert never["where"] == "between marker 1120 and 1125"
    # drawn on 1 January, due every 14 days: late since the 15th
    assert never["overdue_since"].startswith("2025-01-14T16:00")
    assert never["debt_km_days"] == pytest.approx(5.0 * never["late_days"], rel=0.01)
    assert {one["owner"] for one in listed["items"]} == {"guard-07"}
    walked = [one for one in listed["items"] if one["state"] == "overdue"]
    assert sum(one["length_m"] for one in walked) == pytest.approx(20_000.0, abs=4 * TOLERANCE_M)
    # seasonal pressure: foragers from 15 to 30 June, every three days
    season = {
        "kind": "segment", "code": "B07", "within_days": 3.0, "from_day": "2025-01-01",
        "season_from": "06-15", "season_to": "06-30", "reason": "foragers",
    }  # fmt: skip
    at = {"at": "2025-06-20T00:00:00+08:00"}
    before = [one for one in client.get("/api/v1/coverage/due", params=at).json()["items"] if one["overdue"]]
    assert {one["state"] for one in before} == {"never"}
    assert client.post("/api/v1/coverage/due/rules", json=season).status_code == 201
    after = [one for one in client.get("/api/v1/coverage/due", params=at).json()["items"] if one["overdue"]]
    assert {one["rule"]["reason"] for one in after if one["state"] == "overdue"} == {"foragers"}
    assert sum(one["length_m"] for one in after) == pytest.approx(25_000.0, abs=2 * TOLERANCE_M)


def test_a_marker_not_seen_within_its_interval_is_listed(client: TestClient, border: MeasuredLine) -> None:
    rule = {"kind": "marker-kind", "code": "boundary-marker", "within_days": 30.0, "from_day": "2025-05-01"}
    assert client.post("/api/v1/coverage/due/rules", json=rule).status_code == 201
    seen = []
    for k in [k for k in range(26) if k != 17]:
        lon, lat = border.interpolate(1_000.0 * k).round(7).tolist()
        seen.append(visit(f"{1100 + k}", at="2025-06-10T02:00:00+00:00", lon=lon, lat=lat))
    assert Phone(client).put(batch(visits=seen)).json()["counts"]["created"] == 25
    at = {"at": "2025-06-20T00:00:00+08:00", "kind": "marker"}
    (listed,) = client.get("/api/v1/coverage/due", params=at).json()["items"]
    assert (listed["code"], listed["overdue"], listed["owner"]) == ("1117", True, "guard-07")
    painted = visit(
        "1117", at="2025-06-19T02:00:00+00:00", action="repainted", note="red", lon=None, lat=None
    )
    Phone(client).put(batch(visits=[painted]))
    assert client.get("/api/v1/coverage/due", params=at).json()["items"] == []


def test_what_stands_on_the_stretch_is_kept_with_its_measures_and_owner(client: TestClient) -> None:
    (segment,) = client.get("/api/v1/layers/border/items").json()["features"]
    told = segment["properties"]
    assert (told["code"], told["owner"]) == ("B07", "guard-07")
    assert (told["from_m"], told["to_m"]) == (150_000.0, 175_000.0)
    markers = client.get("/api/v1/layers/markers/items", params={"limit": 100}).json()["features"]
    kinds = {one["properties"]["code"]: one["properties"]["kind"] for one in markers}
    assert sum(kind == "boundary-marker" for kind in kinds.values()) == 26
    assert (kinds["FP-1"], kinds["RC-1"]) == ("fence-post", "river-crossing")
    measures = {one["properties"]["code"]: one["properties"]["measure_m"] for one in markers}
    assert (measures["1112"], measures["RC-1"], measures["FP-1"]) == (12_000.0, 12_300.0, 20_400.0)
    (river,) = client.get("/api/v1/layers/lines/items", params={"kind": "river"}).json()["features"]
    assert river["properties"]["name"] == "Ford river"


def test_the_patrol_log_has_both_walks(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    days = {"from": "2025-06-01T00:00:00+08:00", "to": "2025-07-01T00:00:00+08:00"}
    log = client.get("/api/v1/patrols", params=days).json()["items"]
    assert {one["device"] for one in log} == {"phone-a", "watch-b"}


def test_repair_cleaning_and_repainting_are_maintenance_with_photos(
    client: TestClient, border: MeasuredLine
) -> None:
    rule = {"kind": "marker-kind", "code": "fence-post", "within_days": 30.0, "from_day": "2025-05-01"}
    assert client.post("/api/v1/coverage/due/rules", json={**rule, "least": "serviced"}).status_code == 201
    at = {"at": "2025-06-20T00:00:00+08:00", "kind": "marker"}
    assert [one["code"] for one in client.get("/api/v1/coverage/due", params=at).json()["items"]] == ["FP-1"]
    phone = Phone(client)
    work = {"FP-1": "repaired", "1103": "cleaned", "1104": "repainted"}
    pictures = {code: jpeg(size=400 + place) for place, code in enumerate(work)}
    done = []
    for code, action in work.items():
        lon, lat = border.interpolate(20_400.0 if code == "FP-1" else 1_000.0 * (int(code) - 1100)).tolist()
        shown = [sha256(pictures[code])]
        place = {"lon": round(lon, 7), "lat": round(lat, 7)}
        done.append(visit(code, at="2025-06-18T02:00:00+00:00", action=action, photos=shown, **place))
    # A photo comes after the visit that names it: until then what was done is not proven.
    assert phone.put(batch(visits=done)).json()["counts"]["created"] == 3
    before = client.get("/api/v1/coverage/markers/FP-1/actions").json()["actions"]
    assert [(one["evidence"], one["photos"][0]["arrived"]) for one in before] == [("inspected", False)]
    for picture in pictures.values():
        assert phone.put_file(picture).status_code == 201
    for code, action in work.items():
        (told,) = client.get(f"/api/v1/coverage/markers/{code}/actions").json()["actions"]
        assert (told["action"], told["evidence"], told["far"]) == (action, "serviced", False)
        assert told["photos"] == [{"sha256": sha256(pictures[code]), "device": "phone-1", "arrived": True}]
    picture = phone.get_file(sha256(pictures["FP-1"]))
    assert picture.status_code == 200
    assert b"GPS" not in picture.content, "the photo says nothing beside the picture"
    assert client.get("/api/v1/coverage/due", params=at).json()["items"] == []


def test_foragers_raise_the_frequency_in_their_season(client: TestClient, border: MeasuredLine) -> None:
    walk_both(client, border)
    season = {
        "kind": "segment", "code": "B07", "within_days": 3.0, "from_day": "2025-01-01",
        "season_from": "06-15", "season_to": "06-30", "reason": "foragers",
    }  # fmt: skip
    assert client.post("/api/v1/coverage/due/rules", json=season).status_code == 201

    def asked(day: str) -> set[tuple[float, str]]:
        at = {"at": f"{day}T12:00:00+08:00", "all": "true", "kind": "segment"}
        items = client.get("/api/v1/coverage/due", params=at).json()["items"]
        return {(one["rule"]["within_days"], one["rule"]["reason"]) for one in items}

    assert {days for days, _ in asked("2025-05-31")} == {14.0}
    assert (3.0, "foragers") in asked("2025-06-20")
