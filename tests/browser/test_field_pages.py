"""The field pages on a phone whose network comes and goes: nothing is lost, nothing is doubled."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, Request, Route, expect
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from layers.row_security import SYSTEM_SCOPE, enter
from service.access.demo import PASSWORD
from service.demo.logins import add_logins
from tests.browser.conftest import PHONE, Databases, running
from tests.fixtures.county import DISTRICT, publish
from tests.fixtures.field import png

HERE: Geolocation = {"latitude": 46.0151, "longitude": 131.0151, "accuracy": 6.0}
UPLOADS = "**/api/v1/devices/*/**"


@dataclass
class Field:
    """A service with the small county, its database, and phones that are used on it."""

    origin: str
    engine: Engine
    phone: Callable[[], BrowserContext]

    def count(self, question: str, **values: Any) -> int:
        """Return the number that a question to the database answers."""
        with Session(self.engine) as session:
            enter(session, SYSTEM_SCOPE)
            return int(session.execute(text(question), values).scalar_one())


@pytest.fixture(scope="module")
def served(
    database_factory: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Engine]]:
    with database_factory() as url:
        engine = create_engine(url)
        with Session(engine) as session, session.begin():
            publish(session)
            add_logins(session, DISTRICT)
        with running(url, tmp_path_factory.mktemp("field"), "accounts", demo=True) as origin:
            yield origin, engine
        engine.dispose()


@pytest.fixture
def field(served: tuple[str, Engine], browser: Browser) -> Iterator[Field]:
    origin, engine = served
    made: list[BrowserContext] = []

    def phone() -> BrowserContext:
        context = browser.new_context(
            viewport={"width": PHONE[0], "height": PHONE[1]},
            locale="en-GB",
            geolocation=HERE,
            permissions=["geolocation"],
        )
        made.append(context)
        return context

    yield Field(origin, engine, phone)
    for context in made:
        context.close()


def sign_in(page: Page, origin: str, login: str, there: str = "/patrol") -> None:
    page.goto(f"{origin}/signin?next={there}")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("body[data-ready]")


def registered(field: Field, login: str = "guard", context: BrowserContext | None = None) -> Page:
    """A phone on which somebody has signed in, registered it and seen it ready for no network."""
    page = (context or field.phone()).new_page()
    sign_in(page, field.origin, login)
    page.click("#register")
    expect(page.locator("#who")).to_have_text(f"{login}, on this phone")
    page.wait_for_selector("body[data-offline='1']")
    return page


def note_visit(page: Page, marker: str = "D1", words: str = "") -> None:
    page.fill("#visit [name=marker]", marker)
    page.fill("#visit [name=note]", words)
    # That of the note before is still there; this one's says that it is kept.
    page.evaluate("document.getElementById('note').hidden = true")
    page.click("#visit button[type=submit]")
    expect(page.locator("#note")).to_be_visible()


def recorded(page: Page, least: int) -> int:
    """Wait until so many points are recorded; return how many they are."""
    for _ in range(300):
        count = int(page.locator("body").get_attribute("data-points") or 0)
        if count >= least:
            return count
        page.wait_for_timeout(100)
    raise AssertionError(f"fewer than {least} points were recorded")


def settled(page: Page) -> None:
    """Wait until everything has been received."""
    # The outbox itself is asked: the page shows what waits a moment later.
    kept = "import('wardline/outbox').then((outbox) => outbox.waiting()).then((left) => left.length)"
    for _ in range(600):
        if page.evaluate(kept) == 0:
            break
        page.wait_for_timeout(100)
    page.wait_for_selector("body[data-waiting='0']", timeout=60_000)


def visits(field: Field, words: str) -> int:
    return field.count("SELECT count(*) FROM visit WHERE note = :words", words=words)


def test_a_patrol_without_a_network_arrives_whole(field: Field) -> None:
    page = registered(field)
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#who")).to_have_text("guard, on this phone")
    page.click("#begin")
    page.wait_for_selector("body[data-recording='1']")
    for step in range(1, 6):
        recorded(page, step)
        page.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + step * 2e-4})
    words = f"offline {uuid.uuid4()}"
    note_visit(page, words=words)
    page.click("#end")
    page.wait_for_selector("body[data-recording='0']")
    count = recorded(page, 5)
    assert page.locator("#waiting [data-entry]").count() >= 2
    assert visits(field, words) == 0
    before = field.count("SELECT count(*) FROM fix")
    over = field.count("SELECT count(*) FROM shift WHERE ended")
    # The phone is put away and taken out again.
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.context.set_offline(False)
    settled(page)
    assert visits(field, words) == 1
    assert field.count("SELECT count(*) FROM fix") - before == count
    assert field.count("SELECT count(*) FROM shift WHERE ended") == over + 1


def test_the_end_of_a_shift_is_told_without_a_point(field: Field) -> None:
    page = registered(field)
    live = "SELECT count(*) FROM shift WHERE NOT ended AND lon IS NOT NULL"
    before = field.count(live)
    page.click("#begin")
    page.wait_for_selector("body[data-recording='1']")
    recorded(page, 1)
    page.evaluate("import('wardline/recorder').then(({ packRest }) => packRest())")
    settled(page)
    assert field.count(live) == before + 1
    page.click("#end")
    page.wait_for_selector("body[data-recording='0']")
    settled(page)
    assert field.count(live) == before


MOVE_BACK = """hours => new Promise((done) => {
  const opening = indexedDB.open("wardline-field");
  opening.onsuccess = () => {
    const store = opening.result.transaction("tracks", "readwrite").objectStore("tracks");
    store.getAll().onsuccess = ({ target }) => {
      const began = new Date(Date.now() - hours * 3600000).toISOString();
      for (const one of target.result) store.put({ ...one, started_at: began });
      store.transaction.oncomplete = () => { opening.result.close(); done(); };
    };
  };
})"""


def test_a_patrol_that_nobody_ends_ends_by_itself_and_says_so(field: Field) -> None:
    page = registered(field)
    page.click("#begin")
    recorded(page, 1)
    page.context.set_offline(True)
    page.evaluate(MOVE_BACK, 11)
    page.reload()
    page.wait_for_selector("body[data-ready][data-recording='1']")
    expect(page.locator("#itself")).to_be_hidden()
    known = recorded(page, 1)
    page.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + 2e-4})
    recorded(page, known + 1)
    page.evaluate(MOVE_BACK, 13)
    page.reload()
    page.wait_for_selector("body[data-ready][data-recording='0']")
    expect(page.locator("#itself")).to_contain_text("ended by itself after 12 hours")
    page.context.set_offline(False)
    settled(page)
    # What was recorded after the shift was over is stored, and said to be outside of it.
    expect(page.locator("#sent")).to_contain_text("outside the shift")
    page.click("#begin")
    page.wait_for_selector("body[data-recording='1']")
    expect(page.locator("#itself")).to_be_hidden()
    page.click("#end")
    page.wait_for_selector("body[data-recording='0']")
    expect(page.locator("#itself")).to_be_hidden()


def test_a_lost_answer_and_a_doubled_request_store_once(field: Field) -> None:
    page = registered(field)
    lost: list[str] = []

    def lose(route: Route, request: Request) -> None:
        """Let the first of each request through twice and lose both answers."""
        if request.method != "PUT" or request.url in lost:
            route.continue_()
            return
        lost.append(request.url)
        route.fetch()
        route.fetch()
        route.abort()

    page.route(UPLOADS, lose)
    words = f"lost {uuid.uuid4()}"
    note_visit(page, words=words)
    settled(page)
    assert len(lost) == 1
    assert visits(field, words) == 1


def test_requests_that_overtake_one_another_lose_nothing(field: Field) -> None:
    page = registered(field)
    words = f"overtaken {uuid.uuid4()}"
    held: list[Route] = []

    def hold_first(route: Route, request: Request) -> None:
        if not held and request.method == "PUT":
            held.append(route)
        else:
            route.continue_()

    page.context.set_offline(True)
    for _ in range(3):
        note_visit(page, words=words)
    # The page counts a moment after it has kept something; the one below must not be that of the first. And
    # whoever is about to try in vain must be through, so that all three go in one round.
    page.wait_for_selector("body[data-waiting='3']", timeout=60_000)
    page.evaluate("navigator.locks.request('wardline-courier', () => null)")
    page.route(UPLOADS, hold_first)
    page.context.set_offline(False)
    page.wait_for_selector("body[data-waiting='1']", timeout=60_000)
    assert visits(field, words) == 2
    held[0].continue_()
    settled(page)
    assert visits(field, words) == 3


def test_a_photo_goes_on_where_it_broke_off(field: Field, tmp_path: Path) -> None:
    page = registered(field)
    photo = tmp_path / "marker.png"
    photo.write_bytes(png(comment=b"Comment\0" + b"x" * 1_300_000))
    parts: list[str] = []

    def break_off(route: Route, request: Request) -> None:
        if request.method == "PUT" and "/files/" in request.url:
            parts.append(request.headers["content-range"])
            if len(parts) == 2:
                route.abort()
                return
        route.continue_()

    page.route(UPLOADS, break_off)
    page.set_input_files("#visit [name=photos]", photo)
    words = f"photo {uuid.uuid4()}"
    note_visit(page, words=words)
    settled(page)
    firsts = [int(part.split()[1].split("-")[0]) for part in parts]
    assert firsts == [0, 524_288, 524_288, 1_048_576]
    assert visits(field, words) == 1


def test_another_person_on_the_phone_erases_nothing(field: Field) -> None:
    page = registered(field)
    page.route(UPLOADS, lambda route: route.abort())
    words = f"shared {uuid.uuid4()}"
    note_visit(page, words=words)
    page.wait_for_selector("body[data-waiting='1']")
    page.request.post(f"{field.origin}/signout", headers={"Origin": field.origin})
    sign_in(page, field.origin, "worker")
    assert page.locator("#waiting [data-entry]").count() == 1
    assert "guard" in page.locator("#waiting").inner_text()
    page.click("#register")
    expect(page.locator("#who")).to_have_text("worker, on this phone")
    page.unroute(UPLOADS)
    page.click("#send-now")
    settled(page)
    question = """SELECT count(*) FROM visit
        JOIN device ON device.code = visit.device JOIN person ON person.id = device.person
        WHERE note = :words AND login = 'guard'"""
    assert field.count(question, words=words) == 1


def test_a_revoked_phone_keeps_what_it_has_until_it_is_renewed(field: Field) -> None:
    page = registered(field)
    code = page.evaluate("localStorage.getItem('wardline-phone')")
    answer = page.request.delete(f"{field.origin}/api/v1/devices/{code}", headers={"Origin": field.origin})
    assert answer.status == 204
    words = f"revoked {uuid.uuid4()}"
    # Another worker of the service may take a second to hear of it.
    page.wait_for_timeout(1_500)
    note_visit(page, words=words)
    expect(page.locator("#waiting [data-state=refused]")).to_contain_text("Sign in as guard")
    page.evaluate(
        """async () => {
            const { register, signedIn } = await import("wardline/phone");
            await register(await signedIn(), null);
        }"""
    )
    settled(page)
    assert visits(field, words) == 1


def test_anybody_reports_once_also_without_a_network(field: Field) -> None:
    page = field.phone().new_page()
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.goto(f"{field.origin}/report")
    page.wait_for_selector("body[data-offline='1']")
    page.wait_for_selector("body[data-ready]")
    assert logged == [], "nobody's being signed in is no refusal"
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#as")).to_contain_text("without a name")
    title = f"Lamp dark {uuid.uuid4()}"
    page.select_option("[name=class]", "lamp")
    page.fill("[name=title]", title)
    page.click("#here")
    expect(page.locator("[name=lon]")).to_have_value("131.0151000")
    page.click("#report button[type=submit]")
    page.wait_for_selector("body[data-waiting='1']")
    sent: list[str] = []

    def lose_first(route: Route, request: Request) -> None:
        sent.append(request.headers["idempotency-key"])
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/incidents*", lose_first)
    page.context.set_offline(False)
    settled(page)
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert field.count("SELECT count(*) FROM incident WHERE title = :title", title=title) == 1


def test_what_is_refused_stays_with_its_reason(field: Field) -> None:
    page = field.phone().new_page()
    page.goto(f"{field.origin}/report")
    page.wait_for_selector("body[data-ready]")
    page.fill("[name=title]", "far away")
    page.fill("[name=lon]", "10")
    page.fill("[name=lat]", "50")
    page.click("#report button[type=submit]")
    refused = page.locator("#waiting [data-state=refused]")
    expect(refused).to_be_visible()
    assert len(refused.locator(".row-note").inner_text()) > 40
    page.reload()
    expect(refused).to_be_visible()


def test_pages_tell_a_phone_what_it_needs(field: Field) -> None:
    page = field.phone().new_page()
    page.goto(f"{field.origin}/patrol")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator("#begin")).to_be_disabled()
    told = json.loads(page.request.get(f"{field.origin}/manifest.webmanifest").text())
    assert told["start_url"] == "/patrol"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
