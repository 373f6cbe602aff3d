"""Carrying a plan out: checks and ledgers at units, and the points that supervisors watch."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.errors import Conflict
from layers.ids import new_id
from layers.period_records import MonitoringPoint, PeriodEvent, PeriodPlan, PeriodTask
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition
from service.indexes.ground import Ground
from service.indexes.locate import locate
from service.schemas.periods import EventIn, PointIn
from service.use_cases.periods.names import Names
from service.use_cases.periods.recorder import Recorder

SUPERVISING = ("supervisor",)
_FUTURE_S = 86_400


def add_events(
    stores: Stores, plan_id: UUID, given: Sequence[EventIn], by: Recorder
) -> tuple[tuple[PeriodEvent, ...], int]:
    """Record checks and ledgers, all or none; return them and how many are new. The same again adds nothing.

    Raises
    ------
    InvalidTransition
        The plan is not published.
    InvalidInput
        A task is none of the plan that stands, does not ask this of the unit, or a time lies ahead.
    Conflict
        An id was used before for something else.
    """
    plan = stores.periods.plan(plan_id)
    if plan.published_at is None:
        raise InvalidTransition(
            N_("The plan of this period is not published."),
            mend=N_("Record it once it is."),
            where={"period": str(plan_id)},
        )
    names = Names.of(stores, plan, stores.districts.current().today(by.now))
    tasks: dict[UUID, PeriodTask] = {}
    values = [
        _event(stores, plan, one, f"/items/{place}", tasks, names, by) for place, one in enumerate(given)
    ]
    new = stores.periods.add_events(values)
    if len(new) < len(values):
        _require_same(stores, values)
    if new:
        stores.audit.record("period.events", "period", plan.id, events=len(new))
    return tuple(values), len(new)


def _event(
    stores: Stores,
    plan: PeriodPlan,
    given: EventIn,
    pointer: str,
    tasks: dict[UUID, PeriodTask],
    names: Names,
    by: Recorder,
) -> PeriodEvent:
    if (given.at - by.now).total_seconds() > _FUTURE_S:
        raise _unfit(
            f"{pointer}/at",
            N_("It lies more than a day in the future."),
            N_("Give the time it was done."),
        )
    unit = names.id(given.unit, f"{pointer}/unit")
    if given.task not in tasks:
        tasks[given.task] = stores.periods.task(given.task)
    task = tasks[given.task]
    if task.plan != plan.id or task.undone_at is not None:
        raise _unfit(
            f"{pointer}/task",
            N_("It is no task of this period, or no more."),
            N_("Name one that stands in the plan."),
        )
    if unit not in task.units:
        raise _unfit(
            f"{pointer}/unit",
            N_("The task does not ask this of the unit."),
            N_("Name a unit that it covers."),
        )
    return PeriodEvent(
        id=given.id,
        task=task.id,
        unit=unit,
        kind=task.evidence,
        at=given.at,
        note=given.note,
        author=by.person,
        recorded_at=by.now,
        recorded_by=by.name,
    )


def _require_same(stores: Stores, values: Sequence[PeriodEvent]) -> None:
    stored = stores.periods.known_events([one.id for one in values])
    for place, one in enumerate(values):
        if one.id not in stored or _said(stored[one.id]) != _said(one):
            raise Conflict(
                N_("The id {id} was used before for another check or ledger."),
                mend=N_("Record it under a new id; what is recorded is not changed."),
                where={"pointer": f"/items/{place}/id"},
                id=str(one.id),
            )


def _said(value: PeriodEvent) -> tuple[Any, ...]:
    return value.task, value.unit, value.kind, value.at, value.note, value.author


def supervisors(stores: Stores, by: Recorder) -> list[dict[str, Any]]:
    """Return who supervises in the district today."""
    with stores.settling():
        found = stores.tasks.assignable(SUPERVISING, stores.districts.current().today(by.now))
    return [{"id": str(one.id), "name": one.name} for one in found]


def add_point(
    stores: Stores, ground: Ground, plan: PeriodPlan, given: PointIn, by: Recorder
) -> MonitoringPoint:
    """Store a monitoring point with its supervisor.

    Raises
    ------
    InvalidInput
        The account does not supervise in the district.
    OutsideDistrict
        No unit owns the place.
    """
    named = {one["id"]: one["name"] for one in supervisors(stores, by)}
    name = named.get(str(given.supervisor))
    if name is None:
        raise _unfit(
            "/supervisor",
            N_("This account supervises nothing in the district today."),
            N_("Name one of those listed at /api/v1/periods/supervisors."),
        )
    try:
        unit = locate(ground, given.lon, given.lat).chain[0].id
    except WardlineError as error:
        error.where = {"pointer": "/lon"}
        raise
    value = MonitoringPoint(
        **given.model_dump(),
        id=new_id(),
        plan=plan.id,
        unit=unit,
        supervisor_name=name,
        created_at=by.now,
        created_by=by.name,
    )
    stores.periods.add_point(value)
    stores.audit.record("period.point", "point", value.id, plan=str(plan.id))
    return value


def end_point(stores: Stores, plan_id: UUID, identifier: UUID, by: Recorder) -> MonitoringPoint:
    """Note that a point is watched no more.

    Raises
    ------
    InvalidTransition
        It ended before, or is of another period.
    """
    value = stores.periods.point(identifier)
    if value.plan != plan_id or value.ended_at is not None:
        raise InvalidTransition(
            N_("The point is of another period, or ended before."),
            mend=N_("List the points of the period."),
            where={"parameter": "point"},
        )
    stores.periods.end_point(identifier, by.now, by.name)
    stores.audit.record("period.point-end", "point", identifier, plan=str(plan_id))
    return stores.periods.point(identifier)


def _unfit(pointer: str, text: str, mend: str) -> InvalidInput:
    return InvalidInput(text, mend=mend, where={"pointer": pointer})
