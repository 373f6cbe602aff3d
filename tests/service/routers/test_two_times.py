"""The day that is asked about, and what was known of it at an instant, by every route that shows units."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.stores import Stores
from layers.units import UnitDraft
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, REDRAWN, centre

NAME, CORRECTED = "格00", "corrected"
LON, LAT = centre(0, 0)
TILE = "/tiles/grids/11/1769/728.mvt"


def correct(engine: Engine, **corrected: Any) -> str:
    """Correct G00 on the first day; return an instant before anybody knew."""
    before = datetime.now(UTC)
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        unit = stores.grids.unit_by_code("grids", "G00", BEGIN)
        release = stores.grids.release_in_force("grids", BEGIN)
        assert release is not None
        draft = UnitDraft(
            unit.id,
            unit.code,
            unit.name,
            unit.level,
            unit.parent,
            stores.grids.area(unit.id, BEGIN),
            unit.households,
            unit.attributes,
        )
        stores.grids.publish_change("grids", BEGIN, [replace(draft, **corrected)], [], base=release.id)
        session.commit()
    return before.isoformat()


def names(client: TestClient, **asked: str) -> dict[str, Any]:
    """Return what each route says that G00 is called."""

    def ask(path: str, **more: Any) -> Any:
        answer = client.get(path, params={**asked, **more})
        assert answer.status_code == 200, answer.text
        return answer

    items = ask("/api/v1/layers/grids/items", limit=100).json()["features"]
    (item,) = [one for one in items if one["properties"]["code"] == "G00"]
    columns = ask("/tiles/grids/units.json", level=2).json()["columns"]
    tile = ask(TILE, level=2).content
    return {
        "items": item["properties"]["name"],
        "item": ask(f"/api/v1/layers/grids/items/{item['id']}").json()["properties"]["name"],
        "unit": ask("/api/v1/units/G00").json()["name"],
        "by id": ask(f"/api/v1/units/{item['id']}").json()["name"],
        "locate": ask("/api/v1/locate", lon=LON, lat=LAT).json()["unit"]["name"],
        "columns": dict(zip(columns["code"], columns["name"], strict=True))["G00"],
        "tile": CORRECTED if CORRECTED.encode() in tile else NAME,
    }


def test_what_was_known_before_a_correction_is_still_told(client: TestClient, engine: Engine) -> None:
    day = BEGIN.isoformat()
    plain = names(client, as_of=day)
    before = correct(engine, name=CORRECTED)
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
    old = dict.fromkeys(plain, NAME)
    new = dict.fromkeys(plain, CORRECTED)
    assert plain == names(client, as_of=day, known_at=before) == old
    assert names(client, as_of=day) == names(client, as_of=day, known_at=datetime.now(UTC).isoformat()) == new
    # A later release never spoke of the correction.
    assert names(client, as_of=REDRAWN.isoformat(), known_at=before)["unit"] == NAME


def test_many_points_are_answered_as_known(client: TestClient, engine: Engine) -> None:
    before = correct(engine, code="G99")
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]

    def ask(**asked: str) -> Any:
        body = {"lon": [LON], "lat": [LAT]}
        answer = client.post("/api/v1/locate", json=body, params={"as_of": BEGIN.isoformat(), **asked})
        return answer.json()["unit"]

    assert (ask(known_at=before), ask()) == (["G00"], ["G99"])


def test_before_anything_was_known_there_is_nothing(client: TestClient) -> None:
    long_ago = "2001-01-01T00:00:00Z"
    assert client.get("/api/v1/layers/grids/items", params={"known_at": long_ago}).json()["features"] == []
    assert client.get("/api/v1/units/G00", params={"known_at": long_ago}).status_code == 404
    assert client.get(TILE, params={"known_at": long_ago}).content == b""
    located = client.get("/api/v1/locate", params={"lon": LON, "lat": LAT, "known_at": long_ago})
    assert located.status_code == 422


@pytest.mark.parametrize("layer", ["markers", "border", "stations", "representatives", "dwellings", "lines"])
def test_layers_that_keep_only_the_present_say_so(client: TestClient, layer: str) -> None:
    asked = {"known_at": "2025-06-30T09:00:00Z"}
    for path in (
        f"/api/v1/layers/{layer}/items",
        f"/tiles/{layer}.json",
        f"/tiles/{layer}/style.json",
        f"/tiles/{layer}/11/1769/728.mvt",
    ):
        answer = client.get(path, params=asked)
        assert answer.status_code == 422, path
        assert answer.json()["where"] == {"parameter": "known_at"}


def test_an_address_of_tiles_keeps_the_instant(client: TestClient) -> None:
    described = client.get("/tiles/grids.json", params={"known_at": "2025-06-30T09:00:00Z"}).json()
    assert "known_at=2025-06-30T09%3A00%3A00%2B00%3A00" in described["tiles"][0]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_instants_at_the_ends_of_the_calendar_are_answered(client: TestClient, instant: str) -> None:
    for path in ("/api/v1/layers/grids/items", "/api/v1/units/G00", TILE, "/tiles/grids.json"):
        assert client.get(path, params={"known_at": instant}).status_code in (200, 404), path
    located = client.get("/api/v1/locate", params={"lon": LON, "lat": LAT, "known_at": instant})
    assert located.status_code in (200, 422)


@pytest.mark.parametrize("bad", ["2025-06-30", "0", "yesterday", "2025-06-30T09:00:00"])
def test_an_instant_has_an_offset(client: TestClient, bad: str) -> None:
    for path in ("/api/v1/layers/grids/items", "/api/v1/units/G00", TILE):
        answer = client.get(path, params={"known_at": bad})
        assert answer.status_code == 422
        assert answer.json()["where"]["parameter"] == "known_at"


def test_stations_are_those_of_the_day(client: TestClient) -> None:
    before = (BEGIN - timedelta(days=1)).isoformat()
    here = {"lon": LON, "lat": LAT}
    assert len(client.get("/api/v1/stations").json()["items"]) == 3
    assert client.get("/api/v1/stations", params={"as_of": before}).json()["items"] == []
    assert client.get("/api/v1/stations/nearest", params={**here, "as_of": before}).json()["stations"] == []
    assert client.get("/api/v1/stations/nearest", params=here).json()["stations"]


def test_every_route_of_a_day_documents_both(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in (
        "/api/v1/layers/{layer}/items",
        "/api/v1/layers/{layer}/items/{item}",
        "/api/v1/units/{code}",
        "/api/v1/locate",
        "/tiles/{layer}.json",
        "/tiles/{layer}/style.json",
        "/tiles/{layer}/units.json",
        "/tiles/{layer}/{z}/{x}/{y}.mvt",
    ):
        told = {one["name"]: one.get("description") for one in paths[path]["get"]["parameters"]}
        assert told["as_of"]
        assert told["known_at"]
