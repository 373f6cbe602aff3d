"""Signing in with a real OpenID provider over HTTP: who becomes whom, and who does not."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.people import People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from service.access.credentials import PLAIN_COOKIE
from tests.fixtures.accounts import PASSWORD, Callers, add_person, open_session
from tests.fixtures.county import DISTRICT
from tests.service.oidc.conftest import Serve
from tests.service.oidc.provider import Front

ADA = "subject-of-ada"


def stored(engine: Engine, login: str) -> Person | None:
    with Session(engine) as session:
        enter(session, SYSTEM_SCOPE)
        return People(session).find(login)


def linked(engine: Engine, issuer: str, login: str = "ada") -> None:
    identifier = add_person(engine, login, [("guard", DISTRICT, None)])
    with Session(engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        People(session).link(identifier, issuer, ADA)


def test_a_linked_person_signs_in_and_goes_where_they_wanted(
    serve: Serve, engine: Engine, front: Front
) -> None:
    linked(engine, front.address)
    browser = serve()
    answer = browser.sign_in("/stations?lang=en")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/stations?lang=en"
    me = browser.me().json()
    assert (me["name"], me["held"][0]["role"]) == ("ada", "guard")
    # The provider was held to the challenge, and the flow's cookie is gone.
    assert front.verified == [True]
    assert "wardline_flow" not in browser.client.cookies


def test_the_cookie_of_an_attempt_is_the_browsers_alone(serve: Serve) -> None:
    browser = serve()
    answer = browser.client.get("/signin/oidc", follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    for part in ("state", "nonce", "verifier"):
        assert part not in cookie
    secure = serve(public_url="https://testserver")
    cookie = secure.client.get("/signin/oidc", follow_redirects=False).headers["set-cookie"]
    assert cookie.startswith("__Host-wardline_flow=")
    assert "Secure" in cookie


def test_somebody_unknown_gets_nothing_until_an_administrator_links_them(
    serve: Serve, engine: Engine, front: Front
) -> None:
    browser = serve()
    answer = browser.sign_in()
    assert answer.status_code == 403
    assert ADA in answer.text
    assert PLAIN_COOKIE not in browser.client.cookies
    assert browser.me().status_code == 401
    ada = add_person(engine, "ada", [("guard", DISTRICT, None)])
    root = add_person(engine, "root", [("administrator", None, None)])
    callers = Callers(browser.client, engine)
    path = f"/api/v1/people/{ada}/provider"
    assert callers.signed_in(ada).put(path, json={"subject": ADA}).status_code == 403
    assert callers.signed_in(root).put(path, json={"subject": ADA}).status_code == 204
    assert browser.sign_in().status_code == 303
    assert browser.me().json()["name"] == "ada"


def test_an_account_that_was_prepared_is_taken_over_once(serve: Serve, engine: Engine) -> None:
    add_person(engine, "ada", [("guard", DISTRICT, None)])
    browser = serve(oidc_login_claim="preferred_username")
    assert browser.sign_in().status_code == 303
    assert browser.me().json()["name"] == "ada"
    # The other subject claims the login of somebody who has a password and uses it: no.
    add_person(engine, "root", [("administrator", None, None)], password=PASSWORD)
    other = serve(oidc_login_claim="preferred_username")
    assert other.sign_in(subject="subject-of-eve").status_code == 403
    assert other.me().status_code == 401


def test_an_address_that_nobody_has_verified_names_no_account(serve: Serve, engine: Engine) -> None:
    add_person(engine, "ada@county.example", [("guard", DISTRICT, None)])
    assert serve(oidc_login_claim="email").sign_in().status_code == 403


def test_an_account_can_be_made_and_holds_nothing(serve: Serve, engine: Engine, front: Front) -> None:
    add_person(engine, "root", [("administrator", None, None)], password=PASSWORD)
    browser = serve(oidc_create=True, oidc_login_claim="preferred_username")
    assert browser.sign_in(subject="subject-of-eve").status_code == 303
    me = browser.me().json()
    # The login it claims is somebody else's.
    assert me["name"].startswith("oidc-")
    assert me["held"] == []
    assert browser.client.get("/api/v1/incidents").status_code == 403
    made = stored(engine, me["name"])
    assert made is not None
    assert (made.issuer, made.subject, made.has_password) == (front.address, "subject-of-eve", False)
    assert serve().sign_in(subject="subject-of-eve").status_code == 303


def test_who_is_disabled_stays_out(serve: Serve, engine: Engine, front: Front) -> None:
    linked(engine, front.address)
    ada = stored(engine, "ada")
    assert ada is not None
    with Session(engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        People(session).disable(ada.id, ada.created_at)
    assert serve().sign_in().status_code == 401


def test_a_session_is_never_taken_over(serve: Serve, engine: Engine, front: Front) -> None:
    linked(engine, front.address)
    other = add_person(engine, "other", [("guard", DISTRICT, None)])
    browser = serve()
    planted = open_session(engine, other)
    browser.client.cookies.set(PLAIN_COOKIE, planted, domain="testserver.local")
    assert browser.sign_in().status_code == 303
    assert browser.client.cookies[PLAIN_COOKIE] != planted
    assert browser.me().json()["name"] == "ada"
    # What was planted has ended; whoever knows it has nothing.
    thief = Callers(browser.client, engine).nobody()
    thief.cookies.set(PLAIN_COOKIE, planted)
    assert thief.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "evil.example",
        "",
    ],
)
def test_nobody_is_led_elsewhere(serve: Serve, engine: Engine, front: Front, there: str) -> None:
    linked(engine, front.address)
    assert serve().sign_in(there).headers["location"] == "/"


def test_without_a_provider_there_is_no_such_page(callers: Callers) -> None:
    for path in ("/signin/oidc", "/signin/oidc/callback?code=x&state=y"):
        assert callers.nobody().get(path).status_code == 404


def test_a_provider_that_is_away_is_said_to_be(serve: Serve, front: Front) -> None:
    browser = serve(oidc_issuer="http://127.0.0.1:9")
    answer = browser.client.get("/signin/oidc", follow_redirects=False)
    assert answer.status_code == 503
    assert "password" in answer.json()["detail"]


def test_who_declines_is_not_signed_in(serve: Serve) -> None:
    browser = serve()
    state = browser.begin().partition("state=")[2].partition("&")[0]
    answer = browser.come_back(f"/signin/oidc/callback?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "script" not in answer.headers["content-security-policy"]
