"""Making the plan of a period: its days, the tasks that offices submit, merging those that mean the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from geo.errors import N_
from layers.ids import new_id
from layers.period_records import ItemFilter, PeriodPlan, PeriodTask
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition
from service.schemas.periods import MergeIn, PlanIn, TaskIn
from service.use_cases.periods.names import Names
from service.use_cases.periods.recorder import Recorder

_MONTHS = {"month": 1, "quarter": 3, "half-year": 6}
_DAY = timedelta(days=1)


def add_plan(stores: Stores, given: PlanIn, by: Recorder) -> PeriodPlan:
    """Begin the plan of a period.

    Raises
    ------
    InvalidInput
        The days do not make such a period.
    Conflict
        The period has a plan.
    """
    first, last = _days(given)
    value = PeriodPlan(
        id=new_id(),
        kind=given.kind,
        title=given.title,
        first_day=first,
        last_day=last,
        created_at=by.now,
        created_by=by.name,
    )
    stores.periods.add_plan(value)
    stores.audit.record("period.create", "period", value.id, kind=value.kind, first=first.isoformat())
    return value


def _days(given: PlanIn) -> tuple[date, date]:
    first, last = given.first_day, given.last_day
    months = _MONTHS.get(given.kind)
    if months is None:
        if last is None or last < first:
            raise InvalidInput(
                N_("A period of free days has a last day, not before its first."),
                mend=N_("Give last_day; it belongs to the period."),
                where={"pointer": "/last_day"},
            )
        return first, last
    if first.day != 1 or (first.month - 1) % months:
        raise InvalidInput(
            N_("{day} is not the first day of a {kind}."),
            mend=N_("Give the first day, or the kind free with both days."),
            where={"pointer": "/first_day"},
            day=first.isoformat(),
            kind=given.kind,
        )
    month = first.month - 1 + months
    end = date(first.year + month // 12, month % 12 + 1, 1) - _DAY
    if last is not None and last != end:
        raise InvalidInput(
            N_("This {kind} ends on {end}."),
            mend=N_("Leave last_day out, or give the kind free."),
            where={"pointer": "/last_day"},
            kind=given.kind,
            end=end.isoformat(),
        )
    return first, end


def submit(stores: Stores, plan_id: UUID, given: TaskIn, by: Recorder) -> PeriodTask:
    """Store a task of an office.

    Raises
    ------
    NotFound
        There is no such plan.
    InvalidTransition
        The plan is published.
    InvalidInput
        It is due outside the period, or names a unit that there is not.
    """
    plan = _open(stores, plan_id)
    _require_inside(plan, given.due_on)
    if (given.lon is None) != (given.lat is None):
        raise InvalidInput(
            N_("A place has both lon and lat."),
            mend=N_("Give the other as well, or neither."),
            where={"pointer": "/lat"},
        )
    names = Names.of(stores, plan, stores.districts.current().today(by.now))
    units = names.ids(given.units, "/units")
    value = PeriodTask(
        **given.model_dump(exclude={"units", "responsible"}),
        id=new_id(),
        plan=plan.id,
        responsible=None if given.responsible is None else names.id(given.responsible, "/responsible"),
        author=by.person,
        created_at=by.now,
        created_by=by.name,
    )
    stores.periods.add_task(value)
    stores.periods.add_items(value.id, [(new_id(), unit) for unit in units])
    stores.audit.record("period.submit", "task", value.id, plan=str(plan.id), units=len(units))
    return stores.periods.task(value.id)


def _open(stores: Stores, plan_id: UUID) -> PeriodPlan:
    """Return a plan that is not published, which nobody else changes until the transaction ends."""
    stores.periods.lock(plan_id)
    plan = stores.periods.plan(plan_id)
    if plan.published_at is not None:
        raise InvalidTransition(
            N_("The plan of this period is published."),
            mend=N_("Have it reopened; what was carried out stays."),
            where={"period": str(plan_id)},
        )
    return plan


def _require_inside(plan: PeriodPlan, day: date) -> None:
    if not plan.first_day <= day <= plan.last_day:
        raise InvalidInput(
            N_("{day} lies outside the period, {first} to {last}."),
            mend=N_("Give a day of the period, or submit the task to another one."),
            where={"pointer": "/due_on"},
            day=day.isoformat(),
            first=plan.first_day.isoformat(),
            last=plan.last_day.isoformat(),
        )


def merge(stores: Stores, plan_id: UUID, given: MergeIn, by: Recorder) -> PeriodTask:
    """Merge tasks that mean the same into one, which asks of each unit what any of them does, once.

    Raises
    ------
    InvalidInput
        They are not two or more tasks of the plan that stand for themselves, are settled in different ways,
        or are of different kinds and no reason is given.
    InvalidTransition
        The plan is published.
    """
    plan = _open(stores, plan_id)
    tasks = [_source(stores, plan, one, place) for place, one in enumerate(dict.fromkeys(given.tasks))]
    if len(tasks) < 2:
        raise _unfit("/tasks", N_("A merge takes two tasks or more."), N_("Name another task."))
    if len({one.evidence for one in tasks}) > 1:
        raise _unfit(
            "/tasks",
            N_("Some of these are settled by checks and some by ledgers; one stands for no other."),
            N_("Merge those that are settled in the same way."),
        )
    kinds = {one.kind for one in tasks}
    if len(kinds) > 1 and (not given.reason or given.kind is None):
        raise InvalidInput(
            N_("These tasks are of different kinds: {kinds}."),
            mend=N_("Say why they mean the same, as reason, and give the kind of what they become."),
            where={"pointer": "/kind" if given.reason else "/reason"},
            kinds=", ".join(sorted(kinds)),
        )
    if given.due_on is not None:
        _require_inside(plan, given.due_on)
    value = _merged(tasks, given, plan, by)
    stores.periods.add_task(value)
    if stores.periods.merge([one.id for one in tasks], value.id) != len(tasks):
        raise _unfit("/tasks", N_("Some of these were merged meanwhile."), N_("Read the plan again."))
    stores.audit.record(
        "period.merge", "task", value.id, plan=str(plan.id), sources=[str(one.id) for one in tasks]
    )
    return stores.periods.task(value.id)


def _source(stores: Stores, plan: PeriodPlan, identifier: UUID, place: int) -> PeriodTask:
    task = stores.periods.task(identifier)
    if task.plan != plan.id:
        raise _unfit(f"/tasks/{place}", N_("It is a task of another period."), N_("Name tasks of this one."))
    if task.merged_into is not None or task.sources:
        raise _unfit(
            f"/tasks/{place}",
            N_("It is merged already."),
            N_("Undo that merge first, then merge all of them at once."),
        )
    return task


def _merged(tasks: Sequence[PeriodTask], given: MergeIn, plan: PeriodPlan, by: Recorder) -> PeriodTask:
    """Return what tasks become: the earliest day, and who answers where all say the same."""
    answering = {one.responsible for one in tasks}
    words = {one.answerable for one in tasks}
    first = tasks[0]
    return PeriodTask(
        id=new_id(),
        plan=plan.id,
        title=given.title or first.title,
        kind=given.kind or first.kind,
        evidence=first.evidence,
        office="",
        due_on=given.due_on or min(one.due_on for one in tasks),
        responsible=first.responsible if len(answering) == 1 else None,
        answerable=first.answerable if len(words) == 1 else "",
        sources=tuple(one.id for one in tasks),
        reason=given.reason,
        author=by.person,
        created_at=by.now,
        created_by=by.name,
    )


def _unfit(pointer: str, text: str, mend: str) -> InvalidInput:
    return InvalidInput(text, mend=mend, where={"pointer": pointer})


def undo(stores: Stores, plan_id: UUID, identifier: UUID, by: Recorder) -> PeriodPlan:
    """Let the sources of a merge stand for themselves again; what was carried out counts for them.

    Raises
    ------
    InvalidInput
        It is no merge of this plan.
    InvalidTransition
        The plan is published, or the merge was undone before.
    """
    plan = _open(stores, plan_id)
    task = stores.periods.task(identifier)
    if task.plan != plan.id or not task.sources:
        raise InvalidInput(
            N_("It is no merge of this period."),
            mend=N_("Name one of the tasks that have sources."),
            where={"parameter": "merge"},
        )
    if not stores.periods.undo(identifier, by.now, by.name):
        raise InvalidTransition(
            N_("The merge was undone before."),
            mend=N_("Nothing more is to be done."),
            where={"parameter": "merge"},
        )
    stores.audit.record("period.undo", "task", identifier, plan=str(plan.id))
    return plan


def publish(stores: Stores, plan_id: UUID, by: Recorder) -> PeriodPlan:
    """Publish a plan: from now on it is carried out.

    Raises
    ------
    InvalidTransition
        It is published, or has no task.
    """
    plan = _open(stores, plan_id)
    if not stores.periods.counts(ItemFilter(at=by.now, plan=plan.id))["items"]:
        raise InvalidTransition(
            N_("The plan asks nothing of any unit."),
            mend=N_("Submit tasks first."),
            where={"period": str(plan_id)},
        )
    stores.periods.publish(plan.id, by.now, by.name)
    stores.audit.record("period.publish", "period", plan.id)
    return stores.periods.plan(plan.id)


def reopen(stores: Stores, plan_id: UUID, reason: str) -> PeriodPlan:
    """Take the publication of a plan back, so that tasks can be submitted, merged and unmerged.

    Raises
    ------
    InvalidTransition
        It is not published.
    """
    stores.periods.lock(plan_id)
    plan = stores.periods.plan(plan_id)
    if plan.published_at is None:
        raise InvalidTransition(
            N_("The plan of this period is not published."),
            mend=N_("Change it as it is."),
            where={"period": str(plan_id)},
        )
    stores.periods.publish(plan.id, None, None)
    stores.audit.record("period.reopen", "period", plan.id, reason=reason)
    return stores.periods.plan(plan.id)
