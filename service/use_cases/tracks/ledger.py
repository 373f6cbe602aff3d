"""The coverage ledger of a device: made anew from the stored fixes of the sessions that touch a day."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.clock import Corrections
from geo.track import SESSION_SILENCE_S, Fixes, Mode, clean, sessions
from layers.fixes import FixTable
from layers.patrols import Patrol
from layers.stores import Stores
from service.indexes.day_units import units_on
from service.use_cases.tracks.areas import keep_areas
from service.use_cases.tracks.lines import Covered, keep_lines
from service.use_cases.tracks.markers import keep_markers
from service.use_cases.tracks.session import Session
from service.use_cases.tracks.standing import standing
from service.use_cases.tracks.units import keep_units

DAY = timedelta(days=1)


def days_of(t: npt.NDArray[np.float64], zone: tzinfo) -> set[date]:
    """Return the local days that times (Unix seconds) fall on."""
    quarters = np.floor(t / 900.0)  # no zone is offset by less than a quarter of an hour
    quarters = np.unique(quarters[np.diff(quarters, prepend=np.nan) != 0.0])
    return {datetime.fromtimestamp(quarter * 900.0, zone).date() for quarter in quarters.tolist()}


def recompute(
    stores: Stores, device: str, days: Collection[date], known: Corrections | None = None
) -> tuple[Covered, ...]:
    """Make the ledger of a device anew for some days, and those that share a session with them.

    Fixes are read by whole sessions, so the result is that of a computation from all fixes. Days are those
    on which it was, the clock of the device set right; ``known`` is what does that, looked up where it is not
    given.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
    covered: list[Covered] = []
    done: set[date] = set()
    clock = stores.clocks.of(device) if known is None else known
    for day in sorted(days):
        if day in done:
            continue
        first, last, table = _closed(stores, device, day, zone, clock)
        covered.extend(_recompute_days(stores, device, first, last, zone, table))
        done.update(first + k * DAY for k in range((last - first).days + 1))
    return tuple(covered)


def on_time(stores: Stores, device: str, clock_days: Collection[date]) -> set[date]:
    """Return the days on which it was, at some time, what a device's clock called some days.

    Files are of the days that they tell, so these are among them.
    """
    clock = stores.clocks.of(device)
    if len(clock) == 0:
        return set(clock_days)
    zone = ZoneInfo(stores.districts.current().timezone)
    days = set(clock_days)
    for day in clock_days:
        ends = clock.ends(_start(day, zone).timestamp(), _start(day + DAY, zone).timestamp())
        days |= days_of(ends + clock.behind(ends), zone)
    return days


def remake(stores: Stores, device: str, before: Corrections, clock_days: Iterable[date]) -> set[date]:
    """Make the ledger of a device anew after its clock was set right on some days of it; return the days.

    ``before`` is what set it right until now: what went by that is on other days of the ledger.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
    after = stores.clocks.of(device)
    days: set[date] = set()
    for day in clock_days:
        t = stores.patrols.fixes_of_device(device, _start(day, zone), _start(day + DAY, zone)).t
        left = days_of(before.corrected(t), zone)
        # What goes on over midnight from a day that was left begins there now.
        days |= {one + k * DAY for one in left for k in (-1, 0, 1)} | days_of(after.corrected(t), zone)
    recompute(stores, device, days, after)
    return days


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _closed(
    stores: Stores, device: str, day: date, zone: tzinfo, clock: Corrections
) -> tuple[date, date, FixTable]:
    """Return the first and last of the days round a day that no session leaves, and the fixes on them."""
    first = last = day
    silence = margin = timedelta(seconds=SESSION_SILENCE_S)
    while True:
        begin, end = _start(first, zone), _start(last + DAY, zone)
        found = stores.timed_fixes.of_device(device, begin - margin, end + margin, clock)
        touching = [(a, b) for a, b in sessions(found.t) if b >= begin.timestamp() and a < end.timestamp()]
        lowest = min([first, *(datetime.fromtimestamp(a, zone).date() for a, _ in touching)])
        highest = max([last, *(datetime.fromtimestamp(b, zone).date() for _, b in touching)])
        if (lowest, highest) == (first, last):
            return first, last, found.take((found.t >= begin.timestamp()) & (found.t < end.timestamp()))
        first, last = lowest, highest
        margin = max(silence, (last - first) // 2)  # a recording of months is not followed day by day


def _recompute_days(
    stores: Stores, device: str, first: date, last: date, zone: tzinfo, table: FixTable
) -> list[Covered]:
    patrols = stores.patrols.several(table.patrols)
    track = clean(_fixes(table, patrols))
    days = tuple(first + number * DAY for number in range((last - first).days + 1))
    bounds = tuple(_start(day, zone).timestamp() for day in (*days, last + DAY))
    border, posts, cover, walls = standing(stores, first, last + DAY)
    units = tuple(units_on(stores, day) for day in days)
    horizon = stores.coverage.horizon()
    session = Session(
        stores, device, days, bounds, track, patrols, horizon, border, posts, units, cover, walls
    )
    covered = keep_lines(session)
    keep_units(session)
    keep_areas(session)
    keep_markers(session)
    return covered


def _fixes(table: FixTable, patrols: Sequence[Patrol]) -> Fixes:
    """Return stored fixes with the holder and the mode of their patrols."""
    persons = sorted({patrol.person or "" for patrol in patrols})
    holder = np.array([persons.index(patrol.person or "") for patrol in patrols], dtype=np.int32)
    mode = np.array([Mode[patrol.mode.upper()] for patrol in patrols], dtype=np.int8)
    return Fixes.of(
        table.t,
        table.lon,
        table.lat,
        accuracy_m=table.accuracy_m,
        part=table.part,
        source=table.patrol,
        holder=holder[table.patrol],
        mode=mode[table.patrol],
        speed_ms=table.speed_ms,
        course_deg=table.course,
    )
