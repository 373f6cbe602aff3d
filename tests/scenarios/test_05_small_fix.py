"""Practice 5: a dark junction is closed after its stickers and its lamp, not after one of them."""

from tests.fixtures.accounts import Callers
from tests.fixtures.county import DISTRICT, centre

PATH = "/api/v1/incidents"


def test_a_dark_junction_closes_after_both_and_not_after_one(callers: Callers) -> None:
    worker = callers.role("worker", "grid_worker", DISTRICT)
    lead = callers.role("lead", "coordinator", DISTRICT)
    lon, lat = centre(1, 1)
    made = worker.post(
        PATH, json={"channel": "visit", "class": "lamp", "title": "路口无照明", "lon": lon, "lat": lat}
    )
    place = f"{PATH}/{made.json()['id']}"

    def step(status: str, client: object = worker) -> int:
        answer = client.post(f"{place}/events", json={"kind": "status", "status": status})  # type: ignore[attr-defined]
        return int(answer.status_code)

    assert [step("accepted"), step("handling")] == [201, 201]
    actions = [
        worker.post(f"{place}/actions", json={"what": what, "who": who, "due_on": "2025-07-10"}).json()["id"]
        for what, who in (("reflective stickers for every e-bike", "V00"), ("a street lamp", "roads office"))
    ]
    assert step("done") == 409
    bare = worker.patch(f"{place}/actions/{actions[0]}", json={"state": "done"})
    assert (bare.status_code, bare.json()["where"]) == (422, {"pointer": "/evidence"})
    stickers = {"state": "done", "evidence": "312 stickers, list signed"}
    assert worker.patch(f"{place}/actions/{actions[0]}", json=stickers).status_code == 200
    refused = worker.post(f"{place}/events", json={"kind": "status", "status": "done"})
    assert (refused.status_code, refused.json()["actions"]) == (409, [actions[1]])
    assert "a street lamp" in refused.json()["detail"]
    lamp = {"state": "done", "evidence": "photo of the lamp lit"}
    assert worker.patch(f"{place}/actions/{actions[1]}", json=lamp).status_code == 200
    assert worker.patch(f"{place}/actions/{actions[1]}", json=lamp).status_code == 409
    assert step("done") == 201
    assert step("closed") == 403, "not by whoever handled it"
    assert step("closed", lead) == 201
    case = lead.get(f"{place}/case").json()
    assert [one["state"] for one in case["actions"]] == ["done", "done"]
