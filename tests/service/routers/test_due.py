"""What is due over HTTP: rules, seasons, requests and suspensions, and the list they make."""

import csv
import io
import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.coverage import GridVisit
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.patrols import Patrol
from layers.stores import Stores
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import Phone, visit
from tests.fixtures.field import batch as batch_of
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

DUE = "/api/v1/coverage/due"
WALKED = "2025-06-15"  # the day of the walk, from 500 to 2,500 m
JULY = "2025-07-01T00:00:00+08:00"
STANDING = {"kind": "segment", "code": "B1", "within_days": 14.0, "from_day": "2025-01-01"}


@pytest.fixture
def walked(client: TestClient, county: County) -> TestClient:
    """The county's border, walked from 500 to 2,500 m on 15 June."""
    reply = client.post(
        "/api/v1/tracks",
        params={"device": "d1"},
        content=gpx(along(BORDER, 500.0, 2_500.0)),
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert reply.status_code == 201
    return client


def due(client: TestClient, at: str = JULY, **query: Any) -> Any:
    reply = client.get(DUE, params={"at": at, **query})
    assert reply.status_code == 200, reply.text
    return reply.json()


def add(client: TestClient, **members: Any) -> Any:
    reply = client.post(f"{DUE}/rules", json={**STANDING, **members})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_nothing_is_due_without_a_rule(walked: TestClient) -> None:
    body = due(walked, all="true")
    assert body["items"] == []
    assert set(body["counts"].values()) == {0}


def test_a_stretch_is_overdue_since_the_day_its_time_was_over(walked: TestClient) -> None:
    add(walked)
    body = due(walked)
    late = [one for one in body["items"] if one["overdue"]]
    assert {one["state"] for one in late} == {"never", "overdue"}
    (middle,) = [one for one in late if one["state"] == "overdue"]
    assert (middle["kind"], middle["code"]) == ("segment", "B1")
    assert middle["from_m"] == pytest.approx(500.0, abs=2.0)
    assert middle["to_m"] == pytest.approx(2_500.0, abs=2.0)
    assert middle["overdue_since"].startswith("2025-06-29T15:")
    assert middle["last_at"].startswith("2025-06-15T15:")
    assert middle["debt_km_days"] == pytest.approx(2.0 * middle["late_days"], rel=0.01)
    assert body["debt_km_days"] == pytest.approx(sum(one["debt_km_days"] for one in late), abs=0.01)
    assert middle["lat"] == pytest.approx(46.04, abs=1e-3)
    assert middle["where"] == "no markers near"
    assert late[0]["late_days"] >= late[-1]["late_days"]
    soon = due(walked, "2025-06-28T00:00:00+08:00")["items"]
    assert {one["state"] for one in soon} == {"soon", "never"}
    assert {one["state"] for one in due(walked, "2025-06-16T00:00:00+08:00", all="true")["items"]} == {
        "ok",
        "never",
    }


def test_the_segments_own_days_are_the_default(walked: TestClient, county: County, engine: Engine) -> None:
    with Session(engine) as session:
        Stores(session, DISTRICT).border.set_owner(county.segment, "guard-1", 10)
        session.commit()
    (middle,) = [one for one in due(walked)["items"] if one["state"] == "overdue"]
    assert middle["owner"] == "guard-1"
    assert middle["rule"] == {
        "id": None, "within_days": 10.0, "count": 1, "source": "standing", "asked_by": None, "reason": "",
    }  # fmt: skip
    rule = add(walked, within_days=30.0)
    found = due(walked, all="true")["items"]
    assert {one["rule"]["id"] for one in found} == {rule["id"]}, "a standing rule stands for it"


def test_a_rule_for_a_stretch_is_for_it_alone(walked: TestClient) -> None:
    add(walked, within_days=365.0)
    strict = add(walked, within_days=7.0, from_m=1_000.0, to_m=1_500.0)
    (late,) = [one for one in due(walked)["items"] if one["state"] == "overdue"]
    assert (late["from_m"], late["to_m"], late["rule"]["id"]) == (1_000.0, 1_500.0, strict["id"])


def test_a_season_and_a_request_come_on_top_and_end(walked: TestClient) -> None:
    add(walked, within_days=1_000.0)
    add(walked, within_days=5.0, season_from="06-20", season_to="07-10", reason="foragers")
    before = due(walked, "2025-06-24T12:00:00+08:00")
    assert not any(one["overdue"] for one in before["items"])
    assert all(one["due_at"].startswith("2025-06-24T16:00") for one in before["items"]), (
        "counted from its start"
    )
    late = due(walked)["items"]
    assert {one["rule"]["reason"] for one in late if one["overdue"]} == {"foragers"}
    assert not any(one["overdue"] for one in due(walked, "2025-07-12T00:00:00+08:00")["items"])
    next_year = due(walked, "2026-05-20T00:00:00+08:00", all="true")["items"]
    assert all(one["due_at"] < "2026-06-26" for one in next_year)
    asked = add(
        walked, within_days=2.0, from_day="2025-07-15", to_day="2025-07-25", source="meeting",
        asked_by="bench meeting 12",
    )  # fmt: skip
    (one, *_) = [one for one in due(walked, "2025-07-20T00:00:00+08:00")["items"] if one["overdue"]]
    assert (one["rule"]["id"], one["rule"]["asked_by"]) == (asked["id"], "bench meeting 12")
    assert not any(one["overdue"] for one in due(walked, "2025-07-26T00:00:00+08:00")["items"])


def test_a_suspension_stops_the_clock_and_is_lifted(walked: TestClient) -> None:
    add(walked)
    flood = {
        "kind": "segment", "code": "B1", "reason": "flood",
        "from_at": "2025-06-20T00:00:00+08:00", "to_at": "2025-06-30T00:00:00+08:00",
    }  # fmt: skip
    made = walked.post(f"{DUE}/suspensions", json=flood)
    assert made.status_code == 201, made.text
    during = due(walked, "2025-06-25T00:00:00+08:00", all="true")
    assert {(one["state"], one["suspension"]) for one in during["items"]} == {("suspended", "flood")}
    assert during["counts"]["suspended"] == len(during["items"])
    (middle,) = [one for one in due(walked, all="true")["items"] if one["last_at"] is not None]
    assert middle["due_at"].startswith("2025-07-09T15:"), "ten days later"
    everything = {"kind": "everything", "reason": "snow", "from_at": "2025-07-20T00:00:00+08:00"}
    snow = walked.post(f"{DUE}/suspensions", json=everything).json()
    assert snow["to_at"] is None
    assert {one["state"] for one in due(walked, "2025-08-01T00:00:00Z", all="true")["items"]} == {"suspended"}
    lifted = walked.delete(f"{DUE}/suspensions/{snow['id']}")
    assert lifted.json()["to_at"] is not None
    assert walked.delete(f"{DUE}/suspensions/{snow['id']}").status_code == 422


def test_a_marker_that_was_not_seen_is_listed_by_both_clocks(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        said = read_attributes("boundary-marker", {"routine_days": 30, "joint_days": 365})
        Stores(session, DISTRICT).markers.add(
            [Marker(new_id(), "M9", "九号", 131.015, 46.035, said, date(2026, 1, 1))]
        )
        session.commit()
    at = "2026-06-02T12:00:00Z"
    (listed,) = due(client, at)["items"]
    assert (listed["code"], listed["clock"], listed["state"], listed["overdue"]) == (
        "M9",
        "routine",
        "never",
        True,
    )
    assert (listed["lon"], listed["lat"]) == (131.015, 46.035)
    Phone(client).put(batch_of(visits=[visit("M9")]))
    assert due(client, at)["items"] == []
    (routine, joint) = sorted(
        due(client, at, all="true")["items"], key=lambda one: one["clock"], reverse=True
    )
    assert (routine["state"], joint["state"]) == ("ok", "never")
    Phone(client).put(batch_of(visits=[visit("M9", action="jointly-inspected")]))
    assert {one["state"] for one in due(client, at, all="true")["items"]} == {"ok"}
    add(
        client,
        kind="marker-kind",
        code="boundary-marker",
        within_days=2.0,
        least="serviced",
        from_day="2026-01-01",
    )
    (listed,) = due(client, at)["items"]
    assert (listed["clock"], listed["rule"]["within_days"]) == ("routine", 2.0), "looking at it is not enough"
    Phone(client).put(batch_of(visits=[visit("M9", action="repainted", note="red, both sides")]))
    assert due(client, at)["items"] == []


def test_a_unit_is_due_and_a_subtree_grid_by_grid(client: TestClient, county: County, engine: Engine) -> None:
    add(client, kind="unit", code="V00", below=True, within_days=30.0)
    add(client, kind="unit", code="G00", within_days=7.0)
    found = due(client, all="true")["items"]
    assert [one["code"] for one in sorted(found, key=lambda one: one["code"])] == [
        *("G00", "G01", "G10", "G11", "G21", "G30"),
    ]
    assert {one["owner"] for one in found} == {"R1"}
    grid_visited(engine, county, "G00", f"{WALKED}T02:00:00Z")
    (one,) = [one for one in due(client, all="true")["items"] if one["code"] == "G00"]
    assert (one["state"], one["rule"]["within_days"]) == ("overdue", 7.0)
    (one,) = [one for one in due(client, f"{WALKED}T12:00:00Z", all="true")["items"] if one["code"] == "G00"]
    assert one["state"] == "ok"


def grid_visited(engine: Engine, county: County, code: str, at: str) -> None:
    """Store a visit of a grid."""
    with Session(engine) as session:
        stores, when = Stores(session, DISTRICT), datetime.fromisoformat(at)
        patrol, _ = stores.patrols.add(Patrol(new_id(), "d9", "foot", "", "api", code + at, when))
        there = GridVisit(county.units[code], patrol.id, "visited", 500.0, 600.0, when, when)
        stores.coverage.replace_grids("d9", when.date(), [there])
        session.commit()


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"from_m": 5.0}, "/to_m"),
        ({"from_m": 0.0, "to_m": 1e6}, "/to_m"),
        ({"season_from": "06-01"}, "/season_to"),
        ({"clock": "joint"}, "/clock"),
        ({"to_day": "2024-01-01"}, "/to_day"),
        ({"source": "meeting"}, "/to_day"),
        ({"source": "meeting", "to_day": "2026-01-01"}, "/asked_by"),
        ({"count": 20, "spacing_hours": 24.0}, "/count"),
        ({"kind": "marker-kind", "code": "balloon"}, "/code"),
        ({"layer": "grids"}, "/layer"),
        ({"kind": "marker", "code": "D1", "from_m": 1.0, "to_m": 2.0}, "/from_m"),
        ({"season_from": "13-01", "season_to": "01-01"}, "/season_from"),
        ({"season_from": "02-01", "season_to": "02-30"}, "/season_to"),
        ({"season_from": "04-31", "season_to": "05-31"}, "/season_from"),
        ({"within_days": 0.0}, "/within_days"),
    ],
)
def test_rules_that_are_none(client: TestClient, members: dict[str, Any], pointer: str) -> None:
    reply = client.post(f"{DUE}/rules", json={**STANDING, **members})
    assert reply.status_code == 422, reply.text
    assert pointer in str(reply.json())


