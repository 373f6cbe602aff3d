"""Clocks over HTTP: measured from what a phone sends, told to who leads, overruled by a keeper."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.audit import Audit
from tests.fixtures.accounts import Callers
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import batch, points, track
from tests.service.routers.test_field_tokens import Scene, scene

__all__ = ["scene"]
ZONE = ZoneInfo("Asia/Shanghai")


def behind() -> timedelta:
    """Return two hours, or three where the clock's midnight would fall into the walk."""
    told = datetime.now(ZONE) - timedelta(hours=2)
    return timedelta(hours=2 if (told - timedelta(minutes=20)).date() == told.date() else 3)


BEHIND = behind()


@pytest.fixture
def began(scene: Scene) -> datetime:
    """Let the clock of a phone be two hours behind through four live batches; return when the walk began."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=90)
    name = uuid.uuid4()
    for number in range(4):
        walk = points(10, first=10 * number, start=began - BEHIND, step_s=2.0)
        sent = {**batch(tracks=[track(walk, name)]), "sent_at": (began - timedelta(hours=9)).isoformat()}
        # As it goes: on a slow machine the next would look as if the clock were off by more.
        scene.phone.headers["Sent-At"] = (datetime.now(UTC) - BEHIND).isoformat()
        answer = scene.phone.put(sent)
        assert answer.status_code == 200, answer.text
    return began


def actions(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    with Session(engine) as session:
        found = Audit(session, DISTRICT).entries()
        return [(one.actor_name, one.action, dict(one.detail)) for one in found if one.action[:6] == "clock."]


def test_a_clock_two_hours_behind(scene: Scene, engine: Engine, began: datetime) -> None:
    day = (datetime.now(UTC) - BEHIND).astimezone(ZONE).date().isoformat()
    period = {"from": (began - timedelta(days=2)).isoformat(), "to": (began + timedelta(days=2)).isoformat()}
    (known,) = scene.coordinator.get("/api/v1/coverage/clocks", params=period).json()["items"]
    assert (known["device"], known["batches"], known["said_by"]) == ("phone-1", 4, None)
    assert known["behind_s"] == known["measured_s"] == pytest.approx(BEHIND.total_seconds(), abs=30)
    just = {"from": (began - timedelta(minutes=1)).isoformat(), "to": period["to"]}
    (patrol,) = scene.supervisor.get("/api/v1/patrols", params=just).json()["items"]
    assert patrol["clock"] == known
    assert datetime.fromisoformat(patrol["started_at"]) - began < timedelta(seconds=30)
    shown = scene.coordinator.get(
        f"/api/v1/patrols/{patrol['id']}/fixes", params={"purpose": "review"}
    ).json()
    was, told = (datetime.fromisoformat(shown[name][0]) for name in ("at", "told_at"))
    assert (was - told).total_seconds() == known["behind_s"]
    assert told == began - BEHIND
    assert actions(engine)[0][:2] == ("phone-1", "clock.measure")

    path = f"/api/v1/devices/phone-1/clocks/{day}"
    said = scene.coordinator.put(path, json={"behind_s": 0, "reason": "Its clock was right"})
    assert said.status_code == 200, said.text
    assert (said.json()["clock"]["behind_s"], said.json()["clock"]["said_by"]) == (0, "coordinator")
    assert said.json()["recomputed"] >= 1
    (patrol,) = scene.supervisor.get("/api/v1/patrols", params=period).json()["items"]
    assert datetime.fromisoformat(patrol["started_at"]) == began - BEHIND
    assert patrol["clock"]["reason"] == "Its clock was right"
    back = scene.coordinator.put(path, json={"behind_s": None, "reason": "It was not"}).json()
    assert back["clock"]["behind_s"] == known["behind_s"]
    assert [one[:2] for one in actions(engine)[-2:]] == 2 * [("coordinator", "clock.say")]
    unknown = scene.coordinator.put(path.replace("phone-1", "phone-9"), json={"behind_s": 0, "reason": "no"})
    assert unknown.status_code == 404
    too_far = scene.coordinator.put(path, json={"behind_s": 90_000, "reason": "A wrong date"})
    assert too_far.status_code == 422


def test_a_clock_is_nobody_elses_business(callers: Callers, scene: Scene, began: datetime) -> None:
    guard = callers.role("stranger", "guard", DISTRICT)
    assert guard.get("/api/v1/coverage/clocks").status_code == 403
    day = began.astimezone(ZONE).date().isoformat()
    for client in (guard, scene.supervisor):
        answer = client.put(f"/api/v1/devices/phone-1/clocks/{day}", json={"behind_s": 0, "reason": "no"})
        assert answer.status_code == 403


def test_a_time_of_sending_that_is_none_is_refused(scene: Scene) -> None:
    scene.phone.headers["Sent-At"] = "noon"
    answer = scene.phone.put(batch(tracks=[track(points(2))]))
    assert answer.status_code == 422
