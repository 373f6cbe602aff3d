"""Points of tracks: each known by device, track and number, whatever its time and whenever it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from uuid import UUID

import numpy as np
import numpy.typing as npt

from geo.track import INADMISSIBLE, Verdict, admit
from layers.field_tracks import HeldTracks, Track, runs
from layers.fixes import FixTable
from layers.ids import new_id
from layers.patrol_tables import SENT
from layers.patrols import Patrol
from layers.patrols import over as is_over
from layers.stores import Stores
from service.readers.field_faults import Fault
from service.readers.field_points import TrackPart
from service.use_cases.field.judged import Judged, Sender, VerdictName, Work
from service.use_cases.field.shifts import tell_shift

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Which positions of a part are new, known, or cannot be stored."""

    new: Places
    known: Places
    faults: dict[int, Fault]


def store_points(
    stores: Stores,
    sender: Sender,
    parts: Sequence[TrackPart],
    work: Work,
    *,
    named: bool = True,
    held: HeldTracks | None = None,
) -> list[Judged]:
    """Store points of tracks and bring the ledgers of their devices up to date; return the verdicts.

    A track is one patrol, however many parts it comes in. Where what is stored need not be ``named``, one
    verdict tells of all points of a part: those of phone apps have numbers without order, each of which would
    be a run by itself. ``held`` is what whoever calls holds.
    """
    judged: list[Judged] = []
    times: dict[str, list[npt.NDArray[np.float64]]] = {}
    held = hold_tracks(stores, sender, parts) if held is None else held
    tracks, clocks = held.tracks, held.clocks
    for part in parts:
        track = None if part.track is None else tracks.get(part.track)
        clock = clocks[sender.device if track is None else track.device]
        t = clock.corrected(part.fixes.t)
        over = is_over(t, held.kept_from)
        found = _sort(part, sender.received_at.timestamp())
        if len(found.new):
            if track is None:
                track = _begin(stores, sender, part)
                tracks[track.id] = track
            found = _add(stores, track, part, found, over)
            times.setdefault(track.device, []).append(t[found.new])
        tell_shift(stores, sender, part, None if track is None else track.patrol, found.new, clock)
        judged += _told(part, found, over, named=named)
    for device, several in sorted(times.items()):
        if len(changed := np.concatenate(several)):
            work.recompute(stores, device, changed, clocks[device])
    return judged


def hold_tracks(stores: Stores, sender: Sender, parts: Sequence[TrackPart]) -> HeldTracks:
    """Keep others from what the person sends, and from the ledgers of all devices that parts are of."""
    keys = {part.track for part in parts if part.track is not None}
    return stores.field_tracks.hold(keys, sender.device, sender.person)


def _sort(part: TrackPart, now: float) -> _Sorted:
    """Sort the points of a part while nothing is known of its numbers: only true copies in it are known."""
    faults = dict(part.faults)
    verdict = admit(part.fixes, now)
    for place in np.flatnonzero(np.isin(verdict, list(INADMISSIBLE))).tolist():
        faults.setdefault(place, Fault.of(Verdict(int(verdict[place])).reason))
    usable = np.ones(len(part), dtype=bool)
    usable[np.fromiter(faults, dtype=np.int64, count=len(faults))] = False
    first, again = _repeats(part, np.flatnonzero(usable), faults)
    return _Sorted(first, again, faults)


def _add(
    stores: Stores, track: Track, part: TrackPart, given: _Sorted, over: npt.NDArray[np.bool_]
) -> _Sorted:
    """Store the points of a part, each of another number, but for those whose numbers are known."""
    first, faults = given.new, given.faults
    is_known = stores.field_tracks.add(track, _table(part, first), over[first])
    if not is_known.any():
        return given
    known = first[is_known]
    differing = list(stores.field_tracks.differing(track, _table(part, known)))
    other = np.isin(part.seq[known], differing)
    faults |= {place: Fault.of("number-reused") for place in known[other].tolist()}
    return _Sorted(first[~is_known], np.concatenate((known[~other], given.known)), faults)


