"""The inbox over HTTP: its filters and clocks, tables, and the trace that refused attempts leave."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.audit import Audit
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre
from tests.service.routers.test_incidents import PATH, post, report

HEAD = "external_id,class,title,lon,lat,occurred_at\n"


def titles(client: TestClient, **only: Any) -> list[str]:
    answer = client.get(PATH, params=only)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def led(client: TestClient, identifier: str, *statuses: str) -> None:
    for status in statuses:
        answer = client.post(f"{PATH}/{identifier}/events", json={"kind": "status", "status": status})
        assert answer.status_code == 201, answer.text


def traces(engine: Engine, action: str) -> list[tuple[str, str]]:
    with Session(engine) as session:
        found = [one for one in Audit(session, DISTRICT).entries() if one.action == action]
    return [(one.subject, one.detail["code"]) for one in found]


def test_every_side_of_the_inbox(client: TestClient) -> None:
    post(client, title="one lamp", channel="hotline", column=0, row=0)
    post(client, title="two 50% lamps_", channel="web", column=1, row=3, external_id="W-77")
    post(client, title="three", channel="web", column=5, row=3, occurred_at="2025-07-03T08:00:00+08:00")
    assert titles(client) == ["three", "two 50% lamps_", "one lamp"]
    assert titles(client, channel="web", limit=1) == ["three"]
    assert titles(client, unit="T0") == ["two 50% lamps_", "one lamp"]
    assert titles(client, unit="V00") == ["one lamp"]
    assert titles(client, words="lamp") == ["two 50% lamps_", "one lamp"]
    assert titles(client, words="LAMP one") == ["one lamp"]
    assert titles(client, words="50%") == titles(client, words="s_") == titles(client, words="w-77")
    assert titles(client, occurred_from="2025-07-02T00:00:00Z") == ["three"]
    assert titles(client, received_to="2020-01-01T00:00:00Z") == []
    lon, lat = centre(0, 0)
    assert titles(client, bbox=f"{lon - 0.001},{lat - 0.001},{lon + 0.001},{lat + 0.001}") == ["one lamp"]
    unknown = client.get(PATH, params={"unit": "nowhere"})
    assert (unknown.status_code, unknown.json()["where"]) == (422, {"parameter": "unit"})
    assert client.get(PATH, params={"clock": "odd"}).status_code == 422


def test_who_holds_a_part_filters_by_a_unit_in_it(callers: Callers, county: County) -> None:
    chief = callers.role("chief", "supervisor", DISTRICT)
    post(chief, title="here", column=0, row=0)
    post(chief, title="elsewhere", column=5, row=3)
    units = county.units
    worker = callers.role("worker", "representative", DISTRICT, units["V00"])
    assert titles(worker) == ["here"]
    assert titles(worker, unit="V00") == titles(worker, unit=str(units["T0"])) == ["here"]
    assert titles(worker, unit="T1") == []
    for path in ("/api/v1/outreach", "/api/v1/outreach/figures"):
        assert worker.get(path, params={"unit_code": "V00"}).status_code == 200, path


@pytest.mark.parametrize("channel", ["web", "phone", "platform-a", "open311", "hotline"])
def test_nobody_takes_an_external_id_before_its_platform_delivers(callers: Callers, channel: str) -> None:
    sent = report(channel=channel, external_id="P-1")
    answer = callers.nobody().post(PATH, json=sent)
    if channel in ("web", "phone"):
        assert answer.status_code == 201, answer.text
        return
    assert (answer.status_code, answer.json()["where"]) == (403, {"pointer": "/channel"})
    assert callers.role("chief", "supervisor", DISTRICT).post(PATH, json=sent).status_code == 201


def test_how_clocks_stand(client: TestClient, engine: Engine) -> None:
    made = {name: post(client, title=name)["id"] for name in ("new", "going", "late", "waiting")}
    for name in ("going", "late", "waiting"):
        led(client, made[name], "accepted", "handling")
    led(client, made["waiting"], "done")
    with engine.begin() as connection:
        # As if the limits of the log lay long ago.
        connection.execute(
            text("UPDATE incident SET due_at = '2025-06-02T00:00:00Z' WHERE id = :id"), {"id": made["late"]}
        )
    assert titles(client, clock="unfiled") == ["new"]
    assert titles(client, clock="overdue") == ["late"]
    assert titles(client, clock="waiting") == ["waiting"]
    assert titles(client, clock="running") == ["going"]
    shown = {one["title"]: one["clock"] for one in client.get(PATH).json()["items"]}
    assert {name: one["state"] for name, one in shown.items()} | {"going": ""} == {
        "new": "unfiled",
        "going": "",
        "late": "overdue",
        "waiting": "waiting",
    }
    assert shown["going"]["left_s"] > 0 > shown["late"]["left_s"]
    assert shown["new"]["left_s"] is None


def test_a_table_is_taken_in_whole_and_once(client: TestClient) -> None:
    lon, lat = centre(1, 1)
    rows = [f"T-{number},waste,Row {number},{lon},{lat},2025-07-01T08:00:00+08:00\n" for number in range(3)]
    path = f"{PATH}/import"
    sent = {"content": HEAD + "".join(rows), "headers": {"Content-Type": "text/csv"}}
    first = client.post(path, **sent)
    assert first.status_code == 200, first.text
    assert (first.json()["created"], first.json()["known"]) == (3, 0)
    again = client.post(path, **sent).json()
    assert (again["created"], again["known"], again["incidents"]) == (0, 3, first.json()["incidents"])
    (one, *_) = client.get(PATH, params={"channel": "csv"}).json()["items"]
    assert (one["unit"]["code"], one["external_id"]) == ("G11", "T-2")


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ("T-9,waste,x,131.005,ninety,2025-07-01T08:00:00+08:00", {"row": 2, "column": "lat"}),
        ("T-9,waste,x,10,50,2025-07-01T08:00:00+08:00", {"row": 2, "column": "lon"}),
        (",waste,x,131.005,46.005,2025-07-01T08:00:00+08:00", {"row": 2, "column": "external_id"}),
        ("T-0,waste,other,131.005,46.005,2025-07-01T08:00:00+08:00", {"row": 2, "column": "external_id"}),
        ("T-9,waste", {"row": 2}),
    ],
)
def test_one_row_at_fault_refuses_the_table(
    client: TestClient, engine: Engine, row: str, where: dict[str, Any]
) -> None:
    good = "T-0,waste,x,131.005,46.005,2025-07-01T08:00:00+08:00\n"
    answer = client.post(f"{PATH}/import", content=HEAD + good + row, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "rows-invalid"), answer.text
    assert answer.json()["where"] == where
    assert titles(client) == []
    assert traces(engine, "incident.import-refused") == [("csv", "rows-invalid")]


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", HEAD + '"open', "\ufeff" + HEAD.replace("lon", "lat")])
def test_a_table_that_cannot_be_one(client: TestClient, content: str) -> None:
    answer = client.post(f"{PATH}/import", content=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code in (400, 422), answer.text


def test_two_dispatchers_at_once(callers: Callers, engine: Engine) -> None:
    people = [callers.role(name, "coordinator", DISTRICT) for name in ("first", "second")]
    made = people[0].post(PATH, json=report()).json()["id"]
    led(people[0], made, "accepted", "filed")
    version = people[0].get(f"{PATH}/{made}").headers["etag"]
    body = {"kind": "status", "status": "dispatched", "colour": "green"}
    first, second = (
        one.post(f"{PATH}/{made}/events", json=body, headers={"If-Match": version}) for one in people
    )
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "stale-version")
    assert second.json()["current"]["status"] == "dispatched"
    assert traces(engine, "incident.step-refused") == [(made, "stale-version")]


def test_a_colour_is_never_changed_without_a_reason(callers: Callers, engine: Engine) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    made = lead.post(PATH, json=report()).json()["id"]
    led(lead, made, "accepted", "handling")
    place = f"{PATH}/{made}/colour"
    assert lead.post(place, json={"colour": "blue", "reason": "too much for one"}).status_code == 200
    for body in ({"colour": "green"}, {"colour": "green", "reason": " "}):
        answer = lead.post(place, json=body)
        assert (answer.status_code, answer.json()["where"]) == (422, {"pointer": "/reason"})
    assert lead.get(f"{PATH}/{made}").json()["colour"] == "blue"
    assert traces(engine, "incident.colour-refused") == [(made, "input-invalid")] * 2


def test_days_off_that_are_not_published_yet_are_said_to_be_weekdays(
    callers: Callers, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As it will be when the last published year is over.
    past = datetime.now(UTC).year - 1
    monkeypatch.setattr("service.rules.calendars.CHINA_YEARS", (2004, past))
    lead = callers.role("lead", "coordinator", DISTRICT)
    made = lead.post(PATH, json=report()).json()["id"]
    led(lead, made, "accepted", "filed")
    assert lead.get(f"{PATH}/{made}/case").json()["clock"]["approximate"] is True
    with Session(engine) as session:
        entries = list(Audit(session, DISTRICT).entries())
    assert [one.subject for one in entries if one.action == "incident.due-approximate"] == [made]
