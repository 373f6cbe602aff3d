"""Incidents that may be one over HTTP: suggestions, merging and separating, followers, and moved pins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, SOUTH, WEST, centre
from tests.service.routers.test_inbox import led, traces
from tests.service.routers.test_incidents import PATH, report

NORTH = SOUTH + 0.04
METRE = 1 / 111_150
"""A metre northwards at 46 degrees, in degrees."""


def made(client: TestClient, north_m: float = 0.0, class_: str = "waste", **others: Any) -> str:
    lon, lat = centre(1, 1)
    answer = client.post(
        PATH, json=report(**{"lon": lon, "lat": lat + north_m * METRE, "class": class_, **others})
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def near(client: TestClient, identifier: str) -> list[str]:
    answer = client.get(f"{PATH}/{identifier}/duplicates")
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def rules(client: TestClient, **others: Any) -> None:
    known = client.get(f"{PATH}/rules").json()
    kept = {name: value for name, value in known.items() if name not in ("version", "recomputed")}
    assert client.put(f"{PATH}/rules", json={**kept, **others}).status_code == 200


def test_suggestions_by_class_place_and_time(client: TestClient, engine: Engine) -> None:
    first = made(client, title="first")
    made(client, 99, title="near")
    made(client, 101.5, title="far")
    made(client, 10, title="other", class_="lamp")
    closed, old = made(client, 20, title="closed"), made(client, 30, title="old")
    for identifier, days in ((closed, 13), (old, 15)):
        led(client, identifier, "accepted", "handling", "done", "closed")
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE incident SET closed_at = :at WHERE id = :id"),
                {"at": datetime.now(UTC) - timedelta(days=days), "id": identifier},
            )
    assert near(client, first) == ["closed", "near"]
    (one, _) = client.get(f"{PATH}/{first}/duplicates").json()["items"]
    assert (one["distance_m"], one["reporters"], one["unit"]) == (pytest.approx(20, abs=0.1), 1, "G11")
    lon, lat = centre(1, 1)
    asked = {"lon": lon, "lat": lat, "class": "waste"}
    before = client.get(f"{PATH}/similar", params=asked).json()["items"]
    assert [each["title"] for each in before] == ["first", "closed", "near"]

    rules(client, groups=[["waste", "lamp"]], radii={"waste": 15.0})
    assert near(client, first) == ["other"]
    rules(client, groups=[], radii={}, radius_m=0.0)
    assert near(client, first) == []


def test_of_the_same_marker_however_far(callers: Callers) -> None:
    lead, public = callers.role("lead", "coordinator", DISTRICT), callers.nobody()
    first = made(lead, title="first", asset="D1")
    made(lead, 50, title="near")
    made(lead, 900, title="there", asset="D1")
    made(lead, 900, title="of another", asset="S1")
    made(lead, 5, title="other class", class_="lamp", asset="D1")
    assert near(lead, first) == ["there", "near"]
    assert lead.get(f"{PATH}/{first}/duplicates").json()["items"][0]["asset"] == "D1"
    lon, lat = centre(1, 1)
    asked = {"lon": lon, "lat": lat + 0.03, "class": "waste", "asset": "S1"}
    (one,) = lead.get(f"{PATH}/similar", params=asked).json()["items"]
    assert one["title"] == "of another"
    listed = lead.get(PATH, params={"asset": "D1"}).json()["items"]
    assert {each["title"] for each in listed} == {"first", "there", "other class"}

    # Another marker, none, and one that there is not.
    for asset, shown in (("S1", ["of another", "near"]), (None, ["near"])):
        assert lead.patch(f"{PATH}/{first}", json={"asset": asset}).json()["asset"] == asset
        assert near(lead, first) == shown
    for wrong in (
        lead.patch(f"{PATH}/{first}", json={"asset": "M-99"}),
        lead.post(PATH, json=report(lon=lon, lat=lat, asset="M-99")),
    ):
        assert (wrong.status_code, wrong.json()["where"]["pointer"]) == (422, "/asset")
    # Not everybody learns which markers there are.
    refused = [public.post(PATH, json=report(lon=lon, lat=lat, asset=one)) for one in ("S1", "M-99")]
    assert [one.status_code for one in refused] == [403, 403]


def test_at_most_five_and_along_the_border(client: TestClient) -> None:
    first = made(client, lon=WEST + 0.03, lat=NORTH - 0.001, title="first", class_="fence")
    for number in range(7):
        # 150 m along the border and so too far for the radius; or 250 m, too far for either.
        east = (150 if number < 6 else 250) / 77_370
        made(client, lon=WEST + 0.03 + east, lat=NORTH - 0.001, title=str(number), class_="fence")
    items = client.get(f"{PATH}/{first}/duplicates").json()["items"]
    assert len(items) == 5
    assert all(one["apart_m"] == pytest.approx(150, abs=1) for one in items)


def test_merging_keeps_both_and_the_earlier_deadline_and_can_be_undone(
    callers: Callers, engine: Engine
) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    worker = callers.role("worker", "representative", DISTRICT)
    kept, same = made(worker, title="kept", class_="road"), made(worker, 5, title="same")
    # Road works have ten days, and waste the one working day of green.
    rules(lead, classes={"road": {"value": 240, "unit": "hours"}})
    for identifier in (kept, same):
        led(worker, identifier, "accepted", "handling")

    def due(identifier: str) -> str:
        return str(lead.get(f"{PATH}/{identifier}/case").json()["clock"]["due_at"])

    own, earlier = due(kept), due(same)
    assert earlier < own
    body = {"into": kept, "reason": "the same heap"}
    assert worker.post(f"{PATH}/{same}/merge", json=body).status_code == 403
    assert lead.post(f"{PATH}/{same}/merge", json={**body, "into": same}).status_code == 409
    assert lead.post(f"{PATH}/{same}/merge", json={"into": kept}).status_code == 422
    merged = lead.post(f"{PATH}/{same}/merge", json=body)
    assert (merged.status_code, merged.json()["id"]) == (200, kept), merged.text
    case = lead.get(f"{PATH}/{kept}/case").json()
    assert (case["merged"], case["reporters"], case["clock"]["due_at"]) == ([same], 2, earlier)
    gone = lead.get(f"{PATH}/{same}/case").json()
    assert (gone["status"], gone["merged_into"], gone["possible"]) == ("merged", kept, [])
    # A rule changed meanwhile changes neither what is earlier nor that it counts.
    rules(lead, repeats=4)
    assert due(kept) == earlier
    for identifier, other in ((same, kept), (kept, same)):
        again = lead.post(f"{PATH}/{identifier}/merge", json={"into": other, "reason": "again"})
        assert again.status_code == 409
    assert {one for one, _ in traces(engine, "incident.merge-refused")} == {same, kept}

    back = lead.post(f"{PATH}/{same}/separate", json={"reason": "two heaps"})
    assert (back.status_code, back.json()["status"]) == (200, "handling")
    assert (due(kept), lead.get(f"{PATH}/{kept}/case").json()["merged"]) == (own, [])
    assert lead.post(f"{PATH}/{same}/separate", json={"reason": "twice"}).status_code == 409
    led(worker, same, "done")
    # Whoever separated them did not handle it, so may close it.
    led(lead, same, "closed")


def test_a_merged_one_keeps_its_deadline_through_pauses_and_closes_in_time_with_the_other(
    callers: Callers,
) -> None:
    lead, other = (callers.role(name, "coordinator", DISTRICT) for name in ("lead", "other"))
    kept, same = made(lead, title="kept"), made(lead, 5, title="same")
    for identifier in (kept, same):
        led(lead, identifier, "accepted", "handling")
    assert lead.post(f"{PATH}/{same}/merge", json={"into": kept, "reason": "same"}).status_code == 200
    due = lead.get(f"{PATH}/{kept}/case").json()["clock"]["due_at"]
    asked = lead.post(f"{PATH}/{kept}/requests", json={"kind": "delay", "reason": "parts", "days": 2}).json()
    decided = other.post(f"{PATH}/{kept}/requests/{asked['id']}/decision", json={"approve": True})
    assert decided.status_code == 200
    later = lead.get(f"{PATH}/{kept}/case").json()["clock"]["due_at"]
    assert later > due, "what is granted counts for both"
    led(lead, kept, "done")
    led(other, kept, "closed")
    assert lead.get(f"{PATH}/{kept}/case").json()["clock"]["on_time"] is True


def test_every_reporter_hears_of_the_closing(callers: Callers) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    worker = callers.role("worker", "representative", DISTRICT)
    public = callers.nobody()
    lon, lat = centre(1, 1)
    receipts = [
        public.post(PATH, json=report(lon=lon, lat=lat, title=name)).json()["receipt"] for name in "ab"
    ]
    one, two = (item["id"] for item in reversed(worker.get(PATH).json()["items"]))
    followed = worker.post(f"{PATH}/{one}/follow")
    assert followed.status_code == 201
    receipts.append(followed.json()["receipt"])
    assert lead.post(f"{PATH}/{two}/merge", json={"into": one, "reason": "same"}).status_code == 200
    assert lead.get(f"{PATH}/{one}/case").json()["reporters"] == 3
    led(worker, one, "accepted", "handling", "done")
    led(lead, one, "closed")
    for receipt in receipts:
        assert public.get(f"/api/v1/receipts/{receipt}").json()["status"] == "closed"
        said = public.post(f"/api/v1/receipts/{receipt}/feedback", json={"satisfied": True})
        assert said.json() == {"status": "closed"}, said.text
    log = [each["kind"] for each in lead.get(f"{PATH}/{one}").json()["events"]]
    assert log.count("feedback") == 3, "also of the one that was merged"
    (told,) = [
        each for each in worker.get("/api/v1/notices").json()["items"] if each["kind"] == "report-closed"
    ]
    assert told["text"] == "What you reported, “a” (waste), is closed."
    assert worker.post(f"{PATH}/{one}/follow").status_code == 409
    assert lead.delete(f"{PATH}/{one}?reason=by mistake").status_code == 403


def test_nothing_is_withdrawn_while_others_are_merged_into_it(callers: Callers) -> None:
    chief = callers.role("chief", "supervisor", DISTRICT)
    kept, same = made(chief), made(chief, 5)
    assert chief.post(f"{PATH}/{same}/merge", json={"into": kept, "reason": "same"}).status_code == 200
    gone = {"reason": "reported by mistake"}
    assert chief.delete(f"{PATH}/{kept}", params=gone).status_code == 409
    assert chief.delete(f"{PATH}/{same}", params=gone).status_code == 200
    assert chief.get(f"{PATH}/{kept}/case").status_code == 200


def test_a_moved_pin_is_sent_on_and_both_are_told(callers: Callers) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    identifier = made(lead, title="lamp")
    lon, lat = centre(4, 0)
    moved = lead.patch(f"{PATH}/{identifier}", json={"lon": lon, "lat": lat})
    assert moved.json()["unit"]["code"] == "G40"
    told = {one["kind"]: one["text"] for one in lead.get("/api/v1/notices").json()["items"]}
    assert told == {
        "pin-gone": "Incident “lamp” (waste) went from G11 to G40, since its place was corrected.",
        "pin-come": "Incident “lamp” (waste) came to G40 from G11, since its place was corrected.",
    }
    events = lead.get(f"{PATH}/{identifier}").json()["events"]
    assert [one["kind"] for one in events] == ["received", "moved"]
    # A nudge within the grid tells nobody.
    lead.patch(f"{PATH}/{identifier}", json={"lon": lon + 0.001, "lat": lat})
    assert len(lead.get("/api/v1/notices").json()["items"]) == 2
