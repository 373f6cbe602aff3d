"""Practice 7 in the browser: a council is written on a phone, and what it resolved is noted to be done."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Office, office, office_service

__all__ = ["office", "office_service"]  # fixtures


def test_a_council_is_written_on_a_phone_and_its_actions_are_followed(office: Office) -> None:
    watched = office.sign_in("coordinator", PHONE)
    page = watched.open("/meeting")
    page.click("#register")
    expect(page.locator("#who")).to_contain_text("on this phone")
    topic = f"Where the waste point goes {uuid4().hex[:6]}"
    page.select_option("[name=kind]", "council")
    page.fill("[name=topic]", topic)
    page.fill("[name=options]", "beside the school\nat the south gate")
    page.fill("[name=decision]", "at the south gate")
    page.fill("[name=place]", "Village hall")
    page.fill("[name=lon]", "131.015")
    page.fill("[name=lat]", "46.005")
    page.fill("[name=attendance-residents]", "31")
    days = [(datetime.now(UTC).date() + timedelta(days=shift)).isoformat() for shift in (-2, 9)]
    owners = (("unit", "V00"), ("representative", "R1"))
    words = (f"Lay the concrete {topic}", f"Tell every household {topic}")
    for text, (owner, code), day in zip(words, owners, days, strict=True):
        page.click("[data-add=actions]")
        part = page.locator("#actions fieldset").last
        part.locator("[data-name=text]").fill(text)
        part.locator("[data-name=owner]").select_option(owner)
        part.locator("[data-name=code]").fill(code)
        part.locator("[data-name=due_on]").fill(day)
    page.click("#hearing button[type=submit]")
    expect(page.locator("#sent")).to_contain_text("Village hall", timeout=30_000)

    desk = office.sign_in("coordinator")
    page = desk.open("/meetings")
    page.locator("#left .row", has_text=words[0]).click()
    expect(page.locator("#detail-title")).to_have_text(topic)
    expect(page.locator("#detail")).to_contain_text("beside the school / at the south gate")
    expect(page.locator("#detail")).to_contain_text("V00 · by")
    expect(page.locator("#detail .said", has_text=words[0])).to_contain_text("late")
    first = page.locator("#detail form").first
    first.locator("[name=text]").fill("Laid on Friday")
    first.locator("button").click()
    expect(page.locator("#detail")).to_contain_text("Laid on Friday")
    expect(page.locator("#left .row", has_text=words[0])).to_have_count(0)
    expect(page.locator("#left .row", has_text=words[1])).to_have_count(1)
