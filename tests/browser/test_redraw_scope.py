"""Which units a plan may touch: chosen by keys or by a finger when it is begun, shown, and held."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE
from tests.browser.drafting import Drafting
from tests.browser.test_redraw_page import fits, serious

TOWNSHIP, INSIDE, OUTSIDE = "03", "03008033", "02005008"


def test_the_scope_is_chosen_by_keys_and_held(drafting: Drafting) -> None:
    desk = drafting.sit(drafting.person("planner"))
    desk.watched.open("/redraw")
    desk.page.focus("#begin")
    desk.page.keyboard.press("Enter")
    desk.page.fill("dialog [name=title]", "One township")
    expect(desk.page.locator(".scope-row").first).to_be_visible()
    expect(desk.page.locator(".scope-said")).to_contain_text("The whole layer")
    desk.page.locator(".scope input[type=search]").focus()
    desk.page.keyboard.type("no such unit")
    expect(desk.page.locator(".scope-list")).to_contain_text("Try its beginning")
    desk.page.locator(".scope input[type=search]").fill(TOWNSHIP)
    # Enter does not begin the plan while somebody searches.
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("dialog")).to_have_count(1)
    desk.page.keyboard.press("ArrowDown")
    expect(desk.page.locator(".scope-row input").first).to_be_focused()
    desk.page.keyboard.press("Space")
    name = desk.page.locator(".scope-row span").first.inner_text()
    expect(desk.page.locator(".scope-said")).to_have_text(name)
    desk.page.keyboard.press("ArrowUp")
    expect(desk.page.locator(".scope input[type=search]")).to_be_focused()
    # What is chosen stays in sight whatever is looked for next.
    desk.page.keyboard.type("no such unit")
    expect(desk.page.locator(".scope-row")).to_have_count(1)
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("#plan-scope")).to_have_text(f"Only below {name}")
    assert desk.ask("return desk.plan.scope.map(({ code }) => code)") == [TOWNSHIP]
    for code, steps in ((INSIDE, 1), (OUTSIDE, 1)):
        desk.pick(code)
        desk.ask(
            "const { perform } = await import('wardline/redraw/desk');"
            "await perform({ type: 'rename', unit: desk.picked, name: 'another' }, 'Renamed')"
        )
        desk.steps(steps)
    expect(desk.page.locator("#problems")).to_contain_text("outside of what you may redraw")
    desk.watched.errors.clear()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_choice_fits_and_axe_finds_nothing_serious(drafting: Drafting, size: tuple[int, int]) -> None:
    desk = drafting.sit(drafting.person("planner"), size)
    desk.watched.open("/redraw")
    desk.page.click("#begin")
    desk.page.fill("dialog [name=title]", "Two units")
    for row in (0, 4):
        desk.page.locator(".scope-row").nth(row).click()
    expect(desk.page.locator(".scope-row input:checked")).to_have_count(2)
    assert fits(desk)
    assert serious(desk) == []
    assert desk.page.locator("dialog").evaluate("(one) => one.scrollWidth <= one.clientWidth")
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("#plan-scope")).to_contain_text(",")
    assert fits(desk)
    assert serious(desk) == []
