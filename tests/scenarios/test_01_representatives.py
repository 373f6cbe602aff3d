"""Practice 1: 236 representatives, 184 big grids and 2,924 small ones, then a redraw of 10 big grids.

The ground is laid as an import would; people, homes, the redraw and all questions go over HTTP.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from sqlalchemy import Engine

from geo.synthetic import REAL_COUNTS, SyntheticPartition, partition
from service.settings import Settings
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient, running
from tests.geo.test_synthetic import round_frame
from tests.scenarios.nested import DISTRICT, lay, sent

PEOPLE, BIG_GRIDS, SMALL_GRIDS = 236, 184, 2_924
REDRAWN = 10
PROPOSALS = "/api/v1/staffing/proposals"


@dataclass(frozen=True)
class County:
    """The county as it was drawn, and who works in it."""

    shapes: SyntheticPartition
    planner: TestClient
    coordinator: TestClient
    reviewer: TestClient


@pytest.fixture
def county(engine: Engine, accounts_settings: Settings) -> Iterator[County]:
    """The county with its 236 representatives, who live where people live and have no home grid yet."""
    shapes = partition(round_frame(1), REAL_COUNTS, seed=1)
    lay(engine, shapes)
    with running(accounts_settings) as client:
        client.headers["Accept-Language"] = "en"
        callers = Callers(client, engine)
        desks = (callers.role(role, role, DISTRICT) for role in ("planner", "coordinator", "reviewer"))
        made = County(shapes, *desks)
        chosen = np.random.default_rng(2).choice(SMALL_GRIDS, PEOPLE, replace=False)
        people = [
            {"code": f"R{number:03}", "name": f"代表{number}", "lon": lon, "lat": lat}
            for number, (lon, lat) in enumerate(shapes.centre[chosen].tolist())
        ]
        sent(made.coordinator, "/api/v1/representatives/batch", {"items": people}, 201)
        yield made


def homes_of(client: TestClient) -> dict[str, list[str]]:
    """Return the codes of each person's homes as the list of representatives tells them."""
    return {
        one["code"]: [unit["code"] for unit in one["units"] if unit["role"] == "home"]
        for one in client.get("/api/v1/representatives").json()["items"]
    }


def villages_of(county: County) -> list[str]:
    """Return the big grid of a place in each small grid, asked in bulk."""
    lon, lat = county.shapes.centre.T.tolist()
    answer = sent(county.planner, "/api/v1/locate", {"lon": lon, "lat": lat})
    assert len(set(answer["unit"])) == SMALL_GRIDS
    found: list[str] = answer["levels"]["village"]
    return found


def redraw(county: County) -> None:
    """Give every other small grid of ten big grids, spread over the county, to big grids beside them."""
    shapes = county.shapes
    units: dict[str, str] = {}
    for level in (1, 2):
        cursor = None
        while level == 1 or cursor is not None or len(units) < BIG_GRIDS + SMALL_GRIDS:
            asked = {"level": level, "limit": 1000, **({"cursor": cursor} if cursor else {})}
            answer = county.planner.get("/api/v1/layers/grids/items", params=asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            units |= {one["properties"]["code"]: one["id"] for one in page["features"]}
            cursor = page.get("cursor")
            if cursor is None:
                break
    beside = defaultdict(list)
    for one, other in shapes.neighbours.tolist():
        beside[one].append(other)
        beside[other].append(one)
    taken = set(range(0, BIG_GRIDS, BIG_GRIDS // REDRAWN)[:REDRAWN])
    moved: dict[int, list[str]] = defaultdict(list)
    for small in range(SMALL_GRIDS):
        mine = int(shapes.big_grid[small])
        others = sorted({int(shapes.big_grid[one]) for one in beside[small]} - taken)
        if mine in taken and others and small % 4:
            moved[others[0]].append(units[f"G{small:04}"])
    ops = [
        {"type": "reassign", "units": grids, "parent": units[f"V{village:03}"]}
        for village, grids in moved.items()
    ]
    plan = sent(county.planner, "/api/v1/plans", {"title": "Ten grids"}, 201)
    path = f"/api/v1/plans/{plan['id']}"
    sent(county.planner, f"{path}/ops", {"ops": ops})
    steps = ((county.planner, "submit"), (county.reviewer, "approve"), (county.planner, "publish"))
    for client, step in steps:
        sent(client, f"{path}/{step}", {"note": ""})


def test_everybody_has_one_home_and_a_redraw_moves_few(county: County) -> None:
    made = sent(county.planner, PROPOSALS, {}, 201)
    assert (made["summary"]["people"], made["summary"]["grids"]) == (PEOPLE, BIG_GRIDS)
    assert made["summary"]["empty_before"] > 0, "the nearest big grid alone leaves some with nobody"
    after = {one["code"]: one["after"] for one in made["grids"]}
    assert sum(after.values()) == PEOPLE
    assert min(after.values()) == 1
    # The 52 beyond one each, one after the other, go where the load for each person is highest.
    load = {one["code"]: one["load"] for one in made["grids"]}
    seats = dict.fromkeys(load, 1)
    for _ in range(PEOPLE - BIG_GRIDS):
        open_ = [code for code in seats if seats[code] < 3]
        seats[max(open_, key=lambda code: load[code] / seats[code])] += 1
    assert PEOPLE - BIG_GRIDS == sum(one - 1 for one in after.values()) == 52
    worst = max(load[code] / seats[code] for code in load)
    assert made["summary"]["worst_load"] == pytest.approx(worst, rel=2e-3)

    sent(county.coordinator, f"{PROPOSALS}/{made['id']}/approve", {"note": "as talked over"})
    homes = homes_of(county.planner)
    assert {len(one) for one in homes.values()} == {1}
    assert Counter(one for (one,) in homes.values()) == after
    assert len(villages_of(county)) == SMALL_GRIDS
    assert set(villages_of(county)) <= {one for (one,) in homes.values()}, "a small grid reaches nobody"
    assert sent(county.planner, PROPOSALS, {}, 201)["summary"]["moved"] == 0

    redraw(county)
    free, dear = (sent(county.planner, PROPOSALS, {"move_m": one}, 201) for one in (0, 2_000))
    assert 0 < dear["summary"]["moved"] < free["summary"]["moved"]
    sent(county.coordinator, f"{PROPOSALS}/{dear['id']}/approve", {})
    homes = homes_of(county.planner)
    assert {len(one) for one in homes.values()} == {1}
    assert set(villages_of(county)) <= {one for (one,) in homes.values()}, "a small grid reaches nobody"
