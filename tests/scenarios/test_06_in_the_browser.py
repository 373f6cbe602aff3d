"""Practice 6 in the browser: the half-year's figures lead to their rows, and a request becomes patrols."""

from typing import Any
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.conftest import Office, office, office_service
from tests.scenarios.test_06_bench_meetings import (
    MEETINGS,
    OPINIONS,
    OUTREACH,
    SOLVED,
    VISITS,
    gathering,
    half_year,
)

__all__ = ["office", "office_service"]  # fixtures


def record(page: Any, origin: str, given: dict[str, Any]) -> None:
    answer = page.request.post(f"{origin}{OUTREACH}", data=given, headers={"Origin": origin})
    assert answer.status == 201, answer.text()


def test_the_half_year_is_read_and_a_request_is_granted_in_the_browser(office: Office) -> None:
    watched = office.sign_in("coordinator")
    page = watched.page
    for given in half_year():
        record(page, office.origin, given)
    asked = [{"id": str(uuid4()), "kind": "patrol", "unit": "G10", "text": "Come by at night"}]
    record(page, office.origin, gathering(3, kind="council", topic="Lights", requests=asked))
    watched.open("/meetings?from=2025-01-01&to=2025-06-30")

    def figure(what: str) -> Any:
        return page.locator(f"[data-figure={what}] .row-value")

    expect(figure("bench-meeting")).to_have_text(str(MEETINGS))
    expect(figure("visit")).to_have_text(str(VISITS))
    expect(figure("opinions")).to_have_text(str(OPINIONS))
    expect(figure("solved")).to_have_text(str(SOLVED))
    page.click("[data-figure=solved]")
    expect(page.locator("#list-title")).to_have_text("problems solved")
    expect(page.locator("#list .row")).to_have_count(SOLVED)
    page.click("[data-figure=bench-meeting]")
    expect(page.locator("#list .row")).to_have_count(MEETINGS)
    most = page.locator("#list .row", has_text="4 problems")
    expect(most).to_have_count(1)
    most.click()
    expect(page.locator("#detail")).to_contain_text("Problems · 4")
    expect(page.locator("#detail")).to_contain_text("residents 12")

    # Who falls short of a quota is named, and leads to the visits there are.
    page.fill("#quota", "36")
    page.keyboard.press("Tab")
    expect(page.locator("#duties-count")).to_have_text("3 of 3 fall short")
    expect(page.locator("#duties [data-representative=R1]")).to_contain_text("3 of 6 duties")
    expect(page.locator("#duties [data-representative=R3]")).to_contain_text("0 of 6 duties")
    page.click("#duties [data-representative=R1]")
    expect(page.locator("#list-count")).to_have_text(str(VISITS // 2))

    page.locator("#asked .row").click()
    expect(page.locator("#detail-title")).to_have_text("Lights")
    page.locator("#detail summary").click()
    page.fill("#detail [name=within]", "7")
    page.locator("#detail button", has_text="Grant it").click()
    expect(page.locator("#detail")).to_contain_text("patrols raised")
    expect(page.locator("#asked-count")).to_have_text("0")
    rules = page.request.get(f"{office.origin}/api/v1/coverage/due/rules").json()["items"]
    assert [(one["code"], one["count"], one["within_days"]) for one in rules] == [("G10", 2, 7.0)]