@pytest.mark.parametrize("subject", [("segment", "B9"), ("unit", "G99"), ("marker", "M99")])
def test_what_is_not_there_has_no_rule(client: TestClient, subject: tuple[str, str]) -> None:
    kind, code = subject
    assert client.post(f"{DUE}/rules", json={**STANDING, "kind": kind, "code": code}).status_code == 404
    stop = {"kind": kind, "code": code, "reason": "snow"}
    assert client.post(f"{DUE}/suspensions", json=stop).status_code == 404


@pytest.mark.parametrize(
    "members", [{"to_at": "2020-01-01T00:00:00Z"}, {"kind": "everything"}, {"code": ""}, {"from_m": 1.0}]
)
def test_suspensions_that_are_none(client: TestClient, members: dict[str, Any]) -> None:
    reply = client.post(
        f"{DUE}/suspensions", json={"kind": "segment", "code": "B1", "reason": "snow", **members}
    )
    assert reply.status_code in (404, 422)


def test_rules_are_listed_ended_and_kept(client: TestClient) -> None:
    rule = add(client)
    assert [one["id"] for one in client.get(f"{DUE}/rules").json()["items"]] == [rule["id"]]
    assert client.get(f"{DUE}/rules/{rule['id']}").json() == rule
    ended = client.delete(f"{DUE}/rules/{rule['id']}")
    assert ended.json()["to_day"] is not None
    assert client.get(f"{DUE}/rules").json()["items"] == []
    assert client.get(f"{DUE}/rules", params={"since": "2025-06-01"}).json()["items"] == [ended.json()]
    assert client.delete(f"{DUE}/rules/{rule['id']}").status_code == 422


