"""Tracks from the field: stored once, every fix accounted for, and the coverage ledger brought up to date.

The ledger of a device and day is always computed from the stored fixes of the whole sessions that touch that
day, so an upload leaves exactly what a rebuild from all fixes would.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from geo.track import INADMISSIBLE, CleanTrack, Mode, Verdict, admit, clean, rolled_over
from layers.fixes import FixCounts, FixTable, QuarantinedFix
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from service.readers.track_file import TrackFile, TrackRefused
from service.use_cases.tracks.ledger import keep_up
from service.use_cases.tracks.lines import Covered
from service.use_cases.tracks.withdrawing import withdrawn_among

MOST_KEPT = 1e6
"""Accuracies, speeds and courses beyond this say nothing and are not kept."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who delivers what: the device, who carried it, the file's name and the digest of its content.

    ``clock_behind_s`` is by how much the device's clock was said to be behind; None says nothing of it, and
    then a date that a worn-out counter of weeks would write is not believed. What was sent with one clock and
    comes with another is another delivery.
    """

    device: str
    source: str
    digest: str
    received_at: datetime
    person: str | None = None
    name: str = ""
    clock_behind_s: int | None = None

    @classmethod
    def of(
        cls,
        device: str,
        source: str,
        content: bytes,
        received_at: datetime,
        person: str | None = None,
        name: str = "",
        clock_behind_s: int | None = None,
    ) -> "Delivery":
        """Make a delivery of a file's content."""
        digest = with_clock(hashlib.sha256(content).hexdigest(), clock_behind_s)
        return cls(device, source, digest, received_at, person, name, clock_behind_s)


def with_clock(digest: str, behind_s: int | None) -> str:
    """Return the digest of a file that came with word of its clock."""
    return digest if behind_s is None else f"{digest}@{behind_s}"


@dataclass(frozen=True, slots=True, eq=False)
class Receipt:
    """What became of a delivery.

    ``patrols`` are one for each mode; ``repeated`` says that the same content was there before. ``reasons``
    maps positions in the file to why a fix went to quarantine. ``track`` is the file's own, cleaned;
    ``places`` are the positions in the file of its fixes. ``covered`` are what the device walked of each
    segment on the days that were touched. ``withdrawn`` are how many of its fixes were stored before with a
    track that was withdrawn, so that they count for nothing.
    """

    patrols: tuple[Patrol, ...]
    repeated: bool
    counts: FixCounts
    reasons: dict[int, str]
    track: CleanTrack
    places: npt.NDArray[np.int64]
    covered: tuple[Covered, ...]
    withdrawn: int = 0


def upload(stores: Stores, delivery: Delivery, file: TrackFile) -> Receipt:
    """Store the fixes of a file as a patrol and bring the ledger of its device up to date.

    The same content from the same device again stores nothing and answers the patrol it was.

    Raises
    ------
    TrackRefused
        No fix of the file can be used; nothing is stored.
    """
    reasons = refusals(file, delivery)
    usable = np.ones(len(file), dtype=bool)
    usable[np.fromiter(reasons, dtype=np.int64, count=len(reasons))] = False
    places = np.flatnonzero(usable)
    if len(places) == 0:
        raise _refused(file, delivery, reasons)
    track = clean(file.fixes.take(places))
    clock = stores.clocks.hold(delivery.device).clock
    patrols, repeated = _patrols(stores, delivery, file, places)
    if repeated:
        counts = FixCounts(0, len(places))
        gone = withdrawn_among(stores, delivery.device, _table(file, places))
        return Receipt(patrols, True, counts, reasons, track, places, (), gone)  # noqa: FBT003
    counts = FixCounts(0, 0)
    for patrol in patrols:
        table = _table(file, places[file.fixes.mode[places] == Mode[patrol.mode.upper()]])
        counts += stores.patrols.add_fixes(patrol, table)
    over = stores.patrols.over(file.fixes.t) if reasons else np.zeros(0, dtype=bool)
    rows = [
        QuarantinedFix(place, reason, {} if over[place] else file.raw(place))
        for place, reason in sorted(reasons.items())
    ]
    stores.patrols.quarantine(patrols[0].id, rows, delivery.received_at)
    covered = keep_up(stores, delivery.device, file.fixes.t[places], clock)
    told: dict[str, Any] = {"device": delivery.device, "fixes": counts.created}
    if delivery.clock_behind_s is not None:
        told["clock_behind_s"] = delivery.clock_behind_s
    stores.audit.record("track.upload", "patrol", patrols[0].id, **told)
    stored = tuple(stores.patrols.get(patrol.id) for patrol in patrols)
    gone = withdrawn_among(stores, delivery.device, _table(file, places)) if counts.duplicate else 0
    return Receipt(stored, False, counts, reasons, track, places, covered, gone)  # noqa: FBT003


