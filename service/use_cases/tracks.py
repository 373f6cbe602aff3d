"""Tracks from the field: stored once, every fix accounted for, and the coverage ledger brought up to date.

The ledger of a device and day is always computed from the stored fixes of the whole sessions that touch that
day, so an upload leaves exactly what a rebuild from all fixes would.
"""

import hashlib
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
from geo.errors import N_
from geo.fixes import INADMISSIBLE, Fixes, Mode, Verdict
from geo.linear import MeasuredLine
from geo.track import SESSION_SILENCE_S, CleanTrack, admit, clean, sessions
from layers.border import BorderSegment
from layers.coverage import LineVisit
from layers.fixes import FixCounts, FixTable, QuarantinedFix, instant
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from service.readers.track_file import TrackFile, TrackRefused

DAY = timedelta(days=1)
MOST_KEPT = 1e6
"""Accuracies, speeds and courses beyond this say nothing and are not kept."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who delivers what: the device, who carried it, the file's name and the digest of its content."""

    device: str
    source: str
    digest: str
    received_at: datetime
    person: str | None = None
    name: str = ""

    @classmethod
    def of(
        cls, device: str, source: str, content: bytes, received_at: datetime, person: str | None = None
    ) -> "Delivery":
        """Make a delivery of a file's content."""
        return cls(device, source, hashlib.sha256(content).hexdigest(), received_at, person)


