"""Barriers of sight over HTTP: stored, listed and ended by who keeps the district."""

from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.fixtures.accounts import Callers
from tests.fixtures.county import DISTRICT
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_coverage_visits import DAWN, send
from tests.service.routers.test_declarations import JUNE, segment
from tests.service.routers.test_tracks import BORDER

WALLS = "/api/v1/coverage/barriers"


def given(**members: Any) -> dict[str, Any]:
    """Return a wall round all that is walked, which nobody is within."""
    lonlat = BORDER.lonlat
    west, south = (lonlat.min(axis=0) - 0.0005).round(7).tolist()
    east, north = (lonlat.max(axis=0) + 0.0005).round(7).tolist()
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    wall = {"code": "W1", "kind": "wall", "note": "3 m of concrete", "valid_from": "2025-06-01"}
    return {**wall, "geometry": {"type": "Polygon", "coordinates": [ring]}, **members}


NONE: list[tuple[dict[str, Any], str]] = [
    ({"kind": "fog"}, "/kind"),
    ({"valid_to": "2025-06-01"}, "/valid_to"),
    ({"geometry": {"type": "LineString", "coordinates": [[118.5, 46.4], [118.5, 46.4]]}}, "/geometry"),
    ({"geometry": {"type": "LineString", "coordinates": [[46.4, 88.5], [46.5, 88.5]]}}, "/geometry"),
    ({"geometry": {"type": "Point", "coordinates": [118.5, 46.4]}}, "/geometry"),
    ({"geometry": {"type": "Polygon", "coordinates": [[[118.5, 46.4]] * 4]}}, "/geometry"),
]


def test_a_barrier_is_stored_told_and_ended_and_the_ledger_follows(callers: Callers, engine: Engine) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    send(keeper, gpx(along(BORDER, 2_000.0, 4_000.0, start=DAWN)))
    free = segment(keeper)
    west, south = BORDER.interpolate(2_500.0).tolist()
    across = {"type": "LineString", "coordinates": [[west, south - 0.01], [west, south + 0.01]]}
    made = keeper.post(WALLS, json=given(geometry=across, kind="hedge"))
    assert made.status_code == 201, made.text
    assert (made.json()["recomputed"], made.json()["name"]) == (1, "W1")
    told = keeper.get(made.headers["Location"]).json()
    assert told == {name: value for name, value in made.json().items() if name != "recomputed"}
    assert keeper.get(WALLS, params=JUNE).json()["items"] == [told]
    assert keeper.get(WALLS, params={"from": "2025-05-01", "to": "2025-06-01"}).json()["items"] == []
    for name in ("covered_m", "walked_km", "passes", "gaps"):
        assert segment(keeper)[name] == free[name], "who walks through it has walked"
    ended = keeper.post(f"{WALLS}/{told['id']}/end", json={"on": "2025-06-01", "reason": "never was one"})
    assert (ended.status_code, ended.json()["valid_to"]) == (200, "2025-06-01")
    assert segment(keeper)["legal"] == free["legal"]
    assert keeper.get(WALLS, params=JUNE).json()["items"] == []
    with Session(engine) as session:
        actions = session.execute(
            text("SELECT action, subject FROM audit_entry WHERE action LIKE 'barrier.%' ORDER BY seq")
        ).all()
    assert [tuple(one) for one in actions] == [("barrier.put", "W1"), ("barrier.end", "W1")]


def test_what_is_no_barrier_is_refused(callers: Callers) -> None:
    keeper, guard = (callers.role(name, name, DISTRICT) for name in ("coordinator", "guard"))
    for members, pointer in NONE:
        reply = keeper.post(WALLS, json=given(**members))
        assert reply.status_code == 422, reply.text
        assert pointer in reply.text
    assert guard.post(WALLS, json=given()).status_code == 403
    made = keeper.post(WALLS, json=given()).json()
    assert guard.get(f"{WALLS}/{made['id']}").json()["note"] == "3 m of concrete"
    end = f"{WALLS}/{made['id']}/end"
    assert keeper.post(end, json={"on": "2025-07-01", "reason": "-"}).status_code == 422
    assert keeper.post(end, json={"on": "2025-07-01", "reason": "it fell"}).status_code == 200
    later = keeper.post(WALLS, json=given(valid_from="2025-08-01"))
    assert later.status_code == 201
    assert keeper.post(end, json={"on": "2025-09-01", "reason": "it fell later"}).status_code == 409
    both = keeper.get(WALLS, params={"from": "2025-06-01", "to": "2025-09-01"}).json()["items"]
    assert [one["valid_to"] for one in both] == ["2025-07-01", None]
