"""The page for whom a page is not, on a small phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Office


def test_a_guard_at_the_administration_finds_the_way_on(office: Office) -> None:
    theirs = office.sign_in("guard", (360, 640))
    page = theirs.open("/admin")
    expect(page.locator("h1")).to_have_text("“Administration” is not open to you")
    expect(page.locator("#why")).to_contain_text("Administrator, Auditor")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    small = page.locator(".card .button").evaluate_all(
        "all => all.filter((one) => one.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    page.click("[hreflang=zh]")
    theirs.ready()
    expect(page.locator("h1")).to_have_text("您无权打开“管理”")
    page.click(".onward [href='/coverage']")
    theirs.ready()
    assert page.url == f"{office.origin}/coverage"
