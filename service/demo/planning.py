"""The plans of two half-years: what offices ask of big grids, merged, carried out in part, and letters."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from layers.ids import new_id
from layers.period_records import Evidence, MonitoringPoint, PeriodItem, PeriodPlan
from layers.stores import Stores
from service.access.demo import person_id
from service.demo.content import Content
from service.demo.patrols import TIMEZONE
from service.schemas.periods import EventIn, MergeIn, PlanIn, TaskIn
from service.use_cases import periods
from service.use_cases.periods import Recorder

# What is asked, how it is settled, after how much of the half-year it is due, and which offices ask for it.
_WORK: tuple[tuple[str, str, Evidence, float, tuple[str, ...]], ...] = (
    ("防火检查", "fire-safety", "check", 0.25, ("应急局", "林草局", "消防队")),
    ("汛期检查", "flood", "check", 0.4, ("水务局", "应急局")),
    ("界标巡查", "markers", "check", 0.55, ("边防办", "外事办")),
    ("住户台账", "households", "ledger", 0.7, ("民政局", "统计局")),
    ("走访台账", "visits", "ledger", 0.9, ("社会工作部", "司法局")),
)
_SHARE, _POINTS = 3, 5
_LEFT = 37
_LATE = 31
"""Each so many-th unit is left out, and each so many-th is done late."""


def load_plans(stores: Stores, content: Content, today: date) -> None:
    """Store the plans of the half-year before and of this one, as offices and keepers would."""
    now = datetime.combine(today, time.min, ZoneInfo(TIMEZONE))
    this = date(today.year, 1 if today.month <= 6 else 7, 1)
    before = date(this.year - (this.month == 1), 7 if this.month == 1 else 1, 1)
    units = [one.code for one in content.county.big_grids]
    by = Recorder("demo", None, now)
    for first, merged in ((before, False), (this, True)):
        plan = _plan(stores, first, units, by, merged=merged)
        _carry_out(stores, plan, by)
        if any(one.state == "late" for one in periods.all_items(stores, plan, by)):
            periods.issue(stores, plan.id, None, by)
    _watch(stores, content, plan, by)


def _plan(stores: Stores, first: date, units: Sequence[str], by: Recorder, *, merged: bool) -> PeriodPlan:
    half = "上" if first.month == 1 else "下"
    given = PlanIn(kind="half-year", title=f"{first.year} 年{half}半年计划", first_day=first)
    plan = periods.add_plan(stores, given, by)
    length = (plan.last_day - plan.first_day).days
    for title, kind, evidence, share, offices in _WORK:
        ids: list[UUID] = []
        for place, office in enumerate(offices):
            asked = TaskIn(
                title=title,
                kind=kind,
                evidence=evidence,
                office=office,
                due_on=first + timedelta(days=round(length * share)),
                # The first office asks it of everybody, the others each of a part.
                units=list(units if place == 0 else units[place :: _SHARE + place]),
            )
            ids.append(periods.submit(stores, plan.id, asked, by).id)
        if merged:
            periods.merge(stores, plan.id, MergeIn(tasks=ids), by)
    return periods.publish(stores, plan.id, by)


def _carry_out(stores: Stores, plan: PeriodPlan, by: Recorder) -> None:
    """Record what was carried out until now: most in time, some late, some not."""
    names = periods.Names.of(stores, plan, by.now.date())
    given = [
        EventIn(id=new_id(), task=one.task, unit=names[one.unit].code, at=at)
        for number, one in enumerate(periods.all_items(stores, plan, by))
        if (at := _done(one, number, plan)) is not None and at < by.now
    ]
    for begin in range(0, len(given), 1000):
        periods.add_events(stores, plan.id, given[begin : begin + 1000], by)


def _done(one: PeriodItem, number: int, plan: PeriodPlan) -> datetime | None:
    if number % _LEFT == 0:
        return None
    days = number % max(1, (one.due_on - plan.first_day).days)
    day = one.due_on + timedelta(days=9) if number % _LATE == 0 else plan.first_day + timedelta(days=days)
    return datetime.combine(day, time(9), ZoneInfo(TIMEZONE))


def _watch(stores: Stores, content: Content, plan: PeriodPlan, by: Recorder) -> None:
    """Set a monitoring point where some of the representatives can be met."""
    people = content.county.people
    for number, one in enumerate(people[:: max(1, len(people) // _POINTS)][:_POINTS], 1):
        home = content.county.big_grids[one.home]
        stores.periods.add_point(
            MonitoringPoint(
                id=new_id(),
                plan=plan.id,
                name=f"监测点 {number}",
                place=home.name.zh,
                lon=one.lon,
                lat=one.lat,
                unit=home.id,
                supervisor=person_id("supervisor"),
                supervisor_name="Supervisor",
                created_at=by.now,
                created_by=by.name,
            )
        )
