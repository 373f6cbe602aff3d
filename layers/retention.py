"""Retention: what is kept about people, until when, and how it is forgotten.

Every step is one condition over one table, counted in a dry run and carried out otherwise, so that both mean
the same rows. Raw fixes go, and with them the places in what could not be stored and of visits; of an
incident that was closed long ago goes everything about who reported it. The coverage ledger stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import DateTime, Table, case, cast, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from geo.errors import N_
from layers.accounts import sign_in
from layers.clocks import clock_sample
from layers.coverage_areas import coverage_area
from layers.districts import district as home
from layers.field_tables import DISCARDED, WAITING, field_batch, field_incident, quarantine, visit
from layers.fix_retention import fixes_before, forget_fixes, was_before
from layers.fixes import fix, fix_quarantine, late_fix
from layers.help_tables import help_request
from layers.idempotency import idempotency_key
from layers.ids import new_id
from layers.incident_tables import SETTLED, incident, incident_event, incident_withdrawal
from layers.plan_tables import notice
from layers.record_tables import (
    fix_export,
    fix_horizon,
    incident_contact,
    incident_receipt,
    retention_period,
    retention_run,
)
from layers.rota_tables import aid_contact
from layers.shifts import LONGEST, shift
from layers.storage import Store
from layers.tasks import coverage_task

Way = Literal["removed", "forgotten"]
FORGOTTEN = "{}"
"""What stands in place of a raw item whose time is over."""

BY = "retention"
_SAMPLES_LONGER = timedelta(days=3)
"""The clock of a day is measured together with those of the days beside it."""

_OVER = N_("The time for which it may be kept is over.")


@dataclass(frozen=True, slots=True)
class Limits:
    """The instants before which things are no longer kept."""

    fixes: datetime
    contacts: datetime
    drafts: datetime
    replies: datetime
    keys: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What is forgotten of one table, and why: rows are ``removed``, or what is personal is ``forgotten``."""

    table: Table
    way: Way
    reason: str
    where: ColumnElement[bool]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows of a table a step concerned."""

    table: str
    way: Way
    reason: str
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Return the line of a report."""
        return {"table": self.table, "way": self.way, "reason": self.reason, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Horizon:
    """Fixes before ``before`` were removed, at last at ``removed_at``."""

    before: datetime
    removed_at: datetime


def steps(district: str, limits: Limits, now: datetime) -> tuple[Step, ...]:
    """Return what is to be forgotten of a district."""
    return (
        *_of_places(district, limits, now),
        *_of_reporters(district, limits),
        *_of_work(district, limits, now),
    )


def _of_places(district: str, limits: Limits, now: datetime) -> tuple[Step, ...]:
    raw, item, seen = fix_quarantine.c, quarantine.c, visit.c
    return (
        Step(fix, "removed", "fixes", fixes_before(district, limits.fixes)),
        Step(
            late_fix,
            "removed",
            "fixes",
            (late_fix.c.district == district) & was_before(late_fix, limits.fixes),
        ),
        Step(
            clock_sample,
            "removed",
            "fixes",
            (clock_sample.c.district == district)
            & (clock_sample.c.received_at < limits.fixes - _SAMPLES_LONGER),
        ),
        _of_ground(district, limits),
        *_of_shifts(district, now),
        Step(
            fix_quarantine,
            "forgotten",
            "fixes",
            (raw.district == district)
            & (raw.received_at < limits.fixes)
            & (raw.raw != func.jsonb_build_object()),
            {"raw": {}},
        ),
        Step(
            quarantine,
            "forgotten",
            "fixes",
            (item.district == district)
            & (item.kind == "point")
            & (item.received_at < limits.fixes)
            & (item.raw != FORGOTTEN),
            _settled(now),
        ),
        Step(
            visit,
            "forgotten",
            "fixes",
            (seen.district == district) & (seen.at < limits.fixes) & seen.lon.is_not(None),
            {"lon": None, "lat": None},
        ),
    )


def _of_ground(district: str, limits: Limits) -> Step:
    """Return what goes of the ledger of ground: it would tell a way, so it keeps nobody and no hour."""
    seen = coverage_area.c
    zone = select(home.c.timezone).where(home.c.code == district).scalar_subquery()
    noon = func.timezone(zone, cast(seen.day, DateTime) + literal(timedelta(hours=12)))
    return Step(
        coverage_area,
        "forgotten",
        "fixes",
        (seen.district == district) & (seen.to_at < limits.fixes) & (seen.device != ""),
        {"device": "", "from_at": noon, "to_at": noon},
    )


def _of_shifts(district: str, now: datetime) -> tuple[Step, Step]:
    """Return what goes of shifts that are over: the last place of who never told that it ended, then all."""
    over = (shift.c.district == district) & (shift.c.began_at <= now - LONGEST)
    place = {"lon": None, "lat": None, "at": None, "accuracy_m": None}
    return (
        Step(shift, "forgotten", "fixes", over & shift.c.lon.is_not(None), place),
        Step(shift, "removed", "fixes", over),
    )


def _of_reporters(district: str, limits: Limits) -> tuple[Step, ...]:
    found = []
    asked = help_request.c
    over = (asked.district == district) & (asked.settled_at < limits.contacts)
    helped = select(asked.id).where(over)
    found.append(
        Step(
            aid_contact,
            "removed",
            "contacts",
            (aid_contact.c.district == district) & aid_contact.c.subject.in_(helped),
        )
    )
    # The offers go with their request.
    found.append(Step(help_request, "removed", "contacts", over))
    for table in (incident_contact, incident_receipt):
        mine = (table.c.district == district) & _closed(district, table.c.incident, limits.contacts)
        found.append(Step(table, "removed", "contacts", mine))
    sent = field_incident.c
    mine = (sent.district == district) & sent.person.is_not(None)
    closed = or_(
        _closed(district, sent.incident, limits.contacts),
        _withdrawn(district, sent.incident, limits.contacts),
    )
    return (
        *found,
        Step(field_incident, "forgotten", "contacts", mine & closed, {"person": None, "device": ""}),
    )


def _of_work(district: str, limits: Limits, now: datetime) -> tuple[Step, ...]:
    item, batch, key, export = quarantine.c, field_batch.c, idempotency_key.c, fix_export.c
    task = coverage_task.c
    return (
        Step(
            coverage_task,
            "forgotten",
            "contacts",
            (task.district == district) & (task.settled_at < limits.contacts) & task.assignee.is_not(None),
            {"assignee": None},
        ),
        Step(
            quarantine,
            "forgotten",
            "drafts",
            (item.district == district)
            & (item.kind != "point")
            & (item.received_at < limits.drafts)
            & (item.raw != FORGOTTEN),
            _settled(now),
        ),
        Step(
            field_batch,
            "removed",
            "replies",
            (batch.district == district) & (batch.received_at < limits.replies),
        ),
        Step(
            notice,
            "removed",
            "contacts",
            (notice.c.district == district) & (notice.c.created_at < limits.contacts),
        ),
        Step(idempotency_key, "removed", "keys", (key.district == district) & (key.created_at < limits.keys)),
        Step(
            fix_export, "removed", "keys", (export.district == district) & (export.expires_at < limits.keys)
        ),
    )


def _settled(now: datetime) -> dict[str, Any]:
    """Return what becomes of an item of quarantine: known to have been there, its content gone."""
    item = quarantine.c
    return {
        "raw": FORGOTTEN,
        "fault": {"text": _OVER, "params": {}},
        "corrections": None,
        "state": case((item.state == WAITING, DISCARDED), else_=item.state),
        "settled_at": func.coalesce(item.settled_at, now),
        "settled_by": func.coalesce(item.settled_by, BY),
        "note": func.coalesce(item.note, _OVER),
    }


def _withdrawn(district: str, column: ColumnElement[Any], before: datetime) -> ColumnElement[bool]:
    """Return the condition that an incident was withdrawn before an instant."""
    gone = incident_withdrawal.c
    return exists(
        select(literal(1)).where(gone.district == district, gone.incident == column, gone.at < before)
    )


def _closed(district: str, column: ColumnElement[Any], before: datetime) -> ColumnElement[bool]:
    """Return the condition that an incident was settled before an instant, and is settled still."""
    last = (
        select(func.max(incident_event.c.at))
        .where(
            incident_event.c.district == district,
            incident_event.c.incident == incident.c.id,
            incident_event.c.kind == "status",
        )
        .correlate(incident)
        .scalar_subquery()
    )
    return exists(
        select(literal(1)).where(
            incident.c.district == district,
            incident.c.id == column,
            incident.c.status.in_(SETTLED),
            func.coalesce(last, incident.c.received_at) < before,
        )
    )


class Retention(Store):
    """What one district keeps, and until when."""

    def periods(self) -> dict[str, int]:
        """Return the days that the district sets itself, by subject; the settings say the others."""
        table = retention_period
        rows = self._all(select(table.c.subject, table.c.days).where(table.c.district == self.district))
        return {row.subject: row.days for row in rows}

    def set_period(self, subject: str, days: int, at: datetime) -> None:
        """Keep what belongs to a subject for so many days in this district."""
        statement = insert(retention_period).values(
            district=self.district, subject=subject, days=days, changed_at=at
        )
        self._write(
            statement.on_conflict_do_update(
                index_elements=["district", "subject"], set_={"days": days, "changed_at": at}
            )
        )

    def begin(self) -> bool:
        """Say whether this transaction is the only one that forgets in this district, until it ends."""
        query = "SELECT pg_try_advisory_xact_lock(hashtextextended(:subject, 0))"
        row = self._first(text(query), {"subject": f"retention:{self.district}"})
        return row is not None and bool(row[0])

    def count(self, step: Step) -> int:
        """Return how many rows a step concerns."""
        row = self._first(select(func.count()).select_from(step.table).where(step.where))
        return 0 if row is None else int(row[0])

    def has_any(self, step: Step) -> bool:
        """Say whether a step concerns any row."""
        return self._first(select(literal(1)).select_from(step.table).where(step.where).limit(1)) is not None

    def do(self, step: Step) -> int:
        """Carry a step out; return how many rows it concerned."""
        if step.table is fix:
            return forget_fixes(self._session, self.district, step.where)
        if step.way == "removed":
            return self._write(step.table.delete().where(step.where)).rowcount
        return self._write(update(step.table).where(step.where).values(**step.values)).rowcount

    def horizon(self) -> Horizon | None:
        """Return up to when the fixes of the district were removed, and when that was."""
        table = fix_horizon
        row = self._first(select(table.c.before, table.c.removed_at).where(table.c.district == self.district))
        return None if row is None else Horizon(row.before, row.removed_at)

    def raise_horizon(self, before: datetime) -> None:
        """Remember that the fixes before an instant were removed just now; it never goes back.

        Just now is by the clock that ids are made by, which tell what of the ledger was made before.
        """
        at = datetime.now(UTC)
        statement = insert(fix_horizon).values(district=self.district, before=before, removed_at=at)
        self._write(
            statement.on_conflict_do_update(
                index_elements=["district"],
                set_={"before": func.greatest(fix_horizon.c.before, before), "removed_at": at},
            )
        )

    def keep_report(self, at: datetime, report: Mapping[str, Any]) -> None:
        """Keep what a run did."""
        self._insert(retention_run, [{"id": new_id(), "at": at, "applied": True, "report": dict(report)}])

    def last_run(self) -> datetime | None:
        """Return when something was last forgotten in the district, None where it never was."""
        table = retention_run
        row = self._first(
            select(func.max(table.c.at)).where(table.c.district == self.district, table.c.applied)
        )
        return None if row is None else row[0]

    def last_report(self) -> Mapping[str, Any] | None:
        """Return what the last run did, None where there never was one."""
        table = retention_run
        newest = select(table.c.report).where(table.c.district == self.district, table.c.applied)
        row = self._first(newest.order_by(table.c.at.desc()).limit(1))
        return None if row is None else dict(row.report)


def begin_copies(session: Session) -> bool:
    """Say whether this transaction is the only one that sees to copies of the database, until it ends."""
    query = "SELECT pg_try_advisory_xact_lock(hashtextextended('retention of copies', 0))"
    return bool(session.execute(text(query)).scalar_one())


def drop_months(session: Session, before: datetime) -> int:
    """Drop the months of fixes that end by an instant, of all districts at once; return how many.

    A month is a table of its own, and dropping it costs nothing. Where others at work on fixes would keep us
    waiting for long, none is dropped: the rows go one by one, and the empty months another day.
    """
    query = "SELECT drop_fix_months(CAST(:before AS timestamptz))"
    return int(session.execute(text(query), {"before": before}).scalar_one())


def end_sessions(session: Session, before: datetime, *, apply: bool) -> Done:
    """Remove the sign-in sessions that ended, or that nobody used, before an instant."""
    over = or_(sign_in.c.ended_at < before, sign_in.c.seen_at < before)
    if apply:
        rows = session.execute(sign_in.delete().where(over)).rowcount  # type: ignore[attr-defined]
    else:
        rows = session.execute(select(func.count()).select_from(sign_in).where(over)).scalar_one()
    return Done(sign_in.name, "removed", "sessions", rows)
