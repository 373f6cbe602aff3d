"""What is done about incidents: actions, requests that somebody else approves, reminders, rules, counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from geo.errors import N_
from layers.accounts import person
from layers.area import units_below, within
from layers.case_tables import incident_action, incident_reminder, incident_request, incident_rules
from layers.errors import NotFound
from layers.incident_rows import Incident, incident_of
from layers.incident_tables import SETTLED, incident
from layers.paging import Page
from layers.storage import Store, read_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to be done about an incident; it is done with evidence or dropped with a reason."""

    id: UUID
    incident: UUID
    what: str
    created_at: datetime
    who: str = ""
    assignee: UUID | None = None
    due_on: date | None = None
    state: str = "open"
    evidence: str = ""
    reason: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """A request to return, delay (by working ``days``) or suspend an incident; another person decides."""

    id: UUID
    incident: UUID
    kind: str
    reason: str
    asked_at: datetime
    asked_by: UUID | None = None
    days: int | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Which incidents are counted; None is all. ``unit`` is a unit's code, anywhere in the chain."""

    unit: str | None = None
    channel: str | None = None
    class_: str | None = None


COUNTED = ("received", "filed", "due", "suspended", "closed", "on_time")
"""What is counted of a period."""


class Cases(Store):
    """What is done about the incidents of one district."""

    def add_action(self, value: Action) -> None:
        """Store an action."""
        self._insert(incident_action, [{name: getattr(value, name) for name in Action.__slots__}])

    def actions(self, identifier: UUID) -> tuple[Action, ...]:
        """Return the actions of an incident, in the order they were made."""
        c = incident_action.c
        rows = self._all(
            select(incident_action)
            .where(c.district == self.district, c.incident == identifier)
            .order_by(c.created_at, c.id)
        )
        return tuple(Action(**_values(row, Action.__slots__)) for row in rows)

    def settle_action(self, identifier: UUID, **values: Any) -> bool:
        """Settle an action that is open; return whether it was."""
        c = incident_action.c
        mine = (c.district == self.district, c.id == identifier, c.state == "open")
        return self._write(update(incident_action).where(*mine).values(**values)).rowcount == 1

    def ask(self, value: CaseRequest) -> None:
        """Store a request."""
        self._insert(incident_request, [{name: getattr(value, name) for name in CaseRequest.__slots__}])

    def requests(self, identifier: UUID) -> tuple[CaseRequest, ...]:
        """Return the requests of an incident, oldest first."""
        c = incident_request.c
        rows = self._all(
            select(incident_request)
            .where(c.district == self.district, c.incident == identifier)
            .order_by(c.asked_at, c.id)
        )
        return tuple(CaseRequest(**_values(row, CaseRequest.__slots__)) for row in rows)

    def decide(self, identifier: UUID, **values: Any) -> bool:
        """Decide a request that waits; return whether it did."""
        c = incident_request.c
        mine = (c.district == self.district, c.id == identifier, c.approved.is_(None))
        return self._write(update(incident_request).where(*mine).values(**values)).rowcount == 1

    def rules(self) -> tuple[int, dict[str, Any]] | None:
        """Return the rules of the district and their version, None where it has none of its own."""
        row = self._first(select(incident_rules).where(incident_rules.c.district == self.district))
        return None if row is None else (row.version, row.body)

    def set_rules(self, body: dict[str, Any], by: str, at: datetime) -> int:
        """Store the rules of the district and return their version."""
        statement = insert(incident_rules).values(
            district=self.district, body=body, changed_at=at, changed_by=by, version=1
        )
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["district"],
            set_={
                "body": new.body,
                "changed_at": at,
                "changed_by": by,
                "version": incident_rules.c.version + 1,
            },
        )
        done = self._write(statement.returning(incident_rules.c.version))
        return int(done.scalar_one())

    def remind(self, identifier: UUID, round_: int, colour: str, percent: int, at: datetime) -> bool:
        """Note that a reminder is sent; return False where it was before."""
        statement = (
            insert(incident_reminder)
            .values(
                district=self.district,
                incident=identifier,
                round=round_,
                colour=colour,
                percent=percent,
                sent_at=at,
            )
            .on_conflict_do_nothing()
            .returning(incident_reminder.c.percent)
        )
        return self._first(statement) is not None

    def reminded(self, identifier: UUID) -> frozenset[tuple[int, str, int]]:
        """Return the reminders of an incident that were sent: round, colour, percent."""
        c = incident_reminder.c
        rows = self._all(
            select(c.round, c.colour, c.percent).where(c.district == self.district, c.incident == identifier)
        )
        return frozenset((row.round, row.colour, row.percent) for row in rows)

    def to_remind(self, now: datetime, limit: int) -> tuple[Incident, ...]:
        """Return incidents whose next reminder is due, each locked, but those that others hold."""
        c = incident.c
        rows = self._all(
            select(incident)
            .where(c.district == self.district, c.remind_at <= now)
            .order_by(c.remind_at, c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return tuple(incident_of(row) for row in rows)

    def with_clock(self) -> tuple[Incident, ...]:
        """Return all incidents that may have been filed, each locked."""
        c = incident.c
        rows = self._all(
            select(incident)
            .where(c.district == self.district, c.status.not_in(("received", "accepted")))
            .order_by(c.id)
            .with_for_update()
        )
        return tuple(incident_of(row) for row in rows)

    def keep_clock(self, value: Incident) -> None:
        """Store what the log of an incident says; its version stays, since nobody changed it."""
        c = incident.c
        names = ("filed_at", "due_at", "suspended_at", "closed_at", "on_time", "remind_at")
        self._write(
            update(incident)
            .where(c.district == self.district, c.id == value.id)
            .values({name: getattr(value, name) for name in names})
        )

    def repeats(self, unit: UUID, class_: str, since: datetime, until: datetime) -> int:
        """Return how many incidents of a class were received in a unit in [since, until]."""
        c = incident.c
        row = self._first(
            select(func.count().label("number")).where(
                c.district == self.district,
                c.unit == unit,
                c["class"] == class_,
                c.received_at >= since,
                c.received_at <= until,
                c.status.not_in(("rejected", "merged")),
            )
        )
        return 0 if row is None else int(row.number)

    def key_supervision(self, limit: int, cursor: str | None) -> Page[Incident]:
        """Return a page of the red incidents that are not settled, the newest first."""
        c = incident.c
        statement = select(incident).where(
            c.district == self.district, c.colour == "red", c.status.not_in(SETTLED), *self._there()
        )
        return self._page(statement, c.id, incident_of, limit, cursor, newest_first=True)

    def counts(self, begin: datetime, end: datetime, part: Part) -> dict[str, int]:
        """Return how many incidents of a part count as what in [begin, end)."""
        columns = [func.count().filter(_counts_as(name, begin, end)).label(name) for name in COUNTED]
        row = self._first(select(*columns).select_from(incident).where(*self._of(part)))
        return {name: 0 if row is None else int(getattr(row, name)) for name in COUNTED}

    def counted(
        self, name: str, begin: datetime, end: datetime, part: Part, limit: int, cursor: str | None
    ) -> Page[Incident]:
        """Return a page of the incidents that count as something in [begin, end)."""
        statement = select(incident).where(_counts_as(name, begin, end), *self._of(part))
        return self._page(statement, incident.c.id, incident_of, limit, cursor, newest_first=True)

    def merged_into(self, identifier: UUID) -> tuple[UUID, ...]:
        """Return the incidents that are merged into one, oldest first."""
        c = incident.c
        rows = self._all(
            select(c.id).where(c.district == self.district, c.merged_into == identifier).order_by(c.id)
        )
        return tuple(row.id for row in rows)

    def similar(
        self,
        place: tuple[float, float],
        classes: Collection[str],
        *,
        radius_m: float,
        closed_since: datetime,
        segment: tuple[UUID, float, float] | None = None,
        asset: str | None = None,
        but: UUID | None = None,
        most: int = 5,
    ) -> list[tuple[UUID, float]]:
        """Return incidents near a place in lon, lat degrees, and how many metres each is away, nearest first.

        They are of some classes, and open or closed since. Those of the same ``asset`` are among them however
        far they are, and first. ``segment`` is a border segment, a measure on it
        and how far from that, in metres of measure, incidents of it count as near as well.
        """
        asked = {
            "district": self.district,
            "lon": place[0],
            "lat": place[1],
            "classes": sorted(classes),
            "radius_m": radius_m,
            "since": closed_since,
            "segment": None if segment is None else segment[0],
            "measure_m": None if segment is None else segment[1],
            "apart_m": None if segment is None else segment[2],
            "asset": asset,
            "but": but,
            "most": most,
            "settled": list(SETTLED),
            "units": None
            if self.roots is None
            else list(units_below(self._session, self.district, self.roots)),
        }
        return [(row.id, row.distance_m) for row in self._all(text(read_sql("incidents_similar")), asked)]

    def names(self, people: Collection[UUID]) -> dict[UUID, str]:
        """Return the names of accounts, of those that there are."""
        if not people:
            return {}
        rows = self._all(select(person.c.id, person.c.name).where(person.c.id.in_(sorted(people))))
        return {row.id: row.name for row in rows}

    def _there(self) -> Sequence[ColumnElement[bool]]:
        return [] if self.roots is None else [within(incident.c.unit, self.district, self.roots)]

    def _of(self, part: Part) -> list[ColumnElement[bool]]:
        c = incident.c
        found = [c.district == self.district, *self._there()]
        if part.unit is not None:
            found.append(c.assignment["chain"].contains([{"code": part.unit}]))
        if part.channel is not None:
            found.append(c.channel == part.channel)
        if part.class_ is not None:
            found.append(c["class"] == part.class_)
        return found


def _counts_as(name: str, begin: datetime, end: datetime) -> ColumnElement[bool]:
    """Return when an incident counts as what: what is due is what had to be closed in the period."""
    c = incident.c
    if name == "received":
        return and_(c.received_at >= begin, c.received_at < end)
    if name == "filed":
        return and_(c.filed_at >= begin, c.filed_at < end)
    due = and_(c.filed_at.is_not(None), c.due_at >= begin, c.due_at < end, c.status.not_in(SETTLED[1:]))
    if name == "suspended":
        return and_(due, c.suspended_at <= c.due_at)
    if name == "closed":
        return and_(due, c.closed_at < end)
    if name == "on_time":
        return and_(due, c.closed_at < end, c.on_time.is_(True))
    return due


def _values(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def missing(what: str, identifier: UUID) -> NotFound:
    """Return the refusal of an action or request that is not there."""
    return NotFound(
        N_("The incident has no {what} {id}."),
        mend=N_("Read the incident; it lists what it has."),
        where={what: str(identifier)},
        what=what,
        id=str(identifier),
    )
