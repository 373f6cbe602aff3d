"""Watching a grid on the map and the page of notices, in a real browser."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from service.access.credentials import PLAIN_COOKIE
from tests.browser.conftest import PHONE, WIDE, Office
from tests.fixtures.accounts import open_session
from tests.fixtures.county import DISTRICT
from tests.fixtures.injected import EVALUATED, TEMPLATE
from tests.fixtures.plans import move

TITLE = f"<img src=x onerror=document.title='hit'>{TEMPLATE}"


READERS = [(WIDE, "en-GB", 1), (PHONE, "zh-CN", 2)]


@pytest.mark.parametrize(("size", "lang", "column"), READERS, ids=["wide", "phone"])
def test_a_grid_is_watched_on_the_map_and_its_redrawing_told(
    office: Office, size: tuple[int, int], lang: str, column: int
) -> None:
    guard, _ = office.person(("guard", DISTRICT, None))
    found = office.sign_in(guard, size, lang)
    page = found.open("/grids")
    page.fill("#search input", "G11")
    page.press("#search input", "Enter")
    button = page.locator("#place-answer button[aria-pressed]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")

    redraw(office, column)
    page = found.open("/notices")
    expect(page.locator("#watched [data-unit=G11]")).to_be_visible()
    told = page.locator("[data-notice][data-seen=no]", has_text="G11")
    expect(told).to_have_count(1)
    expect(told).to_contain_text(TEMPLATE)
    assert page.locator("#items img").count() == 0
    assert EVALUATED not in page.content()
    assert page.title() != "hit"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()
    told.locator("button").click()
    expect(page.locator("[data-notice][data-seen=yes]", has_text="G11")).to_have_count(1)
    page.locator("#watched [data-unit=G11] button").click()
    expect(page.locator("#unwatched")).to_be_visible()
    assert found.errors == []
    assert found.strangers == []


def redraw(office: Office, column: int) -> None:
    """Publish a plan with a hostile title that moves a corner of four grids."""

    def caller(role: str) -> httpx.Client:
        person, _ = office.person((role, DISTRICT, None))
        cookies = {PLAIN_COOKIE: open_session(office.engine, person)}
        return httpx.Client(
            base_url=office.origin, cookies=cookies, headers={"Origin": office.origin}, timeout=60
        )

    def post(client: httpx.Client, path: str, body: object) -> httpx.Response:
        answer = client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer

    with caller("planner") as planner, caller("reviewer") as reviewer:
        plan = post(planner, "/api/v1/plans", {"title": TITLE}).json()["id"]
        post(planner, f"/api/v1/plans/{plan}/ops", move(column, column, 0.2, 0.1))
        for client, step in ((planner, "submit"), (reviewer, "approve"), (planner, "publish")):
            post(client, f"/api/v1/plans/{plan}/{step}", {"note": ""})
