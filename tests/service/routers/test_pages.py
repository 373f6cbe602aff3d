"""The pages over HTTP: language, district, headers."""

import re
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.fixtures.client import TestClient
from tests.fixtures.county import publish
from tests.fixtures.injected import EVALUATED, TEMPLATE

PAGES = ("/", "/grids", "/coverage", "/stations")


@pytest.mark.parametrize("path", PAGES)
def test_policy_names_the_nonce_of_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    found = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
    assert found
    nonces = set(re.findall(r'nonce="([^"]+)"', answer.text))
    assert nonces == {found[1]}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "cookie", "header", "lang"),
    [
        (None, None, "zh-CN,zh;q=0.9", "zh"),
        (None, None, "en", "en"),
        (None, "zh", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("xx", None, "en", "en"),
        ("xx", "yy", "zh", "zh"),
    ],
)
def test_language_by_question_then_cookie_then_browser(
    client: TestClient, asked: str | None, cookie: str | None, header: str, lang: str
) -> None:
    client.cookies.clear()
    if cookie:
        client.cookies.set("wardline_lang", cookie)
    answer = client.get("/", params={"lang": asked} if asked else {}, headers={"Accept-Language": header})
    assert f'<html lang="{lang}">' in answer.text
    assert answer.headers["content-language"] == lang
    assert ("set-cookie" in answer.headers) == (asked == "en")


def test_page_names_its_district_and_layer(client: TestClient) -> None:
    text = client.get("/grids").text
    assert "Test County" in text
    assert '"partition":{"code":"grids","levels":["township","village","grid"],"counts":[2,4,24]}' in text


def test_several_districts_are_offered(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        publish(session, "230883")
        session.commit()
    assert '<option value="230883" selected>' in client.get("/", params={"district": "230883"}).text
    first = client.get("/")
    assert first.status_code == 200
    assert '<option value="230882" selected>' in first.text


def test_unknown_district_is_refused_with_the_known_ones(client: TestClient) -> None:
    answer = client.get("/", params={"district": "nowhere"})
    assert answer.status_code in {404, 422}
    assert "230882" in answer.json()["detail"]


@pytest.mark.parametrize("view", ["secrets", "home", "..", quote(TEMPLATE)])
def test_unknown_export_is_not_there(client: TestClient, view: str) -> None:
    answer = client.get(f"/maps/{view}.html", params={"from": "2025-06-01", "to": "2025-07-01"})
    assert answer.status_code == 404
    assert EVALUATED not in answer.text
