"""A running service with a real database, and a real Chromium that may talk to nobody else."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from service.access.credentials import PLAIN_COOKIE
from service.access.demo import person_id
from service.demo.logins import add_logins
from service.settings import Settings
from tests.browser import scene
from tests.browser.drafting import Desk, Drafting, add_ground
from tests.fixtures.accounts import add_person, open_session
from tests.fixtures.client import applications
from tests.fixtures.county import DISTRICT, County, publish

WAIT_S = 60.0
REFUSED = "Failed to load resource"
WIDE = (1400, 860)
PHONE = (360, 740)

Databases = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Site:
    """A running service and what its district holds."""

    url: str
    scene: scene.Scene


@dataclass
class Watched:
    """A page and what went wrong on it: console errors, uncaught errors, requests to anybody else."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._check(request.url))

    def open(self, path: str) -> Page:
        """Go to a path and wait until its scripts have drawn everything."""
        self.page.goto(self.origin + path)
        self.ready()
        return self.page

    def ready(self) -> None:
        """Wait until the page's scripts have drawn everything."""
        self.page.wait_for_selector("body[data-ready]", timeout=30_000)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _check(self, url: str) -> None:
        inside = urlsplit(url).scheme in {"data", "blob", "about"} or url.startswith(self.origin)
        if not inside:
            self.strangers.append(url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    database_url: str,
    home: Path,
    access: Literal["open", "accounts"] = "open",
    *,
    demo: bool = False,
    **options: Any,
) -> Iterator[str]:
    """Serve a database on a free port of this machine; ``demo`` takes the demo's logins."""
    port = _free_port()
    settings = Settings(
        home=home, access=access, demo=demo, database_url=database_url, port=port, language="en", **options
    )
    with applications.lent(settings) as app:
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        give_up = time.monotonic() + WAIT_S
        address = f"http://127.0.0.1:{port}"
        # Listening comes before ready: until its indexes are built a service answers 503.
        while not (server.started and httpx.get(f"{address}/readyz").is_success):
            if not thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the service did not start")
            time.sleep(0.02)
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(WAIT_S)


@contextmanager
def site_of(databases: Databases, home: Path, note: str = "") -> Iterator[Site]:
    """Serve a fresh database with the scene, whose every text ends in ``note``."""
    with databases() as url:
        engine = create_engine(url)
        loaded = scene.load(engine, note)
        engine.dispose()
        with running(url, home) as origin:
            yield Site(origin, loaded)


@pytest.fixture(scope="session")
def site(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service with the scene."""
    with site_of(database_factory, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="session")
def empty_site(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service whose database holds nothing."""
    with database_factory() as url, running(url, tmp_path_factory.mktemp("home")) as origin:
        yield origin


def new_context(browser: Browser, size: tuple[int, int] = WIDE, lang: str = "en-GB") -> BrowserContext:
    """Return a browser context of a size and language."""
    width, height = size
    return browser.new_context(
        viewport={"width": width, "height": height}, locale=lang, accept_downloads=True
    )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A wide English browser context."""
    made = new_context(browser)
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext, site: Site) -> Iterator[Watched]:
    """A page of the site; whatever goes wrong on it fails the test."""
    found = Watched(context.new_page(), site.url)
    yield found
    assert found.errors == []
    assert found.strangers == []


@dataclass
class Office:
    """A service with accounts on the small county, and browsers of its people."""

    origin: str
    engine: Engine
    county: County
    browse: Callable[..., Watched]

    def sign_in(self, who: UUID | str, size: tuple[int, int] = WIDE, lang: str = "en-GB") -> Watched:
        """Return a browser with a session of a person, or of a demo login."""
        person = person_id(who) if isinstance(who, str) else who
        found = self.browse(size, lang)
        token = open_session(self.engine, person)
        found.page.context.add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": self.origin}])
        return found

    def person(self, *rights: tuple[str, str | None, UUID | None]) -> tuple[UUID, str]:
        """Store a person with grants; return the id and the login."""
        login = f"p{new_id().hex[-12:]}"
        return add_person(self.engine, login, rights), login


@pytest.fixture(scope="module")
def office_service(
    database_factory: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Engine, County]]:
    with database_factory() as url:
        engine = create_engine(url)
        with Session(engine) as session, session.begin():
            county = publish(session)
            add_logins(session, DISTRICT)
        home: Path = tmp_path_factory.mktemp("admin")
        with running(url, home, "accounts", demo=True) as origin:
            yield origin, engine, county
        engine.dispose()


@pytest.fixture
def office(office_service: tuple[str, Engine, County], browser: Browser) -> Iterator[Office]:
    origin, engine, county = office_service
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def browse(size: tuple[int, int] = WIDE, lang: str = "en-GB") -> Watched:
        contexts.append(new_context(browser, size, lang))
        watched.append(Watched(contexts[-1].new_page(), origin))
        watched[-1].page.on("dialog", lambda dialog: dialog.accept())
        return watched[-1]

    yield Office(origin, engine, county, browse)
    for context in contexts:
        context.close()
    # A browser logs every refusal that a test asks for; nothing else may go wrong.
    assert [text for one in watched for text in one.errors if REFUSED not in text] == []
    assert [text for one in watched for text in one.strangers] == []


@pytest.fixture(scope="session")
def drafting_service(
    database_factory: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Engine]]:
    with database_factory() as url:
        engine = create_engine(url)
        scene.load(engine)
        add_ground(engine)
        home: Path = tmp_path_factory.mktemp("drafting")
        with running(url, home, "accounts") as origin:
            yield origin, engine
        engine.dispose()


@pytest.fixture
def drafting(drafting_service: tuple[str, Engine], browser: Browser) -> Iterator[Drafting]:
    """The service of plans; whatever goes wrong in its browsers fails the test."""
    origin, engine = drafting_service
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def sit(person: UUID, size: tuple[int, int] = WIDE, lang: str = "en-GB") -> Desk:
        contexts.append(new_context(browser, size, lang))
        token = open_session(engine, person)
        contexts[-1].add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": origin}])
        watched.append(Watched(contexts[-1].new_page(), origin))
        return Desk(watched[-1])

    yield Drafting(origin, engine, sit)
    for context in contexts:
        context.close()
    # A browser logs every refusal that a test asks for; nothing else may go wrong.
    assert [text for one in watched for text in one.errors if REFUSED not in text] == []
    assert [text for one in watched for text in one.strangers] == []
