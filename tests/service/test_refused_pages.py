"""What a person sees who opens a page that is not for them, or an address that nothing has."""

import re

import pytest

from tests.fixtures.accounts import PASSWORD, Callers, add_person
from tests.fixtures.county import DISTRICT

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def links(text: str) -> set[str]:
    return set(re.findall(r'class="button[^"]*" href="([^"]+)"', text))


def test_a_guard_is_told_whom_to_ask_and_where_to_go(callers: Callers) -> None:
    guard = callers.role("guard-1", "guard", DISTRICT)
    answer = guard.get("/admin", headers=BROWSER)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "“Administration” is not open to you" in answer.text
    assert "It is for: Administrator, Auditor." in answer.text
    assert "asks an administrator" in answer.text
    assert "Signed in as guard-1" in answer.text
    pages = {"/", "/grids", "/coverage", "/incidents", "/stations", "/meetings", "/notices"}
    assert links(answer.text) == pages
    for path in links(answer.text):
        assert guard.get(path, headers=BROWSER).status_code == 200, path


@pytest.mark.parametrize("path", ["/coverage", "/maps/coverage.html", "/quarantine"])
def test_every_page_of_a_district_is_refused_as_a_page(callers: Callers, path: str) -> None:
    worker = callers.role("worker-1", "grid_worker", DISTRICT)
    answer = worker.get(f"{path}?district={DISTRICT}", headers=BROWSER | {"Accept-Language": "zh-CN"})
    assert answer.status_code == 403
    assert "您无权打开" in answer.text
    assert "请向本县管理员申请" in answer.text
    assert f"?lang=en&amp;district={DISTRICT}" in answer.text
    assert path not in links(answer.text)
    in_english = worker.get(f"{path}?district={DISTRICT}&lang=en", headers=BROWSER)
    assert 'lang="en"' in in_english.text
    assert "wardline_lang=en" in in_english.headers["set-cookie"]


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/problem+json, text/html;q=0.5", "text/html;q=0", "?;q=x"],
)
def test_programs_get_problems(callers: Callers, accept: str) -> None:
    guard = callers.role("guard-1", "guard", DISTRICT)
    for path, status, code in (("/admin", 403, "not-allowed"), ("/nothing", 404, "route-unknown")):
        answer = guard.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"


def test_data_are_refused_as_data_whoever_asks(callers: Callers) -> None:
    guard = callers.role("guard-1", "guard", DISTRICT)
    answer = guard.get("/api/v1/people", headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert guard.post("/nothing", headers=BROWSER).json()["code"] == "route-unknown"


def test_an_address_that_nothing_has(callers: Callers) -> None:
    nobody = callers.nobody()
    answer = nobody.get("/grid<b>s", headers=BROWSER)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert links(answer.text) == {"/", "/stations"}
    assert 'href="/signin?next=/"' in answer.text
    guard = callers.role("guard-1", "guard", DISTRICT)
    assert "Signed in as guard-1" in guard.get("/nothing", headers=BROWSER).text


def test_a_district_that_is_not_there_is_a_page_too(callers: Callers) -> None:
    guard = callers.role("guard-1", "guard", DISTRICT)
    answer = guard.get("/coverage?district=999999", headers=BROWSER)
    assert answer.status_code in (404, 422)
    assert "999999" in answer.text
    assert "There is nothing here" in answer.text


def test_no_name_and_password_are_tried_where_nothing_is(callers: Callers) -> None:
    add_person(callers.engine, "keeper", [("guard", DISTRICT, None)], password=PASSWORD)
    answers = {
        callers.nobody().get("/nothing", headers=BROWSER, auth=("keeper", password)).text
        for password in (PASSWORD, "wrong")
    }
    assert len(answers) == 1
    assert "Signed in as" not in answers.pop()