def _repeats(part: TrackPart, good: Places, faults: dict[int, Fault]) -> tuple[Places, Places]:
    """Return the first place of each number and the true copies of those; others of a number are faults."""
    numbers, first = np.unique(part.seq[good], return_index=True)
    chosen = good[first]
    if len(chosen) == len(good):
        return chosen, good[:0]
    others = np.setdiff1d(good, chosen)
    model = chosen[np.searchsorted(numbers, part.seq[others])]
    fixes = part.fixes
    same = (
        (fixes.t[others] == fixes.t[model])
        & (fixes.lon[others] == fixes.lon[model])
        & (fixes.lat[others] == fixes.lat[model])
    )
    for place in others[~same].tolist():
        faults[place] = Fault.of("number-reused")
    return chosen, others[same]


def _begin(stores: Stores, sender: Sender, part: TrackPart) -> Track:
    assert part.track is not None  # noqa: S101 - every point of such a part has a fault
    patrol = Patrol(
        id=new_id(),
        device=sender.device,
        mode=part.mode.label,
        name=part.name,
        source="field",
        digest=f"{SENT}{part.track}",
        received_at=sender.received_at,
        person=str(sender.person),
    )
    return stores.field_tracks.begin(part.track, patrol, sender.person)


def _table(part: TrackPart, places: Places) -> FixTable:
    fixes = part.fixes.take(places)
    return FixTable.of(
        fixes.t,
        fixes.lon,
        fixes.lat,
        accuracy_m=fixes.accuracy_m,
        speed_ms=fixes.speed_ms,
        course=fixes.course_deg,
        seq=part.seq[places].astype(np.int32),
    )


def _told(part: TrackPart, found: _Sorted, over: npt.NDArray[np.bool_], *, named: bool) -> list[Judged]:
    """Return the verdicts on a part; ``over`` says of which points no position is kept any more."""
    judged: list[Judged] = []
    told = _ranges if named else _together
    if part.track is not None:
        for late, outside in product((False, True), repeat=2):
            new = found.new[(over[found.new] == late) & (part.outside[found.new] == outside)]
            judged += told(part.track, part.seq[new], "created", late=late, outside=outside)
        judged += told(part.track, part.seq[found.known], "duplicate")
    judged += [
        Judged.quarantined("point", part.ref(place), fault, {} if over[place] else part.raw(place))
        for place, fault in sorted(found.faults.items())
    ]
    return judged


def _ranges(
    track: UUID,
    numbers: npt.NDArray[np.int64],
    verdict: VerdictName,
    *,
    late: bool = False,
    outside: bool = False,
) -> list[Judged]:
    """Return one verdict for each run of numbers; a number that came more often counts as often."""
    distinct, often = np.unique(numbers, return_counts=True)
    found = runs(distinct)
    begins = np.flatnonzero(np.r_[True, np.diff(distinct) != 1][: len(distinct)])
    judged = []
    for (low, high), count in zip(
        found, np.add.reduceat(often, begins).tolist() if found else [], strict=True
    ):
        ref = f"{track}/{low}" if low == high else f"{track}/{low}-{high}"
        extra = _extra(count, late=late, outside=outside)
        judged.append(Judged("point", ref, verdict, count=count, extra=extra))
    return judged


def _together(
    track: UUID,
    numbers: npt.NDArray[np.int64],
    verdict: VerdictName,
    *,
    late: bool = False,
    outside: bool = False,
) -> list[Judged]:
    """Return one verdict for all numbers."""
    count = len(numbers)
    return (
        [Judged("point", str(track), verdict, count=count, extra=_extra(count, late=late, outside=outside))]
        if count
        else []
    )


def _extra(count: int, *, late: bool, outside: bool) -> dict[str, int]:
    """Return the further members of a verdict on so many points."""
    return {**({"not_kept": count} if late else {}), **({"outside_shift": count} if outside else {})}