@dataclass(frozen=True, slots=True, eq=False)
class Receipt:
    """What became of a delivery.

    ``patrols`` are one for each mode; ``repeated`` says that the same content was there before. ``reasons``
    maps positions in the file to why a fix went to quarantine. ``track`` is the file's own, cleaned;
    ``places`` are the positions in the file of its fixes. ``covered`` are what the device walked of each
    segment on the days that were touched.
    """

    patrols: tuple[Patrol, ...]
    repeated: bool
    counts: FixCounts
    reasons: dict[int, str]
    track: CleanTrack
    places: npt.NDArray[np.int64]
    covered: tuple["Covered", ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """Metres of a segment that a device walked on a day, and those inferred beside them."""

    segment: str
    day: date
    walked_m: float
    inferred_m: float


def upload(stores: Stores, delivery: Delivery, file: TrackFile) -> Receipt:
    """Store the fixes of a file as a patrol and bring the ledger of its device up to date.

    The same content from the same device again stores nothing and answers the patrol it was.

    Raises
    ------
    TrackRefused
        No fix of the file can be used; nothing is stored.
    """
    reasons = refusals(file, delivery.received_at)
    places = np.setdiff1d(np.arange(len(file)), np.fromiter(reasons, dtype=np.int64, count=len(reasons)))
    if len(places) == 0:
        raise _refused(file, delivery, reasons)
    track = clean(file.fixes.take(places))
    stores.coverage.hold(delivery.device)
    patrols, repeated = _patrols(stores, delivery, file, places)
    if repeated:
        counts = FixCounts(0, len(places))
        return Receipt(patrols, True, counts, reasons, track, places, ())  # noqa: FBT003
    counts = FixCounts(0, 0)
    for patrol in patrols:
        table = _table(file, places[file.fixes.mode[places] == Mode[patrol.mode.upper()]])
        added = stores.patrols.add_fixes(patrol, table)
        counts = FixCounts(counts.created + added.created, counts.duplicate + added.duplicate)
    rows = [QuarantinedFix(place, reason, file.raw(place)) for place, reason in sorted(reasons.items())]
    stores.patrols.quarantine(patrols[0].id, rows, delivery.received_at)
    zone = ZoneInfo(stores.districts.current().timezone)
    days = days_of(file.fixes.t[places], zone)
    covered = recompute(stores, delivery.device, days)
    stored = tuple(stores.patrols.get(patrol.id) for patrol in patrols)
    return Receipt(stored, False, counts, reasons, track, places, covered)  # noqa: FBT003


def refusals(file: TrackFile, received_at: datetime) -> dict[int, str]:
    """Return why fixes of a file cannot be stored, by position: unreadable, or wrong by themselves."""
    verdict = admit(file.fixes, received_at.timestamp())
    bad = np.flatnonzero(np.isin(verdict, list(INADMISSIBLE)))
    found = {int(place): Verdict(int(verdict[place])).reason for place in bad}
    return {**found, **{place: str(fault) for place, fault in file.faults.items()}}


_WHY = {
    "no-time": N_("it has no time"),
    "time-unreadable": N_("its time cannot be read"),
    "time-without-zone": N_("its time names no zone"),
    "before-gps": N_("it is dated before 1990"),
    "in-future": N_("it lies more than a day in the future"),
    "null-island": N_("it is at 0°, 0°"),
    "no-position": N_("it has no place on the globe"),
    "number-unreadable": N_("a number of it cannot be read"),
    "mode-unknown": N_("its mode is not known"),
}
"""Why a fix is refused, in words."""

_MEND = {
    "no-time": N_("Coverage needs times: record the track with times, or export it with them."),
    "time-without-zone": N_("Write times with their offset, such as +08:00 or Z, or name the time zone."),
}


def why(reason: str) -> str:
    """Return a reason in words that can be translated."""
    return _WHY.get(reason, reason)


def _refused(file: TrackFile, delivery: Delivery, reasons: dict[int, str]) -> TrackRefused:
    if not reasons:
        return TrackRefused(
            N_("{file} has no track: no fix stands in it."),
            mend=N_("Export the track itself; routes and waypoints are not tracks."),
            where={"file": delivery.source},
            file=delivery.source,
        )
    first = min(reasons)
    listed = list(reasons.values())
    reason = max(sorted(set(listed)), key=listed.count)
    raw = file.raw(first)
    return TrackRefused(
        N_("None of the {count} fixes of {file} can be used; most often: {reason}. The first is row {row}."),
        mend=_MEND.get(reason, N_("Check the device's clock and export the track again.")),
        where={"file": delivery.source, **{k: raw[k] for k in ("row", "segment") if k in raw}},
        extra={"reasons": {one: listed.count(one) for one in sorted(set(listed))}},
        count=len(reasons),
        file=delivery.source,
        reason=reason,
        row=raw.get("row", first),
    )


def _patrols(
    stores: Stores, delivery: Delivery, file: TrackFile, places: npt.NDArray[np.int64]
) -> tuple[tuple[Patrol, ...], bool]:
    """Return the patrols of a delivery, one for each mode in it, and whether they were there before."""
    modes = [Mode(int(code)) for code in np.unique(file.fixes.mode[places])]
    found, fresh = [], False
    for mode in modes:
        value = Patrol(
            id=new_id(),
            device=delivery.device,
            mode=mode.label,
            name=delivery.name or file.name or delivery.source,
            source=delivery.source,
            digest=delivery.digest if len(modes) == 1 else f"{delivery.digest}:{mode.label}",
            received_at=delivery.received_at,
            person=delivery.person,
        )
        stored, is_new = stores.patrols.add(value)
        fresh = fresh or is_new
        found.append(stored)
    return tuple(found), not fresh


def _table(file: TrackFile, places: npt.NDArray[np.int64]) -> FixTable:
    fixes = file.fixes.take(places)

    def kept(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        with np.errstate(invalid="ignore"):
            return np.where(np.abs(values) <= MOST_KEPT, values, np.nan)

    return FixTable.of(
        fixes.t,
        fixes.lon,
        fixes.lat,
        accuracy_m=kept(fixes.accuracy_m),
        speed_ms=kept(fixes.speed_ms),
        course=kept(fixes.course_deg),
        part=fixes.part,
        seq=places.astype(np.int32),
    )


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
        stores.coverage.replace_lines(device, day, _visits(part, valid, patrols))
        covered.extend(_covered(part, valid, day))
    return covered


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
