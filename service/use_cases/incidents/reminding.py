"""Reminders at 50, 80 and 100 percent of a limit, each once, and the colour that time-out raises."""

from datetime import datetime

from layers.ids import new_id
from layers.incident_tables import COLOURS
from layers.incidents import Incident
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.rules.clocks import REMINDERS
from service.rules.life import history
from service.use_cases.incidents.colours import recolour
from service.use_cases.incidents.timing import Who, clock_in_force, retimed, rules_of

AT_ONCE = 200
SWEEPER = Who(name="clock")


def remind(stores: Stores, now: datetime) -> int:
    """Send what is to be sent by now of up to AT_ONCE incidents; return how many were looked at.

    Any number may do this at once: an incident that another looks at is left to it, and the key of a reminder
    lets it be sent once.
    """
    with acting(stores.session, SYSTEM):
        due = stores.cases.to_remind(now, AT_ONCE)
        for one in due:
            _remind(stores, one, now)
    return len(due)


def _remind(stores: Stores, value: Incident, now: datetime) -> None:
    events = stores.incidents.events(value.id)
    known = history(events)
    clock = clock_in_force(stores, value, events, rules_of(stores), stores.districts.current().timezone)
    over = False
    if clock is not None and clock.waiting_since is None:
        for percent, at in zip(REMINDERS, clock.reminders, strict=True):
            if at > now or not stores.cases.remind(value.id, known.reopened, value.colour, percent, now):
                continue
            over = percent == REMINDERS[-1]
            _tell(stores, value, percent, clock.due_at, now)
    if over and value.colour != COLOURS[-1]:
        recolour(stores, value, COLOURS[COLOURS.index(value.colour) + 1], "time-out", SWEEPER)
        return
    stores.cases.keep_clock(retimed(stores, value))


def _tell(stores: Stores, value: Incident, percent: int, due_at: datetime, now: datetime) -> None:
    body = {"percent": percent, "class": value.class_, "colour": value.colour, "due": due_at.isoformat()}
    person = value.named or value.responsible
    # A unit's notice reaches its people, whom the report may complain about.
    partial = value.about_unit is not None or value.about_representative is not None
    unit = None if person is not None or partial else value.unit
    if person is None and unit is None:
        return
    stores.notices.add(
        [Notice(new_id(), "case-reminder", str(value.id), now, person=person, unit=unit, body=body)]
    )
