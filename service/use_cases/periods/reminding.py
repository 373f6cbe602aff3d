"""Reminder letters: what is late in a period, told once to each unit that answers for it.

A unit has one letter for a period. What becomes late after its letter goes on a supplementary list of that
very letter, numbered from 1, one for each time letters are issued; nothing is cited twice, also not under the
name of a merge or of one of its sources. So issuing again without anything new adds nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from geo.errors import N_
from layers.ids import new_id
from layers.notices import Notice
from layers.period_records import (
    ItemFilter,
    LetterItem,
    PeriodItem,
    PeriodPlan,
    PeriodTask,
    ReminderLetter,
)
from layers.stores import Stores
from service.errors import InvalidTransition, NothingLate
from service.use_cases.periods.names import Names
from service.use_cases.periods.recorder import Recorder

LETTER, SUPPLEMENT = "reminder-letter", "reminder-list"
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing did: new letters, letters with a new supplementary list, and how many items they cite."""

    letters: tuple[ReminderLetter, ...]
    supplemented: tuple[ReminderLetter, ...]
    items: int


def issue(stores: Stores, plan_id: UUID, unit: str | None, by: Recorder) -> Issued:
    """Write the letters of all units that are late now, or of one, by code.

    Raises
    ------
    InvalidTransition
        The plan is not published.
    InvalidInput
        There is no such unit.
    NothingLate
        Nothing is late, of the district or of that unit.
    """
    plan = stores.periods.plan(plan_id)
    if plan.published_at is None:
        raise InvalidTransition(
            N_("The plan of this period is not published."),
            mend=N_("Publish it first; nobody is late on a plan that is not."),
            where={"period": str(plan_id)},
        )
    stores.letters.lock()
    names = Names.of(stores, plan, stores.districts.current().today(by.now))
    late = _late(stores, plan, by)
    if unit is not None:
        wanted = names.id(unit, "/unit")
        late = {wanted: late[wanted]} if wanted in late else {}
    if not late:
        raise NothingLate(
            N_("Nothing is late: there is nothing to write a letter about."),
            mend=N_("Look at the items of the period; those that are open have time left."),
            where={"pointer": "/unit"} if unit is not None else {"period": str(plan_id)},
        )
    return _write(stores, plan, late, names, by)


def _late(stores: Stores, plan: PeriodPlan, by: Recorder) -> dict[UUID, list[PeriodItem]]:
    """Return what is late in a plan, by the unit that answers for it."""
    found: dict[UUID, list[PeriodItem]] = defaultdict(list)
    cursor = None
    while True:
        page = stores.periods.items(
            ItemFilter(at=by.now, plan=plan.id, states=("late",)), limit=_PAGE, cursor=cursor
        )
        for one in page.items:
            found[one.recipient].append(one)
        cursor = page.cursor
        if cursor is None:
            return dict(found)


def _write(
    stores: Stores, plan: PeriodPlan, late: Mapping[UUID, Sequence[PeriodItem]], names: Names, by: Recorder
) -> Issued:
    known = {one.unit: one for one in stores.letters.of_plan(plan.id)}
    number = max((one.number for one in known.values()), default=0)
    tasks = _tasks(stores, plan)
    kin = _kin(tasks)
    # Wherever it was cited: a merge may let another unit answer than its sources did.
    cited = {(item.task, item.unit) for one in known.values() for item in one.items}
    today = stores.districts.current().today(by.now)
    new: list[UUID] = []
    supplemented: list[UUID] = []
    count = 0
    for unit in sorted(late, key=lambda one: names[one].code):
        fresh = [one for one in late[unit] if not any((task, one.unit) in cited for task in kin[one.task])]
        if not fresh:
            continue
        letter = known.get(unit)
        if letter is None:
            number += 1
            letter = ReminderLetter(
                id=new_id(),
                plan=plan.id,
                unit=unit,
                number=number,
                issued_at=by.now,
                issued_by=by.name,
            )
            stores.letters.add(letter)
            new.append(letter.id)
        else:
            supplemented.append(letter.id)
        part = max((item.list for item in letter.items), default=-1) + 1
        stores.letters.cite([_item(letter.id, one, part, tasks, names, by.now, today) for one in fresh])
        stores.notices.add([_notice(letter, part, plan, len(fresh), by)])
        stores.audit.record(
            "letter.issue" if part == 0 else "letter.supplement", "letter", letter.id, items=len(fresh)
        )
        count += len(fresh)
    told = {one.id: one for one in stores.letters.of_plan(plan.id)}
    return Issued(tuple(told[one] for one in new), tuple(told[one] for one in supplemented), count)


def _tasks(stores: Stores, plan: PeriodPlan) -> dict[UUID, PeriodTask]:
    found: dict[UUID, PeriodTask] = {}
    cursor = None
    while True:
        page = stores.periods.tasks(plan.id, limit=_PAGE, cursor=cursor)
        found |= {one.id: one for one in page.items}
        cursor = page.cursor
        if cursor is None:
            return found


def _kin(tasks: Mapping[UUID, PeriodTask]) -> dict[UUID, set[UUID]]:
    """Return each task with its sources and every merge that it was ever a part of."""
    found = {one: {one} for one in tasks}
    for task in tasks.values():
        for source in task.sources:
            found[task.id].add(source)
            found[source].add(task.id)
    return found


def _item(
    letter: UUID,
    one: PeriodItem,
    part: int,
    tasks: Mapping[UUID, PeriodTask],
    names: Names,
    now: datetime,
    today: date,
) -> LetterItem:
    task = tasks[one.task]
    unit = names[one.unit]
    offices = [tasks[source].office for source in task.sources] or [task.office]
    body = {
        "title": one.title,
        "kind": one.kind,
        "evidence": one.evidence,
        "offices": list(dict.fromkeys(offices)),
        "due_on": one.due_on.isoformat(),
        "days_late": (today - one.due_on).days,
        "unit": {"id": str(one.unit), "code": unit.code, "name": unit.name},
    }
    return LetterItem(new_id(), letter, one.task, one.unit, part, now, body)


def _notice(letter: ReminderLetter, part: int, plan: PeriodPlan, count: int, by: Recorder) -> Notice:
    body = {"number": letter.number, "list": part, "title": plan.title, "count": count, "plan": str(plan.id)}
    kind = SUPPLEMENT if part else LETTER
    return Notice(new_id(), kind, str(letter.id), by.now, unit=letter.unit, body=body)
