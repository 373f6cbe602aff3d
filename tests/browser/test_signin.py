"""Signing in, in a real browser: the form, what nobody in particular sees, and the way there and back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.demo.logins import add_logins
from tests.browser import scene
from tests.browser.conftest import PHONE, WIDE, Watched, new_context, running


@pytest.fixture(scope="module")
def guarded(
    database_factory: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a demo with accounts on the scene."""
    with database_factory() as url:
        engine = create_engine(url)
        scene.load(engine)
        with Session(engine) as session, session.begin():
            add_logins(session, scene.DISTRICT)
        engine.dispose()
        with running(url, tmp_path_factory.mktemp("home"), access="accounts", demo=True) as origin:
            yield origin


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_form_leads_in_and_out(browser: Browser, guarded: str, size: tuple[int, int]) -> None:
    context = new_context(browser, size)
    watched = Watched(context.new_page(), guarded)
    page = watched.open("/coverage?from=2025-06-01")
    assert "/signin?next=" in page.url
    assert page.inner_text("h1") == "Sign in"
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    page.fill("[name=login]", "guard")
    page.fill("[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/coverage?from=2025-06-01")
    watched.ready()
    watched.open("/signin")
    assert page.inner_text("h1") == "Signed in as guard"
    page.click("button:has-text('Sign out')")
    watched.ready()
    assert page.url == f"{guarded}/"
    watched.open("/grids")
    assert "/signin?next=" in page.url
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


def test_what_is_for_everybody_asks_for_nothing_else(browser: Browser, guarded: str) -> None:
    context = new_context(browser)
    watched = Watched(context.new_page(), guarded)
    for path in ("/", "/stations"):
        page = watched.open(path)
        page.wait_for_load_state("networkidle")
    context.close()
    # A refused question would be an error on the console.
    assert watched.errors == []


def test_the_form_speaks_chinese(browser: Browser, guarded: str) -> None:
    context = new_context(browser, PHONE, "zh-CN")
    watched = Watched(context.new_page(), guarded)
    page = watched.open("/signin?next=/grids")
    assert page.inner_text("h1") == "登录"
    page.click("[hreflang=en]")
    watched.ready()
    assert page.inner_text("h1") == "Sign in"
    assert page.locator("[name=next]").input_value() == "/grids"
    context.close()
    assert watched.errors == []
