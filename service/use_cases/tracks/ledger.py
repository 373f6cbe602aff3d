"""The coverage ledger of a device: made anew from the stored fixes of the sessions that touch a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import Evidence, Intervals, RouteIndex, covered_length, union, walked
from geo.linear import MeasuredLine
from geo.track import SESSION_SILENCE_S, Fixes, Mode, clean, sessions
from layers.border import BorderSegment
from layers.coverage import LineVisit
from layers.fixes import FixTable, instant
from layers.patrols import Patrol
from layers.stores import Stores

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """Metres of a segment that a device walked on a day, and those inferred beside them."""

    segment: str
    day: date
    walked_m: float
    inferred_m: float


def days_of(t: npt.NDArray[np.float64], zone: tzinfo) -> set[date]:
    """Return the local days that times (Unix seconds) fall on."""
    quarters = np.unique(np.floor(t / 900.0))  # no zone is offset by less than a quarter of an hour
    return {datetime.fromtimestamp(quarter * 900.0, zone).date() for quarter in quarters.tolist()}


def recompute(stores: Stores, device: str, days: Collection[date]) -> tuple[Covered, ...]:
    """Make the ledger of a device anew for some days, and those that share a session with them.

    Fixes are read by whole sessions, so the result is that of a computation from all fixes.
    """
    zone = ZoneInfo(stores.districts.current().timezone)
    covered: list[Covered] = []
    done: set[date] = set()
    for day in sorted(days):
        if day in done:
            continue
        first, last = _closed(stores, device, day, zone)
        covered.extend(_recompute_days(stores, device, first, last, zone))
        done.update(first + k * DAY for k in range((last - first).days + 1))
    return tuple(covered)


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _closed(stores: Stores, device: str, day: date, zone: tzinfo) -> tuple[date, date]:
    """Return the first and last of the days round a day that no session leaves."""
    first = last = day
    silence = timedelta(seconds=SESSION_SILENCE_S)
    while True:
        begin, end = _start(first, zone), _start(last + DAY, zone)
        found = stores.patrols.fixes_of_device(device, begin - silence, end + silence)
        touching = [(a, b) for a, b in sessions(found.t) if b >= begin.timestamp() and a < end.timestamp()]
        lowest = min([first, *(datetime.fromtimestamp(a, zone).date() for a, _ in touching)])
        highest = max([last, *(datetime.fromtimestamp(b, zone).date() for _, b in touching)])
        if (lowest, highest) == (first, last):
            return first, last
        first, last = lowest, highest


def _recompute_days(stores: Stores, device: str, first: date, last: date, zone: tzinfo) -> list[Covered]:
    table = stores.patrols.fixes_of_device(device, _start(first, zone), _start(last + DAY, zone))
    patrols = [stores.patrols.get(key) for key in table.patrols]
    track = clean(_fixes(table, patrols))
    segments = stores.border.during(first, last + DAY)
    covered = []
    answers: dict[tuple[UUID, ...], Intervals] = {}
    for number in range((last - first).days + 1):
        day = first + number * DAY
        valid = tuple(one for one in segments if _valid_on(one, day))
        key = tuple(one.id for one in valid)
        if key not in answers:
            answers[key] = walked(track, route_index(tuple(one.line.wkb for one in valid)))
        part = answers[key].within(_start(day, zone).timestamp(), _start(day + DAY, zone).timestamp())
        part = part.beyond(_settled(stores, device, day))
        stores.coverage.replace_lines(device, day, _visits(part, valid, patrols))
        covered.extend(_covered(part, valid, day))
    return covered


def _settled(stores: Stores, device: str, day: date) -> Intervals:
    """Return what is known of a day whose fixes are gone; their places do not matter, only their times."""
    times, evidence = stores.coverage.settled_lines(device, day)
    measures = np.zeros(len(times))
    return Intervals.of(measures, measures, times[:, 0], times[:, 1], evidence=evidence)


def _valid_on(segment: BorderSegment, day: date) -> bool:
    begun = segment.valid_from is None or segment.valid_from <= day
    return begun and (segment.valid_to is None or day < segment.valid_to)


@lru_cache(maxsize=8)
def route_index(lines: tuple[bytes, ...]) -> RouteIndex:
    """Return the index of lines given as WKB; uploads of one border share it."""
    return RouteIndex.build(
        [MeasuredLine.from_lonlat(shapely.get_coordinates(shapely.from_wkb(w))) for w in lines]
    )


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


def _visits(part: Intervals, segments: Sequence[BorderSegment], patrols: Sequence[Patrol]) -> list[LineVisit]:
    """Return intervals as rows of the ledger, measures ascending and each with its time."""
    visits = []
    for k in range(len(part)):
        ends = [(float(part.from_m[k]), float(part.from_t[k])), (float(part.to_m[k]), float(part.to_t[k]))]
        (from_m, from_t), (to_m, to_t) = ends if ends[0][0] <= ends[1][0] else ends[::-1]
        patrol = patrols[part.source[k]]
        visits.append(
            LineVisit(
                segments[part.line[k]].id,
                patrol.id,
                Evidence(int(part.evidence[k])),
                from_m,
                to_m,
                instant(from_t),
                instant(to_t),
                patrol.person,
            )
        )
    return visits


def _covered(part: Intervals, segments: Sequence[BorderSegment], day: date) -> list[Covered]:
    found = []
    for k in np.unique(part.line).tolist():
        here = part.on(k)
        seen = here.at_least(Evidence.OBSERVED)
        walked_m = covered_length(union(seen.low, seen.high))
        with_inferred = covered_length(union(here.low, here.high))
        found.append(Covered(segments[k].code, day, walked_m, with_inferred - walked_m))
    return found
