"""Patrols: one recording of one device, its fixes and what of it could not be stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb
from sqlalchemy import Row, select

from geo.errors import N_
from geo.lattice import SCALE
from layers.accounts import device as device_table
from layers.columns import span, stored_microseconds, unpack
from layers.errors import InvalidAttribute, NotFound
from layers.fix_blocks import KINDS, table_of, unpacked
from layers.fixes import FixCounts, FixTable, QuarantinedFix, fix_quarantine
from layers.ids import new_id
from layers.ingest import Ingest
from layers.patrol_tables import SENT, patrol
from layers.storage import Store

_GLOBE = np.array([[-180, -90, 180, 90]]) * SCALE


@dataclass(frozen=True, slots=True)
class Patrol:
    """One recording of one device.

    ``source`` is the file's name or ``api``, ``digest`` the SHA-256 of its content; times are UTC, None
    where no fix was usable; ``fixes`` counts those stored.
    """

    id: UUID
    device: str
    mode: str
    name: str
    source: str
    digest: str
    received_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    person: str | None = None
    fixes: int = 0

    @property
    def was_sent(self) -> bool:
        """Whether a device sent it, so that what is known of its clock holds; a file speaks for itself."""
        return self.digest.startswith(SENT)


def over(t: NDArray[np.float64], kept_from: datetime | None) -> NDArray[np.bool_]:
    """Return which of some times (seconds since 1970) lie before those from which on positions are kept."""
    return np.zeros(len(t), dtype=bool) if kept_from is None else t < kept_from.timestamp()


class Patrols(Store):
    """The patrols and fixes of one district."""

    def add(self, value: Patrol) -> tuple[Patrol, bool]:
        """Store a patrol; return it as stored and whether it is new.

        The same content from the same device is the same patrol.

        Raises
        ------
        InvalidAttribute
            The device has no name.
        """
        if not value.device.strip():
            raise InvalidAttribute(
                N_("The patrol names no device."),
                mend=N_("Give the device that recorded it: its fixes are known by it."),
                where={"pointer": "/device"},
            )
        row = {name: getattr(value, name) for name in Patrol.__slots__}
        if self._asked("patrol_add", {"district": self.district, **row}):
            return value, True
        known = self._first(
            select(patrol).where(
                patrol.c.district == self.district,
                patrol.c.device == value.device,
                patrol.c.digest == value.digest,
            )
        )
        if known is None:
            raise self._missing(value.digest)
        return _patrol(known), False

    def get(self, identifier: UUID) -> Patrol:
        """Return a patrol by id.

        Raises
        ------
        NotFound
            The district has no such patrol.
        """
        return self.several([identifier])[0]

    def several(self, identifiers: Sequence[UUID]) -> tuple[Patrol, ...]:
        """Return patrols by id, in the order of the ids.

        Raises
        ------
        NotFound
            The district has no such patrol.
        """
        asked = {"district": self.district, "ids": list(identifiers)}
        found = {row[0]: row for row in self._asked("patrols_by_id", asked)}
        for one in identifiers:
            if one not in found:
                raise self._missing(str(one))
        return tuple(Patrol(*found[one]) for one in identifiers)

    def during(self, from_at: datetime, to_at: datetime, device: str | None = None) -> tuple[Patrol, ...]:
        """Return the patrols that were under way at some time of [from_at, to_at), by start."""
        statement = select(patrol).where(
            patrol.c.district == self.district, patrol.c.started_at < to_at, patrol.c.ended_at >= from_at
        )
        if device is not None:
            statement = statement.where(patrol.c.device == device)
        rows = self._all(statement.order_by(patrol.c.started_at, patrol.c.id))
        return tuple(_patrol(row) for row in rows)

    def has_delivery(self, device: str, digest: str) -> bool:
        """Say whether a device delivered a content, in one mode or several."""
        statement = select(patrol.c.id).where(
            patrol.c.district == self.district,
            patrol.c.device == device,
            (patrol.c.digest == digest) | patrol.c.digest.startswith(f"{digest}:", autoescape=True),
        )
        return self._first(statement.limit(1)) is not None

    def devices_of(self, person: UUID) -> frozenset[str]:
        """Return the codes of the devices that a person carries or carried."""
        rows = self._all(select(device_table.c.code).where(device_table.c.person == person))
        return frozenset(row.code for row in rows)

    def add_fixes(self, owner: Patrol, fixes: FixTable) -> FixCounts:
        """Store the fixes of a patrol; those already stored for its device are counted, not stored again.

        The patrol's times and count follow the fixes. Months that are not there yet are made.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        if len(fixes) == 0:
            return FixCounts(0, 0)
        counts = Ingest(self._session, self.district).store(owner.device, owner.id, fixes)
        self._follow(owner.id, fixes, counts.created)
        return counts

    def add_numbered(self, device: str, owner: UUID, fixes: FixTable, late: NDArray[np.bool_]) -> None:
        """Store the fixes of a patrol that the device numbered, all of which are known to be new.

        ``late`` are those whose days are :meth:`over`.

        Raises
        ------
        NotFinite, OutOfRange, OutsideArchive
            As :meth:`add_fixes`.
        """
        Ingest(self._session, self.district).store_numbered(device, owner, fixes, late)
        self._follow(owner, fixes, len(fixes))

    def _follow(self, owner: UUID, fixes: FixTable, count: int) -> None:
        """Let a patrol's times and count follow its fixes."""
        first, last = span(fixes.t)
        known = {"district": self.district, "id": owner, "count": count, "first": first, "last": last}
        self._done("patrol_follow", known)

    def over(self, t: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of some times (seconds since 1970) lie so far back that positions are not kept."""
        return over(t, Ingest(self._session, self.district).kept_from())

    def ensure_months(self, t: NDArray[np.float64]) -> None:
        """Make the partitions of the months that times (seconds since 1970) fall in, ahead of need."""
        Ingest(self._session, self.district).ensure_months(t)

    def quarantine(self, owner: UUID, rows: Sequence[QuarantinedFix], received_at: datetime) -> None:
        """Keep fixes that could not be stored, as delivered, each with its reason."""
        columns = ("id", "patrol", "seq", "reason", "raw", "received_at")
        self._copy(
            fix_quarantine,
            columns,
            ((new_id(), owner, row.seq, row.reason, Jsonb(row.raw), received_at) for row in rows),
        )

    def quarantined(self, owner: UUID) -> tuple[QuarantinedFix, ...]:
        """Return the fixes of a patrol that could not be stored, in the order of the source."""
        rows = self._all(
            select(fix_quarantine)
            .where(fix_quarantine.c.district == self.district, fix_quarantine.c.patrol == owner)
            .order_by(fix_quarantine.c.seq, fix_quarantine.c.id)
        )
        return tuple(QuarantinedFix(row.seq, row.reason, row.raw) for row in rows)

    def fixes_of(self, identifier: UUID) -> FixTable:
        """Return the fixes a patrol brought, by time; one it shares with an earlier patrol is not here."""
        owner = self.get(identifier)
        if owner.started_at is None or owner.ended_at is None:
            return FixTable.of(np.empty(0), np.empty(0), np.empty(0))
        period = {"first": owner.started_at, "last": owner.ended_at}
        return self._blocks("fixes_of_patrol", {"patrol": identifier, **period})

    def fixes_of_device(self, device: str, from_at: datetime, to_at: datetime) -> FixTable:
        """Return all fixes of a device in [from_at, to_at), by time, then place."""
        period = {"from_at": from_at, "to_at": to_at}
        return self._blocks("fixes_of_device", {"device": device, **period}, (from_at, to_at))

    def device_days(
        self,
        from_at: datetime,
        to_at: datetime,
        timezone: str,
        boxes: NDArray[np.float64] | None = None,
    ) -> tuple[tuple[str, date], ...]:
        """Return the (device, day) pairs that have fixes in [from_at, to_at), days in a timezone.

        ``boxes`` (n, 4), west, south, east, north in degrees, are where; None means anywhere.
        """
        steps = _GLOBE if boxes is None else np.rint(boxes * SCALE).astype(np.int64)
        named = dict(zip(("west", "south", "east", "north"), steps.T.tolist(), strict=True))
        parameters = {"district": self.district, "from_at": from_at, "to_at": to_at, "timezone": timezone}
        return tuple(self._asked("device_days", {**parameters, **named}))

    def _blocks(
        self, query: str, asked: dict[str, Any], period: tuple[datetime, datetime] | None = None
    ) -> FixTable:
        """Return the fixes of a half-open period in the blocks of a query, but for the withdrawn ones."""
        rows = self._binary(query, {"district": self.district, **asked})
        width = len(KINDS)
        columns = unpacked(tuple(KINDS), [row[:width] for row in rows])
        at, kept = columns["at"], np.ones(len(columns["at"]), dtype=bool)
        if period is not None:
            begin, end = map(stored_microseconds, period)
            kept = (at >= begin) & (at < end)
        bounds = np.searchsorted(columns["block"], np.arange(len(rows) + 1)).tolist()
        for row, low, high in zip(rows, bounds, bounds[1:], strict=False):
            for begin, end in zip(*(unpack(">i8", data).tolist() for data in row[width + 1 :]), strict=False):
                kept[low:high] &= (at[low:high] < begin) | (at[low:high] > end)
        if not kept.all():
            columns = {name: column[kept] for name, column in columns.items()}
        return table_of(columns, [UUID(bytes=row[width]) for row in rows])

    def _missing(self, name: str) -> NotFound:
        return NotFound(
            N_("District {district} has no patrol {patrol}."),
            mend=N_("Check the id, or upload the track first."),
            where={"patrol": name},
            district=self.district,
            patrol=name,
        )


def _patrol(row: Row[Any]) -> Patrol:
    return Patrol(**{name: getattr(row, name) for name in Patrol.__slots__})
