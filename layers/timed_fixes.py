"""Fixes and recordings by the times at which they were: the clocks of their devices set right.

What is stored keeps the times that devices told. Only what a device sent is set right: a file speaks for
itself, and what was said of its clock was done when it was stored.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from geo.clock import Corrections
from layers.clocks import MOST, Clocks, Known, set_right
from layers.districts import Districts
from layers.fix_blocks import by_time
from layers.fixes import FixTable, instant
from layers.patrols import Patrol, Patrols
from layers.storage import Store
from layers.track_withdrawals import TrackWithdrawal, TrackWithdrawals
from layers.visits import Visit, Visits


@dataclass(frozen=True, slots=True)
class Timed:
    """A recording with its times set right, and what is known of the clock on the day that it began."""

    patrol: Patrol
    clock: Known | None


class TimedFixes(Store):
    """The fixes of one district's devices by the times at which they were."""

    def of_device(
        self, device: str, from_at: datetime, to_at: datetime, known: Corrections | None = None
    ) -> FixTable:
        """Return the fixes of a device in [from_at, to_at), by time, then place.

        ``known`` is what sets its clock right; it is looked up where it is not given.
        """
        patrols = Patrols(self._session, self.district)
        clock = Clocks(self._session, self.district).of(device) if known is None else known
        if len(clock) == 0:
            return patrols.fixes_of_device(device, from_at, to_at)
        begin, end = from_at.timestamp(), to_at.timestamp()
        found = joined(
            patrols.fixes_of_device(device, instant(low), instant(high))
            for low, high in clock.windows(begin, end)
        )
        table = self.on_time(found, clock)
        return by_time(table.take((table.t >= begin) & (table.t < end)))

    def on_time(self, table: FixTable, clock: Corrections) -> FixTable:
        """Return fixes of one device with their times set right, in the same order."""
        if len(clock) == 0 or len(table) == 0:
            return table
        owners = Patrols(self._session, self.district).several(table.patrols)
        sent = np.array([one.was_sent for one in owners], dtype=bool)[table.patrol]
        return replace(table, t=np.where(sent, clock.corrected(table.t), table.t))

    def during(self, from_at: datetime, to_at: datetime) -> tuple[Timed, ...]:
        """Return the recordings that were under way at some time of [from_at, to_at), by start."""
        patrols = Patrols(self._session, self.district).during(from_at - MOST, to_at + MOST)
        found = [
            one
            for one in self.timed(patrols)
            if one.patrol.started_at is not None
            and one.patrol.ended_at is not None
            and one.patrol.started_at < to_at
            and one.patrol.ended_at >= from_at
        ]
        return tuple(sorted(found, key=lambda one: (one.patrol.started_at, one.patrol.id)))

    def visits_of_person(self, person: UUID, from_at: datetime, to_at: datetime) -> tuple[Visit, ...]:
        """Return what a person did at markers in [from_at, to_at), by time, each at the time that it was."""
        clocks = Clocks(self._session, self.district)
        every = Visits(self._session, self.district).of_person(person, from_at - MOST, to_at + MOST)
        known = {device: clocks.of(device) for device in {one.device for one in every}}
        found = [replace(one, at=set_right(known[one.device], one.at)) for one in every]
        here = [one for one in found if from_at <= one.at < to_at]
        return tuple(sorted(here, key=lambda one: (one.at, one.id)))

    def withdrawals(self, patrols: Collection[Patrol]) -> dict[UUID, tuple[TrackWithdrawal, ...]]:
        """Return the withdrawals of some recordings, restored or not, each for the time at which it was."""
        found = TrackWithdrawals(self._session, self.district).of([one.id for one in patrols])
        clocks, right = Clocks(self._session, self.district), {}
        for patrol in patrols:
            if patrol.id in found:
                clock = clocks.of(patrol.device) if patrol.was_sent else Corrections.of(())
                right[patrol.id] = tuple(_set_right(one, clock) for one in found[patrol.id])
        return right

    def timed(self, patrols: Iterable[Patrol]) -> list[Timed]:
        """Return recordings with their times set right."""
        every = list(patrols)
        zone = self._zone()
        days = {
            at.astimezone(zone).date()
            for one in every
            if one.was_sent
            for at in (one.started_at, one.ended_at)
            if at is not None
        }
        if not days:
            return [Timed(one, None) for one in every]
        devices = {one.device for one in every if one.was_sent}
        known = {
            (one.device, one.day): one
            for one in Clocks(self._session, self.district).known(min(days), max(days), devices)
        }
        return [_timed(one, known, zone) for one in every]

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(Districts(self._session, self.district).current().timezone)


def joined(tables: Iterable[FixTable]) -> FixTable:
    """Return the fixes of several tables as one."""
    every = list(tables)
    if len(every) == 1:
        return every[0]
    places = {one: k for k, one in enumerate(dict.fromkeys(key for table in every for key in table.patrols))}
    columns = {
        one.name: np.concatenate([getattr(table, one.name) for table in every])
        for one in fields(FixTable)
        if one.name not in ("patrol", "patrols")
    }
    patrol = np.concatenate(
        [np.array([places[key] for key in table.patrols], dtype=np.int32)[table.patrol] for table in every]
    )
    return FixTable(**columns, patrol=patrol, patrols=tuple(places))


def _timed(one: Patrol, known: dict[tuple[str, date], Known], zone: ZoneInfo) -> Timed:
    if not one.was_sent or one.started_at is None or one.ended_at is None:
        return Timed(one, None)
    told = (one.started_at, one.ended_at)
    clocks = [known.get((one.device, at.astimezone(zone).date())) for at in told]
    behind = (
        0 if clock is None else clock.taken.at(at.timestamp()) for clock, at in zip(clocks, told, strict=True)
    )
    began, ended = sorted(at + timedelta(seconds=seconds) for at, seconds in zip(told, behind, strict=True))
    return Timed(replace(one, started_at=began, ended_at=ended), clocks[0] or clocks[1])


def _set_right(one: TrackWithdrawal, clock: Corrections) -> TrackWithdrawal:
    if one.from_at is None or one.to_at is None:
        return one
    return replace(one, from_at=set_right(clock, one.from_at), to_at=set_right(clock, one.to_at))
