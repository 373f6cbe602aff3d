"""Incidents: one inbox of all channels, their assignment by location and the log of what happened."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import ColumnElement, Row, func, select, tuple_, update

from geo.errors import N_
from layers.area import within
from layers.errors import Conflict, Gone, InvalidAttribute, NotFound, StaleVersion
from layers.geometry import Box, from_shape, to_shape
from layers.ids import new_id
from layers.incident_tables import SETTLED, incident, incident_event
from layers.paging import Page
from layers.storage import Store
from layers.withdrawals import Withdrawals


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident.

    ``lon``, ``lat`` are where it counts, in degrees; ``raw_lon``, ``raw_lat`` what was given in ``datum``.
    ``accuracy_m`` is the radius the given place is good for. ``assignment`` keeps how it came to its
    ``unit``, ``representative`` and border ``segment``; ``measure_m`` runs from the segment's start.
    ``about_representative`` and ``about_unit`` are whom it complains about; they neither see nor handle it.
    ``version`` counts its changes, from 1.
    """

    id: UUID
    channel: str
    class_: str
    title: str
    lon: float
    lat: float
    raw_lon: float
    raw_lat: float
    occurred_at: datetime
    received_at: datetime
    external_id: str | None = None
    description: str = ""
    datum: str = "wgs84"
    accuracy_m: float | None = None
    status: str = "received"
    colour: str = "green"
    unit: UUID | None = None
    assignment: Mapping[str, Any] = field(default_factory=dict)
    representative: UUID | None = None
    segment: UUID | None = None
    measure_m: float | None = None
    about_representative: UUID | None = None
    about_unit: UUID | None = None
    version: int = 1

    def digest(self) -> str:
        """Return the SHA-256 of what the reporter said: class, words, place and time."""
        said = [
            self.class_,
            self.title,
            self.description,
            self.raw_lon,
            self.raw_lat,
            self.datum,
            self.accuracy_m,
            self.occurred_at.timestamp(),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One thing that happened to an incident; ``actor`` is a role or account code, never a dossier."""

    id: UUID
    incident: UUID
    at: datetime
    kind: str
    actor: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many incidents of a class were received of a unit of the top level."""

    unit: str
    name: str
    class_: str
    count: int


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a list shows; every field that is None shows all. Periods are half-open instants."""

    status: str | None = None
    colour: str | None = None
    class_: str | None = None
    channel: str | None = None
    unit: UUID | None = None
    representative: UUID | None = None
    segment: UUID | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    open_only: bool = False
    bbox: Box | None = None


class Incidents(Store):
    """The incidents of one district."""

    def create(self, value: Incident) -> tuple[Incident, bool]:
        """Store an incident; return it as stored and whether it is new.

        The same channel and external id with the same content is the same incident: the stored one is
        returned, and nothing changes.

        Raises
        ------
        Conflict
            The channel used the external id for another content.
        NotFound
            A unit, representative or segment is not stored.
        InvalidAttribute
            A status, colour or datum is not known.
        """
        found = self.create_all([value])[0]
        if isinstance(found, Conflict):
            raise found
        return found

    def create_all(self, values: Sequence[Incident]) -> list[tuple[Incident, bool] | Conflict]:
        """Store incidents at once; return of each what :meth:`create` returns, or its conflict, in order.

        Raises
        ------
        NotFound, InvalidAttribute
            One of them cannot be stored; nothing is to be kept of the others.
        """
        rows = [{**_row(one), "digest": one.digest()} for one in values]
        new = self._insert_new(incident, rows, ("district", "channel", "external_id"))
        known = self._delivered([one for one in values if one.id not in new])
        return [
            (one, True) if one.id in new else _repeated(one, known.get((one.channel, one.external_id)))
            for one in values
        ]

    def _delivered(self, values: Sequence[Incident]) -> dict[tuple[str, str | None], Row[Any]]:
        """Return the stored rows of incidents that their channels delivered before."""
        if not values:
            return {}
        names = [(one.channel, one.external_id) for one in values]
        rows = self._all(
            select(incident).where(
                incident.c.district == self.district,
                tuple_(incident.c.channel, incident.c.external_id).in_(names),
            )
        )
        return {(row.channel, row.external_id): row for row in rows}

    def add_many(self, values: Sequence[Incident]) -> None:
        """Store many new incidents at once; a repeated external id refuses the whole batch."""
        self._insert(incident, [{**_row(value), "digest": value.digest()} for value in values])

    def get(self, identifier: UUID, *, lock: bool = False) -> Incident:
        """Return an incident by id; with ``lock`` nobody else changes it until the transaction ends.

        Raises
        ------
        NotFound
            The district has no such incident.
        Gone
            It was withdrawn.
        """
        statement = select(incident).where(
            incident.c.district == self.district, incident.c.id == identifier, *self._there()
        )
        row = self._first(statement.with_for_update() if lock else statement)
        if row is None:
            raise self._missing(identifier)
        return _incident(row)

    def _missing(self, identifier: UUID) -> NotFound:
        named = {"incident": str(identifier)}
        withdrawn = Withdrawals(self._session, self.district, self.roots).get(identifier)
        if withdrawn is None:
            return NotFound(
                N_("District {district} has no incident {incident}."),
                mend=N_("Check the id; incidents belong to one district."),
                where=named,
                district=self.district,
                **named,
            )
        return Gone(
            N_("Incident {incident} was withdrawn by {by} on {at}: {reason}"),
            mend=N_("Report it anew if it is still there."),
            where=named,
            by=withdrawn.withdrawn_by,
            at=withdrawn.at.isoformat(timespec="minutes"),
            reason=withdrawn.reason,
            **named,
        )

    def save(self, value: Incident) -> Incident:
        """Store a changed incident and return it with its new version.

        ``value.version`` is the version the change was made from.

        Raises
        ------
        StaleVersion
            Somebody else changed the incident since that version.
        NotFound
            The district has no such incident.
        """
        row = _row(value)
        del row["id"], row["version"]
        done = self._write(
            update(incident)
            .where(
                incident.c.district == self.district,
                incident.c.id == value.id,
                incident.c.version == value.version,
            )
            .values(**row, version=incident.c.version + 1)
            .returning(incident)
        ).first()
        if done is not None:
            return _incident(done)
        present = self.get(value.id)
        raise StaleVersion(
            N_("Incident {incident} is at version {present}; the change was made from {expected}."),
            mend=N_("Load it again and repeat the change."),
            where={"incident": str(value.id)},
            incident=str(value.id),
            present=present.version,
            expected=value.version,
        )

    def add_events(self, events: Sequence[IncidentEvent]) -> None:
        """Add to the logs of incidents.

        Raises
        ------
        NotFound
            An incident is not stored.
        """
        rows = [{name: getattr(event, name) for name in IncidentEvent.__slots__} for event in events]
        self._insert(incident_event, [{**row, "body": dict(row["body"])} for row in rows])

    def record(self, identifier: UUID, at: datetime, kind: str, actor: str, **body: Any) -> IncidentEvent:
        """Add to the log what happened to an incident, and return the entry."""
        event = IncidentEvent(new_id(), identifier, at, kind, actor, body)
        self.add_events([event])
        return event

    def events(self, identifier: UUID) -> tuple[IncidentEvent, ...]:
        """Return the log of an incident, oldest first."""
        rows = self._all(
            select(incident_event)
            .where(incident_event.c.district == self.district, incident_event.c.incident == identifier)
            .order_by(incident_event.c.at, incident_event.c.id)
        )
        return tuple(
            IncidentEvent(row.id, row.incident, row.at, row.kind, row.actor, row.body) for row in rows
        )

    def open_by_unit(self) -> dict[UUID, int]:
        """Return how many incidents are not settled in each unit that has any."""
        rows = self._all(
            select(incident.c.unit, func.count().label("open"))
            .where(
                incident.c.district == self.district,
                incident.c.unit.is_not(None),
                incident.c.status.not_in(SETTLED),
                *self._there(),
            )
            .group_by(incident.c.unit)
        )
        return {row.unit: row.open for row in rows}

    def counts(self, from_at: datetime, to_at: datetime) -> tuple[ClassCount, ...]:
        """Return how many incidents were received in [from_at, to_at), by top unit and class.

        Units are those named when the incident was assigned. What was rejected, or merged into another, does
        not count.
        """
        top = incident.c.assignment["chain"][-1]
        rows = self._all(
            select(
                func.coalesce(top["code"].astext, "").label("part"),
                func.max(func.coalesce(top["name"].astext, "")).label("name"),
                incident.c["class"].label("kind"),
                func.count().label("number"),
            )
            .where(
                incident.c.district == self.district,
                incident.c.received_at >= from_at,
                incident.c.received_at < to_at,
                incident.c.status.not_in(("rejected", "merged")),
            )
            .group_by("part", "kind")
            .order_by("part", "kind")
        )
        return tuple(ClassCount(row.part, row.name, row.kind, row.number) for row in rows)

    def page(
        self, only: IncidentFilter | None = None, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Incident]:
        """Return a page of incidents, the newest id first."""
        statement = select(incident).where(
            incident.c.district == self.district, *self._there(), *_conditions(only or IncidentFilter())
        )
        return self._page(statement, incident.c.id, _incident, limit, cursor, newest_first=True)

    def _there(self) -> list[ColumnElement[bool]]:
        """Return the condition that an incident lies in the caller's area, none for the whole district."""
        return [] if self.roots is None else [within(incident.c.unit, self.district, self.roots)]


def _repeated(value: Incident, row: Row[Any] | None) -> tuple[Incident, bool] | Conflict:
    """Return the stored incident that is the same, or the conflict with one that is not."""
    if row is not None and row.digest == value.digest():
        return _incident(row), False
    return Conflict(
        N_("Channel {channel} already delivered {external_id} with another content."),
        mend=N_("Send a change as a PATCH of that incident, or use a new external id."),
        where={"pointer": "/external_id", "incident": "" if row is None else str(row.id)},
        channel=value.channel,
        external_id=value.external_id,
    )


def _conditions(only: IncidentFilter) -> list[Any]:
    same = {
        "status": only.status,
        "colour": only.colour,
        "class": only.class_,
        "channel": only.channel,
        "unit": only.unit,
        "representative": only.representative,
        "segment": only.segment,
    }
    found: list[Any] = [incident.c[name] == value for name, value in same.items() if value is not None]
    if only.open_only:
        found.append(incident.c.status.not_in(SETTLED))
    if only.occurred_from is not None:
        found.append(incident.c.occurred_at >= only.occurred_from)
    if only.occurred_to is not None:
        found.append(incident.c.occurred_at < only.occurred_to)
    if only.bbox is not None:
        found.append(only.bbox.intersects(incident.c.geom))
    return found


_PLAIN = tuple(one.name for one in fields(Incident) if one.name not in ("class_", "lon", "lat", "assignment"))


def _row(value: Incident) -> dict[str, Any]:
    row = {name: getattr(value, name) for name in _PLAIN}
    for name in ("occurred_at", "received_at"):
        if row[name].tzinfo is None:
            raise InvalidAttribute(
                N_("The time {name} has no zone."),
                mend=N_("Give it with its offset, such as 2025-03-31T08:00:00+08:00."),
                where={"pointer": f"/{name}"},
                name=name,
            )
    row["class"] = value.class_
    row["geom"] = from_shape(Point(value.lon, value.lat))
    row["assignment"] = dict(value.assignment)
    return row


def _incident(row: Row[Any]) -> Incident:
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    place = cast("Point", to_shape(known["geom"]))
    return Incident(
        **{name: known[name] for name in _PLAIN},
        class_=known["class"],
        lon=place.x,
        lat=place.y,
        assignment=known["assignment"],
    )
