"""Practice 3's half-year report: visits, people served, opinions, problems solved, counted from their events.

Opinions and problems are different things: one opinion gives none, one or several problems, and problems come
from visits without any opinion.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.conftest import Office, office, office_service
from tests.browser.test_incidents import opened, press, report, settled
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, centre

__all__ = ["office", "office_service"]  # fixtures

OUTREACH, INCIDENTS, REPORTS = "/api/v1/outreach", "/api/v1/incidents", "/api/v1/reports"
BEGIN = datetime.now(UTC) - timedelta(days=181)
# What is closed is closed today, so the half-year reaches up to it.
HALF = {
    "from": (BEGIN - timedelta(days=1)).date().isoformat(),
    "to": (BEGIN + timedelta(days=183)).date().isoformat(),
}
VISITS, SERVED, OPINIONS, SOLVED = 574, 1_316, 213, 642
LATER = 12
"""Problems that nobody solves there and then: they become incidents, which others close."""


def shared(total: int, count: int) -> list[int]:
    """Share a total out over so many events, as evenly as it goes."""
    return [total // count + (place < total % count) for place in range(count)]


def half_year() -> Iterator[dict[str, Any]]:
    """Yield the visits: the opinions of some give 0 to 2 problems, other problems come of no opinion."""
    served, said, found = shared(SERVED, VISITS), shared(OPINIONS, VISITS), shared(SOLVED, VISITS)
    for number in range(VISITS):
        lon, lat = centre(number % 3, number % 2)
        opinions = [{"id": str(uuid4()), "text": f"Opinion {number}"} for _ in range(said[number])]
        problems: list[dict[str, Any]] = []
        for place in range(found[number]):
            # Of every third visit with an opinion all problems come from it, of the others none.
            source = opinions[0]["id"] if opinions and number % 3 == 0 else None
            solution = None if number < LATER and place == 0 else "mended there and then"
            made = {"id": str(uuid4()), "class": f"kind-{number}", "title": f"Problem {number}"}
            problems.append({**made, "opinion": source, "solution": solution})
        yield {
            "id": str(uuid4()),
            "kind": "visit",
            "at": (BEGIN + timedelta(hours=7 * number)).isoformat(),
            "place": f"House {number}",
            "lon": lon,
            "lat": lat,
            "representative": ("R1", "R2")[number % 2],
            "duty": "services",
            "served": served[number],
            "opinions": opinions,
            "problems": problems,
        }


def figures(client: TestClient) -> dict[str, Any]:
    answer = client.get(f"{REPORTS}/figures", params=HALF)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["figures"])


def closed(worker: TestClient, lead: TestClient, incident: str) -> None:
    """Lead an incident to its end: who handles it does not close it."""
    for who, status in ((worker, "accepted"), (worker, "handling"), (worker, "done"), (lead, "closed")):
        answer = who.post(f"{INCIDENTS}/{incident}/events", json={"kind": "status", "status": status})
        assert answer.status_code == 201, answer.text


def test_a_half_year_is_reported_from_its_events(callers: Callers) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    worker = callers.role("worker", "representative", DISTRICT)
    left: list[str] = []
    for given in half_year():
        answer = lead.post(OUTREACH, json=given)
        assert answer.status_code == 201, answer.text
        left += [one["incident"] for one in answer.json()["problems"] if one["incident"]]
    assert len(left) == LATER
    told = figures(lead)
    assert [told[name]["count"] for name in ("visits", "served", "opinions", "problems")] == [
        VISITS,
        SERVED,
        OPINIONS,
        SOLVED,
    ]
    assert told["problems-solved"]["count"] == SOLVED - LATER
    for incident in left:
        closed(worker, lead, incident)
    told = figures(lead)
    assert told["problems-solved"]["count"] == SOLVED
    assert (VISITS >= 570, SERVED >= 1_300, OPINIONS >= 210, SOLVED >= 640) == (True,) * 4
    # Each number is the sum of its rows, and the rows are the events.
    for name in ("visits", "served", "opinions", "problems-solved"):
        rows: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = lead.get(f"{told[name]['rows']}&limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            rows += page.json()["items"]
            cursor = page.json()["cursor"]
        assert sum(row["value"] for row in rows) == told[name]["count"], name
        assert len({row["id"] for row in rows}) == len(rows)


def test_a_case_rises_through_the_four_colours_in_the_browser(office: Office) -> None:
    watched = office.sign_in("representative")
    page = watched.page
    title, identifier = report(page, office)
    opened(watched, title)
    press(page, "Accept")
    settled(page, "accepted")
    sign = page.locator("#detail-title .case-sign")
    for colour in ("blue", "yellow"):
        press(page, f"Raise to {colour}", f"more than can be done without {colour}")
        expect(sign).to_have_attribute("data-colour", colour)
    lead = office.sign_in("supervisor")
    page = opened(lead, title)
    press(page, "Raise to red; I answer for it", "it is for the county")
    expect(page.locator("#detail-title .case-sign")).to_have_attribute("data-colour", "red")
    expect(page.locator("#detail")).to_contain_text("key-supervision list")
    listed = page.request.get(f"{office.origin}{INCIDENTS}/key-supervision").json()["items"]
    assert identifier in {one["id"] for one in listed}
    # The whole history of colours is there to be read.
    for colour in ("blue", "yellow"):
        expect(page.locator("#detail")).to_contain_text(f"more than can be done without {colour}")
