"""The page of reports in a real browser: numbers lead to their rows, the plan, its map and its letters."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from markupsafe import escape
from playwright.sync_api import Page, expect

from service.access.credentials import PLAIN_COOKIE
from tests.browser.conftest import PHONE, WIDE, Office
from tests.fixtures.accounts import open_session
from tests.fixtures.county import DISTRICT
from tests.fixtures.injected import EVALUATED, TEMPLATE

PERIODS = "/api/v1/periods"
TITLE = f"<img src=x onerror=document.title='hit'>{TEMPLATE}"
READERS = [(WIDE, "en-GB"), (PHONE, "zh-CN")]


@pytest.fixture
def keeper(office: Office) -> Iterator[httpx.Client]:
    """A coordinator over HTTP, with the plan of a quarter of which a part is carried out and a part late."""
    person, _ = office.person(("coordinator", DISTRICT, None))
    cookies = {PLAIN_COOKIE: open_session(office.engine, person)}
    with httpx.Client(
        base_url=office.origin, cookies=cookies, headers={"Origin": office.origin}, timeout=60
    ) as client:
        if not client.get(PERIODS).json()["items"]:
            planned(client, office)
        yield client


def planned(client: httpx.Client, office: Office) -> None:
    given = {"kind": "quarter", "title": TITLE, "first_day": "2025-01-01"}
    here = f"{PERIODS}/{client.post(PERIODS, json=given).json()['id']}"
    task = {"title": TITLE, "kind": "wells", "office": TITLE, "due_on": "2025-02-01"}
    parts = (["G00", "G01", "G10"], ["G00", "G11"])
    ids = [client.post(f"{here}/tasks", json=task | {"units": units}).json()["id"] for units in parts]
    merged = client.post(f"{here}/merges", json={"tasks": ids}).json()["id"]
    assert client.post(f"{here}/publish").is_success
    event = {
        "id": str(uuid4()),
        "task": merged,
        "unit": "G00",
        "at": "2025-01-09T09:00:00+08:00",
    }
    assert client.post(f"{here}/events", json={"items": [event]}).is_success
    watcher, _ = office.person(("supervisor", DISTRICT, None))
    point = {"name": TITLE, "lon": 131.005, "lat": 46.005, "supervisor": str(watcher)}
    assert client.post(f"{here}/points", json=point).is_success


def opened(office: Office, size: tuple[int, int], lang: str) -> Page:
    person, _ = office.person(("coordinator", DISTRICT, None))
    page = office.sign_in(person, size, lang).open("/reports")
    expect(page.locator("[data-figure=checks]")).to_be_visible()
    return page


@pytest.mark.parametrize(("size", "lang"), READERS, ids=["wide", "phone"])
def test_numbers_lead_to_their_rows_by_keyboard(
    office: Office, keeper: httpx.Client, size: tuple[int, int], lang: str
) -> None:
    page = opened(office, size, lang)
    # The plan of the period is found by itself, and shown as map and list.
    expect(page.locator("#plan-title")).to_have_text(TITLE)
    expect(page.locator("[data-count=submitted] button")).to_have_text("2")
    expect(page.locator("[data-count=tasks] button")).to_have_text("1")
    expect(page.locator("[data-count=units] button")).to_have_text("4")
    expect(page.locator(".reports-unit")).to_have_count(4)
    expect(page.locator(".reports-map .reports-mark")).to_have_count(1)
    expect(page.locator("[data-chart=checks] rect.bar-part")).to_have_count(3)
    number = page.locator("[data-figure=checks] .reports-number").nth(1)
    expect(number).to_have_text("1")
    number.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rows-body tr")).to_have_count(1)
    expect(page.locator("#rows-body tr")).to_contain_text("G00")
    page.keyboard.press("Escape")
    expect(page.locator("#rows")).to_be_hidden()
    expect(number).to_be_focused()
    fine(page)


def fine(page: Page) -> None:
    """Hold that a page fits, runs nothing that people wrote, and has no serious fault for a screen reader."""
    assert page.locator("main img").count() == 0
    assert EVALUATED not in page.content()
    assert page.title() != "hit"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()


def test_letters_are_written_once_and_the_report_is_taken_away(office: Office, keeper: httpx.Client) -> None:
    page = opened(office, WIDE, "en-GB")
    page.click("#issue")
    expect(page.locator("[data-letter]")).to_have_count(3)
    page.click("#issue")
    expect(page.locator("#announce")).to_contain_text("0 letters and 0")
    expect(page.locator("[data-letter]")).to_have_count(3)
    with page.expect_download() as found:
        page.click("#take-xlsx")
    assert found.value.suggested_filename == "report-2025-01-01-2025-03-31.xlsx"
    letter = page.locator("[data-letter='1'] a").first.get_attribute("href")
    assert str(escape(TITLE)) in keeper.get(str(letter)).text
    # A unit beyond the district is refused in words, and days without a plan say so.
    page.fill("#unit", "nowhere")
    page.press("#unit", "Enter")
    expect(page.locator("#problem")).to_contain_text("nowhere")
    page.fill("#unit", "")
    page.fill("#first", "2025-02-01")
    page.press("#first", "Enter")
    expect(page.locator("#no-plan")).to_be_visible()
    assert "from=2025-02-01" in page.url
    page.reload()
    expect(page.locator("#first")).to_have_value("2025-02-01")


@pytest.mark.parametrize(
    ("size", "lang", "month"), [(*one, f"2024-0{k}") for k, one in enumerate(READERS, 3)]
)
def test_a_plan_is_made_of_tasks_of_several_offices_by_keyboard(
    office: Office, size: tuple[int, int], lang: str, month: str
) -> None:
    person, _ = office.person(("coordinator", DISTRICT, None))
    page = office.sign_in(person, size, lang).open("/reports")
    page.locator("#begin-plan summary").focus()
    page.keyboard.press("Enter")
    page.fill("#begin [name=title]", TITLE)
    page.fill("#begin [name=first_day]", f"{month}-02")
    page.press("#begin [name=title]", "Enter")
    expect(page.locator("#begin .message")).to_contain_text(f"{month}-02")
    page.fill("#begin [name=first_day]", f"{month}-01")
    page.press("#begin [name=title]", "Enter")
    expect(page.locator("#plan-title")).to_have_text(TITLE)
    fields = page.locator("#submit-task")
    expect(fields.locator("[name=title]")).to_be_focused()
    for name, value in {
        "office": "Water",
        "kind": "wells",
        "due_on": f"{month}-20",
        "units": "G00, G01\nnowhere",
    }.items():
        fields.locator(f"[name={name}]").fill(value)
    fields.locator("[name=title]").fill(TITLE)
    page.keyboard.press("Enter")
    expect(fields.locator(".message")).to_contain_text("nowhere")
    for title, units in (("Look at wells", "G00 G01"), ("Wells, again", "G00，G11")):
        fields.locator("[name=units]").fill(units)
        fields.locator("[name=office]").fill(title)
        fields.locator("[name=title]").fill(title)
        expect(fields.locator("[type=submit]")).to_be_enabled()
        page.keyboard.press("Enter")
        expect(page.locator("#tasks tbody")).to_contain_text(title)
        expect(page.locator("#announce")).to_contain_text(title)
    expect(page.locator("[data-count=items] button")).to_have_text("4")
    page.locator("#merging summary").focus()
    page.keyboard.press("Enter")
    for box in page.locator("#mergeable input").all():
        box.focus()
        page.keyboard.press("Space")
    page.locator("#merge [name=title]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tasks tbody tr")).to_have_count(1)
    expect(page.locator("[data-count=items] button")).to_have_text("3")
    expect(page.locator("#plan-title")).to_be_focused()
    fine(page)
    page.locator("[data-undo]").press("Enter")
    expect(page.locator("#tasks tbody tr")).to_have_count(2)
    page.locator("#publishing button").press("Enter")
    expect(page.locator("#submitting")).to_be_hidden()
    expect(page.locator("#plan-title")).to_be_focused()
    page.fill("#publishing [name=reason]", "A task is missing")
    expect(page.locator("#publishing button")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("#submitting")).to_be_visible()
