"""Tasks on the board: asked for from a gap, given to somebody, and closed by itself when evidence comes."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from service.access.demo import PASSWORD
from tests.browser.conftest import PHONE, WAIT_S, Office
from tests.fixtures.county import DISTRICT
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

ROOT = ("administrator", PASSWORD)


def walk(origin: str, begin: float, end: float) -> None:
    start = (datetime.now(UTC) - timedelta(hours=3)).timestamp()
    reply = httpx.post(
        f"{origin}/api/v1/tracks",
        params={"device": "closer", "district": DISTRICT},
        content=gpx(along(BORDER, begin, end, start=start, interval=10.0)),
        headers={"Content-Type": "application/gpx+xml"},
        auth=ROOT,
        timeout=WAIT_S,
    )
    assert reply.status_code == 201, reply.text


def test_a_gap_becomes_a_task_and_evidence_closes_it(office: Office) -> None:
    page = office.sign_in("coordinator").open(f"/coverage?district={DISTRICT}")
    make = page.locator("#gaps .row-act").first
    make.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#task")).to_be_visible()
    page.select_option("#task [name=assignee]", label="Guard")
    page.fill("#task [name=reason]", "reported tracks")
    page.keyboard.press("Enter")
    expect(page.locator("#task")).to_be_hidden()
    expect(make).to_be_focused()
    task = page.locator("[data-task]")
    expect(task).to_have_attribute("data-state", "open")
    expect(task).to_contain_text("for Guard")
    expect(task).to_contain_text("reported tracks")
    walk(office.origin, 0.0, BORDER.length_m)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(task).to_have_attribute("data-state", "done")
    expect(task).to_contain_text(re.compile("closed by itself .*: later evidence"))


@pytest.mark.parametrize(("who", "buttons", "list_"), [("auditor", 0, 1), ("guard", 0, 1)])
def test_others_read_tasks_and_make_none(office: Office, who: str, buttons: int, list_: int) -> None:
    page = office.sign_in(who, PHONE, "zh-CN").open(f"/coverage?district={DISTRICT}")
    assert page.locator("#gaps .row-act").count() == buttons
    assert page.locator("#tasks-section").count() == list_
    assert page.locator("#task").count() == 0