def refusals(file: TrackFile, delivery: Delivery) -> dict[int, str]:
    """Return why fixes of a file cannot be stored, by position: unreadable, or wrong by themselves."""
    now = delivery.received_at.timestamp()
    verdict = admit(file.fixes, now)
    found = {}
    if delivery.clock_behind_s is None:
        found = {int(place): WEEK_ROLLOVER for place in np.flatnonzero(rolled_over(file.fixes.t, now))}
    bad = np.flatnonzero(np.isin(verdict, list(INADMISSIBLE)))
    found |= {int(place): Verdict(int(verdict[place])).reason for place in bad}
    return {**found, **{place: str(fault) for place, fault in file.faults.items()}}


WEEK_ROLLOVER = "week-rollover"
"""The reason of a fix whose date a receiver writes when its counter of weeks begins again."""

_NONE = {
    "no-time": N_("None of the {count} fixes of {file} has a time."),
    "time-unreadable": N_("None of the {count} fixes of {file} can be used; no time can be read: “{time}”."),
    "time-without-zone": N_("None of the {count} fixes of {file} can be used; no time has a zone: “{time}”."),
    "time-ambiguous": N_("None of the {count} fixes of {file} can be used; times mean two days: “{time}”."),
    "week-rollover": N_(
        "None of the {count} fixes of {file} can be used; they lie 1,024 weeks back: “{time}”."
    ),
    "position-swapped": N_("None of the {count} fixes of {file} can be used; lon and lat are swapped."),
    "cells-differ": N_("None of the {count} fixes of {file} can be used; rows are longer than the head."),
    "position-invalid": N_("None of the {count} fixes of {file} can be used; the receiver had no position."),
    "datum-shifted": N_("None of the {count} fixes of {file} can be used; map services moved them."),
    "before-gps": N_("None of the {count} fixes of {file} can be used; they are dated before 1990."),
    "in-future": N_("None of the {count} fixes of {file} can be used; they lie in the future."),
    "null-island": N_("None of the {count} fixes of {file} can be used; they are at 0°, 0°."),
    "no-position": N_("None of the {count} fixes of {file} has a place on the globe."),
    "number-unreadable": N_("None of the {count} fixes of {file} can be used; their numbers cannot be read."),
    "mode-unknown": N_("None of the {count} fixes of {file} can be used; their mode is not known."),
}
"""What is said of a file in which no fix can be used, by the commonest reason."""

_MEND = {
    "no-time": N_("Coverage needs times: record the track with times, or export it with them."),
    "time-ambiguous": N_("Say dates=day-first or month-first; give an hour that comes twice its offset."),
    "week-rollover": N_(
        "Receivers with a worn-out counter of weeks write such dates: say clock_behind=1024w, or 0 if right."
    ),
    "position-swapped": N_("Name the columns the other way round: lon is the longitude, at most 180."),
    "cells-differ": N_("Decimal commas need another separator, such as a semicolon, or quotes."),
    "null-island": N_("The receiver had no position yet: record under open sky, and export it again."),
    "position-invalid": N_("The receiver had no position yet: record under open sky, and export it again."),
    "number-unreadable": N_("Write numbers plainly, such as 117.823 or 117,823, in degrees, metres and m/s."),
    "mode-unknown": N_("Write the mode as one of foot, ski, bicycle, horse, atv, car, boat."),
    "no-position": N_("Give longitude and latitude in degrees of WGS 84 or CGCS2000."),
    "time-unreadable": N_("Write times as 2025-06-30T08:00:00+08:00."),
    "datum-shifted": N_("Export the track in WGS 84 or CGCS2000, as the receiver recorded it."),
    "time-without-zone": N_("Write times with their offset, such as +08:00 or Z, or name the time zone."),
}


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
    time = next(str(file.raw(place).get("time", "")) for place in reasons if reasons[place] == reason)
    return TrackRefused(
        _NONE.get(reason, N_("None of the {count} fixes of {file} can be used: {reason}.")),
        mend=_MEND.get(reason, N_("Check the device's clock and export the track again.")),
        where={"file": delivery.source, **{k: raw[k] for k in ("row", "segment") if k in raw}},
        extra={"reasons": {one: listed.count(one) for one in sorted(set(listed))}},
        count=len(reasons),
        file=delivery.source,
        reason=reason,
        time=time[:40],
    )


def _patrols(
    stores: Stores, delivery: Delivery, file: TrackFile, places: npt.NDArray[np.int64]
) -> tuple[tuple[Patrol, ...], bool]:
    """Return the patrols of a delivery, one for each mode in it, and whether they were there before."""
    modes = [Mode(code) for code in np.flatnonzero(np.bincount(file.fixes.mode[places])).tolist()]
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
