"""Project teams over HTTP: what is refused and why, ends, and who may see names."""

from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

PROJECTS = "/api/v1/projects"
LON, LAT = centre(1, 1)
LOCATE = {"lon": LON, "lat": LAT, "as_of": "2025-04-01", "sites_within_m": 100}


def point(lon: float = LON, lat: float = LAT) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def site(code: str = "S1", **others: Any) -> dict[str, Any]:
    return {"code": code, "name": "Bridge", "geometry": point(), **others}


def post(first: str, **others: str) -> dict[str, str]:
    return {"member": "M1", "first_day": first, **others}


def project(code: str = "P1", **others: Any) -> dict[str, Any]:
    days = {"first_day": "2025-03-01", "last_day": "2025-05-31"}
    team = [{"member": "M1", "role": "lead", "first_day": "2025-03-10"}]
    plain = {"code": code, "name": "New bridge", "kind": "road", "office": "Works", **days}
    return {**plain, "sites": [site()], "team": team, **others}


@pytest.fixture
def keeper(client: TestClient) -> TestClient:
    members = [{"code": code, "name": f"Member {code}", "office": "Works"} for code in ("M1", "M2")]
    assert client.post(f"{PROJECTS}/members", json={"items": members}).status_code == 200
    return client


def made(client: TestClient, **others: Any) -> dict[str, Any]:
    answer = client.post(PROJECTS, json=project(**others))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_projects_that_do_not_fit(keeper: TestClient) -> None:
    for others, pointer in (
        ({"last_day": "2025-02-01"}, "/last_day"),
        ({"team": [{"member": "nobody", "first_day": "2025-03-01"}]}, "/team/0/member"),
        ({"team": [{"member": "M1", "first_day": "2025-02-01"}]}, "/team/0/first_day"),
        (
            {"team": [{"member": "M1", "first_day": "2025-03-01", "last_day": "2025-06-01"}]},
            "/team/0/first_day",
        ),
        (
            {"team": [{"member": "M1", "first_day": "2025-03-09", "last_day": "2025-03-01"}]},
            "/team/0/last_day",
        ),
        ({"team": [{"member": "M1", "first_day": "2025-07-01"}]}, "/team/0/first_day"),
        ({"sites": [site(), site()]}, "/sites/1/code"),
        ({"sites": [site(geometry=point(1.0))]}, "/sites/0/geometry"),
        (
            {"sites": [site(geometry={"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT]]})]},
            "/sites/0/geometry",
        ),
    ):
        answer = keeper.post(PROJECTS, json=project(**others))
        assert answer.status_code == 422, answer.text
        assert answer.json()["where"]["pointer"] == pointer
        assert keeper.get(PROJECTS).json()["items"] == []


def test_areas_are_no_sites(keeper: TestClient) -> None:
    area = {"type": "Polygon", "coordinates": [[[LON, LAT], [LON + 0.1, LAT], [LON, LAT + 0.1], [LON, LAT]]]}
    assert keeper.post(PROJECTS, json=project(sites=[site(geometry=area)])).status_code == 422


def test_codes_are_of_one_project_and_nobody_is_there_twice(keeper: TestClient) -> None:
    first = made(keeper)
    assert keeper.post(PROJECTS, json=project(sites=[])).json()["code"] == "conflict"
    other = keeper.post(PROJECTS, json=project("P2"))
    assert (other.status_code, other.json()["where"]["pointer"]) == (422, "/sites/0/code")
    again = keeper.post(f"{PROJECTS}/{first['id']}/posts", json={"member": "M1", "first_day": "2025-04-01"})
    assert (again.status_code, again.json()["code"]) == (409, "overlap")


def test_a_site_takes_the_place_of_the_one_with_its_code(keeper: TestClient) -> None:
    first = made(keeper)
    moved = site(name="Moved", geometry=point(*centre(2, 1)))
    told = keeper.post(f"{PROJECTS}/{first['id']}/sites", json={"items": [moved, site("S2")]}).json()
    assert [(one["code"], one["name"], one["unit"]) for one in told["sites"]] == [
        ("S1", "Moved", "G21"),
        ("S2", "Bridge", "G11"),
    ]
    assert told["sites"][0]["id"] == first["sites"][0]["id"]
    shown = keeper.get(f"{PROJECTS}/sites.geojson", params={"as_of": "2025-04-01"}).json()["features"]
    assert [one["properties"]["code"] for one in shown] == ["S1", "S2"]
    assert keeper.get(f"{PROJECTS}/sites.geojson", params={"as_of": "2025-06-01"}).json()["features"] == []


def test_posts_and_projects_end_on_a_day(keeper: TestClient) -> None:
    first = made(keeper)
    (lead,) = first["team"]
    assert (lead["first_day"], lead["last_day"]) == ("2025-03-10", "2025-05-31")
    here = f"{PROJECTS}/{first['id']}"
    later = {"member": "M2", "first_day": "2025-05-01"}
    assert keeper.post(f"{here}/posts", json=later).status_code == 201
    told = keeper.post(f"{here}/posts/{lead['id']}/end", json={"last_day": "2025-04-15"}).json()
    assert told["team"][0]["last_day"] == "2025-04-15"
    longer = keeper.post(f"{here}/posts/{lead['id']}/end", json={"last_day": "2025-04-20"})
    assert (longer.status_code, longer.json()["where"]["pointer"]) == (422, "/last_day")
    assert keeper.post(f"{here}/posts/{uuid4()}/end", json={"last_day": "2025-04-20"}).status_code == 404
    ended = keeper.post(f"{here}/end", json={"last_day": "2025-04-20"}).json()
    assert (ended["last_day"], [one["member"]["code"] for one in ended["team"]]) == ("2025-04-20", ["M1"])
    assert keeper.post(f"{here}/end", json={"last_day": "2025-01-01"}).status_code == 422


def test_the_nearest_sites_come_first_and_only_those_near(keeper: TestClient) -> None:
    line = {"type": "LineString", "coordinates": [[LON + 0.001, LAT - 0.001], [LON + 0.001, LAT + 0.001]]}
    made(
        keeper, sites=[site("line", geometry=line), site("far", geometry=point(LON, LAT + 0.02)), site("on")]
    )
    asked = {"lon": LON, "lat": LAT, "within_m": 200, "as_of": "2025-04-01"}
    told = keeper.get(f"{PROJECTS}/near", params=asked).json()
    assert [one["code"] for one in told["sites"]] == ["on", "line"]
    assert told["sites"][1]["distance_m"] == pytest.approx(77.4, abs=0.5)
    assert told["sites"][0]["team"][0]["role"] == "lead"
    before = keeper.get(f"{PROJECTS}/near", params=asked | {"as_of": "2025-03-05"}).json()
    assert [one["team"] for one in before["sites"]] == [[], []], "nobody is on site yet"
    assert keeper.get(f"{PROJECTS}/near", params=asked | {"as_of": "2025-06-01"}).json()["sites"] == []


def test_locate_tells_of_sites_to_those_who_hold_something_here(callers: Callers, county: County) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    keeper.post(f"{PROJECTS}/members", json={"items": [{"code": "M1", "name": "One"}]})
    made(keeper)
    worker = callers.role("worker", "grid_worker", DISTRICT, county.units["V00"])
    (found,) = worker.get("/api/v1/locate", params=LOCATE).json()["sites"]
    assert (found["code"], found["team"][0]["member"]["name"]) == ("S1", "One")
    assert callers.nobody().get("/api/v1/locate", params=LOCATE).json()["sites"] == []
    plain = {name: value for name, value in LOCATE.items() if name != "sites_within_m"}
    assert "sites" not in worker.get("/api/v1/locate", params=plain).json()
    assert callers.nobody().get(f"{PROJECTS}/near", params=LOCATE).status_code == 401
    assert worker.post(PROJECTS, json=project("P2", sites=[])).status_code == 403
