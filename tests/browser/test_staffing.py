"""The pages of staffing and of the chain in a real browser, at the desk and on the phone, by keyboard."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, Route, expect

from service.access.credentials import PLAIN_COOKIE
from tests.browser.conftest import PHONE, WIDE, Office
from tests.fixtures.accounts import open_session
from tests.fixtures.county import DISTRICT, centre
from tests.fixtures.injected import EVALUATED, TEMPLATE

HOSTILE = f"<img src=x onerror=document.title='hit'>{TEMPLATE}"
READERS = pytest.mark.parametrize(
    ("size", "lang", "name"), [(WIDE, "en-GB", "W"), (PHONE, "zh-CN", "P")], ids=["wide-en", "phone-zh"]
)


def caller(office: Office, role: str) -> httpx.Client:
    person, _ = office.person((role, DISTRICT, None))
    cookies = {PLAIN_COOKIE: open_session(office.engine, person)}
    return httpx.Client(
        base_url=office.origin, cookies=cookies, headers={"Origin": office.origin}, timeout=60
    )


def post(client: httpx.Client, path: str, body: object) -> None:
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text


def fine(page: Page) -> None:
    """Hold that a page fits, runs nothing that people wrote, and has no serious fault for a screen reader."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("main img").count() == 0
    assert EVALUATED not in page.content()
    assert page.title() != "hit"
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert results.violations_count == 0, results.generate_report()


@READERS
def test_homes_are_proposed_and_decided_by_somebody_else(
    office: Office, size: tuple[int, int], lang: str, name: str
) -> None:
    with caller(office, "coordinator") as keeper:
        people = [
            {"code": f"{name}{k}", "name": HOSTILE, "lon": lon, "lat": lat}
            for k, (lon, lat) in enumerate([centre(4, 3), centre(5, 3)])
        ]
        post(keeper, "/api/v1/representatives/batch", {"items": people})
    planner, _ = office.person(("planner", DISTRICT, None))
    found = office.sign_in(planner, size, lang)
    page = found.open("/staffing")
    make = page.locator("#make")
    if make.get_attribute("open") is None:
        make.locator("summary").focus()
        page.keyboard.press("Enter")
    # Two people pinned to one grid of a cap of one cannot be; giving up a pin mends it.
    page.fill("#rules [name=pins]", f"{name}0 V11\n{name}1 V11")
    page.fill("#rules [name=cap]", "1")
    page.press("#rules [name=cap]", "Enter")
    rules = page.locator("#conflict [data-rule]")
    expect(rules.first).to_be_visible()
    fine(page)
    page.locator("#conflict [data-rule=cap] button").click()
    expect(page.locator("#rules [name=cap]")).to_have_value("2")
    # The form closes when the new proposal is there.
    expect(make).not_to_have_attribute("open", "")
    expect(page.locator("#people tr").first).to_be_visible()
    page.locator("#stay").click()
    expect(page.locator(f"#people [data-person={name}0]")).to_contain_text("V11")
    expect(page.locator("#own, #decision").locator("visible=true")).to_have_count(0)
    expect(page.locator("#map-after path")).to_have_count(4)
    fine(page)
    address = page.url

    decider, _ = office.person(("coordinator", DISTRICT, None))
    other = office.sign_in(decider, size, lang)
    page = other.open(address.removeprefix(office.origin))
    page.fill("#decision [name=note]", HOSTILE)
    page.press("#decision [name=note]", "Enter")
    expect(page.locator("#decision")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text(TEMPLATE)
    expect(page.locator("#items [data-state=approved]").first).to_be_visible()
    fine(page)
    page.select_option("#papers [name=unit]", "T0")
    with page.expect_download() as taken:
        page.locator("#papers [type=submit]").press("Enter")
    assert taken.value.suggested_filename == "duty-T0.pdf"
    page.locator("#stay").click()
    with page.context.expect_page() as opened:
        page.locator(f"#people [data-person={name}0] a").click()
    expect(opened.value.locator("h1")).to_contain_text(TEMPLATE)
    opened.value.close()


@READERS
def test_a_path_is_searched_and_walked(office: Office, size: tuple[int, int], lang: str, name: str) -> None:
    lon, lat = centre(2, 3)
    with caller(office, "coordinator") as keeper:
        house = {"code": f"H{name}", "label": HOSTILE, "lon": lon, "lat": lat}
        post(keeper, "/api/v1/chain/households", {"items": [house]})
        post(keeper, "/api/v1/chain/leaders", {"items": [{"name": HOSTILE, "title": "County head"}]})
    supervisor, _ = office.person(("supervisor", DISTRICT, None))
    found = office.sign_in(supervisor, size, lang)
    page = found.open("/chain")
    steps = page.locator("#path li")
    expect(steps).to_have_count(5)
    expect(page.locator("#map path")).to_have_count(2)
    page.fill("#search [name=q]", f"H{name}")
    page.press("#search [name=q]", "Enter")
    expect(page.locator("#path [data-level=household] button")).to_be_visible()
    expect(page.locator("#path [data-level=county]")).to_contain_text("County head")
    assert page.locator("#path [data-empty]").count() == 0
    assert f"household=H{name}" in page.url
    fine(page)
    page.locator("#path [data-level=village] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#below button")).to_have_count(6)
    expect(page.locator("#map path")).to_have_count(6)
    page.locator("#map path[data-code=G22]").click()
    expect(page.locator("#path [data-level=grid] button")).to_contain_text("G22")
    page.fill("#search [name=q]", f"{lon}, {lat}")
    page.press("#search [name=q]", "Enter")
    expect(page.locator("#path [data-level=household] button")).to_be_visible()
    fine(page)
    page.fill("#search [name=q]", "nowhere")
    page.press("#search [name=q]", "Enter")
    expect(page.locator("#problem")).to_be_visible()


