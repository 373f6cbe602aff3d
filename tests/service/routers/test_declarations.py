"""Stretches declared as walked without a track: told as declared, counted as nothing more, and withdrawn."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from layers.coverage_days import coverage_day
from layers.coverage_tables import coverage_line
from layers.stores import Stores
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_coverage_visits import DAWN, send
from tests.service.routers.test_tracks import BORDER

SAID = "/api/v1/coverage/declarations"
JUNE = {"from": "2025-06-01", "to": "2025-07-01"}
GIVEN = {
    "code": "B1",
    "from_m": 1_000.0,
    "to_m": 3_000.0,
    "from_at": "2025-06-16T09:00:00+08:00",
    "to_at": "2025-06-16T10:00:00+08:00",
    "reason": "the phone was empty",
}


NONE: list[tuple[dict[str, Any], str]] = [
    ({"from_m": 3_000.0, "to_m": 1_000.0}, "/to_m"),
    ({"to_m": 900_000.0}, "/to_m"),
    ({"to_at": "2025-06-16T08:00:00+08:00"}, "/to_at"),
    ({"to_at": "2025-06-18T09:00:00+08:00"}, "/to_at"),
    ({"from_at": "2199-06-16T09:00:00+08:00", "to_at": "2199-06-16T10:00:00+08:00"}, "/to_at"),
    ({"to_at": "2025-06-16T09:00:50+08:00"}, "/to_at"),
    ({"reason": "-"}, "/reason"),
    ({"code": "NOPE"}, ""),
]


def segment(client: TestClient, **query: str) -> Any:
    reply = client.get("/api/v1/coverage/segments", params=query or JUNE)
    assert reply.status_code == 200, reply.text
    return reply.json()["segments"][0]


def said(client: TestClient, **members: Any) -> Any:
    return client.post(SAID, json={**GIVEN, **members})


def test_a_guard_declares_and_it_is_told_as_that_alone(callers: Callers, engine: Engine) -> None:
    """Half of it was recorded as well, by somebody else: a metre counts by the best that is known of it."""
    root, guard = callers.role("root", "administrator"), callers.role("watch", "guard", DISTRICT)
    send(root, gpx(along(BORDER, 2_000.0, 4_000.0, start=DAWN)))
    before = segment(root)
    task = {"kind": "segment", "code": "B1", "from_m": 1_000.0, "to_m": 3_000.0,
            "counts_from": "2025-06-01T00:00:00+08:00"}  # fmt: skip
    assert root.post("/api/v1/coverage/tasks", json=task).status_code == 201
    made = said(guard)
    assert made.status_code == 201, made.text
    assert (made.json()["name"], made.json()["created_by"]) == ("watch", "watch")
    after = segment(root)
    same = ("covered_m", "inferred_m", "passes", "last_at", "last_by", "walked_km", "hours", "gaps", "due")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert (before["declared_m"], after["declared_m"]) == (0.0, pytest.approx(909.0, abs=15.0))
    for rung in ("observed", "seen", "inferred"):
        assert after["rungs"][rung] == before["rungs"][rung]
    more = (after["rungs"]["declared"] - before["rungs"]["declared"]) / 100.0 * after["length_m"]
    assert more == pytest.approx(after["declared_m"], abs=0.5), "what was walked or seen is not counted again"
    assert root.get(made.headers["Location"]).json() == made.json()
    with Session(engine) as session:
        entry = session.execute(
            text("SELECT actor_name, subject, detail FROM audit_entry WHERE action = 'coverage.declare'")
        ).one()
    assert (entry.actor_name, entry.subject) == ("watch", "B1")
    assert entry.detail["reason"] == GIVEN["reason"]
    (one,) = root.get("/api/v1/coverage/tasks", params={"state": "all"}).json()["items"]
    assert (one["state"], one["open_m"]) == ("open", pytest.approx(1_000.0, abs=5.0)), "it closes no task"


def test_over_midnight_it_is_split_and_withdrawn_it_counts_no_more(callers: Callers, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        Stores(session, DISTRICT).retention.raise_horizon(datetime.now(UTC))  # the fixes of June are gone
    guard, other = (callers.role(name, "guard", DISTRICT) for name in ("watch", "mate"))
    night = {"from_at": "2025-06-16T23:00:00+08:00", "to_at": "2025-06-17T01:00:00+08:00"}
    mine, theirs = said(guard, **night).json(), said(other, from_m=3_000.0, to_m=4_000.0, **night).json()
    days = [("2025-06-16", "2025-06-17"), ("2025-06-17", "2025-06-18"), ("2025-06-18", "2025-06-19")]
    parts = [segment(guard, **{"from": first, "to": after})["declared_m"] for first, after in days]
    assert parts == [pytest.approx(1_500.0), pytest.approx(1_500.0), 0.0]
    path = f"{SAID}/{mine['id']}/withdraw"
    assert other.post(path, json={"reason": "not so"}).status_code == 403
    assert guard.post(path, json={"reason": "x"}).status_code == 422
    gone = guard.post(path, json={"reason": "it was another day"})
    assert (gone.status_code, gone.json()["withdrawn_by"]) == (200, "watch")
    assert guard.post(path, json={"reason": "again"}).status_code == 409
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    listed = keeper.get(SAID, params=JUNE).json()["items"]
    assert [(one["id"], one["withdrawing"]) for one in listed] == [
        (mine["id"], "it was another day"),
        (theirs["id"], ""),
    ]
    assert segment(keeper)["declared_m"] == pytest.approx(1_000.0)
    path = f"{SAID}/{theirs['id']}/withdraw"
    assert keeper.post(path, json={"reason": "seen elsewhere"}).status_code == 200
    assert segment(keeper)["declared_m"] == 0.0
    with Session(engine) as session:
        assert (
            session.execute(select(coverage_line)).all() == session.execute(select(coverage_day)).all() == []
        )


def test_for_others_only_keepers_declare_and_what_is_none_is_refused(
    callers: Callers, engine: Engine
) -> None:
    person = add_person(engine, "mate", [("guard", DISTRICT, None)])
    assert said(callers.role("watch", "guard", DISTRICT), person=str(person)).status_code == 403
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    made = said(keeper, person=str(person))
    assert (made.status_code, made.json()["name"], made.json()["created_by"]) == (201, "mate", "keeper")
    clerk = add_person(engine, "clerk", [("planner", DISTRICT, None)])
    assert said(keeper, person=str(clerk)).status_code == 422
    for members, pointer in NONE:
        reply = said(keeper, **members)
        assert reply.status_code == (422 if pointer else 404), reply.text
        assert pointer in reply.text
