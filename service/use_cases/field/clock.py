"""The clock of a device: what its live batches say of it, and what a person says, who wins.

Nothing that was stored changes by it. The ledgers of the days that are told otherwise are made anew, those on
which it was thought to be before and those on which it was, in the transaction that brought the change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.clock import LEAST_S, Corrections, Skew, sample, skews
from geo.errors import N_
from layers.clocks import RIGHT, Known, Word
from layers.errors import NotFound
from layers.field_tracks import HeldTracks
from layers.fixes import instant
from layers.stores import Stores
from service.errors import InvalidInput
from service.readers.field_batch import FieldBatch
from service.use_cases.field.judged import Sender, Work
from service.use_cases.field.visits import prove_days, visit_days

DAY = timedelta(days=1)

_MANY = 32
"""A median of so many batches is left as it is by one more that agrees."""


@dataclass(frozen=True, slots=True)
class ToldClock:
    """What a person says of a device's clock on a day of it: seconds it is behind, None to say no more."""

    device: str
    day: date
    behind_s: int | None
    reason: str


def tell_clock(stores: Stores, sender: Sender, batch: FieldBatch, held: HeldTracks, work: Work) -> int | None:
    """Take from a batch what it says of its device's clock, where nothing in it waited to be sent.

    Returns by how many seconds the clock is behind now, 0 where it is right; None where that is not known.
    Whoever calls holds the person and the devices of its points: what it says lies over what it brings, and
    is what ``held`` sets the device's clock right by from here on.
    """
    sent, newest = sender.sent_at or batch.sent_at, _newest(batch)
    if sent is None or newest is None:
        return None
    behind = sample(newest, sent.timestamp(), sender.received_at.timestamp())
    if behind is None:
        return None
    day = sent.astimezone(ZoneInfo(stores.districts.current().timezone)).date()
    known = stores.clocks.add_sample(sender.device, sent, day, behind, sender.received_at)
    if known is None:
        return None
    if known.batches < _MANY or not _agrees(known, sent, behind):
        known = _measure(stores, sender, day, held, work) or known
    if abs(behind) < LEAST_S:
        return 0  # Nothing that is off arrives at the minute at which it was sent.
    return known.at(sent.timestamp()) if _agrees(known, sent, behind) else None


def _agrees(known: Skew, sent: datetime, behind: float) -> bool:
    """Say whether what a batch says of a clock is what is known of it."""
    return abs(behind - known.at(sent.timestamp())) < LEAST_S / 2.0


def say_clock(
    stores: Stores, told: ToldClock, by: str, now: datetime, work: Work
) -> tuple[Known | None, int]:
    """Let what a person says of a clock win over what is measured; return what is known, and days made anew.

    Raises
    ------
    NotFound
        The device sent nothing here.
    InvalidInput
        The fixes of the day are kept no longer: what is known of it stays.
    """
    if not stores.clocks.has_sent(told.device):
        raise NotFound(
            N_("The device {device} sent nothing here."),
            mend=N_("Check its code. The clock of a file is said when the file is sent."),
            where={"device": told.device},
            device=told.device,
        )
    before = stores.clocks.hold(told.device).clock
    if _is_settled(stores, told.day):
        raise InvalidInput(
            N_("The positions of {day} are kept no longer, so what was walked by them cannot be moved."),
            mend=N_("Declare what was walked instead."),
            where={"pointer": "/day"},
            day=told.day,
        )
    word = None if told.behind_s is None else Word(told.behind_s, told.reason, by, now)
    stores.clocks.say(told.device, told.day, word)
    stores.audit.record(
        "clock.say",
        "device",
        told.device,
        day=told.day.isoformat(),
        behind_s=told.behind_s,
        reason=told.reason,
    )
    made = _remake(stores, told.device, [told.day], before, stores.clocks.of(told.device), work)
    known = stores.clocks.known(told.day, told.day, [told.device])
    return (known[0] if known else None), made


def _newest(batch: FieldBatch) -> float | None:
    """Return the time of the newest point of a batch that can be read."""
    newest = [found for one in batch.tracks if len(found := one.fixes.t[np.isfinite(one.fixes.t)])]
    return max((float(found.max()) for found in newest), default=None)


def _is_settled(stores: Stores, day: date) -> bool:
    """Say whether fixes of a day of a clock, or of one beside it where they may have been, are gone."""
    return day - DAY < stores.coverage.horizon().before


def _measure(stores: Stores, sender: Sender, day: date, held: HeldTracks, work: Work) -> Skew | None:
    """Measure the skew of a day anew, and of those beside it that go by it; return that of the day."""
    device = sender.device
    samples = stores.clocks.samples(device, day - 2 * DAY, day + 2 * DAY)
    known = {one.day: one.skew for one in stores.clocks.known(day - DAY, day + DAY, [device])}
    # A day that went by the one beside it may do so no longer.
    alone = {one: Skew(0, len(samples[one])) for one, skew in known.items() if skew and one in samples}
    found = {**alone, **skews(samples)}
    around = [one for one in (day - DAY, day, day + DAY) if one in found and not _is_settled(stores, one)]
    changed = [(one, found[one]) for one in around if known.get(one) != found[one]]
    if changed:
        moved = _keep(stores, sender, changed, known)
        if moved:
            before, after = held.clocks[device], stores.clocks.of(device)
            held.clocks[device] = after
            _remake(stores, device, moved, before, after, work)
    return found.get(day)


def _keep(
    stores: Stores,
    sender: Sender,
    changed: Sequence[tuple[date, Skew]],
    known: Mapping[date, Skew | None],
) -> list[date]:
    """Keep what was measured of some days; return those of which it is another than before."""
    stores.clocks.put(sender.device, changed, sender.received_at)
    moved = []
    for day, skew in changed:
        if skew._replace(batches=0) == (known.get(day) or RIGHT)._replace(batches=0):
            continue
        moved.append(day)
        stores.audit.record(
            "clock.measure",
            "device",
            sender.device,
            day=day.isoformat(),
            behind_s=skew.seconds,
            batches=skew.batches,
            set_at=None if skew.set_s is None else instant(skew.set_s).isoformat(),
            then_behind_s=None if skew.set_s is None else skew.then,
        )
    return moved


def _remake(
    stores: Stores,
    device: str,
    moved: Sequence[date],
    before: Corrections,
    after: Corrections,
    work: Work,
) -> int:
    """Make anew what goes by a clock on some days of it, as far as that changed; return of how many days."""
    zone = ZoneInfo(stores.districts.current().timezone)
    days = []
    for day in moved:
        begin, end = (datetime.combine(one, time(), zone).timestamp() for one in (day, day + DAY))
        if not before.within(begin, end).same(after.within(begin, end)):
            days.append(day)
    if not days:
        return 0
    made = work.remake(stores, device, days, before, after)
    marked = visit_days(stores, device, days, (before, after))
    prove_days(stores, device, marked, after)
    return len(made | marked)
