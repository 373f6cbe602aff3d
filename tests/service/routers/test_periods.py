"""Period plans over HTTP: what is refused and why, letters with their supplements, who sees what."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.audit import Audit
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County

PERIODS = "/api/v1/periods"
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(after: int) -> str:
    return (TODAY + timedelta(days=after)).isoformat()


def begun(client: TestClient) -> str:
    given = {"kind": "free", "title": "Weeks", "first_day": day(-30), "last_day": day(30)}
    made = client.post(PERIODS, json=given)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def task(**others: Any) -> dict[str, Any]:
    return {
        "title": "Look at the wells",
        "kind": "wells",
        "office": "Water office",
        "due_on": day(-5),
        "units": ["G00", "G01"],
        **others,
    }


def submitted(client: TestClient, plan: str, **others: Any) -> str:
    made = client.post(f"{PERIODS}/{plan}/tasks", json=task(**others))
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def event(task_id: str, unit: str, **others: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    return {"items": [{"id": str(uuid4()), "task": task_id, "unit": unit, "at": at, **others}]}


def refusal(answer: Any) -> tuple[int, str, Any]:
    body = answer.json()
    assert body["detail"]
    return answer.status_code, body["code"], body.get("where")


def test_days_that_make_no_such_period(client: TestClient) -> None:
    for given, pointer in (
        ({"kind": "free"}, "/last_day"),
        ({"kind": "free", "last_day": "2024-12-31"}, "/last_day"),
        ({"kind": "month", "first_day": "2025-01-02"}, "/first_day"),
        ({"kind": "quarter", "first_day": "2025-02-01"}, "/first_day"),
        ({"kind": "half-year", "first_day": "2025-04-01"}, "/first_day"),
        ({"kind": "month", "last_day": "2025-01-30"}, "/last_day"),
    ):
        answer = client.post(PERIODS, json={"title": "x", "first_day": "2025-01-01", **given})
        assert refusal(answer) == (422, "input-invalid", {"pointer": pointer})


def test_a_period_has_one_plan(client: TestClient) -> None:
    given = {"kind": "half-year", "title": "x", "first_day": "2025-07-01"}
    assert client.post(PERIODS, json=given).json()["last_day"] == "2025-12-31"
    again = client.post(PERIODS, json=given | {"kind": "free", "last_day": "2025-12-31"})
    assert refusal(again)[:2] == (409, "conflict")


def test_tasks_that_do_not_fit(client: TestClient) -> None:
    plan = begun(client)
    for given, pointer in (
        ({"due_on": day(31)}, "/due_on"),
        ({"due_on": day(-31)}, "/due_on"),
        ({"units": ["G00", "nowhere"]}, "/units/1"),
        ({"responsible": "nowhere"}, "/responsible"),
        ({"lon": 131.0}, "/lat"),
    ):
        answer = client.post(f"{PERIODS}/{plan}/tasks", json=task(**given))
        assert refusal(answer) == (422, "input-invalid", {"pointer": pointer})


def test_merges_that_do_not_fit(client: TestClient) -> None:
    plan = begun(client)
    wells, fires = submitted(client, plan), submitted(client, plan, kind="fires", units=["G02"])
    ledger = submitted(client, plan, evidence="ledger")
    merges = f"{PERIODS}/{plan}/merges"

    def tried(tasks: list[str], **others: str) -> Any:
        status, code, where = refusal(client.post(merges, json={"tasks": tasks, **others}))
        assert (status, code) == (422, "input-invalid")
        return where["pointer"]

    assert tried([wells]) == "/tasks"
    assert tried([wells, wells]) == "/tasks"
    assert tried([wells, ledger], reason="the same", kind="wells") == "/tasks"
    assert tried([wells, fires]) == "/reason"
    assert tried([wells, fires], reason="the same") == "/kind"
    assert tried([wells, fires], reason="the same", kind="both", due_on=day(99)) == "/due_on"
    other = client.post(PERIODS, json={"kind": "month", "title": "x", "first_day": "2025-01-01"}).json()["id"]
    strange = submitted(client, other, due_on="2025-01-05")
    assert tried([wells, strange]) == "/tasks/1"
    made = client.post(merges, json={"tasks": [wells, fires], "reason": "the same", "kind": "both"})
    assert made.status_code == 201
    assert [one["code"] for one in made.json()["units"]] == ["G00", "G01", "G02"]
    assert (made.json()["due_on"], made.json()["offices"]) == (day(-5), ["Water office"])
    assert tried([wells, submitted(client, plan)]) == "/tasks/0"
    assert tried([made.json()["id"], submitted(client, plan)]) == "/tasks/0"
    undo = f"{merges}/{made.json()['id']}/undo"
    assert client.post(undo).status_code == 200
    assert refusal(client.post(undo))[:2] == (409, "transition-invalid")
    assert refusal(client.post(f"{merges}/{wells}/undo"))[:2] == (422, "input-invalid")


def test_a_plan_is_published_before_it_is_carried_out_and_stays_as_it_is(client: TestClient) -> None:
    plan = begun(client)
    here = f"{PERIODS}/{plan}"
    empty = client.post(f"{here}/publish")
    assert refusal(empty)[:2] == (409, "transition-invalid")
    wells = submitted(client, plan)
    early = [client.post(f"{here}/events", json=event(wells, "G00")), client.post(f"{here}/letters", json={})]
    assert [refusal(one)[:2] for one in early] == [(409, "transition-invalid")] * 2
    assert client.post(f"{here}/publish").json()["state"] == "published"
    late = [
        client.post(f"{here}/publish"),
        client.post(f"{here}/tasks", json=task()),
        client.post(f"{here}/merges", json={"tasks": [wells]}),
    ]
    assert [refusal(one)[:2] for one in late] == [(409, "transition-invalid")] * 3
    assert client.post(f"{here}/reopen", json={"reason": "One is missing"}).json()["state"] == "open"
    assert refusal(client.post(f"{here}/reopen", json={"reason": "again"}))[0] == 409
    submitted(client, plan)


def test_events_are_recorded_all_or_none(client: TestClient) -> None:
    plan = begun(client)
    here = f"{PERIODS}/{plan}"
    wells = submitted(client, plan)
    client.post(f"{here}/publish")
    good = event(wells, "G00")
    bad = {
        "/items/1/unit": event(wells, "nowhere"),
        "/items/1/at": event(wells, "G00", at="2100-01-01T00:00:00Z"),
    }
    for pointer, one in bad.items():
        answer = client.post(f"{here}/events", json={"items": good["items"] + one["items"]})
        assert refusal(answer) == (422, "input-invalid", {"pointer": pointer})
    not_covered = client.post(f"{here}/events", json=event(wells, "G53"))
    assert refusal(not_covered) == (422, "input-invalid", {"pointer": "/items/0/unit"})
    assert refusal(client.post(f"{here}/events", json=event(str(uuid4()), "G00")))[0] == 404
    assert client.get(f"{here}/events").json()["items"] == []
    assert client.post(f"{here}/events", json=good).json()["new"] == 1
    good["items"][0]["note"] = "another"
    again = client.post(f"{here}/events", json=good)
    assert refusal(again) == (409, "conflict", {"pointer": "/items/0/id"})


def issued(client: TestClient, plan: str, **given: str) -> dict[str, Any]:
    answer = client.post(f"{PERIODS}/{plan}/letters", json=given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_letter_is_supplemented_by_what_becomes_late_after_it(client: TestClient) -> None:
    plan = begun(client)
    here = f"{PERIODS}/{plan}"
    wells = submitted(client, plan, responsible="V00")
    submitted(client, plan, due_on=day(3), units=["G10"])
    client.post(f"{here}/publish")
    nobody = client.post(f"{here}/letters", json={"unit": "G10"})
    assert refusal(nobody)[:2] == (422, "nothing-late")
    assert refusal(client.post(f"{here}/letters", json={"unit": "nowhere"}))[:2] == (422, "input-invalid")
    first = issued(client, plan)
    (letter,) = first["issued"]
    assert (letter["unit"]["code"], letter["number"], len(letter["items"])) == ("V00", 1, 2)
    assert {one["days_late"] for one in letter["items"]} >= {5}
    # A new task whose day is over comes to the plan.
    client.post(f"{here}/reopen", json={"reason": "One is missing"})
    submitted(client, plan, responsible="V00", units=["G02"], due_on=day(-2))
    # What is cited stays cited under the name of a merge.
    merged = client.post(
        f"{here}/merges", json={"tasks": [wells, submitted(client, plan, responsible="V00")]}
    )
    assert merged.status_code == 201, merged.text
    client.post(f"{here}/publish")
    second = issued(client, plan, unit="V00")
    assert second["issued"] == []
    (same,) = second["supplemented"]
    assert (same["id"], same["lists"], second["items"]) == (letter["id"], 1, 1)
    assert [one["list"] for one in same["items"]] == [0, 0, 1]
    assert issued(client, plan) == {"issued": [], "supplemented": [], "items": 0}
    text = client.get(f"{here}/letters/{letter['id']}/document.html", params={"lang": "en"}).text
    assert "Supplementary list 1" in text
    assert client.get(f"{PERIODS}/{uuid4()}/letters/{letter['id']}").status_code == 404
    # Everything is done, so there is nothing to write about.
    for state in ("late",):
        for one in client.get(f"{here}/items", params={"state": state}).json()["items"]:
            assert (
                client.post(f"{here}/events", json=event(one["task"], one["unit"]["code"])).status_code == 200
            )
    assert refusal(client.post(f"{here}/letters", json={}))[:2] == (422, "nothing-late")


def test_what_was_carried_out_for_a_merge_counts_for_its_sources(client: TestClient) -> None:
    plan = begun(client)
    here = f"{PERIODS}/{plan}"
    sources = [submitted(client, plan), submitted(client, plan, units=["G01", "G02"])]
    merged = client.post(f"{here}/merges", json={"tasks": sources}).json()
    client.post(f"{here}/publish")
    client.post(f"{here}/events", json=event(merged["id"], "G01"))
    client.post(f"{here}/events", json=event(sources[0], "G00"))

    def states() -> list[tuple[str, str]]:
        found = client.get(f"{here}/items").json()["items"]
        return sorted((one["unit"]["code"], one["state"]) for one in found)

    assert states() == [("G00", "done-late"), ("G01", "done-late"), ("G02", "late")]
    client.post(f"{here}/reopen", json={"reason": "They differ"})
    client.post(f"{here}/merges/{merged['id']}/undo")
    assert states() == [("G00", "done-late"), ("G01", "done-late"), ("G01", "done-late"), ("G02", "late")]


def test_who_holds_a_part_sees_and_records_there_alone(callers: Callers, county: County) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    plan = begun(keeper)
    here = f"{PERIODS}/{plan}"
    wells = submitted(keeper, plan, units=["G00", "G53"])
    keeper.post(f"{here}/publish")
    letters = issued(keeper, plan)["issued"]
    worker = callers.role("worker", "grid_worker", DISTRICT, county.units["V00"])
    assert [one["unit"]["code"] for one in worker.get(f"{here}/items").json()["items"]] == ["G00"]
    assert [one["unit"]["code"] for one in worker.get(f"{here}/letters").json()["items"]] == ["G00"]
    theirs = next(one["id"] for one in letters if one["unit"]["code"] == "G53")
    assert worker.get(f"{here}/letters/{theirs}").status_code == 404
    assert worker.post(f"{here}/events", json=event(wells, "G00")).status_code == 200
    # Of a unit beyond theirs they do not even know that the task asks something.
    assert worker.post(f"{here}/events", json=event(wells, "G53")).status_code == 422
    notices = worker.get("/api/v1/notices", headers={"Accept-Language": "en"}).json()["items"]
    assert [one["text"] for one in notices] == ["Reminder letter 1 of “Weeks”. Items that are late: 1."]


def test_a_point_has_somebody_who_supervises(callers: Callers, county: County) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    callers.role("watcher", "supervisor", DISTRICT)
    plan = begun(keeper)
    (listed,) = keeper.get(f"{PERIODS}/supervisors").json()["items"]
    point = {"name": "Bridge", "lon": 131.005, "lat": 46.005, "supervisor": listed["id"]}
    here = f"{PERIODS}/{plan}/points"
    made = keeper.post(here, json=point)
    assert (made.json()["unit"]["code"], made.json()["supervisor"]["name"]) == ("G00", "watcher")
    wrong = keeper.post(here, json=point | {"supervisor": str(uuid4())})
    assert refusal(wrong) == (422, "input-invalid", {"pointer": "/supervisor"})
    assert refusal(keeper.post(here, json=point | {"lon": 1.0}))[2] == {"pointer": "/lon"}
    ended = keeper.delete(f"{here}/{made.json()['id']}")
    assert ended.json()["ended_at"]
    assert keeper.delete(f"{here}/{made.json()['id']}").status_code == 409


def test_what_is_done_is_in_the_audit(client: TestClient, engine: Engine) -> None:
    plan = begun(client)
    here = f"{PERIODS}/{plan}"
    sources = [submitted(client, plan), submitted(client, plan)]
    merged = client.post(f"{here}/merges", json={"tasks": sources}).json()["id"]
    client.post(f"{here}/merges/{merged}/undo")
    client.post(f"{here}/publish")
    client.post(f"{here}/events", json=event(sources[0], "G00"))
    issued(client, plan, unit="G01")
    client.post(f"{here}/reopen", json={"reason": "Two are missing"})
    # What was refused was not done.
    assert client.post(f"{here}/tasks", json=task(units=["nowhere"])).status_code == 422
    with Session(engine) as session:
        found = [one.action for one in Audit(session, DISTRICT).entries()]
    names = ["create", "submit", "submit", "merge", "undo", "publish", "events"]
    assert found == [*(f"period.{name}" for name in names), "letter.issue", "period.reopen"]
