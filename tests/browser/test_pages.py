"""Every page: quiet console, no stranger, both languages, both widths, and no serious axe finding."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import PHONE, WIDE, Site, Watched, new_context

PAGES = ("/", "/grids", "/redraw", "/coverage", "/stations", "/meetings")
HEADINGS = {
    "/": ("Yunling", "云岭县"),
    "/grids": ("Grids", "网格"),
    "/redraw": ("Redraw", "改划"),
    "/coverage": ("Border coverage", "边界巡护"),
    "/stations": ("Nearest station", "最近的驿站"),
    "/meetings": ("Meetings and visits", "会议与走访"),
}


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def page_of(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Watched]:
    context = new_context(browser, request.param)
    watched = Watched(context.new_page(), site.url)
    yield watched
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


@pytest.mark.parametrize("path", PAGES)
def test_page_loads_quietly_and_asks_nobody_else(page_of: Watched, path: str) -> None:
    page = page_of.open(path)
    assert page.inner_text("h1") == HEADINGS[path][0]
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_its_window(page_of: Watched, path: str) -> None:
    page = page_of.open(path)
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]


@pytest.mark.parametrize("path", PAGES)
def test_axe_has_no_serious_finding(page_of: Watched, path: str) -> None:
    page = page_of.open(path)
    found: dict[str, Any] = Axe().run(page).response
    serious = [
        (finding["id"], [node["target"] for node in finding["nodes"]])
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]
    assert serious == []


@pytest.mark.parametrize("path", PAGES)
def test_page_speaks_chinese_to_a_chinese_browser(browser: Browser, site: Site, path: str) -> None:
    context = new_context(browser, lang="zh-CN")
    watched = Watched(context.new_page(), site.url)
    page = watched.open(path)
    assert page.get_attribute("html", "lang") == "zh"
    assert page.inner_text("h1") == HEADINGS[path][1]
    context.close()
    assert watched.errors == []


def test_language_switch_is_remembered_and_keeps_the_question(watched: Watched) -> None:
    page = watched.open("/coverage?from=2025-06-01&to=2025-07-01")
    page.click("[data-language=zh]")
    watched.ready()
    assert page.inner_text("h1") == "边界巡护"
    assert "from=2025-06-01" in page.url
    assert page.locator("[name=from]").input_value() == "2025-06-01"
    watched.open("/grids")
    assert page.inner_text("h1") == "网格"


def test_workspaces_are_reached_from_the_start(watched: Watched) -> None:
    page = watched.open("/")
    assert "60" in page.inner_text("#live-grids")
    assert "67 %" in page.inner_text("#live-coverage")
    assert "2 of 3" in page.inner_text("#live-stations")
    for name in ("Grids", "Redraw", "Coverage", "Stations"):
        page.click(f".workspace:has-text('{name}')")
        watched.ready()
        page.click(".brand")
        watched.ready()


@pytest.mark.parametrize("path", PAGES)
def test_empty_service_says_what_to_do_next(browser: Browser, empty_site: str, path: str) -> None:
    context = new_context(browser)
    watched = Watched(context.new_page(), empty_site)
    page = watched.open(path)
    assert "./wardline" in page.inner_text(".panel")
    context.close()
    assert watched.errors == []


@pytest.mark.parametrize("path", PAGES)
def test_page_has_a_strict_policy(watched: Watched, path: str) -> None:
    answer = watched.page.request.get(watched.origin + path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    again = watched.page.request.get(watched.origin + path).headers["content-security-policy"]
    assert policy != again, "the nonce must be new in every answer"
