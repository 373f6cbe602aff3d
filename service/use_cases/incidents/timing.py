"""The clocks of incidents: what logs say by the rules of the district, copied to where lists find it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from layers.incident_tables import SETTLED
from layers.incidents import Incident, IncidentEvent
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.rules.clocks import REMINDERS, Clock, clock
from service.rules.life import History, continued, history, joined
from service.rules.limits import CaseRules


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts: an account or none, its name, and whether it may decide what others ask for."""

    person: UUID | None = None
    name: str = "staff"
    decides: bool = False


NOBODY_KNOWN = Who()


def rules_of(stores: Stores) -> CaseRules:
    """Return the rules of the district, the usual ones where it has none of its own."""
    known = stores.cases.rules()
    return CaseRules() if known is None else CaseRules.of(known[1])


def clock_of(value: Incident, known: History, rules: CaseRules, zone: str) -> Clock | None:
    """Return the clock of an incident, None where it was not filed."""
    limit = rules.limit(value.class_, value.colour)
    # Days of delay are working days, also of what is otherwise counted by the hour.
    return clock(known, limit.span(known.delays), rules.calendar_of(limit, zone))


def clock_in_force(
    stores: Stores, value: Incident, events: Sequence[IncidentEvent], rules: CaseRules, zone: str
) -> Clock | None:
    """Return the clock of an incident, or of one that was merged into it and is due earlier."""
    found = [clock_of(value, history(events), rules, zone)]
    since = joined(events)
    if since:
        # They may lie outside of what the caller sees.
        with stores.intake():
            others, logs = stores.incidents.get_all(since), stores.incidents.logs(list(since))
        for one in others.values():
            at = since[one.id]
            raised = any(each.kind == "colour" and each.at >= at for each in events)
            colour = value.colour if raised else one.colour
            log = history(continued(logs[one.id], events, at))
            found.append(clock_of(replace(one, colour=colour), log, rules, zone))
    return min((one for one in found if one is not None), key=lambda one: one.due_at, default=None)


def timed(
    stores: Stores, value: Incident, events: Sequence[IncidentEvent], rules: CaseRules, zone: str
) -> Incident:
    """Return an incident with the copies of what its log says."""
    known = history(events)
    found = clock_in_force(stores, value, events, rules, zone)
    if found is None:
        return value
    suspended = found.waiting_since if value.status == "suspended" else None
    return replace(
        value,
        filed_at=found.started_at,
        due_at=found.due_at,
        suspended_at=suspended,
        closed_at=known.closed_at,
        on_time=found.on_time,
        remind_at=_next(stores, value, known, found),
    )


def _next(stores: Stores, value: Incident, known: History, found: Clock) -> datetime | None:
    if found.waiting_since is not None or value.status in SETTLED:
        return None
    sent = stores.cases.reminded(value.id)
    waiting = [
        at
        for percent, at in zip(REMINDERS, found.reminders, strict=True)
        if (known.reopened, value.colour, percent) not in sent
    ]
    return min(waiting, default=None)


def retimed(stores: Stores, value: Incident) -> Incident:
    """Return an incident with the copies of what its log says now."""
    zone = stores.districts.current().timezone
    return timed(stores, value, stores.incidents.events(value.id), rules_of(stores), zone)


def recompute(stores: Stores) -> int:
    """Compute every clock of the district anew, after a rule was changed; return how many changed."""
    rules, zone = rules_of(stores), stores.districts.current().timezone
    changed = 0
    with acting(stores.session, SYSTEM):
        every = stores.cases.with_clock()
        logs = stores.incidents.logs([one.id for one in every])
        for old in every:
            new = timed(stores, old, logs[old.id], rules, zone)
            if new != old:
                stores.cases.keep_clock(new)
                changed += 1
    return changed
