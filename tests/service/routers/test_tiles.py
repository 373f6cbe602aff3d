"""Tiles, their description and figures over HTTP."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.incident_tables import incident, incident_event
from layers.stores import Stores
from layers.units import UnitDraft
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, REDRAWN, County, centre, publish, square

TILE = "/tiles/grids/11/1769/728.mvt"


def test_tile_has_bytes_a_strong_tag_and_is_not_sent_twice(client: TestClient) -> None:
    first = client.get(TILE, params={"level": 2})
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert b"G00" in first.content
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = client.get(TILE, params={"level": 2}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_levels_have_tiles_of_their_own(client: TestClient) -> None:
    towns = client.get(TILE, params={"level": 0}).content
    assert b"T0" in towns
    assert b"G00" not in towns


def test_day_before_everything_is_empty(client: TestClient) -> None:
    answer = client.get(TILE, params={"as_of": "2020-01-01"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_publish_makes_a_new_tag_for_its_days_only(
    client: TestClient, county: County, engine: Engine
) -> None:
    before = {"level": 2, "as_of": "2025-05-31"}
    old, new = client.get(TILE, params=before), client.get(TILE, params={"level": 2, "as_of": "2025-06-01"})
    assert old.headers["etag"] != new.headers["etag"], "two grids have swapped their codes"
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.grids.publish("port", REDRAWN, [])
        session.commit()
    assert client.get(TILE, params=before).headers["etag"] == old.headers["etag"]
    assert client.get("/tiles/port/11/1769/728.mvt").content == b""


@pytest.mark.parametrize(
    "layer",
    [
        "grids",
        "port",
        "border",
        "markers",
        "stations",
        "incidents",
        "representatives",
        "dwellings",
        "lines",
        "cover",
    ],
)
def test_every_layer_has_tiles_and_a_description(client: TestClient, layer: str) -> None:
    assert client.get(f"/tiles/{layer}/11/1769/728.mvt").status_code == 200
    described = client.get(f"/tiles/{layer}.json")
    assert described.json()["vector_layers"][0]["id"] == layer
    style = client.get(f"/tiles/{layer}/style.json").json()
    assert style["sources"]["wardline"]["tiles"] == described.json()["tiles"]


def test_description_leads_to_the_tiles(client: TestClient) -> None:
    document = client.get("/tiles/grids.json", params={"level": 1, "district": DISTRICT}).json()
    assert document["bounds"] == [131.0, 46.0, 131.06, 46.04]
    address = document["tiles"][0].format(z=11, x=1769, y=728)
    assert b"V00" in client.get(address).content


def test_the_bounds_are_those_of_the_day(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.layers.create("fields", name="田", level_names=("field",))
        for day, width in ((date(2025, 1, 1), 1), (date(2025, 2, 1), 2), (date(2999, 1, 1), 3)):
            stores.grids.publish(
                "fields", day, [UnitDraft(new_id(), "F1", "", 0, None, square(0, 0, width, 1))]
            )
        session.commit()

    def east(**asked: str) -> float | None:
        bounds = client.get("/tiles/fields.json", params=asked).json().get("bounds")
        return None if bounds is None else bounds[2]

    assert east() == 131.02
    assert east(as_of="2025-01-31") == 131.01
    assert east(as_of="2999-01-01") == 131.03
    assert east(as_of="2024-12-31") is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/nothing/11/1769/728.mvt", 404),
        ("/tiles/nothing.json", 404),
        ("/tiles/grids/3/8/0.mvt", 404),
        ("/tiles/grids/99/0/0.mvt", 404),
        ("/tiles/grids/-1/0/0.mvt", 404),
        ("/tiles/grids/a/0/0.mvt", 404),
        ("/tiles/grids/9223372036854775808/0/0.mvt", 404),
        ("/tiles/grids/11/1769/728.mvt?level=7", 422),
        ("/tiles/grids/11/1769/728.mvt?as_of=yesterday", 422),
        ("/tiles/grids/11/1769/728.mvt?colour=red", 422),
        ("/tiles/grids.json?level=7", 422),
        ("/tiles/grids/units.json?level=7", 422),
        ("/tiles/grids/units.json", 422),
        ("/tiles/border/units.json?level=0", 404),
        ("/tiles/grids/units.json?level=0&property=secrets", 422),
    ],
)
def test_impossible_question_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]


def columns(client: TestClient, **parameters: object) -> dict[str, list[object]]:
    answer = client.get(
        "/tiles/grids/units.json", params={name: str(value) for name, value in parameters.items()}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, list[object]] = answer.json()["columns"]
    return found


def test_units_come_with_a_point_inside_and_their_bounds(client: TestClient) -> None:
    found = columns(client, level=2)
    assert len(found["code"]) == 24
    assert "value" not in found
    place = found["code"].index("G00")
    assert found["bounds"][place] == [131.0, 46.0, 131.01, 46.01]
    assert (found["lon"][place], found["lat"][place]) == (131.005, 46.005)


def test_households_of_the_leaves_are_summed_above(client: TestClient) -> None:
    assert columns(client, level=2, property="households")["value"] == [100] * 24
    assert columns(client, level=1, property="households")["value"] == [600] * 4
    assert columns(client, level=0, property="households")["value"] == [1200] * 2


def test_representatives_count_for_every_unit_above(client: TestClient) -> None:
    towns = columns(client, level=0, property="representatives")
    assert dict(zip(towns["code"], towns["value"], strict=True)) == {"T0": 2, "T1": 1}
    villages = columns(client, level=1, property="representatives")
    assert dict(zip(villages["code"], villages["value"], strict=True)) == {
        "V00": 1,
        "V01": 1,
        "V10": 0,
        "V11": 0,
    }


def test_figures_are_not_sent_twice(client: TestClient) -> None:
    first = client.get("/tiles/grids/units.json", params={"level": 2})
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/tiles/grids/units.json", params={"level": 2}, headers=tag).status_code == 304


def test_two_districts_never_share_a_tile(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session:
        publish(session, "230883")
        stores = Stores(session, "230883")
        stores.grids.publish("grids", REDRAWN, [])
        session.commit()
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
    assert client.get(TILE, params={"district": DISTRICT}).content
    assert client.get(TILE, params={"district": "230883"}).content == b""
    assert client.get(TILE).json()["code"] == "district-not-named"


def test_incidents_of_an_earlier_day_are_those_open_then(client: TestClient, engine: Engine) -> None:
    place = dict(zip(("lon", "lat"), centre(0, 0), strict=True))
    report = {"channel": "web", "class": "road", "title": "灯坏了", **place}
    report |= {"occurred_at": "2025-07-01T08:00:00+08:00"}
    made = client.post("/api/v1/incidents", json=report)
    assert made.status_code == 201, made.text
    path = f"/api/v1/incidents/{made.json()['id']}"
    for status in ("accepted", "handling", "done", "closed"):
        done = client.post(f"{path}/events", json={"kind": "status", "status": status, "actor": "duty"})
        assert done.status_code == 201, done.text

    def town(**asked: object) -> object:
        found = columns(client, level=0, property="incidents", **asked)
        return dict(zip(found["code"], found["value"], strict=True))["T0"]

    assert town() == town(as_of="2999-01-01") == 0
    assert town(as_of="2025-07-02") == 0, "it was received today"
    # The same some days ago: received on the first, led on every second day.
    begun = datetime(2025, 7, 1, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    with Session(engine) as session:
        session.execute(update(incident).values(received_at=begun))
        log = session.execute(select(incident_event.c.id).order_by(incident_event.c.id)).scalars()
        for number, one in enumerate(log):
            moved = update(incident_event).where(incident_event.c.id == one)
            session.execute(moved.values(at=begun + timedelta(days=2 * number)))
        session.commit()
    told = {day: town(as_of=f"2025-07-{day:02d}") for day in (1, 2, 8, 9)}
    assert town(as_of="2025-06-30") == 0
    assert told == {1: 1, 2: 1, 8: 1, 9: 0}
