"""What phones and browsers say, changed in its structure and not only in its bytes, is read or refused.

Bodies are valid ones in which members are replaced, left out, added or nested; headers are made of the parts
that theirs have. The readers are called by themselves, then all of it is sent to a service.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.requests import Request

from geo.errors import WardlineError
from service.access import credentials
from service.dependencies import get_box, get_version
from service.i18n import LANGUAGES, negotiate
from service.routers.field_files import get_part
from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.coroutines import finished
from tests.fixtures.county import publish
from tests.fixtures.database import web_address
from tests.fuzz.field_bodies import BODIES, CHANGES, LAT, LON, changed

FEW = settings(
    max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
MANY = settings(FEW, max_examples=300)

NUMBERS = st.sampled_from(
    ["0", "-0", "131", "90", "1e999", "-1e999", "nan", "1_0", " 1", "0x1", "٣", "", "9" * 400]
)
BOXES = st.lists(NUMBERS, max_size=6).map(",".join) | st.text(max_size=30)
TAGS = st.lists(
    st.sampled_from(["W/", '"', "1", "*", ",", " ", "-1", "²", "9" * 20, "\xff", "\t"]), max_size=6
).map("".join)
RANGES = st.lists(
    st.sampled_from(["bytes", " ", "0", "-", "3", "/", "4", "*", "9" * 12, "9" * 400, "²", "\xa0", ","]),
    max_size=9,
).map("".join) | st.builds(
    lambda first, size: f"bytes {first}-{first + 3}/{size}",
    *[st.integers(0, 20) | st.integers(0, 10**13)] * 2,
)
LANGUAGE_TEXTS = st.lists(
    st.sampled_from(
        ["zh", "en", "*", "-CN", ";", "q=", "q=nan", "1e999", "0.5", ",", "=", " ", "\xff", "ZH"]
    ),
    max_size=12,
).map("".join)
SECRETS = st.binary(max_size=40) | st.sampled_from([b"a:b", b":", b"\0:a", b"a" * 2_000, b"\xff:\xff", b"a"])
AUTHORIZATIONS = st.one_of(
    SECRETS.map(lambda secret: b"Basic " + base64.b64encode(secret)),
    SECRETS.map(lambda secret: b"Bearer " + secret),
    SECRETS,
    st.sampled_from([b"Basic", b"Basic =", b"bearer  ", b"BASIC YQ", b"Basic YTpi YTpi", b"Digest a=b"]),
)
COOKIES = st.lists(
    st.sampled_from(
        [b"wardline_session", b"__Host-wardline", b"=", b";", b" ", b"a", b'"', b"\xff", b"a" * 1_100]
    ),
    max_size=8,
).map(b"".join)
KEYS = st.text(st.characters(max_codepoint=255), max_size=140)


def request_of(**headers: str) -> Request:
    """Return a request with headers and four bytes."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"abcd", "more_body": False}

    raw = [
        (name.replace("_", "-").encode(), value.encode("latin-1", "replace"))
        for name, value in headers.items()
    ]
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": raw}, receive)


@pytest.mark.parametrize("name", BODIES)
def test_what_is_changed_is_valid_before(name: str) -> None:
    read, valid, *_ = BODIES[name]
    read(json.dumps(valid).encode())


@pytest.mark.parametrize("name", BODIES)
@MANY
@given(changes=CHANGES)
@example(changes=[("replace", 0, [])])  # a kind of message that is no text
@example(changes=[("replace", 2, 1e308)])  # a longitude that no product fits
def test_a_changed_body_is_read_or_refused(name: str, changes: list[tuple[str, int, Any]]) -> None:
    read, valid, *_ = BODIES[name]
    with suppress(WardlineError):
        read(changed(valid, changes))


@MANY
@given(text=BOXES)
def test_a_box_is_read_or_refused(text: str) -> None:
    with suppress(WardlineError):
        box = get_box(text)
        assert box is not None
        assert -180 <= box.west <= 180
        assert -90 <= box.south <= box.north <= 90


@MANY
@given(text=TAGS)
def test_a_version_is_read_or_refused(text: str) -> None:
    with suppress(WardlineError):
        version = get_version(request_of(if_match=text))
        assert version is None or 0 <= version < 10**9


@MANY
@given(text=RANGES)
def test_a_range_is_that_of_the_body_or_refused(text: str) -> None:
    with suppress(WardlineError):
        part = finished(get_part(request_of(content_range=text)))
        assert len(part.content) == 4
        assert part.start >= 0


