"""A phone whose clock is off: the page says so, by how much and what to do, until it is set."""

from playwright.sync_api import Page, expect

from tests.browser.test_field_pages import HERE, Field, field, recorded, registered, served, settled

__all__ = ["field", "served"]

CLOCK = """
  const Right = Date;
  globalThis.behind = 2 * 3600000;
  globalThis.Date = class extends Right {
    constructor(...given) { super(...(given.length ? given : [Right.now() - globalThis.behind])); }
    static now() { return Right.now() - globalThis.behind; }
  };
  Object.defineProperty(GeolocationPosition.prototype, "timestamp", { get: () => Date.now() });
"""
"""A clock that is two hours behind, by which positions are told too."""


def _walk_on(page: Page, number: int) -> None:
    """Go some metres and send that at once."""
    known = recorded(page, 0)
    page.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + number * 2e-4})
    recorded(page, known + 1)
    page.evaluate("import('wardline/recorder').then(({ packRest }) => packRest())")
    settled(page)


def test_a_guard_is_told_that_the_clock_is_off_until_it_is_set(field: Field) -> None:
    context = field.phone()
    context.add_init_script(CLOCK)
    page = registered(field, context=context)
    page.click("#begin")
    for number in range(1, 4):
        expect(page.locator("#clock")).to_be_hidden()
        _walk_on(page, number)
    expect(page.locator("#clock")).to_contain_text("This phone's clock is 2.0 h behind.")
    page.evaluate("globalThis.behind = 0")
    _walk_on(page, 4)
    expect(page.locator("#clock")).to_be_hidden()
    page.click("#end")
    settled(page)
