"""Layers, districts, units and representatives over HTTP."""

from typing import Any

import pytest

from tests.fixtures.client import TestClient
from tests.fixtures.county import County, centre

PREFIX = "/api/v1"


def get(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"{PREFIX}{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_districts(client: TestClient) -> None:
    assert get(client, "/districts")["items"] == [
        {"code": "230882", "name": "试验县", "name_en": "Test County", "timezone": "Asia/Shanghai"}
    ]


def test_layers(client: TestClient) -> None:
    items = {one["code"]: one for one in get(client, "/layers")["items"]}
    assert items["grids"]["levels"] == ["township", "village", "grid"]
    assert items["port"]["classes"] == ["smuggling"]
    assert items["border"]["kind"] == "line"
    assert items["stations"]["name_en"] == "Service stations"


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        ("grids", 24),
        ("port", 1),
        ("border", 1),
        ("markers", 4),
        ("stations", 3),
        ("representatives", 3),
        ("incidents", 0),
        ("dwellings", 0),
        ("lines", 0),
        ("cover", 0),
    ],
)
def test_items_of_every_layer(client: TestClient, layer: str, count: int) -> None:
    answer = client.get(f"{PREFIX}/layers/{layer}/items")
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["type"] == "FeatureCollection"
    assert body["numberReturned"] == len(body["features"]) == count
    for feature in body["features"]:
        one = get(client, f"/layers/{layer}/items/{feature['id']}")
        assert one == feature


def test_items_by_box_level_kind_and_day(client: TestClient) -> None:
    assert len(get(client, "/layers/grids/items", bbox="131.001,46.001,131.009,46.009")["features"]) == 1
    assert len(get(client, "/layers/grids/items", level=0)["features"]) == 2
    assert len(get(client, "/layers/markers/items", kind="gate")["features"]) == 1
    assert get(client, "/layers/grids/items", as_of="2023-01-01")["features"] == []


def test_items_page_by_the_link(client: TestClient) -> None:
    seen = []
    address: str | None = f"{PREFIX}/layers/grids/items?limit=10&bbox=130,45,132,47"
    while address is not None:
        answer = client.get(address)
        body = answer.json()
        seen += [one["properties"]["code"] for one in body["features"]]
        links = body.get("links", [])
        address = links[0]["href"] if links else None
        assert (address is not None) == ("link" in answer.headers)
    assert len(seen) == len(set(seen)) == 24


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/layers/nowhere/items", 404),
        ("/layers/grids/items/01890000-0000-7000-8000-000000000000", 404),
        ("/layers/grids/items/1", 404),
        ("/layers/grids/items?limit=0", 422),
        ("/layers/grids/items?limit=1000000", 422),
        ("/layers/grids/items?cursor=xx", 422),
        ("/layers/grids/items?bbox=1,2,3", 422),
        ("/layers/grids/items?bbox=1,2,3,nan", 422),
        ("/layers/grids/items?bbox=1,50,3,40", 422),
        ("/layers/grids/items?kind=gate", 422),
        ("/layers/grids/items?level=7", 422),
        ("/units/none", 404),
        ("/units/G00?layer=none", 404),
        ("/units/%00", 422),
        ("/representatives/none", 404),
        ("/nothing", 404),
    ],
)
def test_bad_requests(client: TestClient, path: str, status: int) -> None:
    answer = client.get(PREFIX + path)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def test_a_unit_with_everything_around_it(client: TestClient) -> None:
    body = get(client, "/units/V01")
    assert body["level"] == "village"
    assert [one["code"] for one in body["chain"]] == ["V01", "T0"]
    assert [one["code"] for one in body["children"]] == ["G02", "G03", "G12", "G13", "G22", "G23"]
    assert body["responsible"] == [{"code": "R2", "name": "代表R2", "role": "home", "through": "V01"}]
    leaf = get(client, "/units/G43")
    assert leaf["households"] == 100
    assert leaf["responsible"][0]["through"] == "T1"
    assert get(client, "/units/G20", as_of="2025-05-31")["chain"][1]["code"] == "V00"
    assert get(client, "/units/G20", as_of="2025-06-01")["chain"][1]["code"] == "V10"


def test_representatives(client: TestClient) -> None:
    items = get(client, "/representatives")["items"]
    assert [(one["code"], one["home"]["code"]) for one in items] == [
        ("R1", "V00"),
        ("R2", "V01"),
        ("R3", "T1"),
    ]
    assert get(client, "/representatives/R3")["units"][0]["level"] == "township"


def test_a_representative_gets_a_home_by_location(client: TestClient, county: County) -> None:
    lon, lat = centre(4, 3)
    given = {"code": "R9", "name": "新代表", "lon": lon, "lat": lat}
    answer = client.post(f"{PREFIX}/representatives", json=given)
    assert answer.status_code == 201, answer.text
    assert answer.json()["home"]["code"] == "V11"
    assert answer.headers["location"].endswith("/R9")
    assert get(client, "/units/G43")["responsible"][0]["code"] == "R9"
    assert client.post(f"{PREFIX}/representatives", json=given).status_code == 409
    named = client.post(f"{PREFIX}/representatives", json={"code": "R10", "name": "十", "home": "T0"})
    assert named.json()["home"]["code"] == "T0"


def test_many_representatives_are_stored_all_or_none(client: TestClient) -> None:
    places = [centre(4, 3), centre(0, 0), centre(5, 0)]
    given = [
        {"code": f"B{k}", "name": f"B{k}", "lon": lon, "lat": lat} for k, (lon, lat) in enumerate(places)
    ]
    path = f"{PREFIX}/representatives/batch"
    answer = client.post(path, json={"items": [*given, given[0] | {"code": "B3", "home": "none"}]})
    assert (answer.status_code, answer.json()["where"]["pointer"]) == (422, "/items/3/home")
    assert client.get(f"{PREFIX}/representatives/B0").status_code == 404
    answer = client.post(path, json={"items": given})
    assert answer.status_code == 201, answer.text
    assert [one["home"]["code"] for one in answer.json()["items"]] == ["V11", "V00", "V10"]
    answer = client.post(path, json={"items": given[::-1]})
    assert (answer.status_code, answer.json()["where"]["pointer"]) == (409, "/items/0")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lat": None}, "/lat"),
        ({"lon": 0.0, "lat": 0.0}, None),
        ({"home": "none"}, "/home"),
        ({"code": ""}, "/code"),
        ({"role": "boss"}, "/role"),
    ],
)
def test_bad_representatives(client: TestClient, change: dict[str, Any], pointer: str | None) -> None:
    lon, lat = centre(0, 0)
    given = {"code": "R9", "name": "新", "lon": lon, "lat": lat, **change}
    answer = client.post(f"{PREFIX}/representatives", json=given)
    assert answer.status_code == 422, answer.text
    if pointer is not None:
        assert answer.json()["where"] == {"pointer": pointer}
    assert client.get(f"{PREFIX}/representatives/R9").status_code == 404
