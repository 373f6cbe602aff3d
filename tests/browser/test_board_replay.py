"""A patrol again on the board: a purpose for those of others, play, scrub, and the audit of it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from layers.audit import AuditFilter
from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from tests.browser.conftest import PHONE, WAIT_S, Office, Watched
from tests.browser.test_board_live import Walker
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import points
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_tracks import BORDER

PURPOSE = "look at the gap"


@pytest.fixture
def walk(office: Office) -> str:
    """A walk of half an hour by somebody else, begun some hours ago; returns its device."""
    return _sent(office, 0.0, 2_000.0)[0]


def _sent(office: Office, low: float, high: float) -> tuple[str, str]:
    device = f"d{new_id().hex[-8:]}"
    start = (datetime.now(UTC) - timedelta(hours=5)).timestamp()
    reply = httpx.post(
        f"{office.origin}/api/v1/tracks",
        params={"device": device, "person": "Guard 7", "district": DISTRICT},
        content=gpx(along(BORDER, low, high, start=start, interval=10.0)),
        headers={"Content-Type": "application/gpx+xml"},
        auth=("administrator", "demo"),
        timeout=WAIT_S,
    )
    assert reply.status_code == 201, reply.text
    return device, str(reply.json()["patrol"])


def _open(watched: Watched) -> Page:
    page = watched.open(f"/coverage?district={DISTRICT}")
    page.locator("#patrols-section summary").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-patrol]")
    return page


@pytest.mark.parametrize("size", [(1400, 860), PHONE], ids=["wide", "phone"])
def test_a_patrol_of_another_is_played_for_a_purpose(
    office: Office, walk: str, size: tuple[int, int]
) -> None:
    page = _open(office.sign_in("coordinator", size))
    row = page.locator("[data-patrol]").first
    identifier = row.get_attribute("data-patrol")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#purpose")).to_be_visible()
    page.keyboard.type(PURPOSE)
    page.keyboard.press("Enter")
    expect(page.locator("#replay")).to_be_visible()
    expect(page.locator("#replay-play")).to_be_focused()
    page.select_option("#replay-speed", "600")
    page.click("#replay-play")
    expect(page.locator("#replay")).to_have_attribute("data-playing", "1")
    expect(page.locator("#replay-slider")).not_to_have_value("0")
    page.click("#replay-play")
    expect(page.locator("#replay")).to_have_attribute("data-playing", "0")
    page.locator("#replay-slider").focus()
    page.keyboard.press("End")
    last = int(page.get_attribute("#replay", "data-index") or "0")
    page.keyboard.press("Home")
    expect(page.locator("#replay")).to_have_attribute("data-index", "0")
    assert last > 100
    page.keyboard.press("Escape")
    expect(page.locator("#replay")).to_be_hidden()
    expect(row).to_be_focused()
    with Session(office.engine) as session:
        enter(session, SYSTEM_SCOPE)
        (entry,) = Stores(session, DISTRICT).audit.latest(AuditFilter("track.read", subject=identifier))
        assert entry.purpose == PURPOSE


def test_without_a_purpose_nothing_is_shown(office: Office, walk: str) -> None:
    watched = office.sign_in("coordinator")
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = _open(watched)
    page.locator("[data-patrol]").first.click()
    page.click("#purpose-cancel")
    page.locator("[data-patrol]").first.click()
    page.keyboard.press("Escape")
    assert page.locator("#replay").is_hidden()
    assert not [url for url in asked if "/fixes" in url]


def test_a_keeper_says_how_a_clock_was_and_takes_it_back(office: Office) -> None:
    walker = Walker(office.origin)
    told = datetime.now(UTC) - timedelta(hours=2)
    walker.began = told - timedelta(minutes=1)
    for number in range(3):
        walker.headers["Sent-At"] = (told + timedelta(seconds=number)).isoformat()
        walker.send(points(10, first=10 * number, start=walker.began, step_s=1.0))
    page = _open(office.sign_in("coordinator"))
    row = page.locator(".row-beside", has=page.locator("[data-clock]"))
    expect(row).to_contain_text("clock 2.0 h behind, known from 3 batches")
    page.locator("[data-clock]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clock [name=way]")).to_be_focused()
    expect(page.locator("#clock [name=way]")).to_have_value("behind")
    expect(page.locator("#clock [name=hours]")).to_have_value("2")
    expect(page.locator("#clock-back")).to_be_hidden()
    page.fill("#clock [name=hours]", "0")
    page.fill("#clock [name=reason]", "It showed the time of the radio")
    page.keyboard.press("Enter")
    expect(page.locator("#clock-problem")).to_contain_text("Give hours or minutes")
    page.select_option("#clock [name=way]", "right")
    expect(page.locator("#clock [name=hours]")).to_be_disabled()
    page.locator("#clock [name=reason]").press("Enter")
    expect(row).to_contain_text("clock was right, says coordinator")
    expect(page.locator("[data-clock]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#clock-known")).to_contain_text("It showed the time of the radio")
    page.fill("#clock [name=reason]", "It was another phone")
    page.click("#clock-back")
    expect(row).to_contain_text("clock 2.0 h behind, known from 3 batches")
    expect(page.locator("#clock")).to_be_hidden()
    assert office.sign_in("supervisor").open(f"/coverage?district={DISTRICT}").locator("#clock").count() == 0


def test_who_may_not_know_of_patrols_is_not_offered_them(office: Office) -> None:
    page = office.sign_in("planner").open(f"/coverage?district={DISTRICT}")
    assert page.locator("#patrols-section").count() == 0


def test_a_wrong_track_is_withdrawn_in_part_and_in_whole_and_restored(office: Office) -> None:
    _, patrol = _sent(office, 2_400.0, 3_600.0)
    page = _open(office.sign_in("coordinator"))
    row, chip = page.locator(f"[data-patrol='{patrol}']"), page.locator(f"[data-withdraw='{patrol}']")
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#track-title")).to_have_text("Withdraw a track")
    page.fill("#track [name=from_at]", "2020-01-01T00:00")
    page.fill("#track [name=reason]", "a ride home")
    page.keyboard.press("Enter")
    expect(page.locator("#track-problem")).to_contain_text("belong together")
    page.fill("#track [name=to_at]", "2020-01-02T00:00")
    page.click("#track-send")
    expect(page.locator("#track-problem")).to_contain_text("no position of that time")
    for name in ("from_at", "to_at"):
        page.fill(f"#track [name={name}]", "")
    page.click("#track-send")
    expect(page.locator("#track")).to_be_hidden()
    expect(row).to_contain_text("withdrawn by coordinator: a ride home")
    expect(chip).to_have_text("Restore")
    chip.click()
    page.fill("#track [name=reason]", "it was a patrol")
    page.keyboard.press("Enter")
    expect(page.locator("#track")).to_be_hidden()
    expect(chip).to_have_text("Withdraw")
