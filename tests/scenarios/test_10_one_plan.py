"""Practice 10: one plan, one map, one list: 16 tasks merged to 6, 167 units, one letter to who is late."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import shapely
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.stores import Stores
from layers.units import UnitDraft
from service.access.credentials import PLAIN_COOKIE
from service.settings import Settings
from tests.browser.conftest import Watched, new_context
from tests.browser.conftest import running as running_site
from tests.fixtures.accounts import Callers, add_person, open_session
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import BEGIN, DISTRICT, SOUTH, WEST

PERIODS = "/api/v1/periods"
UNITS = 167
BEFORE, NOW = "2025-01-01", "2025-07-01"
# Six kinds of work: how it is settled, and the units that each office asks it of, sixteen tasks in all.
WORK: dict[str, tuple[str, list[range]]] = {
    "fire-safety": ("check", [range(120), range(20), range(20, 40), range(40, 60)]),
    "flood": ("check", [range(120, UNITS), range(120, 130), range(130, 140)]),
    "roads": ("check", [range(12), range(12), range(9)]),
    "forest": ("check", [range(50, 60), range(50, 60)]),
    "households": ("ledger", [range(34), range(16)]),
    "training": ("ledger", [range(80, 114), range(80, 96)]),
}


def squares() -> list[UnitDraft]:
    """Return a town of 167 grids in one row."""
    town, side = new_id(), 10_000
    west, south = round(WEST * 1e7), round(SOUTH * 1e7)

    def area(first: int, many: int) -> shapely.MultiPolygon:
        low = [(west + (first + k) * side, south) for k in range(many + 1)]
        high = [(x, south + side) for x, _ in reversed(low)]
        ring = [(x / 1e7, y / 1e7) for x, y in [*low, *high]]
        return shapely.MultiPolygon([shapely.Polygon(ring)])

    grids = [
        UnitDraft(new_id(), f"G{number:03}", f"Unit {number}", 1, town, area(number, 1), 10)
        for number in range(UNITS)
    ]
    return [UnitDraft(town, "T0", "Town", 0, None, area(0, UNITS)), *grids]


@pytest.fixture
def callers(settings: Settings, engine: Engine) -> Iterator[Callers]:
    """A service with accounts on a town of 167 units."""
    with Session(engine) as session, session.begin():
        stores = Stores(session, DISTRICT)
        stores.districts.create("县", timezone="Asia/Shanghai")
        stores.layers.create("grids", name="网格", level_names=("township", "grid"))
        stores.grids.publish("grids", BEGIN, squares())
    with running(settings.model_copy(update={"access": "accounts", "limit_requests": "off"})) as client:
        client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
        client.headers["Accept-Language"] = "en"
        yield Callers(client, engine)


def posted(client: TestClient, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def every(client: TestClient, path: str) -> list[Any]:
    """Return all rows of a list, some at a time."""
    found, cursor = [], ""
    while True:
        between = "&" if "?" in path else "?"
        page = client.get(f"{path}{between}limit=90{cursor}").json()
        found += page["items"]
        if not page.get("cursor"):
            return found
        cursor = f"&cursor={page['cursor']}"


def submitted(office: TestClient, plan: str, first: str) -> dict[str, list[str]]:
    """Submit the sixteen tasks of the offices; return their ids by kind."""
    begin = date.fromisoformat(first)
    made: dict[str, list[str]] = {}
    for place, (kind, (evidence, parts)) in enumerate(WORK.items()):
        for number, units in enumerate(parts):
            task = {
                "title": f"{kind} by office {number}",
                "kind": kind,
                "evidence": evidence,
                "office": f"Office {kind} {number}",
                "due_on": (begin + timedelta(days=30 + 20 * place + number)).isoformat(),
                "units": [f"G{unit:03}" for unit in units],
            }
            made.setdefault(kind, []).append(posted(office, f"{PERIODS}/{plan}/tasks", task)["id"])
    return made


def carried_out(worker: TestClient, plan: str, items: list[Any], at: str) -> Counter[str]:
    """Record an event for each item; return how many of each kind."""
    events = [
        {"id": str(uuid4()), "task": one["task"], "unit": one["unit"]["code"], "at": at} for one in items
    ]
    done = posted(worker, f"{PERIODS}/{plan}/events", {"items": events}, 200)
    assert done["new"] == len(events)
    # Sent again, nothing is counted twice.
    assert posted(worker, f"{PERIODS}/{plan}/events", {"items": events}, 200)["new"] == 0
    return Counter(one["kind"] for one in done["items"])


def watched(callers: Callers, keeper: TestClient, here: str) -> None:
    """Set a monitoring point with its supervisor, which is on the map of the plan."""
    watcher = str(add_person(callers.engine, "watcher", [("supervisor", DISTRICT, None)]))
    point = {"name": "Bridge", "lon": WEST + 0.0005, "lat": SOUTH + 0.0005, "supervisor": watcher}
    assert posted(keeper, f"{here}/points", point)["supervisor"]["name"] == "watcher"
    shown = keeper.get(f"{here}/map.geojson").json()["features"]
    assert Counter(one["properties"]["what"] for one in shown) == {"unit": UNITS, "point": 1}


def compared_with_before(keeper: TestClient) -> None:
    """Hold that both halves are compared by counts, each with its rows."""
    compared = keeper.get(
        "/api/v1/reports/comparison",
        params={"from": NOW, "to": "2026-01-01", "before_from": BEFORE, "before_to": NOW},
    ).json()["figures"]
    assert {name: compared[name]["change_percent"] for name in ("checks", "ledgers")} == {
        "checks": -37.0,
        "ledgers": -32.0,
    }
    for side in ("before", "now"):
        rows = every(keeper, compared["checks"][side]["rows"])
        assert len(rows) == compared["checks"][side]["count"]
    assert compared["units-covered"]["now"]["count"] == UNITS


def shown(browser: Browser, callers: Callers, settings: Settings, tmp_path: Path) -> None:
    """Hold that a leader sees the same on the page: the plan, its map, its list, and the change."""
    person = add_person(callers.engine, "leader", [("supervisor", DISTRICT, None)])
    with running_site(str(settings.database_url), tmp_path, "accounts") as origin:
        context = new_context(browser)
        token = open_session(callers.engine, person)
        context.add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": origin}])
        page = Watched(context.new_page(), origin)
        page.open(f"/reports?from={NOW}&last=2025-12-31")
        for count, value in (("submitted", 16), ("tasks", 6), ("units", UNITS)):
            expect(page.page.locator(f"[data-count={count}] button")).to_have_text(str(value))
        expect(page.page.locator(".reports-unit")).to_have_count(UNITS)
        expect(page.page.locator("#tasks tbody tr")).to_have_count(6)
        expect(page.page.locator("[data-figure=checks] td").last).to_have_text("-37.0")
        expect(page.page.locator("[data-figure=ledgers] td").last).to_have_text("-32.0")
        expect(page.page.locator("[data-letter]")).to_have_count(5)
        context.close()
        assert page.errors == []
        assert page.strangers == []


def test_sixteen_tasks_become_six_and_who_is_late_has_one_letter(
    callers: Callers, browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    office = callers.role("office", "supervisor", DISTRICT)
    worker = callers.role("worker", "grid_worker", DISTRICT)

    # Half a year ago each office asked for itself.
    old = posted(keeper, PERIODS, {"kind": "half-year", "title": "First half", "first_day": BEFORE})
    submitted(office, old["id"], BEFORE)
    posted(keeper, f"{PERIODS}/{old['id']}/publish", {}, 200)
    asked = every(worker, f"{PERIODS}/{old['id']}/items")
    assert carried_out(worker, old["id"], asked, "2025-01-20T10:00:00+08:00") == {"check": 300, "ledger": 100}

    plan = posted(keeper, PERIODS, {"kind": "half-year", "title": "Second half", "first_day": NOW})
    here = f"{PERIODS}/{plan['id']}"
    tasks = submitted(office, plan["id"], NOW)
    merges = {kind: posted(keeper, f"{here}/merges", {"tasks": ids}) for kind, ids in tasks.items()}
    told = keeper.get(here).json()["counts"]
    assert {name: told[name]["count"] for name in ("submitted", "tasks", "units")} == {
        "submitted": 16,
        "tasks": 6,
        "units": UNITS,
    }
    for name, one in told.items():
        assert len(every(keeper, one["rows"])) == one["count"], name
    # Each keeps its source, and a merge can be undone and made again.
    assert [len(one["offices"]) for one in merges.values()] == [len(parts) for _, parts in WORK.values()]
    undone = posted(keeper, f"{here}/merges/{merges['flood']['id']}/undo", {}, 200)
    assert undone["counts"]["tasks"]["count"] == 8
    posted(keeper, f"{here}/merges", {"tasks": tasks["flood"]})

    posted(keeper, f"{here}/publish", {}, 200)
    asked = sorted(every(worker, f"{here}/items"), key=lambda one: (one["title"], one["unit"]["code"]))
    first = carried_out(worker, plan["id"], asked[5:], "2025-07-20T10:00:00+08:00")

    late = every(keeper, f"{here}/items?state=late")
    assert len(late) == 5
    done = posted(keeper, f"{here}/letters", {}, 200)
    assert [len(one["items"]) for one in done["issued"]] == [1] * 5
    assert {one["unit"]["code"] for one in done["issued"]} == {one["unit"]["code"] for one in late}
    # Issued again: exactly one letter for each unit and period.
    assert posted(keeper, f"{here}/letters", {}, 200) == {"issued": [], "supplemented": [], "items": 0}
    assert len(every(keeper, f"{here}/letters")) == 5
    letter = done["issued"][0]
    text = worker.get(f"{here}/letters/{letter['id']}/document.html", params={"lang": "en"})
    assert letter["unit"]["name"] in text.text
    assert letter["items"][0]["title"] in text.text
    paper = worker.get(f"{here}/letters/{letter['id']}/document.pdf")
    assert paper.content.startswith(b"%PDF")
    told_to = {one["unit"] for one in worker.get("/api/v1/notices").json()["items"]}
    assert told_to == {one["unit"]["code"] for one in late}

    watched(callers, keeper, here)
    # What was late is carried out, and the checks and ledgers of both halves are counted.
    last = carried_out(worker, plan["id"], asked[:5], "2025-11-20T10:00:00+08:00")
    assert first + last == {"check": 189, "ledger": 68}
    assert keeper.get(here).json()["counts"]["done-late"]["count"] == 5
    compared_with_before(keeper)
    shown(browser, callers, settings, tmp_path)
