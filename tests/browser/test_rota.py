"""The page of the rota in a real browser: a gap is closed by a duty, a request answered by phone."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, REFUSED, WAIT_S, WIDE, Site, Watched, new_context

MONDAY = "2030-01-07"
EVERY = ["mo", "tu", "we", "th", "fr", "sa", "su", "ph"]
PLACE = {"lon": 118.5, "lat": 46.4}


@pytest.fixture
def helper(site: Site) -> Any:
    given = {
        **PLACE,
        "code": "H1",
        "name": "Helper <b>one</b>",
        "reach_m": 90_000,
        "skills": ["breakdown"],
        "windows": [{"days": EVERY, "begin": "00:00", "end": "24:00"}],
        "consent": True,
        "contact": {"phone": "13800000000"},
    }
    made = httpx.post(
        f"{site.url}/api/v1/volunteers", json=given, headers={"Origin": site.url}, timeout=WAIT_S
    )
    assert made.status_code == 201, made.text
    asked = httpx.post(
        f"{site.url}/api/v1/help",
        json={"kind": "breakdown", "place": "bridge", **PLACE},
        headers={"Origin": site.url},
        timeout=WAIT_S,
    )
    assert asked.status_code == 201, asked.text
    yield made.json()
    httpx.delete(
        f"{site.url}/api/v1/volunteers/{made.json()['id']}", headers={"Origin": site.url}, timeout=WAIT_S
    )


def test_a_gap_is_closed_and_a_request_answered(browser: Browser, site: Site, helper: Any) -> None:
    context = new_context(browser, WIDE)
    watched = Watched(context.new_page(), site.url)
    page = watched.open(f"/stations/rota?from={MONDAY}&station=ST1")
    gaps = page.locator("#gaps li[data-gap]")
    expect(page.locator("#week .rota-gap").first).to_be_visible()
    before = gaps.count()
    assert before == 7
    assert page.locator("#add").is_visible()
    page.select_option("#add [name=who]", f"volunteer:{helper['id']}")
    for day in ("mo", "tu", "we"):
        page.locator(f"#days [value={day}]").focus()
        page.keyboard.press("Space")
    page.fill("#add [name=begin]", "00:00")
    page.fill("#add [name=end]", "00:00")
    page.locator("#add [type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_contain_text("is no time")
    page.fill("#add [name=end]", "24:00")
    page.keyboard.press("Enter")
    expect(page.locator("[data-duty]")).to_have_count(1)
    expect(page.locator("#duties strong")).to_have_text("Helper <b>one</b>")
    assert page.locator("#week .rota-shift").count() >= 3
    assert gaps.count() == before - 3
    # One Tuesday off, and on again: the gap comes and goes.
    off = page.locator("[data-duty] form")
    page.locator("[data-duty] summary").focus()
    page.keyboard.press("Enter")
    off.locator("[name=day]").fill("2030-01-08")
    off.locator("[name=reason]").fill("harvest <b>")
    off.locator("[name=reason]").press("Enter")
    expect(page.locator("[data-away]")).to_contain_text("harvest <b>")
    expect(page.locator("#gaps [data-gap='2030-01-08']")).to_have_count(1)
    page.locator("[data-away] button").press("Enter")
    expect(page.locator("[data-away]")).to_have_count(0)
    expect(gaps).to_have_count(before - 3)
    # Who helps with what, and how to reach them for a purpose.
    expect(page.locator("#volunteers-count")).to_have_text("1")
    page.locator("#volunteers-section summary").first.press("Enter")
    one = page.locator("[data-volunteer=H1]")
    one.locator("summary").press("Enter")
    one.locator("[name=purpose]").fill("a call about Tuesday")
    one.locator("[name=purpose]").press("Enter")
    expect(one).to_contain_text("13800000000")
    request = page.locator("[data-request]").first
    expect(request).to_contain_text("bridge")
    request.get_by_text("comes", exact=False).last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=accepted]")).to_have_count(1)
    page.locator("[data-state=accepted] .button-strong").click()
    expect(page.locator("[data-state=done]")).to_have_count(1)
    context.close()
    assert [one for one in watched.errors if REFUSED not in one] == []


def test_it_fits_a_phone_in_chinese(browser: Browser, site: Site) -> None:
    context = new_context(browser, PHONE)
    watched = Watched(context.new_page(), site.url)
    page = watched.open(f"/stations/rota?from={MONDAY}&lang=zh")
    assert page.locator("h1").inner_text() == "值班与求助"
    page.locator("#volunteers-section summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
    assert watched.errors == []
