"""Which incidents a list shows: one inbox of all channels, looked at from many sides."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from layers.area import within
from layers.geometry import Box
from layers.incident_tables import SETTLED, WAITING, incident
from layers.outreach_tables import outreach_problem
from layers.record_tables import incident_receipt

CLOCKS = ("unfiled", "running", "soon", "overdue", "waiting", "on-time", "late")
"""How the clock of an incident stands; those that end soon are running too."""

SOON = timedelta(days=1)
"""What is due within so long ends soon."""


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a list shows; every field that is None shows all. Periods are half-open instants.

    ``units`` are those that they lie in or below, ``words`` what their title, description or external id
    hold, ``clock`` one of CLOCKS as of ``now``, ``visit`` the meeting or visit that collected them,
    ``reporter`` the account that reported them.
    """

    status: str | None = None
    colour: str | None = None
    class_: str | None = None
    channel: str | None = None
    units: Collection[UUID] | None = None
    representative: UUID | None = None
    segment: UUID | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    open_only: bool = False
    bbox: Box | None = None
    words: str | None = None
    clock: str | None = None
    now: datetime | None = None
    visit: UUID | None = None
    settled: bool | None = None
    reporter: UUID | None = None
    among: Collection[UUID] | None = None
    classes: Collection[str] | None = None
    asset: str | None = None


def conditions(only: IncidentFilter, district: str) -> list[ColumnElement[bool]]:
    """Return what incidents of a district must hold to be shown."""
    c = incident.c
    same = {
        "status": only.status,
        "colour": only.colour,
        "class": only.class_,
        "channel": only.channel,
        "representative": only.representative,
        "segment": only.segment,
        "asset": only.asset,
    }
    found: list[ColumnElement[bool]] = [c[name] == value for name, value in same.items() if value is not None]
    since = {"occurred_at": only.occurred_from, "received_at": only.received_from}
    until = {"occurred_at": only.occurred_to, "received_at": only.received_to}
    found += [c[name] >= value for name, value in since.items() if value is not None]
    found += [c[name] < value for name, value in until.items() if value is not None]
    if only.units is not None:
        found.append(within(c.unit, district, only.units))
    if only.open_only:
        found.append(c.status.not_in(SETTLED))
    if only.bbox is not None:
        found.append(only.bbox.intersects(c.geom))
    for word in (only.words or "").split():
        texts = (c.title, c.description, c.external_id, c["class"], c.asset)
        found.append(or_(*(one.icontains(word, autoescape=True) for one in texts)))
    if only.visit is not None:
        of = outreach_problem.c
        collected = select(of.incident).where(of.district == district, of.outreach == only.visit)
        found.append(c.id.in_(collected))
    if only.settled is not None:
        found.append(c.status.in_(SETTLED) if only.settled else c.status.not_in(SETTLED))
    if only.reporter is not None:
        given = incident_receipt.c
        mine = select(given.incident).where(given.district == district, given.person == only.reporter)
        found.append(c.id.in_(mine))
    among = {"id": only.among, "class": only.classes}
    found += [c[name].in_(list(values)) for name, values in among.items() if values is not None]
    if only.clock is not None and only.now is not None:
        found.append(_stands(only.clock, only.now))
    return found


def _stands(clock: str, now: datetime) -> ColumnElement[bool]:
    c = incident.c
    if clock in ("on-time", "late"):
        return and_(c.status == "closed", c.on_time.is_(clock == "on-time"))
    if clock == "unfiled":
        return and_(c.filed_at.is_(None), c.status.not_in(SETTLED))
    if clock == "waiting":
        return and_(c.filed_at.is_not(None), c.status.in_(WAITING))
    going = and_(c.filed_at.is_not(None), c.status.not_in((*SETTLED, *WAITING)))
    if clock == "overdue":
        return and_(going, c.due_at <= now)
    soon = [c.due_at <= now + SOON] if clock == "soon" else []
    return and_(going, c.due_at > now, *soon)
