"""The board of incidents: each role does what it may, by keyboard, on a phone, in both languages."""

from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, WIDE, Office, Watched
from tests.fixtures.county import centre
from tests.fixtures.injected import EVALUATED, TEMPLATE

INCIDENTS = "/api/v1/incidents"
HOSTILE = f"{TEMPLATE}<img src=x onerror=alert(1)>"


def report(page: Page, office: Office, **members: Any) -> tuple[str, str]:
    """Report an incident of a class of its own, and return its title and id."""
    lon, lat = centre(1, 1)
    title = f"lamp {uuid4().hex[:6]} {HOSTILE}"
    given = {"class": uuid4().hex[:8], "title": title, "lon": lon, "lat": lat, "channel": "visit", **members}
    answer = page.request.post(f"{office.origin}{INCIDENTS}", data=given, headers={"Origin": office.origin})
    assert answer.status == 201, answer.text()
    return title, str(answer.json()["id"])


def opened(watched: Watched, title: str) -> Page:
    page = watched.open("/incidents")
    page.locator("#items .row", has_text=title.split(" {{", maxsplit=1)[0]).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_contain_text(title)
    assert page.evaluate("document.activeElement.id") == "detail"
    return page


def press(page: Page, label: str, note: str = "") -> None:
    """Press a button of the case by keyboard, with a note where one is given."""
    if note:
        page.fill("#case-note", note)
    page.get_by_role("button", name=label, exact=True).first.focus()
    page.keyboard.press("Enter")


def settled(page: Page, status: str) -> None:
    expect(page.locator("#detail .facts dd").first).to_have_text(status)


def test_a_case_from_its_report_to_its_end_by_two_people(office: Office) -> None:
    worker = office.sign_in("representative")
    title, _ = report(worker.page, office)
    page = opened(worker, title)
    press(page, "Accept")
    settled(page, "accepted")
    press(page, "Handle")
    settled(page, "being handled")
    press(page, "Add something to do", "a new bulb")
    expect(page.locator("#detail .case-list li", has_text="a new bulb").first).to_be_visible()
    # Without a reason a colour is refused, and the page says how to mend it.
    press(page, "Raise to blue")
    expect(page.locator("#problem")).to_contain_text("reason")
    # A list that comes later leaves it there to be read.
    page.evaluate("document.getElementById('items').replaceChildren()")
    page.dispatch_event("#open", "change")
    expect(page.locator("#items .row").first).to_be_visible()
    expect(page.locator("#problem")).to_contain_text("reason")
    press(page, "Raise to blue", "the village has the ladder")
    expect(page.locator("#detail-title .case-sign")).to_have_attribute("data-colour", "blue")
    press(page, "Report done")
    expect(page.locator("#problem")).to_contain_text("a new bulb")
    press(page, "Done", "photo of the bulb")
    expect(page.locator("#detail .case-list").first).to_contain_text("photo of the bulb")
    press(page, "Report done")
    settled(page, "reported done")
    # Whoever handled it does not close it.
    press(page, "Close as settled")
    expect(page.locator("#problem")).to_contain_text("somebody else")

    lead = office.sign_in("coordinator")
    page = opened(lead, title)
    press(page, "Close as settled")
    settled(page, "closed")
    press(page, "Open again", "dark again")
    settled(page, "being handled")
    assert EVALUATED not in page.locator("body").inner_text()
    assert page.locator("#panel img").count() == 0


def test_what_may_be_the_same_is_merged_and_separated(office: Office) -> None:
    lead = office.sign_in("coordinator")
    kind = uuid4().hex[:8]
    first, _ = report(lead.page, office, **{"class": kind})
    second, identifier = report(lead.page, office, **{"class": kind})
    page = opened(lead, second)
    similar = page.locator("[data-similar]", has_text=first.split(" {{")[0])
    expect(similar).to_contain_text("1 reporters")
    press(page, "Merge into it", "the same lamp")
    settled(page, "merged")
    expect(page.locator("#items .row", has_text=second.split(" {{")[0])).to_have_count(0)
    press(page, "Separate again", "two lamps")
    settled(page, "received")
    assert f"incident={identifier}" in page.url
    # A representative sees what may be the same, and merges nothing.
    worker = office.sign_in("representative")
    page = opened(worker, second)
    expect(page.locator("[data-similar]")).to_have_count(1)
    expect(page.get_by_role("button", name="Merge into it")).to_have_count(0)


def test_a_case_that_answers_late_is_not_shown_in_place_of_a_newer_one(office: Office) -> None:
    worker = office.sign_in("representative")
    (early, first), (late, _) = report(worker.page, office), report(worker.page, office)
    page = worker.open("/incidents")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    address = f"**{INCIDENTS}/{first}/case?*"
    page.route(address, hold)
    with page.expect_request(address):
        page.locator("#items .row", has_text=early.split(" {{", maxsplit=1)[0]).click()
    page.locator("#items .row", has_text=late.split(" {{", maxsplit=1)[0]).click()
    expect(page.locator("#detail-title")).to_contain_text(late)
    with page.expect_response(address):
        held.pop().continue_()
    page.evaluate("fetch(location.href).then((answer) => answer.text())")
    expect(page.locator("#detail-title")).to_contain_text(late)
    page.unroute(address)


def test_what_one_asks_for_another_decides(office: Office) -> None:
    worker = office.sign_in("representative")
    title, _ = report(worker.page, office)
    page = opened(worker, title)
    press(page, "Accept")
    settled(page, "accepted")
    press(page, "Handle")
    settled(page, "being handled")
    press(page, "Ask: Suspend", "parts are ordered")
    expect(page.locator("#detail")).to_contain_text("waits for a decision")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    lead = office.sign_in("coordinator")
    page = opened(lead, title)
    press(page, "Approve")
    settled(page, "suspended")
    auditor = office.sign_in("auditor")
    page = opened(auditor, title)
    expect(page.locator("#case-note")).to_have_count(0)


def test_filters_are_in_the_address(office: Office) -> None:
    lead = office.sign_in("coordinator")
    title, _ = report(lead.page, office, channel="hotline")
    name = title.split(" {{")[0]
    page = lead.open("/incidents")
    page.fill("#words", name)
    page.press("#words", "Enter")
    expect(page.locator("#items .row")).to_have_count(1)
    page.locator("#filter summary").click()
    page.select_option("#channel", "hotline")
    page.select_option("#clock", "unfiled")
    expect(page.locator("#items .row", has_text=name)).to_have_count(1)
    assert "channel=hotline" in page.url
    page.reload()
    lead.ready()
    expect(page.locator("#channel")).to_have_value("hotline")
    expect(page.locator("#items .row", has_text=name)).to_have_count(1)
    expect(page.locator(".case-pin")).to_have_count(1)
    page.select_option("#clock", "overdue")
    expect(page.locator("#none")).to_be_visible()


@pytest.mark.parametrize(("size", "lang"), [(WIDE, "en-GB"), (PHONE, "zh-CN")], ids=["wide", "phone"])
def test_it_is_good_on_both_sizes_and_in_both_languages(
    office: Office, size: tuple[int, int], lang: str
) -> None:
    lead = office.sign_in("coordinator", size, lang)
    title, identifier = report(lead.page, office)
    page = lead.open(f"/incidents?incident={identifier}")
    expect(page.locator("#detail-title")).to_contain_text(title)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()
    if lang.startswith("zh"):
        expect(page.get_by_role("button", name="受理")).to_be_visible()
    assert lead.errors == []
    assert lead.strangers == []
