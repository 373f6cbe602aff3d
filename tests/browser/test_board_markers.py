"""What was done at a marker, recorded on the board without a device, with a photo that comes in parts."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, Office
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import jpeg, png

DECODED = "async (image) => (await image.decode(), image.naturalWidth)"


def open_marker(page: Page, code: str = "D1") -> None:
    page.fill("#marker-ask [name=code]", code)
    page.keyboard.press("Enter")
    expect(page.locator("#marker")).to_be_visible()


def test_a_photo_chosen_on_the_board_proves_what_was_done(office: Office, tmp_path: Path) -> None:
    photo, other, words = tmp_path / "post.jpg", tmp_path / "other.png", tmp_path / "words.jpg"
    photo.write_bytes(jpeg(size=1_300_000))
    other.write_bytes(png())
    words.write_bytes(b"these are words and no picture")
    page = office.sign_in("guard", PHONE).open(f"/coverage?district={DISTRICT}")
    open_marker(page)
    page.select_option("#act [name=action]", "repainted")
    page.set_input_files("#act [name=photos]", words)
    expect(page.locator("#act-photo-problem")).to_contain_text("words.jpg is no photo")
    page.locator("#act [type=submit]").click()
    expect(page.locator("#act [name=photos]")).to_be_focused()
    assert page.input_value("#act [name=action]") == "repainted", "nothing of the form is lost"
    page.set_input_files("#act [name=photos]", photo)
    expect(page.locator("#act-photo-problem")).to_be_hidden()
    cookies = page.context.cookies()
    parts: list[str] = []

    def end_session(route: Route) -> None:
        """The first part arrives, then the connection is lost, then the session is over."""
        parts.append(route.request.headers["content-range"])
        if len(parts) == 2:
            page.context.clear_cookies()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/coverage/photos/*", lambda route: (
        end_session(route) if route.request.method == "PUT" else route.continue_()
    ))  # fmt: skip
    page.locator("#act [type=submit]").click()
    done = page.locator("#acts [data-action]")
    expect(done.locator(".sending")).to_contain_text("Sign in in another tab", timeout=15_000)
    expect(done).to_have_attribute("data-evidence", "inspected")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.unroute("**/api/v1/coverage/photos/*")
    # The page may be left meanwhile: what was named is still known, and no other photo is taken for it.
    page.reload()
    page.wait_for_selector("body[data-ready]")
    open_marker(page)
    page.set_input_files("#acts .sending [type=file]", other)
    expect(done.locator(".sending")).to_contain_text("This is not the photo that was named")
    with page.expect_request(lambda request: request.method == "PUT") as first:
        page.set_input_files("#acts .sending [type=file]", photo)
    assert first.value.headers["content-range"].startswith("bytes 524288-"), "it goes on where it was"
    expect(done).to_have_attribute("data-evidence", "serviced")
    done.locator(".picture").click()
    expect(page.locator("#picture")).to_be_visible()
    assert page.locator("#picture img").evaluate(DECODED) == 8
    page.keyboard.press("Escape")
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    others_see_it(office)


def others_see_it(office: Office) -> None:
    """Who may record nothing has no form, and sees the photo."""
    reader = office.sign_in("auditor", lang="zh-CN").open(f"/coverage?district={DISTRICT}")
    open_marker(reader)
    expect(reader.locator("#acts [data-evidence=serviced]")).to_contain_text("已重新描漆")
    small = reader.locator("#acts .picture img")
    assert small.evaluate(DECODED) == 8
    assert reader.locator("#act").count() == 0


def test_a_marker_that_is_none_is_said_beside_its_field(office: Office) -> None:
    page = office.sign_in("coordinator").open(f"/coverage?district={DISTRICT}")
    page.fill("#marker-ask [name=code]", "NOPE")
    page.keyboard.press("Enter")
    expect(page.locator("#marker-problem")).to_contain_text(re.compile("NOPE"))
    expect(page.locator("#marker")).to_be_hidden()
