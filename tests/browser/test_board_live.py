"""Who is on shift now, on their coordinator's board: only when asked for, and gone with the shift."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from service.access.demo import PASSWORD, person_id
from tests.browser.conftest import PHONE, WAIT_S, Office
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import batch, points, track

ROOT = ("administrator", PASSWORD)
LIVE = "/api/v1/coverage/live"


class Walker:
    """The guard's phone."""

    def __init__(self, origin: str) -> None:
        self.path = f"{origin}/api/v1/devices"
        self.code, self.track = f"d{uuid.uuid4().hex[-8:]}", uuid.uuid4()
        self.began = datetime.now(UTC) - timedelta(hours=1)
        body = {"code": self.code, "person": str(person_id("guard"))}
        made = httpx.post(self.path, json=body, auth=ROOT, timeout=WAIT_S)
        assert made.status_code == 201, made.text
        self.headers = {"Authorization": f"Bearer {made.json()['token']}"}

    def send(self, walk: list[dict[str, Any]], ended: datetime | None = None) -> None:
        told = {"started_at": self.began.isoformat(), "ended_at": ended and ended.isoformat()}
        reply = httpx.put(
            f"{self.path}/{self.code}/batches/{uuid.uuid4()}",
            params={"district": DISTRICT},
            json=batch(tracks=[{**track(walk, self.track), **told}]),
            headers=self.headers,
            timeout=WAIT_S,
        )
        assert reply.status_code == 200, reply.text


@pytest.mark.parametrize(("size", "lang"), [((1400, 860), "en-GB"), (PHONE, "zh-CN")], ids=["wide", "phone"])
def test_those_on_shift_are_shown_while_their_shift_runs(
    office: Office, size: tuple[int, int], lang: str
) -> None:
    walker = Walker(office.origin)
    walker.send(points(100, start=walker.began))
    watched = office.sign_in("coordinator", size, lang)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = watched.open(f"/coverage?district={DISTRICT}")
    assert not any(LIVE in one for one in asked), "nothing is asked for before the box is ticked"
    page.locator("#live-on").focus()
    page.keyboard.press("Space")
    row = page.locator("[data-live]")
    expect(row).to_have_count(1)
    said = r"^4\d min ago$" if lang == "en-GB" else r"^4\d 分钟前$"
    expect(row.locator(".row-value")).to_have_text(re.compile(said))
    expect(page.locator(".leaflet-tooltip")).to_have_count(1)
    assert [text[-1] for text in page.locator("#live-classes li").all_inner_texts()] == ["0", "1"]
    before = page.evaluate("window.map_view.getZoom()")
    row.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.map_view.getZoom()") > before
    walker.send([], ended=datetime.now(UTC))
    with page.expect_response(f"**{LIVE}*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row).to_have_count(0)
    expect(page.locator(".leaflet-tooltip")).to_have_count(0)
    page.locator("#live-on").uncheck()
    assert page.inner_text("#live") == ""


@pytest.mark.parametrize("who", ["administrator", "auditor", "guard"])
def test_nobody_else_has_it_on_the_board(office: Office, who: str) -> None:
    page = office.sign_in(who).open(f"/coverage?district={DISTRICT}")
    assert page.locator("#live-section").count() == 0
