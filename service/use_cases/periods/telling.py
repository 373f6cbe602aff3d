"""How a plan stands: its numbers with the rows behind each, its tasks with their offices, its map."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from layers.period_records import STATES, ItemFilter, PeriodItem, PeriodPlan, PeriodTask
from layers.stores import Stores
from service.schemas.letters import letter_json
from service.schemas.periods import item_json, plan_json, task_json
from service.use_cases.periods.names import Names
from service.use_cases.periods.recorder import Recorder

PATH = "/api/v1/periods"
_WORST = ("late", "open", "done-late", "done")
_PAGE = 10_000
_DRAWN = 3_000
"""How fine a drawing of a whole district is, as a part of its extent."""


def told(stores: Stores, plan: PeriodPlan, by: Recorder) -> dict[str, Any]:
    """Return a plan with its numbers, each with the address of its rows."""
    counts = stores.periods.counts(ItemFilter(at=by.now, plan=plan.id))
    here = f"{PATH}/{plan.id}"
    numbers: dict[str, tuple[int, str]] = {
        "submitted": (_number(stores, plan, merged=False), f"{here}/tasks?as=submitted"),
        "tasks": (_number(stores, plan, merged=True), f"{here}/tasks?as=merged"),
        "units": (counts["units"], f"{here}/units"),
        "items": (counts["items"], f"{here}/items"),
    }
    for state in STATES:
        numbers[state] = counts[state], f"{here}/items?state={state}"
    return {
        **plan_json(plan),
        "counts": {name: {"count": count, "rows": rows} for name, (count, rows) in numbers.items()},
    }


def _number(stores: Stores, plan: PeriodPlan, *, merged: bool) -> int:
    found, cursor = 0, None
    while True:
        page = stores.periods.tasks(plan.id, merged=merged, limit=_PAGE, cursor=cursor)
        found += len(page.items)
        cursor = page.cursor
        if cursor is None:
            return found


def tasks_json(stores: Stores, values: Sequence[PeriodTask], names: Names) -> list[dict[str, Any]]:
    """Return tasks with the offices they come from."""
    sources = {one: stores.periods.task(one).office for value in values for one in value.sources}
    return [
        task_json(one, names.json, list(dict.fromkeys(sources[s] for s in one.sources)) or [one.office])
        for one in values
    ]


def whole(stores: Stores, plan: PeriodPlan, by: Recorder) -> dict[str, Any]:
    """Return everything that a report tells of a plan: itself, tasks, items, letters and map features."""
    today = stores.districts.current().today(by.now)
    names = Names.of(stores, plan, today)
    items = all_items(stores, plan, by)
    tasks = stores.periods.tasks(plan.id, merged=True, limit=_PAGE).items
    return {
        "plan": told(stores, plan, by),
        "tasks": tasks_json(stores, tasks, names),
        "items": [item_json(one, names.json) for one in items],
        "letters": [letter_json(one, names.json) for one in stores.letters.of_plan(plan.id)],
        "features": map_of(stores, plan, items, names, today)["features"],
    }


def all_items(stores: Stores, plan: PeriodPlan, by: Recorder) -> list[PeriodItem]:
    """Return everything that a plan asks of units."""
    found: list[PeriodItem] = []
    cursor = None
    while True:
        page = stores.periods.items(ItemFilter(at=by.now, plan=plan.id), limit=_PAGE, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def map_of(
    stores: Stores, plan: PeriodPlan, items: Sequence[PeriodItem], names: Names, today: date
) -> dict[str, Any]:
    """Return the map of a plan as GeoJSON: units by how they stand at worst, points, places of tasks."""
    by_unit: dict[UUID, list[PeriodItem]] = {}
    for one in items:
        by_unit.setdefault(one.unit, []).append(one)
    areas = _slim(areas_of(stores, set(by_unit), names))
    features = [
        _feature(
            areas[unit],
            what="unit",
            code=names[unit].code,
            name=names[unit].name,
            state=next(state for state in _WORST if any(one.state == state for one in of)),
            **{state: sum(one.state == state for one in of) for state in STATES},
        )
        for unit, of in sorted(by_unit.items(), key=lambda pair: names[pair[0]].code)
        if unit in areas
    ]
    features += [
        _feature(
            shapely.Point(one.lon, one.lat),
            what="point",
            name=one.name,
            supervisor=one.supervisor_name,
            unit=names[one.unit].code,
        )
        for one in stores.periods.points(plan.id)
        if one.ended_at is None
    ]
    page = stores.periods.tasks(plan.id, merged=True, limit=_PAGE)
    features += [
        _feature(shapely.Point(one.lon, one.lat), what="task", name=one.title, place=one.place)
        for one in page.items
        if one.lon is not None and one.lat is not None
    ]
    return {"type": "FeatureCollection", "as_of": today.isoformat(), "features": features}


def areas_of(stores: Stores, units: set[UUID], names: Names) -> dict[UUID, Any]:
    """Return the areas of units on the day of ``names``; one that is gone has none."""
    wanted: dict[tuple[str, int], set[UUID]] = {}
    for unit in units:
        wanted.setdefault((names[unit].layer, names[unit].level), set()).add(unit)
    found: dict[UUID, Any] = {}
    for (layer, level), some in wanted.items():
        leaf = stores.layers.get(layer).leaf_level
        table = (
            stores.grids.leaves(layer, names.day)
            if level == leaf
            else stores.grids.outlines(layer, level, names.day)
        )
        found |= {one: table.polygons[place] for place, one in enumerate(table.ids) if one in some}
    return found


def _slim(areas: Mapping[UUID, Any]) -> dict[UUID, Any]:
    """Return areas with what a drawing of all of them can show, to a metre or so."""
    shapes = np.array(list(areas.values()), dtype=object)
    if not len(shapes):
        return {}
    west, south, east, north = shapely.total_bounds(shapes)
    slim = shapely.simplify(shapes, max(east - west, north - south) / _DRAWN)
    return dict(zip(areas, shapely.transform(slim, lambda at: np.round(at, 5)), strict=True))


def _feature(shape: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
