"""Help over HTTP: the nearest who is free is asked, one after the other, and one alone accepts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from shapely import LineString
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.crs import GEOD
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.database import session_factory
from service.jobs import dispatch_all
from service.use_cases.helping.dispatching import ANSWER
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, County, centre
from tests.fixtures.roads import lay_roads

HELP = "/api/v1/help"
LON, LAT = centre(2, 1)
ALWAYS = [{"days": ["mo", "tu", "we", "th", "fr", "sa", "su", "ph"], "begin": "00:00", "end": "24:00"}]


class Scene:
    """A keeper, and three volunteers with accounts at growing distances."""

    def __init__(self, callers: Callers, engine: Engine) -> None:
        self.callers, self.engine = callers, engine
        self.keeper = callers.role("keeper", "coordinator", DISTRICT)
        self.people: dict[str, UUID] = {}
        for place, name in enumerate(("near", "far", "farther"), 1):
            person = add_person(engine, name, [("grid_worker", DISTRICT, None)])
            self.people[name] = person
            self.volunteer(name, LON + 0.002 * place, person=str(person))

    def volunteer(self, code: str, lon: float, **others: Any) -> Any:
        given = {
            "code": code,
            "name": f"Kind {code}",
            "lon": lon,
            "lat": LAT,
            "skills": ["breakdown"],
            "windows": ALWAYS,
            "consent": True,
            "contact": {"phone": "13900000001"},
            **others,
        }
        answer = self.keeper.post("/api/v1/volunteers", json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def ask(self, **others: Any) -> Any:
        given = {"kind": "breakdown", "note": "flat tyre", "place": "gate 3", "lon": LON, "lat": LAT}
        answer = self.callers.nobody().post(HELP, json=given | others)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def client(self, name: str) -> TestClient:
        return self.callers.signed_in(self.people[name])

    def only(self) -> Any:
        (found,) = self.keeper.get(HELP).json()["items"]
        return found

    def pass_by(self, minutes: int = 6) -> int:
        service = self.callers.client.app.state.service  # type: ignore[attr-defined]
        sessions = session_factory(self.engine, SYSTEM_SCOPE)
        return dispatch_all(sessions, service.indexes, datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.fixture
def scene(callers: Callers, engine: Engine) -> Scene:
    return Scene(callers, engine)


def states(request: Any) -> list[tuple[str, str]]:
    return [(one["name"].removeprefix("Kind "), one["state"]) for one in request["offers"]]


def test_the_nearest_is_asked_and_helps(scene: Scene) -> None:
    told = scene.ask(contact={"phone": "13812345678"})
    assert (told["state"], told["asked"], told["way"], told["distance_m"]) == ("offered", 1, "straight", 200)
    assert "No roads are loaded" in told["why"]
    assert "near" not in str({**told, "why": ""})
    request = scene.only()
    assert states(request) == [("near", "offered")]
    assert 150 < request["offers"][0]["distance_m"] < 160
    address = f"{HELP}/{request['id']}"
    near = scene.client("near")
    (notice,) = near.get("/api/v1/notices").json()["items"]
    assert (notice["kind"], notice["subject"]) == ("help-offered", request["id"])
    assert "gate 3, 155 m" in notice["text"]
    # Who is not asked sees nothing of it, and how to reach whoever asked is for who accepted.
    assert scene.client("far").get(address).status_code == 404
    assert near.get(f"{address}/contact", params={"purpose": "call back"}).status_code == 403
    assert near.post(f"{address}/done", json={}).status_code == 403
    accepted = near.post(f"{address}/answer", json={"accept": True})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    reached = near.get(f"{address}/contact", params={"purpose": "call back"})
    assert (reached.status_code, reached.json()["phone"]) == (200, "13812345678")
    followed = scene.callers.nobody().get(f"{HELP}/receipts/{told['receipt'].lower()}").json()
    assert (followed["state"], followed["distance_m"]) == ("accepted", 200)
    assert near.post(f"{address}/done", json={"text": "changed the tyre"}).json()["state"] == "done"
    assert near.post(f"{address}/done", json={}).status_code == 409
    assert scene.pass_by() == 0
    with scene.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT action FROM audit_entry WHERE subject_kind = 'help' ORDER BY seq")
        )
        assert list(rows.scalars()) == ["help.ask", "help.offer", "help.accept", "help.done"]


def test_who_declines_or_does_not_answer_is_followed_by_the_next(scene: Scene) -> None:
    scene.ask()
    address = f"{HELP}/{scene.only()['id']}"
    assert scene.client("near").post(f"{address}/answer", json={"accept": False}).status_code == 200
    assert states(scene.only()) == [("near", "declined"), ("far", "offered")]
    assert scene.pass_by(1) == 0
    assert scene.pass_by() == 1
    assert states(scene.only()) == [("near", "declined"), ("far", "lapsed"), ("farther", "offered")]
    assert scene.pass_by(12) == 1
    request = scene.only()
    assert request["state"] == "offered"
    assert "of 3 people" in request["why"]
    assert "3 were asked before" in request["why"]
    # Whoever comes late still helps, as long as nobody else does.
    late = scene.client("far").post(f"{address}/answer", json={"accept": True})
    assert states(late.json())[0] == ("far", "accepted")
    assert states(scene.only()) == [("near", "declined"), ("far", "accepted"), ("farther", "withdrawn")]
    gone = scene.client("farther").post(f"{address}/answer", json={"accept": True})
    assert (gone.status_code, gone.json()["code"]) == (409, "help-settled")
    assert "Somebody else accepted at" in gone.json()["detail"]


def test_two_accept_at_once_and_one_wins(scene: Scene) -> None:
    scene.ask()
    scene.pass_by()
    address = f"{HELP}/{scene.only()['id']}/answer"
    together, answers = Barrier(2), {}

    def accept(name: str, client: TestClient) -> None:
        together.wait(timeout=60)
        answers[name] = client.post(address, json={"accept": True}).status_code

    clients = {name: scene.client(name) for name in ("near", "far")}
    threads = [Thread(target=accept, args=one) for one in clients.items()]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers.values()) == [200, 409]
    winner = next(name for name, status in answers.items() if status == 200)
    assert [name for name, state in states(scene.only()) if state == "accepted"] == [winner]


def test_who_cannot_is_not_asked_and_it_is_told_why(scene: Scene) -> None:
    told = scene.ask(kind="first-aid")
    assert told["state"] == "asked"
    assert "of 3 people, 3 cannot help with that" in told["why"]
    scene.volunteer("short", LON + 0.005, skills=["first-aid"], reach_m=100)
    scene.volunteer("never", LON + 0.005, skills=["first-aid"], windows=[{**ALWAYS[0], "end": "00:01"}])
    scene.pass_by(1)
    request = scene.only()
    assert ("1 are not there" in request["why"]) or states(request), request["why"]
    scene.volunteer("nurse", LON + 0.006, skills=["first-aid"])
    scene.pass_by(1)
    assert states(scene.only())[-1] == ("nurse", "offered")
    # Without an account they are phoned, and a coordinator answers for them.
    request = scene.only()
    address = f"{HELP}/{request['id']}/answer"
    worker = scene.client("near")
    assert (
        worker.post(address, json={"accept": True, "offer": request["offers"][-1]["id"]}).status_code == 404
    )
    phoned = [one for one in worker.get("/api/v1/notices").json()["items"] if one["kind"] == "help-phone"]
    assert "nurse" in phoned[0]["text"]
    done = scene.keeper.post(address, json={"accept": True, "offer": request["offers"][-1]["id"]})
    assert done.json()["state"] == "accepted"
    # Who is forgotten leaves no name behind.
    (nurse,) = [
        one for one in scene.keeper.get("/api/v1/volunteers").json()["items"] if one["code"] == "nurse"
    ]
    assert scene.keeper.delete(f"/api/v1/volunteers/{nurse['id']}").status_code == 200
    assert "Kind nurse" not in scene.keeper.get(HELP).text


def test_who_has_duty_is_asked_where_the_station_is(scene: Scene) -> None:
    with Session(scene.engine) as session:
        enter(session, SYSTEM_SCOPE)
        hub = read_attributes("service-station", {"role": "hub", "opening_hours": "24/7"})
        Stores(session, DISTRICT).markers.add([Marker(new_id(), "HUB", "Hub", LON + 0.0005, LAT, hub, BEGIN)])
        session.commit()
    person = add_person(scene.engine, "clerk", [("representative", DISTRICT, None)])
    given = {"person": str(person), "days": ALWAYS[0]["days"], "begin": "00:00", "end": "24:00"}
    assert scene.keeper.post("/api/v1/stations/HUB/rota", json=given).status_code == 201
    scene.ask(kind="repair")
    (offer,) = scene.only()["offers"]
    assert (offer["kind"], offer["station"], offer["name"]) == ("person", "HUB", "clerk")
    assert offer["distance_m"] < 50


def test_by_road_one_drives_to_a_repair_and_walks_to_all_else(
    scene: Scene, engine: Engine, tmp_path: Path
) -> None:
    skills = ["repair", "accompany"]
    east, west = LON + 0.0075, LON - 0.009
    scene.volunteer("walker", east, skills=skills)
    scene.volunteer("driver", west, skills=skills)
    nodes = {1: (LON, LAT), 2: (east, LAT), 3: (LON, LAT - 0.003), 4: (west, LAT - 0.003), 5: (west, LAT)}
    ways = [([1, 2], {"highway": "footway"}), ([1, 3, 4, 5], {"highway": "residential"})]
    lay_roads(engine, tmp_path, nodes, ways)
    scene.ask(kind="repair")
    (repair,) = scene.only()["offers"]
    # No road for cars is near the other, whom the crow has nearer.
    assert (repair["name"], repair["way"]) == ("Kind driver", "network")
    path = LineString([nodes[one] for one in (1, 3, 4, 5)])
    assert repair["distance_m"] == pytest.approx(GEOD.geometry_length(path), rel=1e-3)
    scene.ask(kind="accompany")
    walked = next(one for one in scene.keeper.get(HELP).json()["items"] if one["kind"] == "accompany")
    (offer,) = walked["offers"]
    assert (offer["name"], offer["way"], walked["why"]) == ("Kind walker", "network", None)
    assert offer["distance_m"] == pytest.approx(580, abs=2)


def test_whoever_asked_cancels_by_receipt(scene: Scene) -> None:
    receipt = scene.ask()["receipt"]
    nobody = scene.callers.nobody()
    assert nobody.post(f"{HELP}/receipts/{receipt}/cancel").json()["state"] == "cancelled"
    assert nobody.post(f"{HELP}/receipts/{receipt}/cancel").status_code == 409
    assert nobody.get(f"{HELP}/receipts/AAAAA-AAAAA").status_code == 404
    kinds = [one["kind"] for one in scene.client("near").get("/api/v1/notices").json()["items"]]
    assert kinds == ["help-over", "help-offered"]
    # Cancelled, it keeps nobody busy.
    scene.ask()
    assert states(scene.keeper.get(HELP).json()["items"][0]) == [("near", "offered")]


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        ({"lon": 10.0}, 422, "outside"),
        ({"kind": "dancing"}, 422, "input-invalid"),
        ({"lat": "46"}, 422, "input-invalid"),
        ({"note": "x" * 1001}, 422, "input-invalid"),
        ({"channel": "phone"}, 403, "not-allowed"),
    ],
)
def test_what_nobody_can_ask(
    county: County, callers: Callers, others: dict[str, Any], status: int, code: str
) -> None:
    given = {"kind": "breakdown", "lon": LON, "lat": LAT} | others
    answer = callers.nobody().post(HELP, json=given)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_offer_lasts_minutes() -> None:
    assert timedelta(minutes=1) < ANSWER < timedelta(minutes=6)
