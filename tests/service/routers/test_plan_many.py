"""Thirty-two planners at once: nothing of what anybody published is lost, and the whole stays exact."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.fixtures.county import COLUMNS, ROWS
from tests.fixtures.plans import Desk, Office, corner, desk, move
from tests.service.routers.test_plan_publication import assert_exact, fresh, owner, today

# No two of them share an edge.
CORNERS = ((1, 1), (3, 1), (5, 1), (2, 2), (4, 2), (1, 3), (3, 3), (5, 3))


def test_thirty_two_planners_at_once_lose_nothing(office: Office) -> None:
    grids = [f"G{column}{row}" for column in range(COLUMNS) for row in range(ROWS)]
    units = office.county.units
    ops: list[dict[str, Any]] = [
        {"type": "rename", "unit": str(units[code]), "name": f"by {code}"} for code in grids
    ]
    ops += [move(column, row, 0.2, 0.1) for column, row in CORNERS]
    assert len(ops) == 32
    desks = [desk(office.callers, f"planner-{number}", "planner") for number in range(len(ops))]

    def work(one: tuple[Desk, dict[str, Any]]) -> str:
        planner, op = one
        plan = planner.begin()
        planner.draw(plan, op)
        return str(office.published(planner, plan)["status"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, zip(desks, ops, strict=True))) == {"published"}
    fresh(office)
    for column in range(COLUMNS):
        for row in range(ROWS):
            lon, lat = corner(column, row, 0.6, 0.6)
            found = office.planner.get(f"/api/v1/locate?lon={lon}&lat={lat}")["unit"]
            assert found["name"] == f"by {found['code']}"
    for column, row in CORNERS:
        south_west = owner(office.planner, corner(column - 1, row - 1, 0.5, 0.5))
        assert owner(office.planner, corner(column, row, 0.05, 0.02)) == south_west
    assert_exact(office, today())
    releases = office.planner.get("/api/v1/releases")["items"]
    assert len([one for one in releases if one["plan"]]) >= 1
    plans = office.planner.get("/api/v1/plans")["items"]
    assert {one["status"] for one in plans} == {"published"}
    assert len({one["release"]["number"] for one in plans}) == 32
