"""Practice 2: every demonstration household has exactly one path of five from the county down."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from geo.synthetic import Counts, SyntheticPartition, partition
from service.settings import Settings
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient, running
from tests.geo.test_synthetic import round_frame
from tests.scenarios.nested import DISTRICT, lay, sent

COUNTS = Counts(townships=4, big_grids=16, small_grids=120)
FIVE = ["county", "township", "village", "grid", "household"]
CHAIN = "/api/v1/chain"


@dataclass(frozen=True)
class County:
    """The county with a demonstration household in each small grid, and a coordinator of all of it."""

    shapes: SyntheticPartition
    units: dict[str, UUID]
    callers: Callers
    coordinator: TestClient

    def township(self, small: int) -> str:
        """Return the code of the township of a small grid."""
        return f"T{self.shapes.township[self.shapes.big_grid[small]]:02}"


@pytest.fixture
def county(engine: Engine, accounts_settings: Settings) -> Iterator[County]:
    """The county; somebody leads the county and each township, and every village has a representative."""
    shapes = partition(round_frame(1), COUNTS, seed=1)
    units = lay(engine, shapes)
    # Each asks for one thing after the other.
    with running(accounts_settings.model_copy(update={"limit_requests": "off"})) as client:
        client.headers["Accept-Language"] = "en"
        callers = Callers(client, engine)
        made = County(shapes, units, callers, callers.role("coordinator", "coordinator", DISTRICT))
        places = enumerate(shapes.centre.tolist())
        houses = [
            {"code": f"H{k:03}", "label": f"示范点{k}", "lon": lon, "lat": lat} for k, (lon, lat) in places
        ]
        sent(made.coordinator, f"{CHAIN}/households", {"items": houses}, 201)
        leaders = [{"name": "县长", "title": "County head"}]
        leaders += [
            {"unit": f"T{k:02}", "name": f"乡长{k}", "title": "Township head"}
            for k in range(COUNTS.townships)
        ]
        sent(made.coordinator, f"{CHAIN}/leaders", {"items": leaders}, 201)
        people = [
            {"code": f"R{k:02}", "name": f"代表{k}", "home": f"V{k:03}"} for k in range(COUNTS.big_grids)
        ]
        sent(made.coordinator, "/api/v1/representatives/batch", {"items": people}, 201)
        yield made


def path_of(client: TestClient, **asked: Any) -> dict[str, Any]:
    reply = client.get(CHAIN, params=asked)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    assert [one["level"] for one in found["path"]] == FIVE
    return found


def test_every_household_has_exactly_one_path_of_five(county: County) -> None:
    shapes = county.shapes
    for small in range(COUNTS.small_grids):
        found = path_of(county.coordinator, household=f"H{small:03}")
        big = int(shapes.big_grid[small])
        codes = [one["code"] for one in found["path"]]
        assert codes == [DISTRICT, county.township(small), f"V{big:03}", f"G{small:04}", f"H{small:03}"]
        assert found["complete"]
        people = [[one["name"] for one in level["people"]] for level in found["path"]]
        town = int(shapes.township[big])
        assert people == [["县长"], [f"乡长{town}"], [f"代表{big}"], [], []]
        # A grid and a household reach the people of the village.
        assert [level["through"] for level in found["path"]][2:] == [f"V{big:03}"] * 3


def test_a_place_and_a_unit_have_one_path_too(county: County) -> None:
    lon, lat = county.shapes.centre[7].tolist()
    found = path_of(county.coordinator, lon=lon, lat=lat)
    assert (found["path"][4]["code"], found["distance_m"]) == ("H007", 0.0)
    assert path_of(county.coordinator, unit="G0007")["path"] == found["path"]
    upper = path_of(county.coordinator, unit="V003")
    assert [one["code"] is None for one in upper["path"]] == [False, False, False, True, True]
    assert not upper["complete"]
    for wrong in ({}, {"unit": "G0007", "household": "H007"}, {"lon": lon}, {"unit": "none"}):
        assert county.coordinator.get(CHAIN, params=wrong).status_code == 422


def test_whoever_holds_a_subtree_sees_the_paths_of_it_alone(county: County) -> None:
    worker = county.callers.role("worker", "grid_worker", DISTRICT, county.units["T01"])
    listed: set[str] = set()
    asked: dict[str, str] | None = {"limit": "20"}
    while asked is not None:
        page = worker.get(f"{CHAIN}/households", params=asked).json()
        listed |= {one["code"] for one in page["items"]}
        asked = {"limit": "20", "cursor": page["cursor"]} if page["cursor"] else None
    mine = {f"H{k:03}" for k in range(COUNTS.small_grids) if county.township(k) == "T01"}
    assert listed == mine
    for small in range(0, COUNTS.small_grids, 7):
        for wanted in ({"household": f"H{small:03}"}, {"unit": f"G{small:04}"}):
            status = worker.get(CHAIN, params=wanted).status_code
            assert status == (200 if f"H{small:03}" in mine else 404), wanted
    part = county.callers.role("part", "coordinator", DISTRICT, county.units["T01"])
    for code in (min(mine), min({f"H{k:03}" for k in range(COUNTS.small_grids)} - mine)):
        lon, lat = county.shapes.centre[int(code[1:])].tolist()
        body = {"items": [{"code": f"N{code}", "label": "示范点", "lon": lon, "lat": lat}]}
        reply = part.post(f"{CHAIN}/households", json=body)
        assert reply.status_code == (201 if code in mine else 404), reply.text
    assert part.post(f"{CHAIN}/leaders", json={"items": [{"name": "x", "title": "x"}]}).status_code == 403


def test_a_redraw_changes_the_path_from_its_day_on_and_who_sees_it(county: County) -> None:
    small = next(
        k
        for k, other in county.shapes.neighbours.tolist()
        if county.township(k) == "T01" != county.township(other)
    )
    target = next(
        int(county.shapes.big_grid[other])
        for k, other in county.shapes.neighbours.tolist()
        if k == small and county.township(other) != "T01"
    )
    code = f"H{small:03}"
    planner, reviewer = (county.callers.role(one, one, DISTRICT) for one in ("planner", "reviewer"))
    worker = county.callers.role("worker", "grid_worker", DISTRICT, county.units["T01"])
    before = path_of(worker, household=code)
    plan = sent(planner, "/api/v1/plans", {"title": "One grid"}, 201)
    op = {
        "type": "reassign",
        "units": [str(county.units[f"G{small:04}"])],
        "parent": str(county.units[f"V{target:03}"]),
    }
    sent(planner, f"/api/v1/plans/{plan['id']}/ops", op)
    for client, step in ((planner, "submit"), (reviewer, "approve"), (planner, "publish")):
        sent(client, f"/api/v1/plans/{plan['id']}/{step}", {"note": ""})
    after = path_of(county.coordinator, household=code)
    assert after["path"][2]["code"] == f"V{target:03}"
    assert worker.get(CHAIN, params={"household": code}).status_code == 404
    first = before["as_of"]
    assert after["as_of"] == first
    ended = sent(county.coordinator, f"{CHAIN}/households/{code}/end", {"until": "2036-01-01"})
    assert ended["until"] == "2036-01-01"
    gone = county.coordinator.get(CHAIN, params={"household": code, "as_of": "2036-01-02"})
    assert gone.status_code == 404
