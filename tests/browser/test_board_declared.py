"""A walk without a track, declared on the board, told as that alone, and withdrawn."""

from playwright.sync_api import expect

from tests.browser.conftest import Office
from tests.fixtures.county import DISTRICT


def test_a_walk_is_declared_by_keyboard_and_withdrawn(office: Office) -> None:
    page = office.sign_in("guard").open(f"/coverage?district={DISTRICT}")
    headline = page.locator("#walked-share")
    before = headline.inner_text()
    said = page.locator("[data-rung=declared]")
    known = said.inner_text()
    page.locator("#declare-open").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#declare")).to_be_visible()
    assert page.locator("#declare [name=person]").count() == 0, "a guard declares nothing for others"
    page.fill("#declare [name=day]", "2025-06-02")
    page.fill("#declare [name=began]", "09:00")
    page.fill("#declare [name=ended]", "09:01")
    page.fill("#declare [name=reason]", "the phone was empty")
    page.keyboard.press("Enter")
    expect(page.locator("#declare-problem")).to_contain_text("Nobody goes")
    page.fill("#declare [name=ended]", "12:00")
    page.keyboard.press("Enter")
    expect(page.locator("#declare")).to_be_hidden()
    page.fill("#period [name=from]", "2025-06-01")
    one = page.locator("[data-declaration]")
    expect(one).to_have_attribute("data-state", "counts")
    expect(one).to_contain_text("the phone was empty")
    expect(said).not_to_have_text(known)
    expect(headline).to_have_text(before)
    page.locator("#declared .row-act").click()
    page.fill("#withdraw [name=reason]", "it was another day")
    page.keyboard.press("Enter")
    expect(one).to_have_attribute("data-state", "withdrawn")
    expect(one).to_contain_text("it was another day")
    expect(page.locator("#declared .row-act")).to_have_count(0)


def test_who_walks_nowhere_reads_what_was_declared(office: Office) -> None:
    page = office.sign_in("auditor").open(f"/coverage?district={DISTRICT}")
    assert page.locator("#declare-open").count() == page.locator("#declare").count() == 0
