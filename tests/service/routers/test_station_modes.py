"""Nearest stations by road, by service area and for many points; every answer says its mode and why."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from shapely import LineString
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.crs import GEOD
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.stores import Stores
from layers.units import UnitDraft
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, County, centre, square
from tests.fixtures.roads import lay_roads

PATH = "/api/v1/stations/nearest"
LON, LAT = centre(1, 0)
CLOSURES = f"/api/v1/roads/closures?district={DISTRICT}"


def refresh(client: TestClient) -> None:
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]


def ask(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get(PATH, params={"lon": LON, "lat": LAT, **parameters})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(body: dict[str, Any]) -> list[str]:
    return [one["code"] for one in body["stations"]]


@pytest.fixture
def roads(county: County, engine: Engine, tmp_path: Path) -> None:
    """A road by every station: the nearest as the crow flies lies at the end of a detour for cars."""
    with Session(engine) as session:
        stations = Stores(session, DISTRICT).stations.all(date(2025, 7, 1))
    found = {one.code: (one.lon, one.lat) for one in stations}
    nodes = {1: (LON, LAT), 2: found["S1"], 3: found["S2"], 4: (LON, LAT - 0.004), 9: (131.055, 46.0395)}
    nodes[10] = found["S3"]
    ways = [
        ([1, 2], {"highway": "footway"}),
        ([1, 4, 3], {"highway": "residential", "name": "长街"}),
        ([9, 10], {"highway": "residential"}),
    ]
    lay_roads(engine, tmp_path, nodes, ways)


def test_by_road_who_may_use_it_decides(roads: None, client: TestClient) -> None:
    on_foot = ask(client, mode="network")
    assert (on_foot["mode"], on_foot["by"], on_foot["why"]) == ("network", "foot", None)
    assert codes(on_foot) == ["S1", "S2"], "no road leads to S3"
    assert {one["mode"] for one in on_foot["stations"]} == {"network"}
    straight = {one["code"]: one["distance_m"] for one in ask(client)["stations"]}
    assert on_foot["stations"][1]["distance_m"] > straight["S2"]
    by_car = ask(client, mode="network", by="car", k=1)
    assert codes(by_car) == ["S2"], "a car may not use the footway to S1"
    assert on_foot["stations"][0]["route"] is None, "nobody asked"
    told = ask(client, mode="network", by="car", routes=True)
    (one,) = told["stations"]
    assert one["route"][0] == [LON, LAT]
    assert one["route"][-1] == [one["lon"], one["lat"]]
    assert [LON, round(LAT - 0.004, 6)] in one["route"], "round the corner, not straight"
    assert GEOD.geometry_length(LineString(one["route"])) == pytest.approx(one["distance_m"], rel=1e-3)
    assert all(each["route"] is None for each in ask(client, routes=True)["stations"])


def test_what_cannot_be_reached_falls_back_and_says_why(roads: None, client: TestClient) -> None:
    body = ask(client, mode="network", facility="repair")
    assert body["stations"] == []
    alone = ask(client, mode="network", lon=131.055, lat=46.0395, facility="charging")
    assert alone["mode"] == "straight"
    assert "No road leads from there" in alone["why"]
    far = ask(client, mode="network", lon=131.02, lat=46.03)
    assert far["mode"] == "straight"
    assert "within 500 m" in far["why"]


def test_a_closed_road_is_avoided_in_its_period(roads: None, client: TestClient) -> None:
    today = client.app.state.service.indexes.today(DISTRICT)  # type: ignore[attr-defined]
    given = {
        "lon": LON,
        "lat": LAT - 0.003,
        "modes": ["car"],
        "valid_from": str(today),
        "valid_to": str(today + timedelta(days=2)),
        "reason": "bridge",
    }
    answer = client.post(CLOSURES, json=given)
    assert answer.status_code == 201, answer.text
    assert answer.json()["road"] == "长街"
    refresh(client)
    assert "No road" in ask(client, mode="network", by="car")["why"]
    assert ask(client, mode="network", by="foot")["mode"] == "network"
    later = f"{today + timedelta(days=2)}T12:00:00+08:00"
    assert codes(ask(client, mode="network", by="car", as_of=later[:10], k=1)) == ["S2"]
    listed = client.get(CLOSURES).json()["items"]
    assert [one["reason"] for one in listed] == ["bridge"]
    gone = client.delete(f"/api/v1/roads/closures/{listed[0]['id']}?district={DISTRICT}")
    assert gone.status_code == 204
    refresh(client)
    assert codes(ask(client, mode="network", by="car", k=1)) == ["S2"]
    again = client.delete(f"/api/v1/roads/closures/{listed[0]['id']}?district={DISTRICT}")
    assert again.status_code == 404


def test_a_closure_needs_a_road_and_a_day(roads: None, client: TestClient) -> None:
    given = {"lon": 131.02, "lat": 46.03, "valid_from": "2025-07-01", "reason": "flood"}
    assert client.post(CLOSURES, json=given).json()["where"] == {"pointer": "/lon"}
    empty = {**given, "lon": LON, "lat": LAT, "valid_to": "2025-07-01"}
    assert client.post(CLOSURES, json=empty).json()["where"] == {"pointer": "/valid_to"}


def serve(engine: Engine, county: County, code: str, serves: list[str]) -> None:
    with Session(engine) as session:
        markers = Stores(session, DISTRICT).markers
        old = markers.get(county.stations[code])
        said = {**old.attributes.to_json(), "serves": serves}
        markers.replace([replace(old, attributes=read_attributes(old.kind, said))], BEGIN)
        session.commit()


def test_the_station_in_charge_of_the_unit_answers(
    county: County, engine: Engine, client: TestClient
) -> None:
    serve(engine, county, "S3", ["T0"])
    serve(engine, county, "S2", ["G10"])
    refresh(client)
    body = ask(client, mode="designated")
    assert (body["mode"], body["why"], codes(body)) == ("designated", None, ["S2"]), (
        "the nearest unit decides"
    )
    assert codes(ask(client, mode="designated", lon=131.005, lat=46.005)) == ["S3"]
    shut = ask(client, mode="designated", facility="rest")
    assert (shut["mode"], shut["why"].count("S2")) == ("straight", 1)
    other = ask(client, mode="designated", lon=131.055, lat=46.005)
    assert "No station serves this place" in other["why"]


def test_an_area_of_its_own_goes_before_the_unit(county: County, engine: Engine, client: TestClient) -> None:
    serve(engine, county, "S3", ["T0"])
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.layers.create("service-areas", name="服务区", kind="overlay", level_names=("area",))
        area = UnitDraft(new_id(), "S2", "S2", 0, None, square(1, 0))
        stores.grids.publish("service-areas", BEGIN, [area])
        session.commit()
    refresh(client)
    assert codes(ask(client, mode="designated")) == ["S2"]
    assert codes(ask(client, mode="designated", lon=131.005, lat=46.005)) == ["S3"]


@pytest.mark.parametrize("mode", ["straight", "designated", "network"])
def test_many_points_answer_as_each_alone_and_a_bad_one_fails_alone(
    roads: None, client: TestClient, mode: str
) -> None:
    lon = [LON, "x", 131.055, 400, LON, None, True]
    lat = [LAT, LAT, 46.0395, LAT, LAT, LAT, LAT]
    answer = client.post(f"{PATH}?mode={mode}&k=2", json={"lon": lon, "lat": lat})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [one["error"] is None for one in body["answers"]] == [True, False, True, False, True, False, False]
    for place in (0, 2, 4):
        alone = ask(client, lon=lon[place], lat=lat[place], mode=mode, k=2)
        found = body["answers"][place]
        assert (found["mode"], found["why"]) == (alone["mode"], alone["why"])
        named = [(body["stations"][one["station"]]["code"], one["distance_m"]) for one in found["nearest"]]
        assert named == [(one["code"], one["distance_m"]) for one in alone["stations"]]


def test_columns_of_two_lengths_are_refused(client: TestClient) -> None:
    answer = client.post(PATH, json={"lon": [LON], "lat": []})
    assert (answer.status_code, answer.json()["where"]) == (422, {"pointer": "/lat"})


def test_room_for_so_many(county: County, client: TestClient) -> None:
    body = ask(client, capacity=10_000)
    assert (body["stations"], body["filtered"]["capacity"]) == ([], 3)
