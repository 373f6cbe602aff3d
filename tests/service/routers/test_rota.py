"""The rota over HTTP: gaps that are named, clashes that are refused, and volunteers with sealed contacts."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, County, centre
from tests.service.routers.test_inbox import traces

LON, LAT = centre(1, 1)
MONDAY = "2030-01-07"
WEEK = {"from": MONDAY, "days": 7}
OFFICE = "Mo-Fr 08:00-18:00; PH off"
HALVES = (("08:00", "13:00"), ("13:00", "18:00"))
WORKDAYS = ["mo", "tu", "we", "th", "fr"]


@pytest.fixture
def stations(county: County, engine: Engine) -> None:
    hours = {"HUB": "24/7", "P1": OFFICE, "P2": None}
    with Session(engine) as session:
        Stores(session, DISTRICT).markers.add(
            [
                Marker(
                    new_id(),
                    code,
                    f"Station {code}",
                    LON,
                    LAT,
                    read_attributes(
                        "service-station",
                        {"role": "hub" if code == "HUB" else "point"}
                        | ({"opening_hours": said} if said else {}),
                    ),
                    BEGIN,
                )
                for code, said in hours.items()
            ]
        )
        session.commit()


def volunteer(client: TestClient, code: str = "V1", **others: Any) -> dict[str, Any]:
    given = {
        "code": code,
        "name": f"Helper {code}",
        "lon": LON,
        "lat": LAT,
        "skills": ["breakdown"],
        "windows": [{"days": ["mo"], "begin": "00:00", "end": "24:00"}],
        "consent": True,
        "contact": {"phone": "13800000000"},
        **others,
    }
    answer = client.post("/api/v1/volunteers", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


def duty(client: TestClient, station: str, who: str, begin: str, end: str, **others: Any) -> Any:
    given = {"volunteer": who, "begin": begin, "end": end, "from_day": MONDAY, **others}
    return client.post(f"/api/v1/stations/{station}/rota", json=given)


def gaps(client: TestClient, station: str = "P1", **asked: Any) -> list[str]:
    answer = client.get(f"/api/v1/stations/{station}/rota/gaps", params={**WEEK, **asked})
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["gaps"]]


def test_gaps_are_named_until_a_week_is_whole(stations: None, client: TestClient) -> None:
    first, second = (volunteer(client, code)["id"] for code in ("V1", "V2"))
    assert len(gaps(client)) == 5
    assert duty(client, "P1", first, *HALVES[0], days=WORKDAYS).status_code == 201
    made = duty(client, "P1", second, *HALVES[1], days=["mo", "tu", "fr"])
    assert made.status_code == 201
    assert gaps(client) == [
        "Wednesday 2030-01-09, 13:00 to 18:00: nobody has duty.",
        "Thursday 2030-01-10, 13:00 to 18:00: nobody has duty.",
    ]
    assert duty(client, "P1", second, *HALVES[1], days=["we", "th"]).status_code == 201
    assert gaps(client) == []
    # Whoever is away leaves a gap, which somebody else closes on that day.
    away = f"/api/v1/rota/{made.json()['duty']['id']}/away/2030-01-11"
    assert client.put(away, json={"reason": "wedding"}).status_code == 200
    assert gaps(client) == ["Friday 2030-01-11, 13:00 to 18:00: nobody has duty."]
    assert duty(client, "P1", first, *HALVES[1], on_day="2030-01-11").status_code == 201
    assert gaps(client) == []
    week = client.get("/api/v1/stations/P1/rota", params=WEEK).json()
    assert (len(week["shifts"]), len(week["open"]), len(week["duties"])) == (10, 5, 4)
    listed = {one["code"]: one for one in client.get("/api/v1/rota", params=WEEK).json()["items"]}
    assert (listed["P1"]["gap_minutes"], listed["P1"]["open_minutes"]) == (0, 3000)
    assert (listed["HUB"]["gaps"], listed["HUB"]["gap_minutes"]) == (1, 10080)
    assert (
        client.delete(f"/api/v1/rota/{made.json()['duty']['id']}", params={"from": MONDAY}).json()["duty"]
        is None
    )
    assert len(gaps(client)) == 2


def test_nights_and_holidays(stations: None, client: TestClient) -> None:
    who = volunteer(client)["id"]
    every = [*WORKDAYS, "sa", "su"]
    assert duty(client, "HUB", who, "18:00", "32:00", days=[*every, "ph"]).status_code == 201
    found = gaps(client, "HUB")
    assert len(found) == 7
    assert found[0] == "Monday 2030-01-07, 00:00 to 18:00: nobody has duty."
    assert found[1] == "Tuesday 2030-01-08, 08:00 to 18:00: nobody has duty."
    other = volunteer(client, "V2")["id"]
    assert duty(client, "HUB", other, "08:00", "18:00", days=every).status_code == 201
    # The first of May is a holiday: who has duty on weekdays has none.
    assert gaps(client, "HUB", **{"from": "2030-04-29"}) == [
        "Wednesday 2030-05-01, 08:00 to 18:00: nobody has duty."
    ]
    in_chinese = client.get(
        "/api/v1/stations/HUB/rota/gaps", params={"from": "2030-05-01"}, headers={"Accept-Language": "zh"}
    )
    assert in_chinese.json()["gaps"][0]["text"] == "星期三 2030-05-01，08:00 至 18:00：无人值班。"


def test_a_clash_names_the_other_duty(stations: None, client: TestClient, engine: Engine) -> None:
    who = volunteer(client)["id"]
    first = duty(client, "P1", who, *HALVES[0], days=WORKDAYS).json()["duty"]
    # Next door at the end of the night before, into the morning.
    refused = duty(client, "HUB", who, "20:00", "33:00", days=["su"])
    assert refused.status_code == 409
    told = refused.json()
    assert (told["code"], told["other"]["id"]) == ("duty-clash", first["id"])
    assert "P1" in told["detail"]
    assert "08:00 to 09:00 on 2030-01-14" in told["detail"]
    assert duty(client, "HUB", who, "20:00", "32:00", days=["su"]).status_code == 201
    # Away on that day, one may help elsewhere; then the other takes place no more.
    away = f"/api/v1/rota/{first['id']}/away/2030-01-08"
    assert client.put(away, json={}).status_code == 200
    assert duty(client, "HUB", who, "09:00", "10:00", on_day="2030-01-08").status_code == 201
    assert client.delete(away).status_code == 409
    assert traces(engine, "duty.add-refused") == [("HUB", "duty-clash")]
    assert traces(engine, "duty.away-refused") == [(first["id"], "duty-clash")]


@pytest.mark.parametrize(
    ("others", "status", "pointer"),
    [
        ({"end": "07:00"}, 422, "/end"),
        ({"end": "40:00"}, 422, "/end"),
        ({"begin": "24:00", "end": "30:00"}, 422, "/begin"),
        ({"begin": "8:00"}, 422, "/begin"),
        ({"begin": "18:30", "end": "20:00"}, 422, "/begin"),
        ({"begin": "07:00"}, 422, "/begin"),
        ({"days": []}, 422, "/days"),
        ({"on_day": MONDAY}, 422, "/days"),
        # A Saturday, on which it is closed.
        ({"days": [], "on_day": "2030-01-12"}, 422, "/begin"),
        ({"days": ["xx"]}, 422, "/days/0"),
        ({"volunteer": None}, 422, "/person"),
        ({"volunteer": None, "person": str(uuid4())}, 422, "/person"),
        ({"volunteer": str(uuid4())}, 404, None),
        ({"to_day": MONDAY}, 422, None),
    ],
)
def test_what_no_duty_can_be(
    stations: None, client: TestClient, others: dict[str, Any], status: int, pointer: str | None
) -> None:
    who = volunteer(client)["id"]
    given = {"volunteer": who, "begin": "08:00", "end": "12:00", "from_day": MONDAY, "days": ["mo"]} | others
    answer = client.post("/api/v1/stations/P1/rota", json=given)
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert pointer in answer.text
    assert client.get("/api/v1/stations/P1/rota", params=WEEK).json()["duties"] == []


def test_stations_that_are_unknown_and_hours_that_are(stations: None, client: TestClient) -> None:
    who = volunteer(client)["id"]
    assert duty(client, "NONE", who, "08:00", "12:00", days=["mo"]).status_code == 404
    assert client.get("/api/v1/stations/NONE/rota/gaps").status_code == 404
    assert duty(client, "P2", who, "08:00", "12:00", days=["mo"]).status_code == 201
    told = client.get("/api/v1/stations/P2/rota/gaps", params=WEEK).json()
    assert told["gaps"] == []
    assert "not known" in told["warning"]


def test_a_volunteer_is_kept_with_consent_and_forgotten_without(
    stations: None, client: TestClient, engine: Engine
) -> None:
    made = volunteer(client, name="Somebody kind")
    address = f"/api/v1/volunteers/{made['id']}"
    assert "13800000000" not in client.get("/api/v1/volunteers").text
    assert client.get(f"{address}/contact", params={"purpose": "--"}).status_code == 422
    told = client.get(f"{address}/contact", params={"purpose": "ask to come"})
    assert (told.status_code, told.json()["phone"]) == (200, "13800000000")
    changed = client.patch(address, json={"reach_m": 900}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["reach_m"], changed.json()["version"]) == (200, 900, 2)
    assert client.patch(address, json={"reach_m": 1}, headers={"If-Match": '"1"'}).status_code == 409
    assert duty(client, "P1", made["id"], *HALVES[0], days=["mo"]).status_code == 201
    assert client.delete(address).json() == {"duties": 1}
    assert client.get(address).status_code == 404
    with engine.connect() as connection:
        for table in ("volunteer", "duty", "aid_contact"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0  # noqa: S608
        kept = connection.execute(text("SELECT count(*) FROM audit_entry WHERE action = 'contact.read'"))
        assert kept.scalar_one() == 1


@pytest.mark.parametrize(
    "others",
    [
        {"consent": False},
        {"consented_on": "2199-01-01"},
        {"lon": 10.0, "lat": 10.0},
        {"windows": [{"days": [], "begin": "08:00", "end": "09:00"}]},
        {"windows": [{"days": ["mo"], "begin": "09:00", "end": "08:00"}]},
        {"person": str(uuid4())},
        {"reach_m": 0},
    ],
)
def test_what_no_volunteer_can_be(county: County, client: TestClient, others: dict[str, Any]) -> None:
    given = {
        "code": "V",
        "name": "V",
        "lon": LON,
        "lat": LAT,
        "skills": ["x"],
        "windows": [{"days": ["mo"], "begin": "08:00", "end": "09:00"}],
        "consent": True,
        "contact": {},
    } | others
    assert client.post("/api/v1/volunteers", json=given).status_code == 422