@MANY
@given(text=LANGUAGE_TEXTS)
def test_any_languages_lead_to_one_of_ours(text: str) -> None:
    assert negotiate(text, "zh") in LANGUAGES


@MANY
@given(authorization=AUTHORIZATIONS, cookie=COOKIES, secure=st.booleans())
def test_credentials_are_read_or_refused(authorization: bytes, cookie: bytes, secure: bool) -> None:
    for headers in ([(b"authorization", authorization)], [(b"cookie", cookie), (b"cookie", cookie)]):
        with suppress(WardlineError):
            found = credentials.read({"headers": headers}, secure=secure)
            assert found is None or found.secret or found.kind == "basic"


Databases = Callable[[], AbstractContextManager[str]]


@contextmanager
def served(databases: Databases, home: Path, **limits: Any) -> Iterator[TestClient]:
    with databases() as url:
        engine = create_engine(url)
        with Session(engine) as session:
            publish(session)
            session.commit()
        engine.dispose()
        rates: dict[str, Any] = dict.fromkeys(
            (f"limit_{name}" for name in ("requests", "uploads", "reports", "sign_ins")), "off"
        )
        made = Settings(
            home=home,
            database_url=url,
            web_database_url=web_address(url),
            limit_guesses="off",
            **rates,
            **limits,
        )
        with running(made) as client:
            client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
            yield client


@pytest.fixture(scope="module")
def open_service(
    database_factory: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A service where everybody may do everything, so that every header and body is read."""
    with served(database_factory, tmp_path_factory.mktemp("open"), access="open") as client:
        yield client


@pytest.fixture(scope="module")
def guarded_service(
    database_factory: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A service with accounts."""
    with served(database_factory, tmp_path_factory.mktemp("guarded"), access="accounts") as client:
        yield client


def answered(response: Any) -> None:
    """Require an answer or a refusal, never a fault."""
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert response.headers["Content-Type"] == "application/problem+json", response.text
        assert response.json()["code"]


@pytest.mark.parametrize("name", BODIES)
@FEW
@given(changes=CHANGES)
def test_a_changed_body_is_answered(
    open_service: TestClient, name: str, changes: list[tuple[str, int, Any]]
) -> None:
    _, valid, method, path = BODIES[name]
    address = f"{path}{uuid4()}" if path.endswith("/") else path
    headers = {"Content-Type": "application/json"}
    answered(open_service.request(method, address, content=changed(valid, changes), headers=headers))


@FEW
@given(box=BOXES, languages=LANGUAGE_TEXTS)
def test_a_box_and_languages_are_answered(open_service: TestClient, box: str, languages: str) -> None:
    address = f"/api/v1/layers/grids/items?bbox={quote(box)}"
    answered(open_service.get(address, headers={"Accept-Language": languages.encode("latin-1").strip()}))


@FEW
@given(tag=TAGS, key=KEYS)
def test_a_version_and_a_key_are_answered(open_service: TestClient, tag: str, key: str) -> None:
    headers = {"If-Match": tag.encode("latin-1"), "Idempotency-Key": key.encode("latin-1")}
    address = "/api/v1/incidents"
    answered(open_service.patch(f"{address}/{uuid4()}", json={"title": "b"}, headers=headers))
    report = {"class": "waste", "title": "x", "lon": LON, "lat": LAT}
    answered(open_service.post(address, json=report, headers=headers))


@FEW
@given(said=RANGES, digest=st.sampled_from(["0" * 64, "1" * 64]))
def test_a_range_is_answered(open_service: TestClient, said: str, digest: str) -> None:
    headers = {"Content-Range": said.encode("latin-1", "replace"), "Content-Type": "application/octet-stream"}
    answered(open_service.put(f"/api/v1/devices/d/files/{digest}", content=b"abcd", headers=headers))


@FEW
@given(
    authorization=AUTHORIZATIONS,
    cookie=COOKIES,
    origin=st.sampled_from([b"http://[", b"null", b"\xff", b"a:b:c"]),
)
def test_credentials_are_answered(
    guarded_service: TestClient, authorization: bytes, cookie: bytes, origin: bytes
) -> None:
    for address in ("/api/v1/stations", "/api/v1/incidents"):
        answered(guarded_service.get(address, headers={"Authorization": authorization}))
        answered(guarded_service.get(address, headers={"Cookie": cookie}))
    answered(guarded_service.post("/api/v1/incidents", json={}, headers={"Cookie": cookie, "Origin": origin}))
