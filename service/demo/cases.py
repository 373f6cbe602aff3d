"""What became of the demo's incidents: logs of the last weeks, with clocks, actions and requests.

Older ones are settled and have only what a reporter said. Nothing is typed in: when each is due is computed
from its log by the usual rules, as for every incident.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from layers.cases import Action, CaseRequest
from layers.incident_tables import COLOURS, SETTLED
from layers.incidents import Incident, IncidentEvent
from layers.stores import Stores
from service.access.demo import person_id
from service.demo.identity import demo_id
from service.demo.patrols import TIMEZONE
from service.rules.clocks import REMINDERS
from service.rules.life import history
from service.rules.limits import CaseRules
from service.use_cases.incidents.timing import clock_of

LOGGED_DAYS = 30
"""Of so many days before today incidents have logs."""
_SEED = 311
_WAY = ("accepted", "filed", "dispatched", "handling", "done", "verified", "closed")
_LATE_SHARE = 0.08
_REASON = "超出网格处置能力"
_WORKS = ("现场查看", "更换部件", "设置警示标志", "联系产权单位")


@dataclass(frozen=True, slots=True)
class Led:
    """An incident as its log leaves it, with the log and what else was done about it."""

    value: Incident
    events: tuple[IncidentEvent, ...]
    actions: tuple[Action, ...]
    requests: tuple[CaseRequest, ...]
    reminded: tuple[int, ...]


def lead(values: Sequence[Incident], day: date) -> Iterator[Led]:
    """Yield every incident with the log that leads to its status by the beginning of a day."""
    now = datetime.combine(day, time(), ZoneInfo(TIMEZONE))
    rng = np.random.default_rng([_SEED, len(values)])
    for number, value in enumerate(values):
        chance = rng.random(4)
        recent = value.status not in SETTLED or now - value.received_at < timedelta(days=LOGGED_DAYS)
        yield _led(number, value, now, chance) if recent else Led(value, (), (), (), ())


def store(stores: Stores, led: Sequence[Led], day: date) -> None:
    """Store the logs and what else was done about incidents that are stored."""
    now = datetime.combine(day, time(), ZoneInfo(TIMEZONE))
    stores.incidents.add_events([event for one in led for event in one.events])
    for one in led:
        for action in one.actions:
            stores.cases.add_action(action)
        for request in one.requests:
            stores.cases.ask(request)
        for percent in one.reminded:
            stores.cases.remind(one.value.id, 0, one.value.colour, percent, now)


def _led(number: int, value: Incident, now: datetime, chance: Any) -> Led:
    rules = CaseRules()
    steps = _steps(value.status)
    if "dispatched" not in steps:
        # It has no other colour before somebody gives it one.
        value = replace(value, colour=COLOURS[0])
    limit = rules.limit(value.class_, value.colour)
    calendar = rules.calendar_of(limit, TIMEZONE)
    open_ = value.status in (*_WAY[1:5], "suspended")
    late = chance[0] < _LATE_SHARE
    if open_ and not late:
        # What is still open was filed so lately that its time is not over.
        back = limit.span() * (0.05 + 0.9 * chance[1])
        filed = max(value.received_at, now - min(back, timedelta(days=LOGGED_DAYS)))
    else:
        filed = value.received_at + (now - value.received_at) * 0.2 * chance[1]
    end = min(now, calendar.after(filed, limit.span() * (1.3 if late else 0.2 + 0.7 * chance[2])))
    events = list(_log(number, value, steps, filed, max(end, filed)))
    known = history(events)
    clock = clock_of(value, known, rules, TIMEZONE)
    named = person_id("supervisor") if value.colour == COLOURS[-1] else None
    made = replace(value, responsible=person_id("representative") if steps else None, named=named)
    reminded: tuple[int, ...] = ()
    if clock is not None:
        going = clock.waiting_since is None and value.status not in SETTLED
        reached = list(zip(REMINDERS, clock.reminders, strict=True))
        reminded = tuple(percent for percent, at in reached if going and at <= now)
        made = replace(
            made,
            filed_at=clock.started_at,
            due_at=clock.due_at,
            suspended_at=clock.waiting_since if value.status == "suspended" else None,
            closed_at=known.closed_at,
            on_time=clock.on_time,
            remind_at=min((at for _, at in reached if going and at > now), default=None),
        )
    handled = "handling" in steps
    return Led(
        made,
        tuple(events),
        tuple(_actions(number, made, events)) if handled and number % 3 == 0 else (),
        tuple(_requests(number, made, events)),
        reminded,
    )


def _steps(status: str) -> tuple[str, ...]:
    if status == "rejected":
        return ("rejected",)
    if status == "suspended":
        return (*_WAY[:4], "suspended")
    return _WAY[: _WAY.index(status) + 1] if status in _WAY else ()


def _log(
    number: int, value: Incident, steps: Sequence[str], filed: datetime, end: datetime
) -> Iterator[IncidentEvent]:
    """Yield the log of an incident: received, each step at its time, and its colours one by one."""
    count = 0

    def event(at: datetime, kind: str, actor: str, **body: Any) -> IncidentEvent:
        nonlocal count
        count += 1
        person = person_id(actor) if actor in ("representative", "supervisor") else None
        return IncidentEvent(demo_id("event", number * 32 + count), value.id, at, kind, actor, body, person)

    yield event(value.received_at, "received", "reporter", channel=value.channel)
    before = "received"
    for place, step in enumerate(steps):
        if step in ("accepted", "rejected"):
            at = value.received_at + (filed - value.received_at) / 2
        else:
            at = filed + (end - filed) * max(place - 1, 0) / max(len(steps) - 2, 1)
        if step == "dispatched":
            rising = COLOURS[: COLOURS.index(value.colour) + 1]
            for lower, higher in pairwise(rising):
                change = {"before": lower, "after": higher, "cause": "owner", "reason": _REASON}
                yield event(at, "colour", "representative", **change)
        actor = "supervisor" if step in ("verified", "closed", "suspended") else "representative"
        text = {"text": "不属于受理范围"} if step == "rejected" else {}
        yield event(at, "status", actor, before=before, after=step, **text)
        before = step


def _actions(number: int, value: Incident, events: Sequence[IncidentEvent]) -> Iterator[Action]:
    """Yield one or two things to be done, settled where the incident was reported done."""
    done = value.status in ("done", "verified", "closed")
    for part in range(1 + number % 2):
        at = events[-1].at
        yield Action(
            id=demo_id("action", number * 2 + part),
            incident=value.id,
            what=_WORKS[(number + part) % len(_WORKS)],
            created_at=value.filed_at or value.received_at,
            state="done" if done else "open",
            evidence="现场照片" if done else "",
            settled_at=at if done else None,
        )


def _requests(number: int, value: Incident, events: Sequence[IncidentEvent]) -> Iterator[CaseRequest]:
    if value.status == "suspended":
        yield CaseRequest(
            id=demo_id("request", number),
            incident=value.id,
            kind="suspend",
            reason="等待配件",
            asked_at=events[-2].at,
            asked_by=person_id("representative"),
            decided_by=person_id("supervisor"),
            decided_at=events[-1].at,
            approved=True,
        )
