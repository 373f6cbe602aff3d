"""Finding people by a text, units by their id, and the page of those who administer."""

import pytest

from layers.accounts import ADMINISTRATOR
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County


def found(client: TestClient, **query: str) -> list[str]:
    """Return the logins of all pages of an answer."""
    logins: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = client.get("/api/v1/people", params={**query, **cursor, "limit": "2"}).json()
        logins += [one["login"] for one in body["items"]]
        if body["cursor"] is None:
            return logins
        cursor = {"cursor": body["cursor"]}


def test_people_are_found_by_a_part_of_login_or_name(callers: Callers, administrator: TestClient) -> None:
    for login in ("li.na", "li.wei", "sun_li", "sun%li", "wang"):
        add_person(callers.engine, login)
    administrator.post("/api/v1/people", json={"login": "zhao", "name": "赵丽 Li"})
    assert sorted(found(administrator, q="LI")) == ["li.na", "li.wei", "sun%li", "sun_li", "zhao"]
    assert found(administrator, q="丽") == ["zhao"]
    assert found(administrator, q="_") == ["sun_li"], "a wildcard of SQL is a letter like others"
    assert found(administrator, q="%") == ["sun%li"]
    assert found(administrator, q="nobody") == []
    assert len(found(administrator, q="")) == 7


def test_a_search_finds_nobody_of_another_area(callers: Callers, county: County) -> None:
    add_person(callers.engine, "guard.east", [("guard", DISTRICT, county.units["T1"])])
    add_person(callers.engine, "guard.west", [("guard", DISTRICT, county.units["T0"])])
    west = callers.role("keeper", ADMINISTRATOR, DISTRICT, county.units["T0"])
    assert found(west, q="guard") == ["guard.west"]


def test_a_unit_is_found_by_its_id_as_by_its_code(administrator: TestClient, county: County) -> None:
    by_code = administrator.get("/api/v1/units/V01").json()
    by_id = administrator.get(f"/api/v1/units/{county.units['V01']}")
    assert by_id.status_code == 200
    assert by_id.json() == by_code
    assert administrator.get(f"/api/v1/units/{county.units['V01']}?layer=port").status_code == 404
    assert administrator.get(f"/api/v1/units/{county.people['R1']}").status_code == 404


@pytest.mark.parametrize(("role", "status"), [(ADMINISTRATOR, 200), ("auditor", 200), ("coordinator", 403)])
def test_the_page_is_for_administrators_and_auditors(callers: Callers, role: str, status: int) -> None:
    assert callers.role(role, role, DISTRICT).get("/admin").status_code == status


def test_the_page_leads_who_is_not_signed_in_to_signing_in(callers: Callers) -> None:
    answer = callers.nobody().get("/admin", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/admin")
