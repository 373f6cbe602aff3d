"""Rebuilding the ledgers of a period from the stored fixes, and what that changes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from layers.clocks import MOST
from layers.stores import Stores
from service.use_cases.tracks.ledger import on_time, recompute

Ledger = dict[str, Counter[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A device and day whose ledgers were made anew: rows of each table that went, came, and stayed."""

    device: str
    day: date
    gone: dict[str, int]
    new: dict[str, int]
    same: int

    @property
    def equal(self) -> bool:
        """Whether the rebuilt rows are those that were there."""
        return not any(self.gone.values()) and not any(self.new.values())


def rebuild(stores: Stores, first: date, last: date) -> Iterator[Rebuilt]:
    """Make the ledgers of all devices anew for the days of [first, last) that have fixes, and compare.

    The caller decides whether what was made stays. Days whose fixes are gone keep what they know.
    """
    timezone = stores.districts.current().timezone
    zone = ZoneInfo(timezone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last))
    days: dict[str, set[date]] = {}
    for device, day in stores.patrols.device_days(begin - MOST, end + MOST, timezone):
        days.setdefault(device, set()).add(day)
    for device, told in sorted(days.items()):
        clock = stores.clocks.hold(device).clock
        mine = sorted(day for day in on_time(clock, told, zone) if first <= day < last)
        # All of it first: days that share a session are made anew together.
        before = {day: stores.reached.ledger(device, day) for day in mine}
        recompute(stores, device, mine, clock)
        for day in mine:
            yield _compared(device, day, before[day], stores.reached.ledger(device, day))


def _compared(device: str, day: date, before: Ledger, after: Ledger) -> Rebuilt:
    return Rebuilt(
        device,
        day,
        {name: (before[name] - after[name]).total() for name in before},
        {name: (after[name] - before[name]).total() for name in before},
        sum((before[name] & after[name]).total() for name in before),
    )
