"""The page of meetings and visits: for each role what it may, by keyboard, on a phone, in both languages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Office
from tests.fixtures.county import centre
from tests.fixtures.injected import EVALUATED, TEMPLATE

OUTREACH = "/api/v1/outreach"
HOSTILE = f"{TEMPLATE}<img src=x onerror=alert(1)>"


def record(page: Page, office: Office, **members: Any) -> str:
    lon, lat = centre(0, 0)
    known = {"kind": "bench-meeting", "at": datetime.now(UTC).isoformat(), "lon": lon, "lat": lat}
    given = {"id": str(uuid4()), "place": f"elm {uuid4().hex[:6]} {HOSTILE}", **known, **members}
    answer = page.request.post(f"{office.origin}{OUTREACH}", data=given, headers={"Origin": office.origin})
    assert answer.status == 201, answer.text()
    return str(given["place"])


def asking(kind: str) -> dict[str, Any]:
    return {"requests": [{"id": str(uuid4()), "kind": kind, "text": f"please {HOSTILE}"}]}


def test_a_stop_is_granted_held_and_shown_by_keyboard(office: Office) -> None:
    watched = office.sign_in("coordinator")
    place = record(watched.page, office, **asking("service-stop"))
    page = watched.open("/meetings")
    page.locator("#list .row", has_text=place).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_have_text(place)
    assert page.evaluate("document.activeElement.id") == "detail"
    page.locator("#detail summary").focus()
    page.keyboard.press("Enter")
    page.fill("#detail [name=services]", "seals, advice")
    page.locator("#detail button", has_text="Grant it").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("a stop is planned")
    stop = page.locator("#stops > li", has_text=place)
    expect(stop).to_contain_text("seals, advice")
    expect(page.locator(".meeting-pin-stop")).to_have_count(1)
    stop.locator("button", has_text="It was held").click()
    expect(stop).to_contain_text("held")
    expect(page.locator(".meeting-pin-stop")).to_have_count(0)
    assert EVALUATED not in page.locator("body").inner_text()


def test_filters_are_in_the_address_and_nothing_says_what_to_do(office: Office) -> None:
    watched = office.sign_in("coordinator")
    place = record(watched.page, office, kind="visit", representative="R1", duty="safety")
    page = watched.open("/meetings")
    page.select_option("[name=kind]", "visit")
    page.select_option("[name=duty]", "safety")
    page.locator("#filter button[type=submit]").click()
    expect(page.locator("#list .row", has_text=place)).to_have_count(1)
    page.reload()
    watched.ready()
    expect(page.locator("[name=duty]")).to_have_value("safety")
    page.fill("[name=unit_code]", "T0")
    page.locator("#filter button[type=submit]").click()
    expect(page.locator("#list .row", has_text=place)).to_have_count(1)
    page.fill("[name=unit_code]", "V99")
    page.locator("#filter button[type=submit]").click()
    expect(page.locator("#problem")).to_contain_text("V99")
    page.fill("[name=unit_code]", "")
    page.select_option("[name=duty]", "environment")
    page.locator("#filter button[type=submit]").click()
    expect(page.locator("#list")).to_contain_text("Nothing was recorded")


def test_a_problem_leads_to_its_case_and_back(office: Office) -> None:
    watched = office.sign_in("coordinator")
    problem = {"id": str(uuid4()), "class": "lamp", "title": f"dark corner {HOSTILE}"}
    place = record(watched.page, office, problems=[problem])
    page = watched.open("/meetings")
    page.locator("#list .row", has_text=place).click()
    page.locator("#detail [data-case]").press("Enter")
    expect(page.locator("#detail-title")).to_contain_text(problem["title"])
    page.locator("#detail a[href^='/meetings']").press("Enter")
    expect(page.locator("#detail-title")).to_have_text(place)


def test_who_may_not_answer_sees_no_form(office: Office) -> None:
    coordinator = office.sign_in("coordinator")
    place = record(coordinator.page, office, **asking("patrol"))
    for login, may_record in (("representative", True), ("auditor", False)):
        watched = office.sign_in(login)
        page = watched.open("/meetings")
        page.locator("#list .row", has_text=place).click()
        expect(page.locator("#detail")).to_contain_text("not answered yet")
        expect(page.locator("#detail form")).to_have_count(0)
        assert page.locator("a[href='/visit']").count() == may_record


def test_what_was_granted_shows_on_the_map_of_coverage(office: Office) -> None:
    watched = office.sign_in("coordinator")
    lon, lat = centre(2, 1)
    now = datetime.now(UTC)
    today = now.date().isoformat()
    place = f"square {uuid4().hex[:6]} {HOSTILE}"
    times = {"from_at": now.isoformat(), "to_at": (now + timedelta(hours=2)).isoformat()}
    stop = {"name": "Car", "place": place, "lon": lon, "lat": lat, "services": ["seals"], **times}
    rule = {"kind": "unit", "code": "G11", "within_days": 7.0, "count": 2, "from_day": today}
    rule |= {"source": "meeting", "asked_by": "elm", "reason": "dark", "to_day": "2099-01-01"}
    for path, body in (("stops", stop), ("coverage/due/rules", rule)):
        url = f"{office.origin}/api/v1/{path}"
        assert watched.page.request.post(url, data=body, headers={"Origin": office.origin}).status == 201
    page = watched.open("/coverage")
    page.locator("[name=layer][value=asked]").focus()
    page.keyboard.press("Space")
    expect(page.locator(f".leaflet-marker-icon[title*='{place[:13]}']")).to_have_count(1)
    expect(page.locator(".asked-asked-patrols")).not_to_have_count(0)
    expect(page.locator("#classes-asked .number")).to_have_count(2)
    assert page.locator(".leaflet-marker-icon[title*='2 within 7 days']").count() >= 1
    page.uncheck("[name=layer][value=asked]")
    expect(page.locator(".asked-sign")).to_have_count(0)


@pytest.mark.parametrize(("size", "lang"), [(PHONE, "zh"), (WIDE, "en")])
def test_it_fits_and_every_field_has_a_name(office: Office, size: tuple[int, int], lang: str) -> None:
    watched = office.sign_in("coordinator", size, lang)
    place = record(watched.page, office, **asking("service-stop"))
    page = watched.open(f"/meetings?lang={lang}")
    page.locator("#list .row", has_text=place).click()
    page.locator("#detail summary").click()
    body = "document.getElementById('panel-body')"
    assert page.evaluate(f"{body}.scrollWidth <= {body}.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    nameless = """() => [...document.querySelectorAll("#panel :is(input, select, textarea)")]
        .filter((one) => !one.labels.length || !one.labels[0].textContent.trim()).length"""
    assert page.evaluate(nameless) == 0
