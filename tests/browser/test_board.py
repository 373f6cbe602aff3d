"""The coordinator's board: the strip of days and the trend, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Watched

GRID = "#timeline-grid"


def test_a_day_of_the_strip_is_seen_alone_and_again_with_all(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    walked = page.locator(f"{GRID} .step-row:has([data-stretch=S01]) .step[aria-label*='66.7 %']")
    start = walked.get_attribute("data-start")
    with page.expect_response("**/api/v1/coverage/segments?*"):
        walked.click()
    expect(walked).to_have_attribute("aria-selected", "true")
    assert f"from={start}" in page.url
    expect(page.locator("[name=from]")).to_have_value(start or "")
    expect(page.locator("[name=to]")).to_have_value(start or "")
    # The stretch of the cell is chosen as well.
    assert page.locator("[data-segment=S01]").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-gap]").count() == 1
    with page.expect_response("**/api/v1/coverage/segments?*"):
        walked.click()
    expect(page.locator("#walked-share")).to_have_text("67 %")
    assert page.locator(f"{GRID} [aria-selected=true]").count() == 0


def test_the_strip_by_keyboard(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    assert page.locator(f"{GRID} [tabindex='0']").count() == 1
    page.locator(f"{GRID} [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert _focused(page, "stretch") == "S01"
    page.keyboard.press("Enter")
    assert page.locator("[data-segment=S01]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("End")
    last = _focused(page, "start")
    page.keyboard.press("ArrowLeft")
    assert (_focused(page, "start") or "") < (last or "")
    expect(page.locator("#timeline-says")).to_contain_text("S01 · ")
    with page.expect_response("**/api/v1/coverage/segments?*"):
        page.keyboard.press("Enter")
    expect(page.locator(f"{GRID} [aria-selected=true]")).to_have_count(site.scene.segments + 1)
    # What was pressed keeps the focus when the strip is drawn anew.
    assert _focused(page, "start") is not None
    assert page.locator(f"{GRID} [tabindex='0']").count() == 1


def test_a_long_period_is_told_by_weeks(watched: Watched) -> None:
    page = watched.open("/coverage?from=2025-01-01&to=2025-07-01")
    assert page.locator(f"{GRID} .step-row").first.locator(".step").count() == 27


def test_weeks_of_the_trend_by_mouse_and_keyboard(watched: Watched) -> None:
    page = watched.open("/coverage")
    bars = page.locator("#trend-chart .bar-group")
    assert bars.count() == 26
    bars.last.hover()
    expect(page.locator("#trend-says")).to_contain_text(re.compile(r": \d"))
    with page.expect_response("**/api/v1/coverage/timeline?*by=month*"):
        page.locator("#trend-by .choice").last.click()
    expect(bars).to_have_count(12)
    bars.first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    with page.expect_response("**/api/v1/coverage/segments?*"):
        page.keyboard.press("Enter")
    assert re.search(r"from=\d{4}-\d\d-01&to=\d{4}-\d\d-01", page.url)


@pytest.mark.parametrize("query", ["", "?from=2025-06-01&to=2025-06-02"])
def test_the_page_asks_few_things(watched: Watched, query: str) -> None:
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.open(f"/coverage{query}").wait_for_load_state("networkidle")
    questions = [url for url in asked if "/api/v1/" in url]
    # One for each thing that is shown, none twice.
    assert len(questions) <= 10, questions
    for some in (questions, [url for url in asked if ".mvt" in url]):
        assert len(set(some)) == len(some)


def _focused(page: Page, name: str) -> str | None:
    found: str | None = page.evaluate(f"document.activeElement.dataset.{name} ?? null")
    return found
