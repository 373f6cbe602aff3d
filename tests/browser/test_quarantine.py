"""The page of quarantine in a real browser: hostile text stays text, and decisions reach the database."""

from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.browser.conftest import PHONE, WAIT_S, WIDE, Databases, Watched, new_context, running
from tests.fixtures.county import publish
from tests.fixtures.field import Phone, batch, track, visit
from tests.fixtures.injected import EVALUATED, TEMPLATE

HOSTILE = f"<img src=x onerror=document.title='hit'>{TEMPLATE}${{1}}"


@pytest.fixture(scope="module")
def origin(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with database_factory() as url:
        engine = create_engine(url)
        with Session(engine) as session, session.begin():
            publish(session)
        engine.dispose()
        with running(url, tmp_path_factory.mktemp("quarantine")) as found:
            yield found


@pytest.fixture(params=[(WIDE, "en-GB"), (PHONE, "zh-CN")], ids=["wide-en", "phone-zh"])
def watched(browser: Browser, origin: str, request: pytest.FixtureRequest) -> Iterator[tuple[Watched, Phone]]:
    size, lang = request.param
    context = new_context(browser, size, lang)
    with httpx.Client(base_url=origin, timeout=WAIT_S) as client:
        found = Watched(context.new_page(), origin)
        yield found, Phone(client, f"phone-{lang}")
    context.close()
    assert found.strangers == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_people_release_and_discard(watched: tuple[Watched, Phone]) -> None:
    found, phone = watched
    phone.put(
        batch(
            visits=[visit(marker="D-1", note=HOSTILE), visit(marker=HOSTILE)],
            tracks=[track([{"seq": 1, "at": "2026-06-01T09:00:00", "lon": 131.0, "lat": 46.04}])],
        )
    )
    page = found.open(f"/quarantine?device={phone.device}")
    cards = page.locator("[data-item]")
    expect(cards).to_have_count(3)
    assert fits(page)
    for summary in page.locator("summary").all():
        summary.click()
    assert fits(page)
    assert page.locator("#items img").count() == 0
    assert EVALUATED not in page.content()
    assert page.title() != "hit"
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()

    unread = page.locator("[data-item]", has_text="D-1").first
    unread.locator("input[name=marker]").fill("D-2")
    unread.locator("button[type=submit]").click()
    expect(unread.locator(".message-warn")).to_contain_text("D-2")
    unread.locator("input[name=marker]").fill("D1")
    unread.locator("button[type=submit]").click()
    expect(page.locator("[data-state=released]")).to_have_count(1)
    expect(page.locator("[data-state=released]")).to_contain_text("D1")

    point = page.locator("[data-item][data-state=waiting]", has_text="2026-06-01T09:00:00").first
    point.locator("input[name=timezone]").fill("Asia/Shanghai")
    point.locator("button[type=submit]").click()
    expect(page.locator("[data-state=released]")).to_have_count(2)

    rest = page.locator("[data-item][data-state=waiting]")
    rest.locator("button[type=button]").click()
    expect(rest.locator(".message-warn")).to_be_visible()
    rest.locator("input[name=note]").fill("a test")
    rest.locator("button[type=button]").click()
    expect(page.locator("[data-state=discarded]")).to_contain_text("a test")
    # Refusals of corrections are answers too, and Chromium writes each of them to its console.
    assert all("422" in error for error in found.errors)

    page.select_option("select[name=state]", "released")
    page.locator("#filter button").click()
    expect(cards).to_have_count(2)
    found.page.reload()
    found.ready()
    expect(cards).to_have_count(2)


def test_nothing_waits(watched: tuple[Watched, Phone]) -> None:
    found, _ = watched
    page = found.open("/quarantine?device=nobody")
    expect(page.locator("#none")).to_be_visible()
    assert found.errors == []
