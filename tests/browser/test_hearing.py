"""Visits and meetings written on a phone whose network comes and goes: kept with each key, recorded once."""

import uuid
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.test_field_pages import UPLOADS, Field, field, served, settled, sign_in
from tests.fixtures.field import png

__all__ = ["field", "served"]  # fixtures


def ready(instance: Field, view: str, login: str = "worker", lang: str = "en") -> Page:
    """A phone on which somebody has registered, on a page that is ready for no network."""
    page = instance.phone().new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, instance.origin, login, f"/{view}?lang={lang}")
    page.click("#register")
    expect(page.locator("#who")).to_contain_text(login)
    page.wait_for_selector("body[data-offline='1']")
    assert faults == []
    return page


def write_visit(page: Page, place: str) -> None:
    page.fill("[name=representative]", "R1")
    page.select_option("[name=duty]", "safety")
    page.fill("[name=place]", place)
    page.click("#here")
    expect(page.locator("[name=lon]")).to_have_value("131.0151000")
    page.fill("[name=served]", "3")
    page.fill("[name=attendance-residents]", "3")
    page.click("[data-add=opinions]")
    page.fill("#opinions [data-name=text]", "It is dark at night")
    for title, solution in (("Dark junction", ""), ("Loose kerb", ""), ("Form", "Filled in together")):
        page.click("[data-add=problems]")
        part = page.locator("#problems fieldset").last
        part.locator("[data-name=class]").select_option("lamp")
        part.locator("[data-name=title]").fill(title)
        part.locator("[data-name=solution]").fill(solution)
    page.locator("#problems [data-name=opinion]").first.select_option(index=1)
    page.click("[data-add=requests]")
    page.fill("#requests [data-name=text]", "Come by at night")


def send(page: Page) -> None:
    page.evaluate("document.getElementById('note').hidden = true")
    page.click("#hearing button[type=submit]")
    expect(page.locator("#note")).to_be_visible()


def recorded(instance: Field, place: str) -> int:
    return instance.count("SELECT count(*) FROM outreach WHERE place = :place", place=place)


def incidents(instance: Field, place: str) -> int:
    question = """SELECT count(*) FROM incident AS i JOIN outreach_problem AS p ON p.incident = i.id
        JOIN outreach AS o ON o.id = p.outreach WHERE o.place = :place AND i.channel = 'visit'"""
    return instance.count(question, place=place)


def test_a_visit_written_without_a_network_survives_and_arrives_whole(field: Field, tmp_path: Path) -> None:
    page = ready(field, "visit")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    place = f"elm {uuid.uuid4()}"
    write_visit(page, place)
    photo = tmp_path / "junction.png"
    photo.write_bytes(png())
    page.locator("#problems [data-photos]").first.set_input_files(photo)
    expect(page.locator("#problems [data-photo-list] .row")).to_have_count(1)
    # The phone is put away in the middle of it and taken out again, still without a network.
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[name=place]")).to_have_value(place)
    expect(page.locator("#problems fieldset")).to_have_count(3)
    expect(page.locator("#problems [data-name=title]").nth(1)).to_have_value("Loose kerb")
    expect(page.locator("#problems [data-photo-list] .row")).to_have_count(1)
    assert page.locator("#problems [data-name=opinion]").first.input_value() != ""
    send(page)
    expect(page.locator("[name=place]")).to_have_value("")
    expect(page.locator("#problems fieldset")).to_have_count(0)
    assert recorded(field, place) == 0
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.context.set_offline(False)
    settled(page)
    assert (recorded(field, place), incidents(field, place)) == (1, 2)
    expect(page.locator("#sent")).to_contain_text("2 problems became incidents")
    linked = """SELECT count(*) FROM field_photo AS f JOIN outreach_problem AS p ON p.incident = f.subject
        JOIN outreach AS o ON o.id = p.outreach WHERE o.place = :place AND f.linked_at IS NOT NULL"""
    assert field.count(linked, place=place) == 1


