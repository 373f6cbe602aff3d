"""The coverage ledger of a device: made anew from the stored fixes of the sessions that touch a day."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.clock import Corrections
from geo.track import REACH_S, SESSION_SILENCE_S, Fixes, Mode, around, clean, sessions, together
from layers.fixes import FixTable, instant
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
READ_AT_ONCE = timedelta(days=7)


def days_of(t: npt.NDArray[np.float64], zone: tzinfo) -> set[date]:
    """Return the local days that times (Unix seconds) fall on."""
    quarters = np.floor(t / 900.0)  # no zone is offset by less than a quarter of an hour
    quarters = np.unique(quarters[np.diff(quarters, prepend=np.nan) != 0.0])
    return {datetime.fromtimestamp(quarter * 900.0, zone).date() for quarter in quarters.tolist()}


def keep_up(
    stores: Stores, device: str, t: npt.NDArray[np.float64], known: Corrections | None = None
) -> tuple[Covered, ...]:
    """Make the ledger of a device anew for fixes that were stored, by when they were made (Unix seconds).

    ``known`` is what sets the clock of the device right, looked up where it is not given.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
    near = days_of(t - REACH_S, zone) | days_of(t + REACH_S, zone)
    return recompute(stores, device, days_of(t, zone), known, near)


def recompute(
    stores: Stores,
    device: str,
    days: Collection[date],
    known: Corrections | None = None,
    near: Collection[date] | None = None,
) -> tuple[Covered, ...]:
    """Make the ledger of a device anew for some days, and those beside them that share a session with them.

    Each day is computed from the fixes :func:`geo.track.around` it, so what came before, and how, does not
    matter. Days are those on which it was, the clock of the device set right; ``known`` is what does that,
    looked up where it is not given. Of the days beside them only those ``near`` have to be made anew; None
    means any.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
    covered: list[Covered] = []
    clock = stores.clocks.of(device) if known is None else known
    wanted = sorted(set(days))
    done = set(wanted)
    for first, last in _runs(wanted):
        edges = (first - DAY, last + DAY)
        beside = [day not in done and (near is None or day in near) for day in edges]
        for group, table in _recorded(stores, device, (first, last), (beside[0], beside[1]), zone, clock):
            covered.extend(_recompute_days(stores, device, *group, zone, table))
            done.update(group)
    return tuple(covered)


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return sorted days as runs of at most so many as are read at once."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == DAY and day - runs[-1][0] < READ_AT_ONCE:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def days_with(stores: Stores, device: str, t: npt.NDArray[np.float64]) -> set[date]:
    """Return the days that are computed from some fixes of a device, by when they were made (Unix seconds).

    Those are their own, and the days near that share a session with them.
    """
    zone, reach = ZoneInfo(stores.districts.current().timezone), timedelta(seconds=REACH_S)
    own = days_of(t, zone)
    found = stores.timed_fixes.of_device(
        device, instant(float(t.min())) - reach, instant(float(t.max())) + reach
    )
    spans = [(a, b) for a, b in sessions(found.t) if ((t >= a) & (t <= b)).any()]
    near = (days_of(t - REACH_S, zone) | days_of(t + REACH_S, zone)) - own
    for day in near:
        begin, end = _start(day, zone).timestamp(), _start(day + DAY, zone).timestamp()
        if any(a < end and b >= begin for a, b in spans):
            own.add(day)
    return own


def on_time(clock: Corrections, clock_days: Collection[date], zone: tzinfo) -> set[date]:
    """Return the days on which it was, at some time, what a clock called some days.

    Files are of the days that they tell, so these are among them.
    """
    days = set(clock_days)
    if len(clock) == 0:
        return days
    for day in clock_days:
        ends = clock.ends(_start(day, zone).timestamp(), _start(day + DAY, zone).timestamp())
        days |= days_of(ends + clock.behind(ends), zone)
    return days


def remake(
    stores: Stores, device: str, clock_days: Iterable[date], before: Corrections, after: Corrections
) -> set[date]:
    """Make the ledger of a device anew after its clock was set right on some days of it; return the days.

    ``before`` is what set it right until now: what went by that is on other days of the ledger.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
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


def _recorded(
    stores: Stores,
    device: str,
    run: tuple[date, date],
    beside: tuple[bool, bool],
    zone: tzinfo,
    clock: Corrections,
) -> Iterator[tuple[tuple[date, date], FixTable]]:
    """Yield the days of a run that are computed together, first and last, with the fixes that they need.

    ``beside`` says whether the day before and the day after are to be made anew too if they share a session.
    """
    silence, reach = timedelta(seconds=SESSION_SILENCE_S), timedelta(seconds=REACH_S)
    (first, last), (begin, end) = run, (_start(run[0], zone), _start(run[1] + DAY, zone))
    found = stores.timed_fixes.of_device(device, begin - silence, end + silence, clock)
    spans = sessions(found.t)
    before, after = (any(a < at.timestamp() <= b for a, b in spans) for at in (begin, end))
    if before or after:
        first -= before * beside[0] * DAY
        last += after * beside[1] * DAY
        begin, end = _start(first, zone), _start(last + DAY, zone)
        margins = (reach if before else silence), (reach if after else silence)
        found = stores.timed_fixes.of_device(device, begin - margins[0], end + margins[1], clock)
    found = found.take(around(found.t, begin.timestamp(), end.timestamp()))
    days = [first + number * DAY for number in range((last - first).days + 1)]
    bounds = [_start(day, zone).timestamp() for day in (*days, last + DAY)]
    for low, high in together(found.t, bounds):
        yield (days[low], days[high]), found.take(around(found.t, bounds[low], bounds[high + 1]))


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
