"""Signing in and out: sessions, passwords, Basic, and what an outsider can learn."""

import base64
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session

from layers.accounts import person, sign_in
from layers.people import People
from service.access import passwords
from service.access.credentials import PLAIN_COOKIE, SECURE_COOKIE
from service.errors import InvalidInput
from service.settings import Settings
from tests.fixtures.accounts import PASSWORD, Callers, add_person
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import DISTRICT, County

NEW = "eleven quiet harbours"


@pytest.fixture
def guard(callers: Callers) -> UUID:
    return add_person(callers.engine, "guard", [("guard", DISTRICT, None)], password=PASSWORD)


def sign_in_as(client: TestClient, login: str = "guard", password: str = PASSWORD) -> TestClient:
    answer = client.post("/api/v1/session", json={"login": login, "password": password})
    assert answer.status_code == 201, answer.text
    return client


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def test_a_session_begins_is_known_and_ends(callers: Callers, guard: UUID) -> None:
    client = callers.nobody()
    assert client.get("/api/v1/me").status_code == 401
    # The same question for whoever may be nobody.
    assert client.get("/api/v1/session").status_code == 204
    answer = client.post("/api/v1/session", json={"login": "Guard", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.json()["held"] == [{"role": "guard", "district": DISTRICT, "unit": None}]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{PLAIN_COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert client.get("/api/v1/me").json()["name"] == "guard"
    assert client.get("/api/v1/session").json() == client.get("/api/v1/me").json()
    token = client.cookies[PLAIN_COOKIE]
    assert client.delete("/api/v1/session").status_code == 204
    client.cookies.set(PLAIN_COOKIE, token)
    assert client.get("/api/v1/me").status_code == 401


def test_behind_tls_the_cookie_is_bound_to_the_host(
    accounts_settings: Settings, county: County, engine: Engine
) -> None:
    add_person(engine, "guard", [("guard", DISTRICT, None)], password=PASSWORD)
    settings = accounts_settings.model_copy(update={"public_url": "https://testserver"})
    with running(settings) as client:
        client.headers["Origin"] = "https://testserver"
        answer = client.post("/api/v1/session", json={"login": "guard", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{SECURE_COOKIE}=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        token = re.match(r"[^=]+=([^;]+)", cookie)
        assert token is not None
        client.cookies.clear()
        for name, status in ((SECURE_COOKIE, 200), (PLAIN_COOKIE, 401)):
            answer = client.get("/api/v1/me", headers={"Cookie": f"{name}={token[1]}"})
            assert answer.status_code == status


def test_only_digests_are_stored(callers: Callers, guard: UUID) -> None:
    client = sign_in_as(callers.nobody())
    token = client.cookies[PLAIN_COOKIE]
    with callers.engine.connect() as connection:
        rows = connection.execute(text("SELECT row_to_json(s)::text FROM sign_in s")).scalars().all()
        stored = connection.execute(text("SELECT password FROM person")).scalar_one()
    assert len(token) >= 43
    assert not any(token in row for row in rows)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_a_refusal_never_says_who_exists(callers: Callers, guard: UUID) -> None:
    add_person(callers.engine, "without")
    gone = add_person(callers.engine, "disabled", password=PASSWORD)
    with Session(callers.engine) as session, session.begin():
        People(session).disable(gone, datetime.now(UTC))
    details = set()
    for login in ("guard", "nobody", "g" * 64, "disabled", "without"):
        wrong = PASSWORD if login == "disabled" else "another lantern, green"
        answers = [
            callers.nobody().post("/api/v1/session", json={"login": login, "password": wrong}),
            callers.nobody().get("/api/v1/me", headers=basic(login, wrong)),
        ]
        for answer in answers:
            assert answer.status_code == 401
            assert answer.json()["code"] == "credentials-refused"
            assert "set-cookie" not in answer.headers
            details.add(answer.json()["detail"])
    assert len(details) == 1


def test_an_unknown_name_costs_one_hash_too(
    callers: Callers, guard: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    verify = passwords.verify

    def counting(password: str, stored: str | None) -> tuple[bool, str | None]:
        asked.append(stored is None)
        return verify(password, stored)

    monkeypatch.setattr(passwords, "verify", counting)
    for login in ("guard", "nobody"):
        callers.nobody().post("/api/v1/session", json={"login": login, "password": "wrong lantern"})
    assert asked == [False, True]
    assert passwords.verify("x", None) == (False, None)


def test_basic_is_verified_once_and_again_after_a_change(
    callers: Callers, guard: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    verify = passwords.verify

    def counting(password: str, stored: str | None) -> tuple[bool, str | None]:
        nonlocal count
        count += 1
        return verify(password, stored)

    monkeypatch.setattr(passwords, "verify", counting)
    client = callers.nobody()
    for _ in range(5):
        assert client.get("/api/v1/me", headers=basic("guard", PASSWORD)).status_code == 200
    callers.client.app.state.service.access.forget()  # type: ignore[attr-defined]
    assert client.get("/api/v1/me", headers=basic("guard", PASSWORD)).status_code == 200
    assert count == 1
    with Session(callers.engine) as session, session.begin():
        People(session).set_password(guard, passwords.hashed(NEW), must_change=False)
    callers.client.app.state.service.access.look()  # type: ignore[attr-defined]
    assert client.get("/api/v1/me", headers=basic("guard", PASSWORD)).status_code == 401
    assert client.get("/api/v1/me", headers=basic("guard", NEW)).status_code == 200


def test_a_header_that_says_nothing_is_refused(callers: Callers) -> None:
    for header in ("Basic !!!", "Basic Zm9v", "Bearer", "Bearer nothing", "Digest x", ""):
        answer = callers.nobody().get("/api/v1/stations", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"].startswith("Basic")
    # A script of a page must not make the browser ask.
    answer = callers.nobody().get("/api/v1/me", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401
    assert not answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("column", "age"),
    [(sign_in.c.seen_at, timedelta(minutes=481)), (sign_in.c.created_at, timedelta(hours=25))],
    ids=["idle", "absolute"],
)
def test_a_session_grows_old(callers: Callers, guard: UUID, column: object, age: timedelta) -> None:
    client = sign_in_as(callers.nobody())
    assert client.get("/api/v1/me").status_code == 200
    with callers.engine.begin() as connection:
        connection.execute(update(sign_in).values({column: datetime.now(UTC) - age}))
    callers.client.app.state.service.access.forget()  # type: ignore[attr-defined]
    assert client.get("/api/v1/me").status_code == 401


def test_a_password_change_ends_every_other_session(callers: Callers, guard: UUID) -> None:
    one, other = sign_in_as(callers.nobody()), sign_in_as(callers.nobody())
    old = one.cookies[PLAIN_COOKIE]
    refused = one.post("/api/v1/me/password", json={"current": "wrong lantern", "new": NEW})
    assert refused.status_code == 401
    changed = one.post("/api/v1/me/password", json={"current": PASSWORD, "new": NEW})
    assert changed.status_code == 204
    assert one.get("/api/v1/me").status_code == 200
    assert one.cookies[PLAIN_COOKIE] != old
    assert other.get("/api/v1/me").status_code == 401
    sign_in_as(callers.nobody(), password=NEW)


def test_another_process_learns_of_a_change_by_looking(
    callers: Callers, guard: UUID, accounts_settings: Settings
) -> None:
    client = sign_in_as(callers.nobody())
    with running(accounts_settings) as other:
        cookie = {"Cookie": f"{PLAIN_COOKIE}={client.cookies[PLAIN_COOKIE]}"}
        assert other.get("/api/v1/me", headers=cookie).status_code == 200
        client.delete("/api/v1/session")
        other.app.state.service.access.look()  # type: ignore[attr-defined]
        assert other.get("/api/v1/me", headers=cookie).status_code == 401


def test_memory_is_not_trusted_when_the_last_look_is_old(
    callers: Callers, guard: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in_as(callers.nobody())
    access = callers.client.app.state.service.access  # type: ignore[attr-defined]
    assert client.get("/api/v1/me").status_code == 200
    monkeypatch.setattr(access, "_looked", access._looked - 1.0)
    with callers.engine.begin() as connection:
        connection.execute(update(sign_in).values(ended_at=datetime.now(UTC)))
    assert client.get("/api/v1/me").status_code == 401


def test_a_password_given_by_others_is_good_for_changing_it_only(callers: Callers, guard: UUID) -> None:
    with callers.engine.begin() as connection:
        connection.execute(update(person).values(must_change=True))
    client = callers.nobody()
    answer = client.post("/api/v1/session", json={"login": "guard", "password": PASSWORD})
    assert answer.json()["must_change"] is True
    refused = client.get("/api/v1/coverage/segments")
    assert (refused.status_code, refused.json()["code"]) == (403, "password-change-required")
    page = client.get("/coverage", follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/signin?next=/coverage")
    assert client.post("/api/v1/me/password", json={"current": PASSWORD, "new": NEW}).status_code == 204
    assert client.get("/api/v1/coverage/segments").status_code == 200


def test_passwords_are_long_and_not_guessed_first() -> None:
    for bad in ("short", "password12345", "guardguardguard", "aaaaaaaaaaaaaa", "123456789012", "x" * 257):
        with pytest.raises(InvalidInput) as caught:
            passwords.require_good(bad, login="guard")
        assert bad not in str(caught.value)
    for good in (PASSWORD, "correct horse battery", "十二个字符的密码也是好密码"):
        passwords.require_good(good, login="guard")
    assert len({passwords.made_up() for _ in range(50)}) == 50


def test_a_new_password_must_be_good_and_new(callers: Callers, guard: UUID) -> None:
    client = sign_in_as(callers.nobody())
    for new in ("short", PASSWORD):
        answer = client.post("/api/v1/me/password", json={"current": PASSWORD, "new": new})
        assert (answer.status_code, answer.json()["where"]) == (422, {"pointer": "/new"})


def test_pages_lead_to_signing_in_and_back(callers: Callers, guard: UUID) -> None:
    client = callers.nobody()
    away = client.get("/coverage?district=230882", follow_redirects=False)
    assert away.status_code == 303
    assert away.headers["location"] == "/signin?next=/coverage%3Fdistrict%3D230882"
    page = client.get(away.headers["location"])
    assert page.status_code == 200
    assert 'value="/coverage?district=230882"' in page.text
    form = {"login": "guard", "password": "no lantern at all", "next": "/coverage?district=230882"}
    refused = client.post("/signin", data=form, follow_redirects=False)
    assert refused.status_code == 401
    assert "The name or the password is wrong" in refused.text
    done = client.post("/signin", data=form | {"password": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/coverage?district=230882")
    assert client.get("/coverage", follow_redirects=False).status_code == 200
    assert "Signed in as guard" in client.get("/").text
    out = client.post("/signout", follow_redirects=False)
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert "Not signed in" in client.get("/").text


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_nobody_is_led_elsewhere(callers: Callers, guard: UUID, there: str) -> None:
    form = {"login": "guard", "password": PASSWORD, "next": there}
    done = callers.nobody().post("/signin", data=form, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/")


def test_demo_logins_are_good_in_demo_mode_on_this_machine_only(
    accounts_settings: Settings, county: County, engine: Engine
) -> None:
    from service.access import demo  # noqa: PLC0415
    from service.demo.logins import add_logins  # noqa: PLC0415

    with Session(engine) as session, session.begin():
        add_logins(session, DISTRICT)
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM person WHERE password IS NOT NULL")).scalar() == 0
        )
    for on, host, peer, base, status in (
        (True, "127.0.0.1", "127.0.0.1", "http://127.0.0.1", 200),
        (False, "127.0.0.1", "127.0.0.1", "http://127.0.0.1", 401),
        (True, "0.0.0.0", "127.0.0.1", "http://127.0.0.1", 401),  # noqa: S104
        (True, "127.0.0.1", "192.0.2.7", "http://127.0.0.1", 401),
        (True, "127.0.0.1", "127.0.0.1", "http://192.0.2.8", 401),
    ):
        settings = accounts_settings.model_copy(update={"demo": on, "host": host})
        with running(settings) as started:
            client = TestClient(
                started.app, base_url=base, client=(peer, 50_000), raise_server_exceptions=False
            )
            # A host that is not ours is refused earlier still.
            refused = {400, 401}
            for login in demo.PEOPLE if status == 200 else ("guard",):
                answer = client.get("/api/v1/me", headers=basic(login, demo.PASSWORD))
                assert answer.status_code in ({200} if status == 200 else refused), (on, host, peer, base)
            forwarded = basic("guard", demo.PASSWORD) | {"X-Forwarded-For": "192.0.2.9"}
            assert client.get("/api/v1/me", headers=forwarded).status_code in refused
