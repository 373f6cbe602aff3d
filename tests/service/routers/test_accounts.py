"""People, grants and devices: who may change whom, and what a token is good for."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.people import Grant, People
from service.use_cases.people import ensure_administrator
from tests.fixtures.accounts import NOW, Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, publish


def grants_of(client: TestClient, person: UUID | str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get(f"/api/v1/people/{person}").json()["grants"]
    return found


def test_a_person_is_added_granted_and_signs_in(
    callers: Callers, administrator: TestClient, county: County
) -> None:
    made = administrator.post("/api/v1/people", json={"login": "Mei", "name": "Mei Lin"})
    assert made.status_code == 201
    assert made.json()["login"] == "mei"
    again = administrator.post("/api/v1/people", json={"login": "mei", "name": "Another"})
    assert again.status_code == 409
    person, password = made.json()["id"], made.json()["password"]
    given = {"role": "grid_worker", "district": DISTRICT, "unit": "V00"}
    granted = administrator.post(f"/api/v1/people/{person}/grants", json=given)
    assert granted.status_code == 201, granted.text
    assert granted.json()["unit"] == str(county.units["V00"])
    client = callers.nobody()
    signed = client.post("/api/v1/session", json={"login": "mei", "password": password})
    assert signed.json()["must_change"] is True
    new = {"current": password, "new": "nine yellow kites"}
    assert client.post("/api/v1/me/password", json=new).status_code == 204
    assert client.get("/api/v1/incidents").status_code == 200
    # A grant that ends is refused at once.
    assert administrator.delete(f"/api/v1/people/{person}/grants/{granted.json()['id']}").status_code == 204
    assert client.get("/api/v1/incidents").status_code == 403
    assert "password" not in administrator.get(f"/api/v1/people/{person}").json()


def test_bad_grants_are_named(administrator: TestClient, callers: Callers) -> None:
    person = add_person(callers.engine, "mei")
    for given in (
        {"role": "king"},
        {"role": "public"},
        {"role": "guard", "district": "999999"},
        {"role": "guard", "district": DISTRICT, "unit": "nowhere"},
        {"role": "guard", "unit": "V00"},
        {"role": "guard", "valid_from": "2025-01-02", "valid_to": "2025-01-02"},
        {"role": "guard", "person": str(new_id())},
    ):
        answer = administrator.post(f"/api/v1/people/{person}/grants", json=given)
        assert answer.status_code == 422, (given, answer.text)
    assert grants_of(administrator, person) == []


def test_grants_count_on_their_days_alone(callers: Callers) -> None:
    today = datetime.now(UTC).date()
    for name, begin, end, status in (
        ("past", today - timedelta(days=9), today - timedelta(days=2), 403),
        ("coming", today + timedelta(days=3), None, 403),
        ("present", today - timedelta(days=1), today + timedelta(days=3), 200),
    ):
        person = add_person(callers.engine, name)
        with Session(callers.engine) as session, session.begin():
            grant = Grant(new_id(), person, "auditor", DISTRICT, None, begin, end, None, NOW)
            People(session).add_grant(grant)
        assert callers.signed_in(person).get("/api/v1/incidents").status_code == status, name


@pytest.fixture
def local(callers: Callers) -> TestClient:
    """An administrator of the first of two districts alone."""
    with Session(callers.engine) as session, session.begin():
        publish(session, "230883")
    return callers.role("local", "administrator", DISTRICT)


def test_nobody_gives_more_than_they_hold(callers: Callers, local: TestClient, county: County) -> None:
    person = add_person(callers.engine, "mei")
    path = f"/api/v1/people/{person}/grants"
    assert local.post(path, json={"role": "guard", "district": DISTRICT}).status_code == 201
    for wider in ({"role": "guard"}, {"role": "guard", "district": "230883"}, {"role": "administrator"}):
        refused = local.post(path, json=wider)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed"), wider
    part = callers.role("part", "administrator", DISTRICT, county.units["T0"])
    path = f"/api/v1/people/{add_person(callers.engine, 'wen')}/grants"
    for unit, status in (("V00", 201), ("T0", 201), ("V10", 403), (None, 403)):
        given = {"role": "grid_worker", "district": DISTRICT, "unit": unit}
        assert part.post(path, json=given).status_code == status, unit


def test_nobody_grants_longer_than_they_hold(callers: Callers) -> None:
    end = datetime.now(UTC).date() + timedelta(days=30)
    brief = add_person(callers.engine, "brief")
    with Session(callers.engine) as session, session.begin():
        People(session).add_grant(
            Grant(new_id(), brief, "administrator", DISTRICT, None, date(2024, 1, 1), end, None, NOW)
        )
    client, person = callers.signed_in(brief), add_person(callers.engine, "mei")
    for until, status in ((None, 403), (end + timedelta(days=1), 403), (end, 201)):
        given = {"role": "guard", "district": DISTRICT, "valid_to": None if until is None else str(until)}
        assert client.post(f"/api/v1/people/{person}/grants", json=given).status_code == status, until


def test_nobody_raises_or_resets_themselves(administrator: TestClient) -> None:
    me = administrator.get("/api/v1/me").json()["person"]
    assert administrator.post(f"/api/v1/people/{me}/grants", json={"role": "auditor"}).status_code == 403
    assert administrator.post(f"/api/v1/people/{me}/password").status_code == 403


def test_a_person_who_holds_more_is_out_of_reach(
    callers: Callers, local: TestClient, administrator: TestClient
) -> None:
    root = administrator.get("/api/v1/me").json()["person"]
    both = add_person(callers.engine, "both", [("guard", DISTRICT, None), ("guard", "230883", None)])
    away = add_person(callers.engine, "away", [("guard", "230883", None)])
    changes: tuple[Callable[[UUID | str], int], ...] = (
        lambda who: local.patch(f"/api/v1/people/{who}", json={"disabled": True}).status_code,
        lambda who: local.post(f"/api/v1/people/{who}/password").status_code,
        lambda who: local.post("/api/v1/devices", json={"code": "x1", "person": str(who)}).status_code,
    )
    for change in changes:
        assert change(both) == 403
        assert change(away) == 404
        assert change(root) == 404
    listed = {one["login"] for one in local.get("/api/v1/people").json()["items"]}
    assert "both" in listed
    assert not {"away", "root"} & listed


def test_the_last_administrator_stays(callers: Callers, administrator: TestClient) -> None:
    me = administrator.get("/api/v1/me").json()["person"]
    (grant,) = grants_of(administrator, me)
    for refused in (
        administrator.delete(f"/api/v1/people/{me}/grants/{grant['id']}"),
        administrator.patch(f"/api/v1/people/{me}", json={"disabled": True}),
    ):
        assert refused.status_code == 403, refused.text
    callers.role("second", "administrator")
    assert administrator.delete(f"/api/v1/people/{me}/grants/{grant['id']}").status_code == 204
    assert administrator.get("/api/v1/people").status_code == 403


def test_disabling_ends_sessions_and_devices(callers: Callers, administrator: TestClient) -> None:
    person = add_person(callers.engine, "mei", [("guard", DISTRICT, None)])
    client = callers.signed_in(person)
    token = client.post("/api/v1/devices", json={"code": "mei-1"}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert callers.nobody().get("/api/v1/me", headers=bearer).json()["kind"] == "device"
    done = administrator.patch(f"/api/v1/people/{person}", json={"disabled": True})
    assert done.json()["disabled_at"] is not None
    assert client.get("/api/v1/me").status_code == 401
    assert callers.nobody().get("/api/v1/me", headers=bearer).status_code == 401
    administrator.patch(f"/api/v1/people/{person}", json={"disabled": False})
    assert callers.nobody().get("/api/v1/me", headers=bearer).status_code == 200


def test_a_device_token_is_shown_once_good_for_uploads_and_revocable(
    callers: Callers, administrator: TestClient
) -> None:
    person = add_person(callers.engine, "mei", [("guard", DISTRICT, None)])
    mine, other = callers.signed_in(person), callers.role("other", "guard", DISTRICT)
    made = mine.post("/api/v1/devices", json={"code": "mei-1", "name": "Phone"})
    assert made.status_code == 201
    token = made.json()["token"]
    assert token.startswith("wld_")
    assert "token" not in mine.get("/api/v1/devices").json()["items"][0]
    assert mine.post("/api/v1/devices", json={"code": "mei-1"}).status_code == 409
    bearer = {"Authorization": f"Bearer {token}"}
    device = callers.nobody()
    assert device.get("/api/v1/me", headers=bearer).json()["held"] == [
        {"role": "reporter", "district": DISTRICT, "unit": None}
    ]
    for path in ("/api/v1/incidents", "/api/v1/coverage/segments", "/api/v1/people", "/api/v1/devices"):
        assert device.get(path, headers=bearer).status_code == 403, path
    assert other.get("/api/v1/devices").json()["items"] == []
    assert other.delete("/api/v1/devices/mei-1").status_code == 404
    assert [one["code"] for one in administrator.get("/api/v1/devices").json()["items"]] == ["mei-1"]
    assert administrator.delete("/api/v1/devices/mei-1").status_code == 204
    assert device.get("/api/v1/me", headers=bearer).status_code == 401
    renewed = mine.post("/api/v1/devices/mei-1/token")
    assert renewed.status_code == 201
    assert device.get("/api/v1/me", headers=bearer).status_code == 401
    fresh = {"Authorization": f"Bearer {renewed.json()['token']}"}
    assert device.get("/api/v1/me", headers=fresh).status_code == 200


def test_processes_that_start_together_make_one_administrator(callers: Callers) -> None:
    made: list[tuple[str, str] | None] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        with Session(callers.engine) as session, session.begin():
            made.append(ensure_administrator(People(session), datetime.now(UTC)))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one is None for one in made) == [False, True, True, True]
    assert {one[0] for one in made if one is not None} == {"administrator"}