def test_a_late_answer_changes_neither_the_path_nor_the_focus(office: Office) -> None:
    lon, lat = centre(2, 3)
    with caller(office, "coordinator") as keeper:
        house = {"code": "HLATE", "label": "Late", "lon": lon, "lat": lat}
        post(keeper, "/api/v1/chain/households", {"items": [house]})
    supervisor, _ = office.person(("supervisor", DISTRICT, None))
    page = office.sign_in(supervisor).open("/chain")
    below = "**/api/v1/chain/households?*"
    village = page.locator("#path [data-level=village] button")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(below, hold)

    def search() -> None:
        with page.expect_request(below):
            page.fill("#search [name=q]", "HLATE")
            page.press("#search [name=q]", "Enter")
        expect(page.locator("#path [data-level=household] button")).to_be_visible()

    # The path is there before what lies below it, and the reader goes on at once.
    search()
    expect(page.locator("#path-title")).to_be_focused()
    village.focus()
    held.pop().continue_()
    expect(page.locator("#below [data-code=HLATE]")).to_be_visible()
    expect(page.locator("#announce")).to_contain_text("Late")
    expect(village).to_be_focused()

    # What was asked first and answered last is of no interest any more.
    search()
    village.press("Enter")
    expect(page.locator("#below button")).to_have_count(6)
    with page.expect_response(below):
        held.pop().continue_()
    page.evaluate("fetch(location.href).then((answer) => answer.text())")
    expect(page.locator("#below button")).to_have_count(6)
    expect(page.locator("#map path")).to_have_count(6)
    page.unroute(below)


@READERS
def test_the_chain_is_filled_from_a_file_and_by_forms(
    office: Office, size: tuple[int, int], lang: str, name: str
) -> None:
    person, _ = office.person(("coordinator", DISTRICT, None))
    page = office.sign_in(person, size, lang).open("/chain?unit=V00")
    page.locator("#household-file summary").press("Enter")
    lon, lat = centre(1, 1)
    head, good = "code,label,lon,lat\n", f"F{name},{HOSTILE},{lon},{lat}\n"
    for body, shown in (
        (f"{head}{good}F{name}2,,0,0\n", ".upload-defects tbody tr"),
        (head + good, ".message"),
    ):
        file = FilePayload(name="households.csv", mimeType="text/csv", buffer=body.encode())
        page.set_input_files("#file-form input", file)
        page.locator("#file-form [data-act=check]").press("Enter")
        expect(page.locator(f"#file-form {shown}").first).to_be_visible()
        fine(page)
    page.locator("#file-form [data-act=store]").press("Enter")
    expect(page.locator("#file-form [data-act=store]")).to_be_hidden()
    page.locator("#leading summary").press("Enter")
    expect(page.locator("#leader-form [name=unit]")).to_have_value("V00")
    page.fill("#leader-form [name=title]", "Head of the village")
    page.fill("#leader-form [name=name]", f"{name} {HOSTILE}")
    page.press("#leader-form [name=name]", "Enter")
    mine = page.locator("#leaders li", has_text=f"{name} <img")
    expect(mine).to_have_count(1)
    expect(page.locator("#path [data-level=village]")).to_contain_text("Head of the village")
    page.locator("#homing summary").press("Enter")
    for field, value in {"name": HOSTILE, "home": "V00", "code": f"N{name}"}.items():
        page.fill(f"#home-form [name={field}]", value)
    page.press("#home-form [name=code]", "Enter")
    expect(page.locator("#path [data-level=village]")).to_contain_text(f"N{name}")
    fine(page)
    mine.locator("button").press("Enter")
    page.fill("#end-leader-form [name=until]", "2200-01-01")
    page.press("#end-leader-form [name=until]", "Enter")
    expect(page.locator("#end-leader")).to_be_hidden()