def test_files_say_the_same(walked: TestClient) -> None:
    add(walked, reason="=1+1")
    listed = due(walked)["items"]
    reply = walked.get(f"{DUE}.csv", params={"at": JULY})
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == [one["code"] for one in listed]
    assert {row["reason"] for row in rows} == {"'=1+1"}
    features = walked.get(f"{DUE}.geojson", params={"at": JULY}).json()["features"]
    assert [one["properties"] for one in features] == listed
    assert {one["geometry"]["type"] for one in features} == {"LineString"}


def test_a_guard_reads_and_only_keepers_set(callers: Callers, engine: Engine) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    guard = callers.role("guard", "guard", DISTRICT)
    add(keeper)
    assert due(guard)["counts"]["never"] == 1
    assert guard.post(f"{DUE}/rules", json=STANDING).status_code == 403
    with Session(engine) as session:
        found = session.execute(text("SELECT created_by FROM due_rule")).scalar_one()
        actions = session.execute(text("SELECT action, subject FROM audit_entry")).all()
    assert found == "keeper"
    assert [tuple(one) for one in actions] == [("due.rule", "B1")]


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2201-01-01T00:00:00Z"]
)
def test_times_beyond_all_calendars_are_refused(client: TestClient, at: str) -> None:
    day = at[:10]
    asked = [
        client.get(DUE, params={"at": at}),
        client.get(f"{DUE}/rules", params={"since": day}),
        client.get(f"{DUE}/suspensions", params={"since": at}),
        client.post(f"{DUE}/rules", json={**STANDING, "from_day": day}),
        client.post(f"{DUE}/rules", json={**STANDING, "to_day": day}),
        client.post(f"{DUE}/suspensions", json={"kind": "everything", "reason": "snow", "from_at": at}),
        client.post(f"{DUE}/suspensions", json={"kind": "everything", "reason": "snow", "to_at": at}),
        client.post("/api/v1/coverage/tasks", json={"kind": "marker", "code": "D1", "counts_from": at}),
        client.post("/api/v1/coverage/tasks", json={"kind": "marker", "code": "D1", "until": day}),
        client.post("/api/v1/coverage/markers/D1/actions", json={"action": "inspected", "at": at}),
    ]
    assert {one.status_code for one in asked} == {422}
    person = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"/api/v1/patrols/days/{person}/{day}").status_code == 404


