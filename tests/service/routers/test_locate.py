"""Locate over HTTP, one point and many."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo import datums
from service.access.identity import EVERYBODY
from service.routers import locate as route
from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import BEGIN, REDRAWN, SOUTH, WEST, centre, publish

PATH = "/api/v1/locate"
NORTH = SOUTH + 0.04


def ask(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get(PATH, params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refuse(client: TestClient, status: int = 422, **parameters: Any) -> dict[str, Any]:
    answer = client.get(PATH, params=parameters)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


def test_answers_the_unit_with_its_chain(client: TestClient) -> None:
    lon, lat = centre(4, 1)
    assert ask(client, lon=lon, lat=lat) == {
        "unit": {"code": "G41", "name": "格41", "level": "grid", "layer": "grids"},
        "chain": [
            {"code": "G41", "name": "格41", "level": "grid", "layer": "grids"},
            {"code": "V10", "name": "村10", "level": "village", "layer": "grids"},
            {"code": "T1", "name": "乡1", "level": "township", "layer": "grids"},
        ],
        "overlays": [],
        "segment": None,
        "near_boundary": False,
        "candidates": [],
        "rule": "grid",
    }


def test_the_quick_way_and_the_route_answer_alike(client: TestClient) -> None:
    lon, lat = centre(0, 3)
    service = client.app.state.service  # type: ignore[attr-defined]
    quick = route.quick_answer(service, f"lon={lon}&lat={lat}".encode(), EVERYBODY)
    assert quick is not None
    # A datum is nothing for the quick way.
    slow = client.get(PATH, params={"lon": lon, "lat": lat, "datum": "cgcs2000"})
    assert slow.content == quick
    assert client.get(PATH, params={"lon": lon, "lat": lat}).content == quick


@pytest.mark.parametrize(
    "query", ["lon=131.005&lat=46.005&k=1", "lon=131.005", "lon=x&lat=46", "lon=131.005&lat=46.005&lat=46"]
)
def test_the_quick_way_passes_on_what_is_unusual(client: TestClient, query: str) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    assert route.quick_answer(service, query.encode(), EVERYBODY) is None
    assert client.get(f"{PATH}?{query}").status_code == 422


def test_as_of_answers_for_any_day(client: TestClient) -> None:
    lon, lat = centre(2, 0)
    assert ask(client, lon=lon, lat=lat)["unit"]["code"] == "G30"
    before = (REDRAWN - timedelta(days=1)).isoformat()
    assert ask(client, lon=lon, lat=lat, as_of=before)["unit"]["code"] == "G20"
    assert ask(client, lon=lon, lat=lat, as_of=REDRAWN.isoformat())["unit"]["code"] == "G30"
    # The second time it answers from memory, the same.
    assert ask(client, lon=lon, lat=lat, as_of=before)["chain"][1]["code"] == "V00"
    problem = refuse(client, lon=lon, lat=lat, as_of=(BEGIN - timedelta(days=1)).isoformat())
    assert "no grids in force on 2023-12-31" in problem["detail"]


def test_segment_overlay_and_class(client: TestClient) -> None:
    lon, lat = centre(0, 3)
    body = ask(client, lon=lon, lat=NORTH - 0.001, **{"class": "smuggling"})
    assert body["rule"] == "overlay"
    assert body["unit"]["code"] == "PORT"
    assert body["chain"][0]["code"] == "G03"
    assert body["overlays"] == [
        {"code": "PORT", "name": "口岸", "level": "grid", "layer": "port", "priority": 5, "claims": True}
    ]
    # The line runs east, so the district lies on its right; 0.001° of latitude are 111.2 m here.
    assert body["segment"]["code"] == "B1"
    assert body["segment"]["side"] == "right"
    assert body["segment"]["offset_m"] == pytest.approx(-111.15, abs=0.1)
    assert body["segment"]["measure_m"] == pytest.approx(387.0, abs=1.0)
    assert ask(client, lon=lon, lat=lat, **{"class": "waste"})["rule"] == "grid"
    assert ask(client, lon=lon, lat=centre(0, 2)[1])["segment"] is None


def test_near_a_boundary_it_names_the_candidates(client: TestClient) -> None:
    lon, lat = WEST + 0.01 + 1e-4, centre(0, 1)[1]  # 7.7 m east of an edge
    body = ask(client, lon=lon, lat=lat)
    assert body["near_boundary"]
    assert [one["code"] for one in body["candidates"]] == ["G11", "G01"]
    exact = ask(client, lon=lon, lat=lat, accuracy_m=5)
    assert not exact["near_boundary"]
    assert exact["candidates"] == []
    corner = ask(client, lon=WEST + 0.02, lat=SOUTH + 0.01, accuracy_m=3)
    assert len(corner["candidates"]) == 4


def test_just_outside_it_snaps_and_says_so(client: TestClient) -> None:
    body = ask(client, lon=centre(1, 0)[0], lat=SOUTH - 0.0003)
    assert body["rule"] == "snapped"
    assert body["unit"]["code"] == "G10"
    assert body["snapped_m"] == pytest.approx(33.3, abs=0.2)


def test_never_across_the_border(client: TestClient) -> None:
    problem = refuse(client, lon=centre(1, 3)[0], lat=NORTH + 0.0003)
    assert problem["code"] == "outside"
    assert problem["nearest"]["code"] == "G13"
    assert problem["nearest"]["distance_m"] == pytest.approx(33.3, abs=0.2)
    assert "border lies between" in problem["detail"]


def test_far_outside_it_names_the_nearest(client: TestClient) -> None:
    problem = refuse(client, lon=centre(5, 0)[0], lat=SOUTH - 0.01)
    assert problem["code"] == "outside"
    assert problem["nearest"]["code"] == "G50"
    assert problem["nearest"]["distance_m"] == pytest.approx(1111.5, abs=1.0)


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"lon": "nan", "lat": 46}, "lon"),
        ({"lon": 131, "lat": "inf"}, "lat"),
        ({"lon": 1e999, "lat": 46}, "lon"),
        ({"lon": 200, "lat": 46}, "lon"),
        ({"lon": 46, "lat": 131}, "lat"),
        ({"lon": "", "lat": 46}, "lon"),
        ({"lat": 46}, "lon"),
        ({"lon": 131, "lat": 46, "accuracy_m": -1}, "accuracy_m"),
        ({"lon": 131, "lat": 46, "as_of": "yesterday"}, "as_of"),
        ({"lon": 131, "lat": 46, "as_of": "0000-00-00"}, "as_of"),
        ({"lon": 131, "lat": 46, "layer": "nowhere"}, "layer"),
        ({"lon": 131, "lat": 46, "district": "999999"}, "district"),
        ({"lon": 131, "lat": 46, "datum": "mars"}, "datum"),
        ({"lon": 131, "lat": 46, "lt": 3}, "lt"),
        ({"lon": 131, "lat": 46, "layer": "a\0b"}, "layer"),
    ],
)
def test_bad_parameters_are_named(client: TestClient, parameters: dict[str, Any], parameter: str) -> None:
    assert refuse(client, **parameters)["where"] == {"parameter": parameter}


def test_an_unknown_parameter_names_the_nearest(client: TestClient) -> None:
    problem = refuse(client, lon=131, lat=46, acuracy=3)
    assert problem["code"] == "parameter-unknown"
    assert "accuracy_m" in problem["detail"]


def test_refusals_speak_the_callers_language(client: TestClient) -> None:
    answer = client.get(
        PATH, params={"lon": 131, "lat": 46, "lt": 3}, headers={"Accept-Language": "zh-CN,en;q=0.5"}
    )
    assert answer.headers["content-language"] == "zh"
    assert answer.json()["title"] == "输入被拒绝"
    assert "lt" in answer.json()["detail"]
    assert "There is" not in answer.json()["detail"]


def test_a_shifted_datum_is_refused_until_it_is_allowed(client: TestClient, settings: Settings) -> None:
    lon, lat = centre(3, 1)
    x, y = datums.from_wgs84(lon, lat, "gcj02")
    problem = refuse(client, lon=float(x), lat=float(y), datum="gcj02")
    assert problem["code"] == "datum-inverse-disabled"
    assert "WARDLINE_ALLOW_DATUM_INVERSE" in problem["detail"]
    with running(settings.model_copy(update={"allow_datum_inverse": True})) as allowed:
        allowed.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
        assert ask(allowed, lon=float(x), lat=float(y), datum="gcj02")["unit"]["code"] == "G31"
        x, y = datums.from_wgs84(lon, lat, "bd09")
        assert ask(allowed, lon=float(x), lat=float(y), datum="bd09")["unit"]["code"] == "G31"


def test_two_districts_must_be_named(client: TestClient, engine: Engine) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    with Session(engine) as session:
        publish(session, "230883")
        session.commit()
    service.indexes.refresh()
    lon, lat = centre(0, 0)
    problem = refuse(client, lon=lon, lat=lat)
    assert problem["code"] == "district-not-named"
    assert "230882, 230883" in problem["detail"]
    assert ask(client, lon=lon, lat=lat, district="230883")["unit"]["code"] == "G00"
