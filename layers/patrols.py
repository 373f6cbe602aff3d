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
from layers.columns import span, to_seconds
from layers.errors import InvalidAttribute, NotFound
from layers.fixes import (
    FixCounts,
    FixTable,
    QuarantinedFix,
    fix_quarantine,
)
from layers.ids import new_id
from layers.ingest import Ingest
from layers.patrol_tables import SENT, patrol
from layers.storage import Store

_READ = (
    ("patrol", "V16"),
    ("at", ">i8"),
    ("lon_e7", ">i4"),
    ("lat_e7", ">i4"),
    ("part", ">i4"),
    ("seq", ">i4"),
    ("accuracy_m", ">f4"),
    ("speed_ms", ">f4"),
    ("course", ">f4"),
)


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
        return self._read_fixes("fixes_of_patrol", {"patrol": identifier, **period})

    def fixes_of_device(self, device: str, from_at: datetime, to_at: datetime) -> FixTable:
        """Return all fixes of a device in [from_at, to_at), by time, then place."""
        period = {"from_at": from_at, "to_at": to_at}
        return self._read_fixes("fixes_of_device", {"device": device, **period})

    def device_days(self, from_at: datetime, to_at: datetime, timezone: str) -> tuple[tuple[str, date], ...]:
        """Return the (device, day) pairs that have fixes in [from_at, to_at), days in a timezone."""
        parameters = {"district": self.district, "from_at": from_at, "to_at": to_at, "timezone": timezone}
        return tuple(self._asked("device_days", parameters))

    def device_days_near(
        self, from_at: datetime, to_at: datetime, timezone: str, boxes: NDArray[np.float64]
    ) -> tuple[tuple[str, date], ...]:
        """Return those of :meth:`device_days` with fixes in boxes (n, 4): west, south, east, north."""
        steps = np.rint(boxes * SCALE).astype(np.int64).T.tolist()
        named = dict(zip(("west", "south", "east", "north"), steps, strict=True))
        parameters = {"district": self.district, "from_at": from_at, "to_at": to_at, "timezone": timezone}
        return tuple(self._asked("device_days_near", {**parameters, **named}))

    def _read_fixes(self, query: str, asked: dict[str, Any]) -> FixTable:
        rows = by_time(self._arrays(query, {"district": self.district, **asked}, _READ))
        patrols, place = _coded(rows["patrol"])
        return FixTable(
            to_seconds(rows["at"]),
            rows["lon_e7"].astype(np.int64) / SCALE,
            rows["lat_e7"].astype(np.int64) / SCALE,
            rows["accuracy_m"].astype(np.float64),
            rows["speed_ms"].astype(np.float64),
            rows["course"].astype(np.float64),
            rows["part"].astype(np.int32),
            rows["seq"].astype(np.int32),
            place,
            patrols,
        )

    def _missing(self, name: str) -> NotFound:
        return NotFound(
            N_("District {district} has no patrol {patrol}."),
            mend=N_("Check the id, or upload the track first."),
            where={"patrol": name},
            district=self.district,
            patrol=name,
        )


def by_time(rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return fixes by time, then place, patrol and number.

    They come patrol by patrol, each by time: nearly always there is but one, and nothing is to be done.
    """
    at = rows["at"]
    if (at[1:] > at[:-1]).all():
        return rows
    order = np.argsort(at, kind="stable")
    if (at[order[1:]] == at[order[:-1]]).any():
        owner = np.ascontiguousarray(rows["patrol"]).view(">u8").reshape(-1, 2)
        order = np.lexsort((rows["seq"], owner[:, 1], owner[:, 0], rows["lat_e7"], rows["lon_e7"], at))
    return {name: column[order] for name, column in rows.items()}


def _coded(keys: NDArray[np.void]) -> tuple[tuple[UUID, ...], NDArray[np.int32]]:
    """Return the distinct ids in the order they appear, and the position of each row's among them."""
    if len(keys) == 0:
        return (), np.empty(0, dtype=np.int32)
    halves = np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2)
    # Fixes of one patrol follow one another: only where they change are ids made.
    starts = np.flatnonzero(np.r_[True, (halves[1:] != halves[:-1]).any(axis=1)])
    found: dict[UUID, int] = {}
    codes = [found.setdefault(UUID(bytes=keys[start].tobytes()), len(found)) for start in starts]
    lengths = np.diff(np.r_[starts, len(keys)])
    return tuple(found), np.repeat(np.array(codes, dtype=np.int32), lengths)


def _patrol(row: Row[Any]) -> Patrol:
    return Patrol(**{name: getattr(row, name) for name in Patrol.__slots__})