def test_texts_that_no_database_takes_are_refused(client: TestClient) -> None:
    for path in ("/api/v1/coverage/markers/a%00b/actions", f"{DUE}?owner=a%00b"):
        assert client.get(path).status_code in (200, 404, 422)
    for wrong in ({"code": "a\0b"}, {"reason": "a\0b"}, {"asked_by": "\ud800"}):
        body = json.dumps({**STANDING, **wrong})
        reply = client.post(f"{DUE}/rules", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == 422, wrong


def test_segments_stand_by_the_same_rules(walked: TestClient) -> None:
    def stood(day: str) -> Any:
        query = {"from": "2025-06-01", "to": day}
        (one,) = walked.get("/api/v1/coverage/segments", params=query).json()["segments"]
        return one["due"]

    assert stood("2025-07-01")["state"] == "none"
    add(walked, within_days=365.0)
    add(walked, within_days=7.0, from_m=1_000.0, to_m=1_500.0)
    late = stood("2025-07-01")
    assert (late["state"], late["days"]) == ("overdue", 7)
    listed = due(walked)["items"]
    assert late["overdue_m"] == pytest.approx(
        sum(one["length_m"] for one in listed if one["overdue"]), abs=0.1
    )
    assert late["debt_km_days"] == pytest.approx(due(walked)["debt_km_days"], abs=0.05)
    first = datetime.fromisoformat(min(one["due_at"] for one in listed))
    assert late["next_on"] == first.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    walked.post(
        f"{DUE}/suspensions", json={"kind": "everything", "reason": "snow", "from_at": "2025-06-16T00:00:00Z"}
    )
    assert stood("2025-07-01")["state"] == "suspended"
