"""Clocks of devices: what live batches say of them, how far they were off, and what somebody said of that.

Fixes stay as they came. What is known of a clock lies over them, by device and day of the clock:
``clock_skew`` is the median of the samples of its live batches, and ``clock_word`` what a person says, who
wins. Both stay when the fixes go, as the ledger does that was made by them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from geo.clock import MOST_S, Corrections, Skew
from layers.base import in_district, shard_table
from layers.districts import district as home
from layers.fixes import instant
from layers.patrol_tables import SENT, patrol
from layers.storage import Store

MOST = timedelta(seconds=MOST_S)

clock_sample = shard_table(
    "clock_sample",
    Column("device", Text, nullable=False),
    # By the device's clock. What is sent again later says the same of the clock, and is another's copy.
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("day", Date, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("abs(seconds) <= 86400", name="seconds"),
    key=("device", "day", "sent_at"),
)

clock_skew = shard_table(
    "clock_skew",
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("batches", Integer, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("abs(seconds) <= 86400", name="seconds"),
    CheckConstraint("batches > 0", name="batches"),
    key=("device", "day"),
)

clock_word = shard_table(
    "clock_word",
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("abs(seconds) <= 86400", name="seconds"),
    key=("device", "day"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a clock on a day of it: by how many seconds it is behind, and why."""

    seconds: int
    reason: str
    said_by: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a device's clock on a day of it; the word of a person wins over the median."""

    device: str
    day: date
    skew: Skew | None
    word: Word | None = None

    @property
    def seconds(self) -> int:
        """By how much the clock is taken to be behind."""
        if self.word is not None:
            return self.word.seconds
        return 0 if self.skew is None else self.skew.seconds


def corrected_at(table: Table) -> ColumnElement[datetime]:
    """Return when a fix or a visit of a table was recorded, its device's clock set right."""
    day = cast(func.timezone(home.c.timezone, table.c.at), Date)
    said, found = (
        select(one.c.seconds)
        .where(
            home.c.code == table.c.district,
            one.c.district == table.c.district,
            one.c.device == table.c.device,
            one.c.day == day,
        )
        .correlate(table)
        .scalar_subquery()
        for one in (clock_word, clock_skew)
    )
    seconds = func.coalesce(said, found, 0)
    # What is done at a marker comes from devices alone.
    holds = and_(seconds != 0, _was_sent(table)) if "patrol" in table.c else seconds != 0
    behind = case((holds, seconds), else_=0)
    return table.c.at + func.make_interval(0, 0, 0, 0, 0, 0, behind)


def _was_sent(table: Table) -> ColumnElement[bool]:
    """Return the condition that a fix is of a recording that its device sent."""
    owner = select(literal(1)).where(
        patrol.c.district == table.c.district,
        patrol.c.id == table.c.patrol,
        patrol.c.digest.startswith(SENT),
    )
    return owner.correlate(table).exists()


def set_right(clock: Corrections, at: datetime) -> datetime:
    """Return when it was, at a time that a clock told."""
    return instant(float(clock.corrected(np.array([at.timestamp()]))[0])) if len(clock) else at


class Clocks(Store):
    """What is known of the clocks of one district's devices."""

    def of(self, device: str) -> Corrections:
        """Return what sets the times of a device right."""
        rows = self._asked("clock_corrections", {"district": self.district, "device": device})
        return Corrections.of(rows)

    def has_any(self, device: str) -> bool:
        """Say whether times of a device are set right at all."""
        return len(self.of(device)) > 0

    def add_sample(
        self, device: str, sent_at: datetime, day: date, seconds: float, received_at: datetime
    ) -> None:
        """Keep what a live batch says of a clock; of copies of one batch the first to arrive."""
        statement = insert(clock_sample).values(
            district=self.district,
            device=device,
            sent_at=sent_at,
            day=day,
            seconds=seconds,
            received_at=received_at,
        )
        key = ["district", "device", "day", "sent_at"]
        given = statement.excluded
        self._write(
            statement.on_conflict_do_update(
                index_elements=key,
                set_={"seconds": given.seconds, "received_at": given.received_at},
                where=clock_sample.c.seconds > given.seconds,
            )
        )

    def samples(self, device: str, first: date, last: date) -> dict[date, list[float]]:
        """Return the samples of the days [first, last] of a clock."""
        c = clock_sample.c
        rows = self._all(
            select(c.day, c.seconds).where(
                c.district == self.district, c.device == device, c.day.between(first, last)
            )
        )
        found: dict[date, list[float]] = {}
        for row in rows:
            found.setdefault(row.day, []).append(row.seconds)
        return found

    def put(self, device: str, found: Sequence[tuple[date, Skew]], at: datetime) -> None:
        """Keep the skews of some days of a clock in place of what was known."""
        if not found:
            return
        rows = [
            {"district": self.district, "device": device, "day": day, **one._asdict(), "made_at": at}
            for day, one in found
        ]
        statement = insert(clock_skew)
        changed = {name: statement.excluded[name] for name in ("seconds", "batches", "made_at")}
        key = ["district", "device", "day"]
        self._write(statement.on_conflict_do_update(index_elements=key, set_=changed), rows)

    def say(self, device: str, day: date, word: Word | None) -> None:
        """Let the word of a person stand for a day of a clock, or none."""
        c = clock_word.c
        mine = (c.district == self.district, c.device == device, c.day == day)
        self._write(clock_word.delete().where(*mine))
        if word is not None:
            given = {name: getattr(word, name) for name in Word.__slots__}
            self._insert(clock_word, [{"device": device, "day": day, **given}])

    def known(self, first: date, last: date, devices: Collection[str] | None = None) -> tuple[Known, ...]:
        """Return what is known of clocks on their days of [first, last], of some devices or of all."""
        found: dict[tuple[str, date], Known] = {}
        for row in self._all(select(clock_skew).where(*self._on(clock_skew, first, last, devices))):
            found[row.device, row.day] = Known(row.device, row.day, Skew(row.seconds, row.batches))
        for row in self._all(select(clock_word).where(*self._on(clock_word, first, last, devices))):
            before = found.get((row.device, row.day))
            word = Word(row.seconds, row.reason, row.said_by, row.said_at)
            found[row.device, row.day] = Known(
                row.device, row.day, None if before is None else before.skew, word
            )
        return tuple(found[key] for key in sorted(found))

    def _on(
        self, table: Table, first: date, last: date, devices: Collection[str] | None
    ) -> tuple[ColumnElement[bool], ...]:
        mine = (table.c.district == self.district, table.c.day.between(first, last))
        return mine if devices is None else (*mine, table.c.device == func.any(list(devices)))
