"""What has to be visited in the demo: rules, what a meeting asked for, a flood, and two tasks."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import shapely

from layers.stores import Stores
from layers.tasks import CoverageTask
from service.access.demo import person_id
from service.demo.content import Content
from service.demo.identity import demo_id
from service.demo.patrols import BLOCKED, TIMEZONE
from service.schemas.due import RuleIn, SuspensionIn
from service.use_cases import due

BY = "coordinator"
DAY = timedelta(days=1)
# At most so many days between two visits of a metre, by the number of the stretch.
_DAYS = (7.0, 7.0, 10.0, 7.0, 14.0)
_GRID_DAYS = (3.0, 10.0, 21.0)
"""The same of grids that the border runs through."""

_SHORT = 4
"""The stretch that is short of people."""


def load_upkeep(stores: Stores, content: Content, today: date, days: int) -> None:
    """Set what is due by the ways of keepers; the tasks stand as what was walked of them until now says."""
    now = datetime.combine(today, time.min, ZoneInfo(TIMEZONE))
    for given in _rules(content, today):
        due.add_rule(stores, given, BY, now)
    where, low, high, since = BLOCKED[0]
    flooded = content.stretches[where]
    length = flooded.line.length_m
    flood = SuspensionIn(
        kind="segment",
        code=flooded.segment.code,
        from_m=low * length,
        to_m=high * length,
        from_at=now - days * (1.0 - since) * DAY,
        reason="flood",
        note="河水漫过便道",
    )
    due.suspend(stores, flood, BY, now)
    for task in _tasks(content, now):
        stores.tasks.add(task)
        stores.audit.record("task.create", task.kind, task.code, task=str(task.id), by="demo")
    due.settle(stores, now)


def _rules(content: Content, today: date) -> list[RuleIn]:
    codes = [one.segment.code for one in content.stretches]
    long_ago = today - 90 * DAY
    standing = [
        RuleIn(kind="segment", code=code, within_days=within, from_day=long_ago)
        for code, within in zip(codes, _DAYS, strict=False)
    ]
    grids = [
        RuleIn(kind="unit", code=code, within_days=within, from_day=long_ago)
        for code, within in zip(_grids(content), _GRID_DAYS, strict=False)
    ]
    return [
        *standing,
        *grids,
        RuleIn(
            kind="segment",
            code=codes[0],
            within_days=3.0,
            source="meeting",
            asked_by="板凳会",
            reason="夜间有越野车声",
            from_day=today - 5 * DAY,
            to_day=today + 10 * DAY,
        ),
    ]


def _grids(content: Content) -> list[str]:
    """Return the codes of grids that the first stretches run through."""
    shapes = shapely.STRtree(content.county.shapes.polygons)
    places = [shapely.Point(one.line.interpolate(0.3 * one.line.length_m)) for one in content.stretches]
    return list(dict.fromkeys(content.county.leaves[int(shapes.nearest(one))].code for one in places))


def _tasks(content: Content, now: datetime) -> list[CoverageTask]:
    """Return a task of what has been walked since, and one of the end that nobody goes to."""
    begun, open_ = content.stretches[0], content.stretches[min(_SHORT, len(content.stretches) - 1)]
    asked = CoverageTask(
        id=demo_id("task", 0),
        kind="segment",
        code=begun.segment.code,
        from_m=0.1 * begun.line.length_m,
        to_m=0.4 * begun.line.length_m,
        counts_from=now - 20 * DAY,
        created_at=now - 20 * DAY,
        created_by=BY,
        reason="雪化后复查",
        assignee=person_id("guard"),
        until=(now - 3 * DAY).date(),
    )
    far = replace(
        asked,
        id=demo_id("task", 1),
        code=open_.segment.code,
        from_m=0.75 * open_.line.length_m,
        to_m=open_.line.length_m,
        counts_from=now - 10 * DAY,
        created_at=now - 2 * DAY,
        reason="滑坡段绕行查看",
        until=(now + 5 * DAY).date(),
    )
    return [asked, far]
