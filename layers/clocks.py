"""Clocks of devices: what live batches say of them, how far they were off, and what somebody said of that.

Fixes stay as they came. What is known of a clock lies over them, by device and day of the clock:
``clock_skew`` is the median of the samples of its live batches, and ``clock_word`` what a person says, who
wins. Both stay when the fixes go, as the ledger does that was made by them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
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

from geo.clock import DAY, MOST_S, Corrections, Sample, Skew
from layers.base import in_district, shard_table
from layers.districts import Districts
from layers.districts import district as home
from layers.fixes import instant
from layers.patrol_tables import SENT, patrol
from layers.storage import Store

MOST = timedelta(seconds=MOST_S)

_HORIZON = 0
"""The kind of row that tells from when on positions are kept; of the others the first counts."""

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
    # Where the clock was set within the day: when, as it told, and by how much it was behind from then on.
    Column("set_at", DateTime(timezone=True)),
    Column("then_seconds", Integer),
    Column("made_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("abs(seconds) <= 86400 AND abs(then_seconds) <= 86400", name="seconds"),
    CheckConstraint("batches > 0", name="batches"),
    CheckConstraint("(set_at IS NULL) = (then_seconds IS NULL)", name="set"),
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


RIGHT = Skew(0, 0)
"""What a clock is taken to be of which nothing is known."""


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
    def taken(self) -> Skew:
        """What the clock is taken to be behind, the word of a person for the whole day."""
        if self.word is not None:
            return Skew(self.word.seconds, 0)
        return self.skew or RIGHT


class Held(NamedTuple):
    """What holds of a device until the end: what sets its times right, from when on positions are kept."""

    clock: Corrections
    kept_from: datetime | None


def corrected_at(table: Table) -> ColumnElement[datetime]:
    """Return when a fix or a visit of a table was recorded, its device's clock set right."""
    day = cast(func.timezone(home.c.timezone, table.c.at), Date)
    is_set = and_(clock_skew.c.set_at.is_not(None), table.c.at >= clock_skew.c.set_at)
    measured = case((is_set, clock_skew.c.then_seconds), else_=clock_skew.c.seconds)
    said, found = (
        select(value)
        .where(
            home.c.code == table.c.district,
            one.c.district == table.c.district,
            one.c.device == table.c.device,
            one.c.day == day,
        )
        .correlate(table)
        .scalar_subquery()
        for one, value in ((clock_word, clock_word.c.seconds), (clock_skew, measured))
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
        return self._corrections(self._asked("clock_corrections", self._mine(device)))

    def hold(self, device: str) -> Held:
        """Keep others from the ledger of a device, and barriers as they are, until the end."""
        # The ground before ledgers: who changes barriers waits for all of these, and holds none before that.
        ground = f"ground:{self.district}"
        subjects = [ground, f"coverage of {device}:{self.district}"]
        self._done("lock_ledgers", {"ground": ground, "subjects": subjects})
        return self.held(self.ask(device).fetchall())

    def ask(self, device: str) -> psycopg.Cursor[Any]:
        """Ask what holds of a device whose ledger others are kept from."""
        return self._ask("clock_corrections", self._mine(device))

    def held(self, rows: Sequence[Any]) -> Held:
        """Return what holds of a device by the rows that :meth:`ask` is answered."""
        kept_from = next((at for kind, _, _, at, _ in rows if kind == _HORIZON), None)
        return Held(self._corrections(rows), kept_from)

    def _mine(self, device: str) -> dict[str, str]:
        return {"district": self.district, "device": device}

    def _corrections(self, rows: Sequence[Any]) -> Corrections:
        """Return what sets times right by what is known of days; the word of a person wins."""
        known = {row[1]: row for row in sorted(rows, key=itemgetter(0), reverse=True) if row[0] != _HORIZON}
        if not known:
            return Corrections.of(())
        zone = ZoneInfo(Districts(self._session, self.district).current().timezone)
        parts = []
        for _, day, seconds, set_at, then in known.values():
            begin, end = (datetime.combine(one, time(), zone).timestamp() for one in (day, day + DAY))
            middle = end if set_at is None else set_at.timestamp()
            parts += [(begin, middle, seconds), (middle, end, then or 0)]
        return Corrections.of([part for part in parts if part[0] < part[1] and part[2]])

    def has_sent(self, device: str) -> bool:
        """Say whether a device ever sent anything here that its clock may tell the time of."""
        mine = (patrol.c.district == self.district, patrol.c.device == device)
        return (
            self._first(select(literal(1)).where(*mine, patrol.c.digest.startswith(SENT)).limit(1))
            is not None
        )

    def add_sample(
        self, device: str, sent_at: datetime, day: date, seconds: float, received_at: datetime
    ) -> Skew | None:
        """Keep what a live batch says of a clock; return what was known of that day, None once it is settled.

        It is settled as soon as fixes of the day before, where some of it may have been, are kept no longer.
        """
        given = {"district": self.district, "device": device, "day": day}
        sample = {"sent_at": sent_at, "seconds": seconds, "received_at": received_at}
        for seconds_known, *others in self._asked("clock_sample", {**given, **sample}):
            return RIGHT if seconds_known is None else _skew(seconds_known, *others)
        return None

    def samples(self, device: str, first: date, last: date) -> dict[date, list[Sample]]:
        """Return the samples of the days [first, last] of a clock."""
        c = clock_sample.c
        rows = self._all(
            select(c.day, c.sent_at, c.seconds).where(
                c.district == self.district, c.device == device, c.day.between(first, last)
            )
        )
        found: dict[date, list[Sample]] = {}
        for row in rows:
            found.setdefault(row.day, []).append(Sample(row.sent_at.timestamp(), row.seconds))
        return found

    def put(self, device: str, found: Sequence[tuple[date, Skew]], at: datetime) -> None:
        """Keep the skews of some days of a clock in place of what was known."""
        if not found:
            return
        rows = [
            {
                "district": self.district,
                "device": device,
                "day": day,
                "seconds": one.seconds,
                "batches": one.batches,
                "set_at": None if one.set_s is None else instant(one.set_s),
                "then_seconds": None if one.set_s is None else one.then,
                "made_at": at,
            }
            for day, one in found
        ]
        statement = insert(clock_skew)
        names = ("seconds", "batches", "set_at", "then_seconds", "made_at")
        changed = {name: statement.excluded[name] for name in names}
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
            set_s = None if row.set_at is None else round(row.set_at.timestamp())
            skew = _skew(row.seconds, row.batches, set_s, row.then_seconds)
            found[row.device, row.day] = Known(row.device, row.day, skew)
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


def _skew(seconds: int, batches: int, set_s: int | None, then: int | None) -> Skew:
    return Skew(seconds, batches) if set_s is None or then is None else Skew(seconds, batches, set_s, then)


def sent_by(person: UUID) -> str:
    """Return the subject of the lock of what a person sends."""
    return f"field of {person}"
