"""Practice 3: green is solved alone, blue with the village, yellow by the township, red is on the list."""

from collections import Counter
from typing import Any

from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, centre

PATH = "/api/v1/incidents"
COLOURS = ("green", "blue", "yellow", "red")


def led(client: TestClient, identifier: str, *statuses: str) -> None:
    for status in statuses:
        answer = client.post(f"{PATH}/{identifier}/events", json={"kind": "status", "status": status})
        assert answer.status_code == 201, answer.text


def test_four_problems_in_four_colours_and_what_their_reporters_hear(callers: Callers) -> None:
    worker = callers.role("worker", "representative", DISTRICT)
    lead = callers.role("lead", "supervisor", DISTRICT)
    secretary = str(add_person(callers.engine, "secretary", [("supervisor", DISTRICT, None)]))
    public = callers.nobody()
    owners: list[Any] = []
    receipts = []
    for number, colour in enumerate(COLOURS):
        # A class each, so that none rises because of the others.
        lon, lat = centre(1, 1)
        report = {"channel": "web", "class": f"kind-{number}", "title": colour, "lon": lon, "lat": lat}
        receipts.append(public.post(PATH, json=report).json()["receipt"])
        (one,) = [kept for kept in lead.get(PATH).json()["items"] if kept["title"] == colour]
        place = f"{PATH}/{one['id']}"
        led(worker, one["id"], "accepted", "handling")
        for higher in COLOURS[1 : number + 1]:
            body = {"colour": higher, "reason": "beyond what the grid can do"}
            if higher == "red":
                assert worker.post(f"{place}/colour", json=body).status_code == 422, "nobody named"
                body["named"] = secretary
            assert worker.post(f"{place}/colour", json=body).status_code == 200
        case = lead.get(f"{place}/case").json()
        assert [kept["after"] for kept in case["colours"]] == list(COLOURS[1 : number + 1])
        owners.append((case["owner"]["unit"]["code"], case["owner"]["list"]))
    assert owners == [("G11", None), ("V00", None), ("T0", None), ("T0", "key-supervision")]
    (red,) = lead.get(f"{PATH}/key-supervision").json()["items"]
    assert (red["title"], red["named"]["name"]) == ("red", "secretary")
    for kept in lead.get(PATH).json()["items"]:
        led(worker, kept["id"], "done")
        led(lead, kept["id"], "verified", "closed")
    assert lead.get(f"{PATH}/key-supervision").json()["items"] == []
    for receipt in receipts:
        told = public.get(f"/api/v1/receipts/{receipt}").json()
        assert told["status"] == "closed"
        said = public.post(f"/api/v1/receipts/{receipt}/feedback", json={"satisfied": True})
        assert said.json() == {"status": "closed"}
    closed = Counter(kept["colour"] for kept in lead.get(PATH).json()["items"])
    assert closed == dict.fromkeys(COLOURS, 1)
