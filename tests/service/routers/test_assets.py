"""Served files and the base map over HTTP."""

import json

import pytest

from maps import assets
from tests.fixtures.client import TestClient


def test_address_with_the_hash_may_be_kept_for_ever(client: TestClient) -> None:
    answer = client.get(assets.url("web/tokens.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("version", ["", "?v=0123456789abcdef"])
def test_other_address_is_asked_about_again(client: TestClient, version: str) -> None:
    answer = client.get(f"/assets/web/tokens.css{version}")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/assets/web/tokens.css", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "web/../style.py",
        "web/%2e%2e/style.py",
        "npm/leaflet/package.json",
        "npm/world-atlas/countries-10m.json",
        "npm/@mapbox/vector-tile/../../leaflet/package.json",
        "web/%00.css",
        "nothing.js",
    ],
)
def test_unlisted_file_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/assets/{path}")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_base_map_is_geojson(client: TestClient) -> None:
    answer = client.get("/assets/basemap.json", params={"bbox": "117,45,121,48", "home": "118.5,46.2"})
    assert answer.status_code == 200
    kinds = {one["properties"]["kind"] for one in json.loads(answer.content)["features"]}
    assert kinds == {"home", "abroad", "frontier"}


@pytest.mark.parametrize(
    ("bbox", "home"),
    [
        ("1,2,3", "0,0"),
        ("a,b,c,d", "0,0"),
        ("nan,0,1,1", "0,0"),
        ("inf,0,1,1", "0,0"),
        ("0,0,100,10", "0,0"),
        ("3,0,1,1", "0,0"),
        ("0,0,1,1", "x"),
        ("1e999,0,1,1", "0,0"),
    ],
)
def test_impossible_base_map_is_refused(client: TestClient, bbox: str, home: str) -> None:
    answer = client.get("/assets/basemap.json", params={"bbox": bbox, "home": home})
    assert answer.status_code == 422
    assert answer.json()["detail"]
