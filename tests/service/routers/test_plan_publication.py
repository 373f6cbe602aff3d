"""Publication over HTTP: merged, proven, for a day; history, lineage and what happens to incidents."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from sqlalchemy.orm import Session

from geo.partition import dissolve, prove
from layers.dwellings import Dwelling
from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.database import session_factory
from service.jobs import take_up_plans
from tests.fixtures.county import DISTRICT
from tests.fixtures.plans import Desk, Office, corner, move

ZONE = ZoneInfo("Asia/Shanghai")


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def owner(desk: Desk, place: tuple[float, float], day: date | None = None) -> str:
    lon, lat = place
    asked = "" if day is None else f"&as_of={day.isoformat()}"
    return str(desk.get(f"/api/v1/locate?lon={lon}&lat={lat}{asked}")["unit"]["code"])


def fresh(office: Office) -> None:
    """Let the service look now what it looks at each second."""
    office.callers.client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]


def assert_exact(office: Office, day: date) -> None:
    """Every level of the county is the chain sum of its leaves, and they are an exact partition."""
    with Session(office.callers.engine) as session:
        enter(session, SYSTEM_SCOPE)
        stores = Stores(session, DISTRICT)
        leaves = stores.grids.leaves("grids", day)
        tops = stores.grids.outlines("grids", 0, day)
        frame = dissolve(tops.polygons, np.zeros(len(tops), dtype=np.int32))[0]
        proof = prove(leaves.polygons, frame)
        assert proof.exact, (
            day,
            [(d.kind, [leaves.codes[u] for u in d.units], d.place) for d in proof.defects],
        )
        tree = stores.grids.tree("grids", day)
        for level in (1, 0):
            upper = stores.grids.outlines("grids", level, day)
            place = {unit: k for k, unit in enumerate(upper.ids)}
            group = [place[tree.chain(leaf)[2 - level].id] for leaf in leaves.ids]
            for outline, summed in zip(upper.polygons, dissolve(leaves.polygons, group), strict=True):
                assert shapely.equals_exact(
                    shapely.normalize(outline), shapely.normalize(shapely.multipolygons([summed])), 0.0
                )


def test_a_published_plan_is_in_force_everywhere(office: Office) -> None:
    plan = office.planner.begin()
    place = corner(1, 1, 0.1, 0.05)
    assert owner(office.planner, place) == "G11"
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    published = office.published(office.planner, plan)
    assert published["status"] == "published"
    assert published["release"]["number"] == 3
    fresh(office)
    assert owner(office.planner, place) == "G00"
    assert owner(office.planner, place, today() - timedelta(days=1)) == "G11"
    assert_exact(office, today())
    releases = office.planner.get("/api/v1/releases")["items"]
    assert [one["number"] for one in releases] == [1, 2, 3]
    assert releases[-1]["plan"]["number"] == 1
    assert releases[-1]["in_force"] is True


def test_a_plan_must_be_approved_first(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    assert office.planner.try_step(plan, "publish").status_code == 409
    office.planner.step(plan, "submit")
    assert office.planner.try_step(plan, "publish").status_code == 409
    office.reviewer.step(plan, "approve")
    assert office.other.try_step(plan, "publish").status_code == 403
    office.planner.step(plan, "publish")
    assert office.planner.try_step(plan, "publish").status_code == 409


def test_a_grid_that_goes_to_another_village_takes_its_ground_along(office: Office) -> None:
    units = office.county.units
    plan = office.planner.begin()
    office.planner.draw(plan, {"type": "reassign", "units": [str(units["G02"])], "parent": str(units["V00"])})
    office.published(office.planner, plan)
    assert_exact(office, today())
    fresh(office)
    lon, lat = corner(0, 2, 0.5, 0.5)
    chain = office.planner.get(f"/api/v1/locate?lon={lon}&lat={lat}")["chain"]
    assert [one["code"] for one in chain] == ["G02", "V00", "T0"]


def test_a_later_day_is_scheduled_and_answers_for_that_day(office: Office) -> None:
    later = today() + timedelta(days=30)
    plan = office.planner.begin(effective_on=later.isoformat())
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    published = office.published(office.planner, plan)
    assert published["status"] == "scheduled"
    fresh(office)
    place = corner(1, 1, 0.1, 0.05)
    assert owner(office.planner, place) == "G11"
    assert owner(office.planner, place, later) == "G00"
    assert_exact(office, later)


def test_two_planners_next_door_are_merged(office: Office) -> None:
    mine, theirs = office.planner.begin("mine"), office.other.begin("theirs")
    office.planner.draw(mine, move(1, 1, 0.3, 0.3))
    office.other.draw(theirs, move(2, 2, 0.2, 0.2))
    office.published(office.other, theirs)
    seen = office.planner.get(f"/api/v1/plans/{mine['id']}")
    assert seen["stale"] is True
    office.published(office.planner, mine)
    fresh(office)
    assert owner(office.planner, corner(1, 1, 0.1, 0.05)) == "G00"
    assert owner(office.planner, corner(2, 2, 0.1, 0.05)) == "G11"
    assert_exact(office, today())


def test_the_same_edges_are_a_conflict_and_no_work_is_lost(office: Office) -> None:
    mine, theirs = office.planner.begin("mine"), office.other.begin("theirs")
    office.planner.draw(mine, move(1, 1, 0.3, 0.3), move(3, 2, 0.1, 0.1))
    office.other.draw(theirs, move(1, 1, -0.2, 0.1))
    office.published(office.other, theirs)
    office.planner.step(mine, "submit")
    office.reviewer.step(mine, "approve")
    refused = office.planner.try_step(mine, "publish")
    assert refused.status_code == 409
    body = refused.json()
    assert body["code"] == "plan-conflict"
    assert {one["properties"]["role"] for one in body["features"]} == {"base", "theirs", "mine"}
    conflicts = office.planner.get(f"/api/v1/plans/{mine['id']}/conflicts")["features"]
    assert conflicts == body["features"]
    kept = office.planner.get(f"/api/v1/plans/{mine['id']}")
    assert kept["status"] == "approved"
    assert kept["ops"] == 2
    # What collides is undone, the rest is drawn on the new head and published.
    office.planner.step(mine, "reopen")
    path = f"/api/v1/plans/{mine['id']}"
    assert office.planner.try_step(mine, "rebase").status_code == 409
    for _ in range(2):
        assert office.planner.client.delete(f"{path}/ops/last").status_code == 200
    office.planner.draw(mine, move(3, 2, 0.1, 0.1))
    rebased = office.planner.step(mine, "rebase")
    assert not rebased["stale"]
    assert office.planner.get(f"{path}/conflicts")["features"] == []
    office.published(office.planner, mine)
    fresh(office)
    assert owner(office.planner, corner(3, 2, 0.05, 0.02)) == "G21"
    assert_exact(office, today())


def test_an_earlier_plan_is_put_under_a_scheduled_one(office: Office) -> None:
    later = today() + timedelta(days=30)
    future, now = office.planner.begin("later", effective_on=later.isoformat()), office.other.begin("now")
    office.planner.draw(future, move(1, 1, 0.3, 0.3))
    office.other.draw(now, move(2, 2, 0.2, 0.2), move(4, 1, 0.1, 0.1))
    office.published(office.planner, future)
    office.published(office.other, now)
    fresh(office)
    for day, first in ((today(), "G11"), (later, "G00")):
        assert owner(office.planner, corner(1, 1, 0.1, 0.05), day) == first
        assert owner(office.planner, corner(2, 2, 0.1, 0.05), day) == "G11"
        assert_exact(office, day)


def test_an_earlier_plan_that_collides_with_a_scheduled_one_is_refused(office: Office) -> None:
    later = today() + timedelta(days=30)
    future, now = office.planner.begin("later", effective_on=later.isoformat()), office.other.begin("now")
    office.planner.draw(future, move(1, 1, 0.3, 0.3))
    office.other.draw(now, move(1, 1, 0.2, 0.2))
    office.published(office.planner, future)
    office.other.step(now, "submit")
    office.reviewer.step(now, "approve")
    refused = office.other.try_step(now, "publish")
    assert refused.status_code == 409
    assert "1: later" in refused.json()["detail"]
    assert office.other.get(f"/api/v1/plans/{now['id']}")["status"] == "approved"
    fresh(office)
    assert owner(office.other, corner(1, 1, 0.1, 0.05)) == "G11"


@pytest.mark.parametrize("open_", [True, False])
def test_open_incidents_go_along_and_closed_ones_stay(office: Office, open_: bool) -> None:
    root = office.callers.role("root", "administrator")
    lon, lat = corner(0, 2, 0.5, 0.5)
    made: dict[str, Any] = root.post(
        "/api/v1/incidents",
        json={"channel": "web", "class": "road", "title": "Hole", "lon": lon, "lat": lat},
    ).json()
    assert made["representative"]["code"] == "R2"
    if not open_:
        second = office.callers.role("second", "administrator")
        for who, status in ((root, "accepted"), (root, "handling"), (root, "done"), (second, "closed")):
            answer = who.post(
                f"/api/v1/incidents/{made['id']}/events", json={"kind": "status", "status": status}
            )
            assert answer.status_code == 201, answer.text
    units = office.county.units
    plan = office.planner.begin()
    office.planner.draw(plan, {"type": "reassign", "units": [str(units["G02"])], "parent": str(units["V00"])})
    office.published(office.planner, plan)
    now = root.get(f"/api/v1/incidents/{made['id']}").json()
    if open_:
        assert now["representative"]["code"] == "R1"
        assert [one["code"] for one in now["chain"]] == ["G02", "V00", "T0"]
        assert now["events"][-1]["kind"] == "rerouted"
        assert now["events"][-1]["body"]["plan"] == plan["id"]
        audited = root.get("/api/v1/audit?action=plan.reroute").json()["items"]
        assert audited[0]["detail"]["incidents"] == 1
    else:
        assert now["representative"]["code"] == "R2"
        assert now["chain"] == made["chain"]


def test_a_scheduled_plan_takes_effect_on_its_day_without_anybody(office: Office) -> None:
    root = office.callers.role("root", "administrator")
    lon, lat = corner(0, 2, 0.5, 0.5)
    body = {"channel": "web", "class": "road", "title": "Hole", "lon": lon, "lat": lat}
    made = root.post("/api/v1/incidents", json=body).json()
    later = today() + timedelta(days=30)
    units = office.county.units
    plan = office.planner.begin(effective_on=later.isoformat())
    office.planner.draw(plan, {"type": "reassign", "units": [str(units["G02"])], "parent": str(units["V00"])})
    assert office.published(office.planner, plan)["status"] == "scheduled"
    sessions = session_factory(office.callers.engine, SYSTEM_SCOPE)
    begin = datetime.combine(later, time(), ZONE)
    assert take_up_plans(sessions, begin - timedelta(seconds=1)) == 0
    assert office.planner.get(f"/api/v1/plans/{plan['id']}")["status"] == "scheduled"
    assert root.get(f"/api/v1/incidents/{made['id']}").json()["representative"]["code"] == "R2"
    assert take_up_plans(sessions, begin) == 1
    assert take_up_plans(sessions, begin) == 0
    assert office.planner.get(f"/api/v1/plans/{plan['id']}")["status"] == "published"
    assert root.get(f"/api/v1/incidents/{made['id']}").json()["representative"]["code"] == "R1"


def test_splits_and_merges_leave_a_lineage_and_a_crosswalk(office: Office) -> None:
    units = office.county.units
    plan = office.planner.begin()
    split = office.planner.draw(
        plan,
        {
            "type": "split",
            "unit": str(units["G11"]),
            "line": [corner(1, 1, 0.25, -0.5), corner(1, 2, 0.25, 0.5)],
        },
    )
    parts = split["ops"][0]["op"]["parts"]
    assert [one["households"] for one in parts] == [25, 75]
    assert parts[1] == {"id": str(units["G11"]), "code": "G11", "name": "格11", "households": 75}
    merged = office.planner.draw(plan, {"type": "merge", "units": [str(units["G42"]), str(units["G43"])]})
    assert merged["removed"] == [str(units["G43"])] or merged["removed"] == [str(units["G42"])]
    office.published(office.planner, plan)
    assert_exact(office, today())
    lineage = office.planner.get(f"/api/v1/lineage?unit={units['G11']}")
    shares = {one["to"]["code"]: round(one["share_area"], 2) for one in lineage["descendants"]}
    assert shares == {"G11": 0.75, parts[0]["code"]: 0.25}
    assert {one["kind"] for one in lineage["descendants"]} == {"continue", "split"}
    releases = office.planner.get("/api/v1/releases")["items"]
    first, last = releases[-2]["id"], releases[-1]["id"]
    walk = office.planner.get(f"/api/v1/crosswalk?from={first}&to={last}")
    assert {(one["from"]["code"], round(one["share_area"], 2)) for one in walk["rows"]} >= {
        ("G11", 0.75),
        ("G11", 0.25),
    }
    table = office.planner.client.get(f"/api/v1/crosswalk.csv?from={first}&to={last}")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 1 + len(walk["rows"])


@pytest.mark.parametrize("line", [[(130.0, 46.0), (130.1, 46.0)], [(131.002, 46.002), (131.004, 46.004)]])
def test_a_split_line_that_misses_is_refused_and_drawn(
    office: Office, line: list[tuple[float, float]]
) -> None:
    plan = office.planner.begin()
    unit = str(office.county.units["G00"])
    refused = office.planner.try_to_draw(plan, {"type": "split", "unit": unit, "line": line})
    assert refused.status_code == 422
    assert refused.json()["code"] == "line-misses"
    assert {one["properties"]["role"] for one in refused.json()["features"]} >= {"line", "unit"}


def test_units_that_do_not_touch_are_not_merged(office: Office) -> None:
    plan = office.planner.begin()
    units = [str(office.county.units[code]) for code in ("G00", "G33")]
    refused = office.planner.try_to_draw(plan, {"type": "merge", "units": units})
    assert refused.status_code == 422
    assert refused.json()["code"] == "units-apart"
    assert refused.json()["features"]


def test_households_are_cut_off_where_dwellings_are_known(office: Office) -> None:
    unit = office.county.units["G11"]
    plan = office.planner.begin()
    asked = {"type": "split_by_households", "unit": str(unit), "households": 30}
    refused = office.planner.try_to_draw(plan, asked)
    assert refused.status_code == 422
    assert refused.json()["where"]["pointer"] == "/unit"
    with Session(office.callers.engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        places = [(0.1 + 0.2 * x, 0.1 + 0.2 * y) for x in range(5) for y in range(5)]
        Stores(session, DISTRICT).dwellings.add(
            [Dwelling(new_id(), f"D{k}", *corner(1, 1, *place), 4) for k, place in enumerate(places)]
        )
    answer = office.planner.draw(plan, asked)
    parts = answer["ops"][0]["op"]["parts"]
    assert sorted(one["households"] for one in parts) in ([28, 72], [32, 68])
    assert answer["ops"][0]["op"]["type"] == "split"
    loads = {one["code"]: one["after"] for one in answer["impact"]["units"] if one["after"]}
    assert sum(loads[one["code"]]["households"] for one in parts) == 100
    assert answer["impact"]["moved"]["households"] in (28, 32)
    rules = {one["rule"] for one in answer["impact"]["rules"]}
    assert "households-few" in rules