def test_lost_answers_doubled_and_overtaking_requests_record_once(field: Field) -> None:
    page = ready(field, "visit")
    place = f"gate {uuid.uuid4()}"
    page.context.set_offline(True)
    for _ in range(2):
        write_visit(page, place)
        send(page)
    page.wait_for_selector("body[data-waiting='2']", timeout=60_000)
    page.evaluate("navigator.locks.request('wardline-courier', () => null)")
    lost: list[str] = []
    held: list[Route] = []

    def trouble(route: Route, request: Request) -> None:
        """Hold the first back; double the second and lose its answers."""
        if request.method != "PUT":
            route.continue_()
        elif not held:
            held.append(route)
        elif request.url not in lost:
            lost.append(request.url)
            route.fetch()
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route(UPLOADS, trouble)
    page.context.set_offline(False)
    for _ in range(300):
        if lost and recorded(field, place) == 1:
            break
        page.wait_for_timeout(100)
    held[0].continue_()
    settled(page)
    assert (recorded(field, place), incidents(field, place), len(lost)) == (2, 4, 1)


def test_a_council_by_keyboard(field: Field) -> None:
    page = ready(field, "meeting", "coordinator")
    place = f"hall {uuid.uuid4()}"
    page.focus("[name=kind]")
    page.keyboard.press("ArrowDown")
    for words in ("Where the waste point goes", "at the school\nat the gate", "by the river"):
        page.keyboard.press("Tab")
        page.keyboard.insert_text(words)
    page.fill("[name=place]", place)
    page.fill("[name=lon]", "131.0151")
    page.fill("[name=lat]", "46.0151")
    page.focus("[data-add=actions]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.name") == "text"
    page.keyboard.insert_text("Lay the concrete")
    page.locator("#actions [data-name=owner]").select_option("unit")
    page.fill("#actions [data-name=code]", "V00")
    page.fill("#actions [data-name=due_on]", "2026-12-01")
    page.click("#hearing button[type=submit]")
    assert page.evaluate("document.activeElement.name") == "decision", "it is none of the options"
    page.fill("[name=decision]", "at the gate")
    send(page)
    settled(page)
    question = "SELECT count(*) FROM outreach AS o JOIN outreach_action AS a ON a.outreach = o.id"
    question += " WHERE o.place = :place AND o.kind = 'council' AND o.body->>'decision' = 'at the gate'"
    assert field.count(question, place=place) == 1


def test_what_is_refused_is_told_with_its_reason_and_a_draft_is_thrown_away(field: Field) -> None:
    page = ready(field, "visit")
    write_visit(page, f"nowhere {uuid.uuid4()}")
    page.fill("[name=representative]", "R99")
    send(page)
    settled(page)
    expect(page.locator("#sent")).to_contain_text("kept apart")
    page.fill("[name=place]", "to be thrown away")
    page.click("[data-add=opinions]")
    page.click("#opinions fieldset > button")
    assert page.evaluate("document.activeElement.dataset.add") == "opinions"
    page.click("#discard")
    expect(page.locator("[name=place]")).to_have_value("")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[name=place]")).to_have_value("")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("view", ["visit", "meeting"])
def test_every_field_has_a_name_and_fits_a_phone(field: Field, view: str, lang: str) -> None:
    page = field.phone().new_page()
    page.goto(f"{field.origin}/{view}?lang={lang}")
    page.wait_for_selector("body[data-ready]")
    for member in ("opinions", "problems", "actions", "requests"):
        page.click(f"[data-add={member}]")
    nameless = """() => [...document.querySelectorAll("#hearing :is(input, select, textarea)")]
        .filter((one) => !one.labels.length || !one.labels[0].textContent.trim()).length"""
    assert page.evaluate(nameless) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("#hearing button[type=submit]")).to_be_disabled()
    serious = [
        one["id"]
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []
