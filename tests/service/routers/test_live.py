"""Where people are at this moment, over HTTP: the last place, while the shift runs, for their coordinator."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.audit import Audit
from layers.stores import Stores
from service.use_cases.retention import Kept, forget, is_due
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import Phone, batch, points, track, visit

LIVE = "/api/v1/coverage/live"
HOUR = timedelta(hours=1)


class Scene:
    """A guard of the village V00 with two phones, and coordinators above, beside and of everything."""

    def __init__(self, callers: Callers, county: County, engine: Engine) -> None:
        self.engine, self.callers, self.units = engine, callers, county.units
        self.guard = add_person(engine, "guard", [("guard", DISTRICT, county.units["V00"])])
        self.root = callers.role("root", "administrator")
        self.coordinator = callers.role("coordinator", "coordinator", DISTRICT, county.units["T0"])
        self.phone, self.spare = self.register("phone-1"), self.register("phone-2")

    def register(self, code: str) -> Phone:
        answer = self.root.post("/api/v1/devices", json={"code": code, "person": str(self.guard)})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        return Phone(self.callers.nobody(), code, headers)

    def audited(self, action: str) -> list[Any]:
        with Session(self.engine) as session:
            return [one for one in Audit(session, DISTRICT).entries() if one.action == action]

    def sql(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.fixture
def scene(callers: Callers, county: County, engine: Engine) -> Scene:
    return Scene(callers, county, engine)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def send(
    phone: Phone, name: uuid.UUID, walk: list[dict[str, Any]], began: datetime, *, ended: Any = None
) -> Any:
    part = {**track(walk, name), "started_at": began.isoformat(), "ended_at": ended and ended.isoformat()}
    answer = phone.put(batch(tracks=[part]))
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(client: TestClient, **headers: str) -> Any:
    answer = client.get(LIVE, headers=headers)
    assert answer.status_code in (200, 304), answer.text
    return answer


def items(client: TestClient) -> list[dict[str, Any]]:
    return list(ask(client).json()["items"])


def test_a_coordinator_sees_the_last_place_and_no_way(scene: Scene) -> None:
    assert items(scene.coordinator) == []
    began, name = now() - HOUR, uuid.uuid4()
    # What has no shift, or lies outside of it, tells nothing.
    scene.phone.put(batch(tracks=[{**track(points(30, start=began)), "started_at": None}]))
    send(scene.phone, uuid.uuid4(), points(30, start=began - HOUR), began)
    assert items(scene.coordinator) == []
    walk = points(100, start=began)
    send(scene.phone, name, walk[60:90], began)
    send(scene.phone, name, walk[:60], began)
    first = ask(scene.coordinator)
    assert first.json()["items"] == [
        {
            "person": str(scene.guard),
            "name": "guard",
            "mode": "foot",
            "since": began.isoformat(),
            "at": walk[89]["at"],
            "lon": round(walk[89]["lon"], 4),
            "lat": walk[89]["lat"],
            "accuracy_m": 5,
        }
    ]
    # Nothing new is not sent again, and nobody keeps what was sent.
    assert first.headers["cache-control"] == "no-store"
    held = {"If-None-Match": first.headers["etag"]}
    again = ask(scene.coordinator, **held)
    assert (again.status_code, again.content) == (304, b"")
    # Another device of the same person at a later time: one place.
    send(scene.spare, uuid.uuid4(), points(100, start=began, north=46.0391), began)
    newer = ask(scene.coordinator, **held)
    assert [one["lat"] for one in newer.json()["items"]] == [46.0391]


def test_nobody_else_does_whatever_they_hold(scene: Scene, county: County) -> None:
    began = now() - HOUR
    send(scene.phone, uuid.uuid4(), points(9, start=began), began)
    others = ("grid_worker", "guard", "representative", "planner", "reviewer", "supervisor", "auditor")
    for role in (*others, "administrator"):
        client = scene.callers.role(f"whole-{role}", role, DISTRICT)
        assert client.get(LIVE).status_code == 403, role
    assert scene.root.get(LIVE).status_code == 403
    assert scene.callers.nobody().get(LIVE).status_code == 401
    assert scene.callers.signed_in(scene.guard).get(LIVE).status_code == 403
    for code, seen in {"T0": 1, "V00": 1, "V01": 0, "T1": 0, "G00": 0, None: 1}.items():
        unit = county.units[code] if code else None
        client = scene.callers.role(f"of-{code}".lower(), "coordinator", DISTRICT, unit)
        assert len(items(client)) == seen, code
    beside = [("coordinator", DISTRICT, county.units["T1"]), ("administrator", None, None)]
    both = scene.callers.signed_in(add_person(scene.engine, "both", beside))
    assert items(both) == [], "an administrator's reach adds nothing to a coordinator's"


def test_it_ends_with_the_shift_and_no_late_part_revives_it(scene: Scene) -> None:
    began, name = now() - HOUR, uuid.uuid4()
    walk = points(100, start=began)
    send(scene.phone, name, walk[:50], began)
    assert len(items(scene.coordinator)) == 1
    # The end comes by itself, before points that still wait.
    assert send(scene.phone, name, [], began, ended=now())["counts"]["created"] == 0
    assert items(scene.coordinator) == []
    assert send(scene.phone, name, walk[50:], began)["counts"]["created"] == 50
    assert items(scene.coordinator) == []
    with scene.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT ended, lon, lat, at FROM shift"))
    assert tuple(row) == (True, None, None, None)
    # A clock that is ahead makes no shift longer and no place newer.
    ahead = now() + 5 * HOUR
    send(scene.phone, uuid.uuid4(), points(9, start=ahead), ahead)
    (one,) = items(scene.coordinator)
    assert max(one["since"], one["at"]) <= now().isoformat()


def test_a_shift_that_nobody_ends_is_over_after_twelve_hours(scene: Scene) -> None:
    began = now() - timedelta(hours=11, minutes=50)
    send(scene.phone, uuid.uuid4(), points(9, start=now() - HOUR), began)
    assert len(items(scene.coordinator)) == 1
    scene.sql("UPDATE shift SET began_at = began_at - interval '10 minutes'")
    assert items(scene.coordinator) == []
    with Session(scene.engine) as session:
        stores = Stores(session, DISTRICT)
        forget(stores, Kept(), now())
        assert session.execute(text("SELECT count(*) FROM shift")).scalar_one() == 0
        assert not is_due(stores, Kept(), now())
    send(scene.phone, uuid.uuid4(), points(9, start=began - 2 * HOUR), began - 2 * HOUR)
    assert items(scene.coordinator) == [], "a shift of before is nobody's business"


def test_each_look_is_known_and_the_way_is_shown_to_nobody(scene: Scene) -> None:
    began, name = now() - HOUR, uuid.uuid4()
    send(scene.phone, name, points(9, start=began), began)
    for _ in range(3):
        items(scene.coordinator)
    (entry,) = scene.audited("shift.watch")
    assert (entry.actor_name, entry.subject) == ("coordinator", str(scene.guard))
    scene.sql("UPDATE shift_look SET hour = hour - interval '1 hour'")
    items(scene.coordinator)
    assert len(scene.audited("shift.watch")) == 2
    period = {"from": (began - HOUR).isoformat(), "to": (now() + HOUR).isoformat()}
    lead = scene.callers.role("lead", "supervisor", DISTRICT)
    (patrol,) = lead.get("/api/v1/patrols", params=period).json()["items"]
    place, asked = f"/api/v1/patrols/{patrol['id']}/fixes", {"purpose": "looking for the guard"}
    for client in (lead, scene.root):
        refused = client.get(place, params={**asked, "district": DISTRICT})
        assert refused.status_code == 403, refused.text
    assert scene.audited("track.read") == []
    assert scene.callers.signed_in(scene.guard).get(place).status_code == 200
    send(scene.phone, name, [], began, ended=now())
    assert lead.get(place, params=asked).status_code == 200


def test_nobody_is_named_for_a_shift_that_runs(scene: Scene) -> None:
    began, name, days = now() - HOUR, uuid.uuid4(), {"from": (now() - 2 * HOUR).isoformat()}
    day = f"/api/v1/patrols/days/{scene.guard}/{began.astimezone(ZoneInfo('Asia/Shanghai')).date()}"
    auditor = scene.callers.role("auditor", "auditor", DISTRICT)
    days["to"] = (now() + HOUR).isoformat()

    def named() -> set[tuple[str, str | None]]:
        """Return by whom segments, stretches, grids and markers were last visited that were."""
        found = set()
        for kind, part in (("segments", "segments"), ("grids", "units"), ("markers", "markers")):
            body = auditor.get(f"/api/v1/coverage/{kind}", params=days).json()
            found |= {(kind, one["last_by"]) for one in body[part] if one["last_at"] is not None}
        lines = auditor.get("/api/v1/coverage/segments.geojson", params=days).json()["features"]
        walked = (one["properties"] for one in lines if one["properties"]["state"] == "covered")
        return found | {("stretches", one["last_by"]) for one in walked}

    send(scene.phone, name, points(100, start=began), began)
    scene.phone.put(batch(visits=[visit(at=(now() - HOUR / 2).isoformat())]))
    every = ("segments", "stretches", "grids", "markers")
    assert named() == {(kind, None) for kind in every}
    assert auditor.get(day, params={"purpose": "a monthly review"}).status_code == 403
    assert scene.callers.signed_in(scene.guard).get(day).status_code == 200
    send(scene.phone, name, [], began, ended=now())
    assert named() == {(kind, "guard") for kind in every}
    assert auditor.get(day, params={"purpose": "a monthly review"}).status_code == 200
