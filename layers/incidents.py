"""Incidents: one inbox of all channels, their assignment by location and the log of what happened."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text, tuple_, update

from geo.errors import N_
from layers import storage
from layers.area import units_below, within
from layers.errors import Conflict, Gone, NotFound, StaleVersion
from layers.ids import new_id
from layers.incident_filter import IncidentFilter, conditions
from layers.incident_rows import Incident, incident_of, row_of
from layers.incident_tables import SETTLED, incident, incident_event
from layers.paging import Page
from layers.storage import Store, read_sql
from layers.withdrawals import Withdrawals

__all__ = ["ClassCount", "Incident", "IncidentEvent", "IncidentFilter", "Incidents"]


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One thing that happened to an incident; ``actor`` is a role or account code, never a dossier."""

    id: UUID
    incident: UUID
    at: datetime
    kind: str
    actor: str
    body: Mapping[str, Any] = field(default_factory=dict)
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many incidents of a class were received of a unit of the top level."""

    unit: str
    name: str
    class_: str
    count: int


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
        rows = [{**row_of(one), "digest": one.digest()} for one in values]
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
        self._insert(incident, [{**row_of(value), "digest": value.digest()} for value in values])

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
        return incident_of(row)

    def get_all(self, identifiers: Collection[UUID]) -> dict[UUID, Incident]:
        """Return those of some incidents that are there, by id."""
        if not identifiers:
            return {}
        rows = self._all(
            select(incident).where(
                incident.c.district == self.district,
                incident.c.id == func.any(list(identifiers)),
                *self._there(),
            )
        )
        return {row.id: incident_of(row) for row in rows}

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
        saved = self._saved(value)
        if saved is not None:
            return saved
        present = self.get(value.id)
        raise StaleVersion(
            N_("Incident {incident} is at version {present}; the change was made from {expected}."),
            mend=N_("Load it again and repeat the change."),
            where={"incident": str(value.id)},
            incident=str(value.id),
            present=present.version,
            expected=value.version,
        )

    def save_all(self, values: Sequence[Incident]) -> dict[UUID, Incident]:
        """Store changed incidents, each given once; return those stored, at their new versions, by id.

        One that somebody changed since its version, or that is not there any more, is left out.

        Raises
        ------
        NotFound, InvalidAttribute
            One of them cannot be stored; nothing is to be kept of the others.
        """
        if len(values) < storage.COPY_FROM:
            saved = [self._saved(one) for one in values]
            return {one.id: one for one in saved if one is not None}
        rows = [{**row_of(one), "digest": one.digest()} for one in values]
        keep = ("id", "version", "digest")
        done = self._update_staged(incident, rows, same=("id", "version"), keep=keep, counted="version")
        return {one.id: replace(one, version=one.version + 1) for one in values if one.id in done}

    def _saved(self, value: Incident) -> Incident | None:
        """Store a changed incident; return it with its new version, None where it is not at the old one."""
        row = row_of(value)
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
        return None if done is None else incident_of(done)

    def add_events(self, events: Sequence[IncidentEvent]) -> None:
        """Add to the logs of incidents.

        Raises
        ------
        NotFound
            An incident is not stored.
        """
        rows = [{name: getattr(event, name) for name in IncidentEvent.__slots__} for event in events]
        self._insert(incident_event, [{**row, "body": dict(row["body"])} for row in rows])

    def record(
        self,
        identifier: UUID,
        at: datetime,
        kind: str,
        actor: str,
        person: UUID | None = None,
        **body: Any,
    ) -> IncidentEvent:
        """Add to the log what happened to an incident, by which account, and return the entry."""
        event = IncidentEvent(new_id(), identifier, at, kind, actor, body, person)
        self.add_events([event])
        return event

    def events(self, identifier: UUID) -> tuple[IncidentEvent, ...]:
        """Return the log of an incident, oldest first."""
        rows = self._all(
            select(incident_event)
            .where(incident_event.c.district == self.district, incident_event.c.incident == identifier)
            .order_by(incident_event.c.at, incident_event.c.id)
        )
        return tuple(_event(row) for row in rows)

    def logs(self, identifiers: Sequence[UUID]) -> dict[UUID, list[IncidentEvent]]:
        """Return the logs of some incidents, each oldest first."""
        c = incident_event.c
        rows = self._all(
            select(incident_event)
            .where(c.district == self.district, c.incident == func.any(list(identifiers)))
            .order_by(c.at, c.id)
        )
        found: dict[UUID, list[IncidentEvent]] = {one: [] for one in identifiers}
        for row in rows:
            found[row.incident].append(_event(row))
        return found

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

    def by_channel(self) -> dict[str, tuple[int, int]]:
        """Return how many incidents each channel delivered, and how many of them are not settled."""
        rows = self._all(
            select(
                incident.c.channel,
                func.count().label("number"),
                func.count().filter(incident.c.status.not_in(SETTLED)).label("open"),
            )
            .where(incident.c.district == self.district, *self._there())
            .group_by(incident.c.channel)
        )
        return {row.channel: (row.number, row.open) for row in rows}

    def open_on(self, layer: str, as_of: date, until: datetime) -> dict[UUID, int]:
        """Return how many incidents were not settled in each unit of a layer that had any, when a day ended.

        ``until`` is the end of the day ``as_of``. Which are seen is decided by where they belong now.
        """
        units = None if self.roots is None else list(units_below(self._session, self.district, self.roots))
        asked = {
            "district": self.district,
            "layer": layer,
            "as_of": as_of,
            "until": until,
            "units": units,
            "settled": list(SETTLED),
        }
        rows = self._all(text(read_sql("incidents_open_on")), asked)
        return {row.unit: row.open for row in rows if row.unit is not None}

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
            incident.c.district == self.district,
            *self._there(),
            *conditions(only or IncidentFilter(), self.district),
        )
        return self._page(statement, incident.c.id, incident_of, limit, cursor, newest_first=True)

    def _there(self) -> list[ColumnElement[bool]]:
        """Return the condition that an incident lies in the caller's area, none for the whole district."""
        return [] if self.roots is None else [within(incident.c.unit, self.district, self.roots)]


def _event(row: Row[Any]) -> IncidentEvent:
    return IncidentEvent(row.id, row.incident, row.at, row.kind, row.actor, row.body, row.person)


def _repeated(value: Incident, row: Row[Any] | None) -> tuple[Incident, bool] | Conflict:
    """Return the stored incident that is the same, or the conflict with one that is not."""
    if row is not None and row.digest == value.digest():
        return incident_of(row), False
    return Conflict(
        N_("Channel {channel} already delivered {external_id} with another content."),
        mend=N_("Send a change as a PATCH of that incident, or use a new external id."),
        where={"pointer": "/external_id", "incident": "" if row is None else str(row.id)},
        channel=value.channel,
        external_id=value.external_id,
    )
