"""Tasks: what is open, done by evidence and open again without it, or closed by a person for a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.coverage import Intervals
from geo.due import left_open
from geo.errors import N_
from geo.evidence import Evidence
from geo.linear import MeasuredLine
from layers.coverage_days import Periods
from layers.due_evidence import Proof
from layers.ids import new_id
from layers.notices import Notice
from layers.stores import Stores
from layers.tasks import CLOSED, DONE, OPEN, CoverageTask
from service.errors import InvalidInput, InvalidTransition, StaleCopy
from service.schemas.due import SubjectIn, evidence_named
from service.schemas.places import Round, between, naming
from service.schemas.tasks import Look, TaskIn, TaskPatch
from service.use_cases.due.rules import subject_layer
from service.use_cases.due.segments import LEAST_M

REOPENED_FOR = timedelta(days=90)
"""What was done longer ago is looked at no more when evidence comes or goes."""

WALKING = ("guard", "grid_worker", "coordinator")
Part = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """What is known of the subjects of some tasks."""

    walks: dict[str, Intervals]
    markers: dict[str, list[Proof]]
    units: dict[tuple[str | None, str], list[datetime]]

    def left_of(self, task: CoverageTask) -> list[Part]:
        """Return what of a task is open: stretches, or one without length for what has none."""
        if task.kind == "segment":
            walks = self.walks.get(task.code)
            if walks is None:
                return [task.stretch]
            since = walks.within(task.counts_from.timestamp(), np.inf)
            return [(low, high) for low, high in left_open(since, *task.stretch, LEAST_M).tolist()]
        if task.kind == "marker":
            proofs = self.markers.get(task.code, [])
            seen = any(one.at >= task.counts_from and one.evidence >= task.least for one in proofs)
        else:
            seen = any(at >= task.counts_from for at in self.units.get((task.layer, task.code), []))
        return [] if seen else [(0.0, 0.0)]


def add_task(stores: Stores, given: TaskIn, by: str, now: datetime) -> CoverageTask:
    """Store a task of something of which anything is open.

    Raises
    ------
    NotFound
        There is nothing of this code today.
    InvalidInput
        Nothing of it is open, or the assignee walks nowhere in the district.
    """
    today = stores.districts.current().today(now)
    named = given.model_dump(include={"kind", "code", "layer", "from_m", "to_m"})
    layer = subject_layer(stores, SubjectIn.model_validate(named), today)
    low, high = given.from_m, given.to_m
    if given.kind == "segment" and low is None:
        line = stores.border.by_code(given.code, today).line
        low, high = 0.0, MeasuredLine.from_lonlat(shapely.get_coordinates(line)).length_m
    _check_assignee(stores, given.assignee, now)
    value = CoverageTask(
        id=new_id(),
        kind=given.kind,
        code=given.code,
        layer=layer,
        from_m=low,
        to_m=high,
        least=evidence_named(given.least),
        counts_from=given.counts_from or now,
        assignee=given.assignee,
        until=given.until,
        reason=given.reason,
        created_at=now,
        created_by=by,
    )
    left = _gather(stores, [value], now).left_of(value)
    if not left:
        raise InvalidInput(
            N_("Nothing of it is open: it was visited since {since}."),
            mend=N_("Let the task count from a later instant, or make none."),
            where={"pointer": "/counts_from"},
            since=value.counts_from.isoformat(),
        )
    value = replace(value, open_m=_metres(value, left))
    stores.tasks.add(value)
    stores.audit.record(
        "task.create", value.kind, value.code, task=str(value.id), assignee=_id(value.assignee)
    )
    _tell_assignee(stores, value, now)
    return value


def _tell_assignee(stores: Stores, task: CoverageTask, now: datetime) -> None:
    """Give whom a task is for a notice of it."""
    if task.assignee is None:
        return
    body = {
        "code": task.code,
        "from_m": task.from_m,
        "to_m": task.to_m,
        "until": None if task.until is None else task.until.isoformat(),
        "reason": task.reason,
    }
    given = Notice(new_id(), "task-given", str(task.id), now, person=task.assignee, body=body)
    stores.notices.add([given])


def change_task(
    stores: Stores, identifier: UUID, patch: TaskPatch, version: int | None, now: datetime
) -> CoverageTask:
    """Change whom a task is for, until when, or why.

    Raises
    ------
    NotFound
        There is no such task.
    InvalidTransition
        It was closed by hand.
    StaleCopy
        It was changed since the version that was read.
    """
    task = _to_change(stores, identifier, version)
    values = {name: getattr(patch, name) for name in patch.model_fields_set}
    if values.get("reason", "") is None:
        values["reason"] = ""
    if "assignee" in values:
        _check_assignee(stores, values["assignee"], now)
    if values:
        _change(stores, task, **values)
        stores.audit.record("task.change", task.kind, task.code, task=str(task.id), fields=sorted(values))
    changed = stores.tasks.get(identifier)
    if changed.assignee != task.assignee:
        _tell_assignee(stores, changed, now)
    return changed


def close_task(
    stores: Stores, identifier: UUID, reason: str, by: str, version: int | None, now: datetime
) -> CoverageTask:
    """Close a task by hand; evidence opens it no more.

    Raises
    ------
    NotFound, InvalidTransition, StaleCopy
        As :func:`change_task`.
    """
    task = _to_change(stores, identifier, version)
    _change(stores, task, state=CLOSED, settled_at=now, settled_by=by, closing=reason)
    stores.audit.record("task.close", task.kind, task.code, task=str(task.id))
    return stores.tasks.get(identifier)


def settle(stores: Stores, now: datetime) -> int:
    """Bring every task in step with the evidence there is; return how many were done or opened again.

    For whoever brings or takes away evidence, in the same transaction: a task is done with the upload that
    closes the last of it.
    """
    with stores.settling():
        tasks = stores.tasks.unsettled(now - REOPENED_FOR)
        if not tasks:
            return 0
        evidence = _gather(stores, tasks, now)
        return sum(_settle(stores, task, evidence.left_of(task), now) for task in tasks)


def _settle(stores: Stores, task: CoverageTask, left: list[Part], now: datetime) -> bool:
    metres = _metres(task, left)
    if bool(left) == (task.state == OPEN):
        if metres != task.open_m:
            stores.tasks.shrink(task.id, metres)
        return False
    if left:
        changed = stores.tasks.change(
            task.id, task.version, state=OPEN, settled_at=None, settled_by=None, open_m=metres
        )
    else:
        changed = stores.tasks.change(
            task.id, task.version, state=DONE, settled_at=now, settled_by="evidence", open_m=metres
        )
    if changed:
        stores.audit.record("task.reopen" if left else "task.done", task.kind, task.code, task=str(task.id))
    return changed


def looks(stores: Stores, tasks: Sequence[CoverageTask], now: datetime) -> list[Look]:
    """Return tasks as they stand now, with what is open of each."""
    today = stores.districts.current().today(now)
    with stores.settling():
        evidence = _gather(stores, [one for one in tasks if one.state != CLOSED], now)
        names = stores.tasks.names([one.assignee for one in tasks if one.assignee is not None])
    markers: dict[str, list[tuple[float, str]]] = {}
    for segment in stores.border.all(today):
        if any(one.code == segment.code for one in tasks if one.kind == "segment"):
            markers[segment.code] = naming(stores.markers.along(segment.id, today))
    found = []
    for task in tasks:
        left = [] if task.state == CLOSED else evidence.left_of(task)
        parts: list[tuple[float, float, Round]] = [
            (low, high, between(markers.get(task.code, []), low, high))
            for low, high in left
            if task.kind == "segment"
        ]
        name = None if task.assignee is None else names.get(task.assignee)
        found.append(Look(task, parts, not left, today, name))
    return found


def assignees(stores: Stores, now: datetime) -> list[dict[str, Any]]:
    """Return who may be asked: who walks in the district today."""
    with stores.settling():
        found = stores.tasks.assignable(WALKING, stores.districts.current().today(now))
    return [{"id": str(one.id), "name": one.name} for one in found]


def _gather(stores: Stores, tasks: Sequence[CoverageTask], now: datetime) -> _Evidence:
    if not tasks:
        return _Evidence({}, {}, {})
    zone = ZoneInfo(stores.districts.current().timezone)
    first = min(one.counts_from for one in tasks).astimezone(zone).date()
    after = max(now.astimezone(zone).date() + timedelta(days=2), first + timedelta(days=1))
    walks: dict[str, Intervals] = {}
    codes = {one.code for one in tasks if one.kind == "segment"}
    if codes:
        segments = [one for one in stores.border.during(first, after) if one.code in codes]
        days = Periods.never(first, after, len(segments))
        ledger = stores.observed.known([one.id for one in segments], days)
        every = ledger.walks.at_least(Evidence.OBSERVED).by_line(len(segments))
        for code in codes:
            of_code = [part for one, part in zip(segments, every, strict=True) if one.code == code]
            walks[code] = Intervals.join(of_code)
    markers = [one.code for one in tasks if one.kind == "marker"]
    return _Evidence(
        walks, stores.due_evidence.of_markers(markers, first) if markers else {}, _units(stores, tasks, now)
    )


def _units(
    stores: Stores, tasks: Sequence[CoverageTask], now: datetime
) -> dict[tuple[str | None, str], list[datetime]]:
    zone = ZoneInfo(stores.districts.current().timezone)
    found: dict[tuple[str | None, str], list[datetime]] = {}
    mine = [one for one in tasks if one.kind == "unit"]
    for layer in {one.layer for one in mine if one.layer is not None}:
        tree = stores.grids.tree(layer, now.astimezone(zone).date())
        by_code = {one.code: one.id for one in sorted(tree.units.values(), key=lambda one: one.level)}
        wanted = {one.code: by_code[one.code] for one in mine if one.layer == layer and one.code in by_code}
        # A unit is visited where any leaf below it is.
        leaves = {
            code: [leaf for leaf in tree.units if unit in {one.id for one in tree.chain(leaf)}]
            for code, unit in wanted.items()
        }
        since = min(one.counts_from for one in mine).astimezone(zone).date()
        visited = stores.due_evidence.of_units([leaf for some in leaves.values() for leaf in some], since)
        for code, some in leaves.items():
            found[layer, code] = [at for leaf in some for at in visited.get(leaf, [])]
    return found


def _metres(task: CoverageTask, left: Sequence[Part]) -> float | None:
    return round(sum(high - low for low, high in left), 2) if task.kind == "segment" else None


def _to_change(stores: Stores, identifier: UUID, version: int | None) -> CoverageTask:
    task = stores.tasks.get(identifier)
    if task.state == CLOSED:
        raise InvalidTransition(
            N_("The task was closed by {by}."),
            mend=N_("Make another one."),
            where={"task": str(identifier)},
            by=task.settled_by or "–",
        )
    if version is not None and version != task.version:
        raise _stale(task)
    return task


def _change(stores: Stores, task: CoverageTask, **values: Any) -> None:
    if not stores.tasks.change(task.id, task.version, **values):
        raise _stale(stores.tasks.get(task.id))


def _stale(task: CoverageTask) -> StaleCopy:
    return StaleCopy(
        N_("The task was changed since: it is at version {version}."),
        mend=N_("Read it again and repeat the change."),
        where={"header": "If-Match"},
        extra={"current": {"id": str(task.id), "version": task.version, "state": task.state}},
        version=task.version,
    )


def _check_assignee(stores: Stores, person: UUID | None, now: datetime) -> None:
    if person is None or str(person) in {one["id"] for one in assignees(stores, now.astimezone(UTC))}:
        return
    raise InvalidInput(
        N_("Nobody of this id walks in the district."),
        mend=N_("Choose one of the list of assignees."),
        where={"pointer": "/assignee"},
    )


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
