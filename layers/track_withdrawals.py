"""Withdrawals of tracks: that a recording, or a time of it, is no patrol, such as a ride home, and why.

Fixes stay as they came. A withdrawal lies over them: what it covers counts for nothing until it is restored,
which is kept as well.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Row, Text, func, select, update

from geo.errors import N_
from layers.base import identifier, in_district, link, shard_table
from layers.errors import NotFound
from layers.storage import Store

track_withdrawal = shard_table(
    "track_withdrawal",
    identifier(),
    identifier("patrol"),
    Column("device", Text, nullable=False),
    Column("person", Text),
    # Times as the device told them, both included; none where it is all of it, and what comes later.
    Column("from_at", DateTime(timezone=True)),
    Column("to_at", DateTime(timezone=True)),
    Column("reason", Text, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_by", Text, nullable=False),
    Column("restored_at", DateTime(timezone=True)),
    Column("restored_by", Text),
    Column("restoring", Text, nullable=False),
    in_district(),
    link("patrol", "patrol"),
    CheckConstraint("(from_at IS NULL) = (to_at IS NULL) AND to_at >= from_at", name="times"),
    CheckConstraint("(restored_at IS NULL) = (restored_by IS NULL)", name="restored"),
    Index(None, "district", "patrol"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackWithdrawal:
    """That a recording of a device and its person, or a time of it, counts no more.

    ``from_at`` and ``to_at`` are as the device told them, None where it is the whole recording.
    ``restored_at`` is None while it holds.
    """

    id: UUID
    patrol: UUID
    device: str
    person: str | None
    reason: str
    withdrawn_at: datetime
    withdrawn_by: str
    from_at: datetime | None = None
    to_at: datetime | None = None
    restored_at: datetime | None = None
    restored_by: str | None = None
    restoring: str = ""

    @property
    def holds(self) -> bool:
        """Whether what it covers counts for nothing."""
        return self.restored_at is None


_NAMES = tuple(one.name for one in fields(TrackWithdrawal))


class TrackWithdrawals(Store):
    """The withdrawals of tracks of one district."""

    def add(self, value: TrackWithdrawal) -> None:
        """Let a recording, or a time of it, count no more."""
        self._insert(track_withdrawal, [{name: getattr(value, name) for name in _NAMES}])

    def restore(self, identifier: UUID, at: datetime, by: str, reason: str) -> None:
        """Let what a withdrawal covers count again."""
        c = track_withdrawal.c
        self._write(
            update(track_withdrawal)
            .where(c.district == self.district, c.id == identifier)
            .values(restored_at=at, restored_by=by, restoring=reason)
        )

    def get(self, identifier: UUID) -> TrackWithdrawal:
        """Return a withdrawal by its id.

        Raises
        ------
        NotFound
            The district has no such withdrawal.
        """
        c = track_withdrawal.c
        row = self._first(select(track_withdrawal).where(c.district == self.district, c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no withdrawal {withdrawal}."),
                mend=N_("List the withdrawals of the track."),
                where={"withdrawal": str(identifier)},
                district=self.district,
                withdrawal=str(identifier),
            )
        return _withdrawal(row)

    def holding(self, device: str) -> tuple[TrackWithdrawal, ...]:
        """Return what of the recordings of a device counts no more."""
        c = track_withdrawal.c
        mine = (c.district == self.district, c.device == device, c.restored_at.is_(None))
        return tuple(map(_withdrawal, self._all(select(track_withdrawal).where(*mine))))

    def of(self, patrols: Collection[UUID]) -> dict[UUID, tuple[TrackWithdrawal, ...]]:
        """Return the withdrawals of some recordings, restored or not, the oldest first."""
        c = track_withdrawal.c
        rows = self._all(
            select(track_withdrawal)
            .where(c.district == self.district, c.patrol == func.any(list(patrols)))
            .order_by(c.withdrawn_at, c.id)
        )
        found: dict[UUID, tuple[TrackWithdrawal, ...]] = {}
        for one in map(_withdrawal, rows):
            found[one.patrol] = (*found.get(one.patrol, ()), one)
        return found


def _withdrawal(row: Row[Any]) -> TrackWithdrawal:
    return TrackWithdrawal(**{name: getattr(row, name) for name in _NAMES})
