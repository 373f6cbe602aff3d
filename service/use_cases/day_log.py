"""The day of a person: patrols, kilometres, hours, what was reached, done, left open, reported; no places."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import Intervals, covered_length, gaps, one_at_a_time, union
from geo.due import left_open
from geo.errors import N_
from geo.evidence import Evidence
from geo.linear import MeasuredLine
from geo.track import Fixes, Mode, clean
from layers.declarations import counting
from layers.errors import NotFound
from layers.field_incidents import FieldIncident
from layers.line_intervals import LineIntervals
from layers.patrols import Patrol
from layers.people import missing
from layers.stores import Stores
from layers.timed_fixes import Timed
from layers.track_withdrawals import TrackWithdrawal
from layers.visits import Visit
from service.access.identity import Identity
from service.errors import InvalidInput
from service.schemas.places import between, naming, place_name
from service.schemas.tracks import patrol_json
from service.underway import require_over

LEADS = frozenset({"coordinator", "supervisor", "administrator", "auditor"})
LEAST_M = 50.0
FAR_M = 200.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose day is told, and what of it is theirs.

    ``timed`` are the recordings that count, ``withdrawn`` what of them counts no more.
    """

    person: UUID
    day: date
    begin: datetime
    end: datetime
    timed: tuple[Timed, ...]
    withdrawn: Mapping[UUID, Sequence[TrackWithdrawal]]
    visits: tuple[Visit, ...]

    @property
    def patrols(self) -> tuple[Patrol, ...]:
        """The person's recordings, their times set right."""
        return tuple(one.patrol for one in self.timed)

    @property
    def recordings(self) -> frozenset[UUID]:
        """The ids of the person's recordings."""
        return frozenset(one.id for one in self.patrols)


def day_of(
    stores: Stores,
    identity: Identity,
    person: UUID,
    day: date,
    purpose: str | None,
    translate: Callable[[str], str],
) -> dict[str, Any]:
    """Return the day of a person: one's own freely, another's for a purpose that the audit keeps.

    Raises
    ------
    InvalidInput
        It is another's, and no purpose is given.
    NotFound
        There is nobody of this id, or nobody whom the caller leads.
    NotAllowed
        It is another's, and a shift of it runs: what it reached tells where they are.
    """
    own = identity.person == person
    words = None if own else _purpose(stores, identity, person, purpose)
    asked = _asked(stores, person, day)
    with stores.settling():
        name = stores.tasks.names([person]).get(person)
    if name is None and not asked.patrols and not asked.visits:
        raise missing(str(person))
    if words is not None:
        require_over(stores, *asked.patrols)
        stores.audit.record("day.read", "person", person, purpose=words, day=day.isoformat())
    segments, border_m = _segments(stores, asked, translate)
    return {
        "district": stores.districts.current().name,
        "person": {"id": str(person), "name": name},
        "day": day.isoformat(),
        "own": own,
        "km": _kilometres(stores, asked),
        "hours": round(_hours(asked), 3),
        "border_km": round(border_m / 1000.0, 3),
        "patrols": [patrol_json(one.patrol, clock=one.clock) for one in asked.timed],
        "segments": segments,
        "units": _units(stores, asked),
        "markers": _markers(stores, asked),
        "declared": _declared(stores, asked),
        "actions": _actions(stores, asked),
        "incidents": [
            _incident(stores, one) for one in stores.field_incidents.of_person(person, asked.begin, asked.end)
        ],
    }


def _purpose(stores: Stores, identity: Identity, person: UUID, purpose: str | None) -> str:
    # To who leads nobody, another's day is not there, as nobody's is.
    if not identity.roles(stores.district) & LEADS:
        raise missing(str(person))
    words = " ".join((purpose or "").split())
    if sum(map(str.isalpha, words)) < 2:
        raise InvalidInput(
            N_("The day of another person is told for a purpose only; say in words what for."),
            mend=N_("Give the parameter purpose; the audit keeps it."),
            where={"parameter": "purpose"},
        )
    return words


def _asked(stores: Stores, person: UUID, day: date) -> _Asked:
    zone = ZoneInfo(stores.districts.current().timezone)
    begin, end = (datetime.combine(day + timedelta(days=k), time(), zone) for k in range(2))
    devices = stores.patrols.devices_of(person)
    mine = [
        one
        for one in stores.timed_fixes.during(begin, end)
        if one.patrol.person == str(person) or (one.patrol.person is None and one.patrol.device in devices)
    ]
    withdrawn = stores.timed_fixes.withdrawals([one.patrol for one in mine])
    gone = {key: [one for one in every if one.holds] for key, every in withdrawn.items()}
    left = tuple(one for one in mine if all(each.from_at is not None for each in gone.get(one.patrol.id, ())))
    visits = stores.timed_fixes.visits_of_person(person, begin, end)
    return _Asked(person, day, begin, end, left, gone, visits)


def _hours(asked: _Asked) -> float:
    """Return the hours under way: of recordings at the same time only once."""
    spans = []
    for one in asked.patrols:
        if one.started_at is None or one.ended_at is None:
            continue
        away = [
            (each.from_at.timestamp(), each.to_at.timestamp())
            for each in asked.withdrawn.get(one.id, ())
            if each.from_at is not None and each.to_at is not None
        ]
        out = union(*np.array(away, dtype=np.float64).reshape(-1, 2).T)
        begin, end = max(one.started_at, asked.begin), min(one.ended_at, asked.end)
        spans += gaps(out, begin.timestamp(), end.timestamp()).tolist()
    ends = np.array(spans, dtype=np.float64).reshape(-1, 2)
    return covered_length(union(ends[:, 0], ends[:, 1])) / 3600.0


def _kilometres(stores: Stores, asked: _Asked) -> float | None:
    """Return the kilometres gone; what two devices recorded at the same time is one way.

    None where there were recordings whose positions are kept no longer.
    """
    ways = [
        way
        for device in sorted({one.device for one in asked.patrols})
        if len(way := _way(stores, asked, device))
    ]
    if not ways:
        return None if any(one.fixes for one in asked.patrols) else 0.0
    metres, taken = 0.0, np.empty((0, 2))
    for way in sorted(ways, key=lambda one: -clean(one).distance_m):
        outside = ~_inside(way.t, taken)
        metres += clean(way.take(outside)).distance_m
        ends = np.concatenate([taken, [[way.t.min(), way.t.max()]]])
        taken = union(ends[:, 0], ends[:, 1])
    return round(metres / 1000.0, 3)


def _inside(t: Floats, spans: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(((t[:, None] >= spans[:, 0]) & (t[:, None] <= spans[:, 1])).any(axis=1))


def _way(stores: Stores, asked: _Asked, device: str) -> Fixes:
    """Return the fixes of the day of one device that are the person's."""
    table = stores.timed_fixes.of_device(device, asked.begin, asked.end)
    modes = {one.id: Mode[one.mode.upper()] for one in asked.patrols}
    mode = np.array([modes.get(key, -1) for key in table.patrols], dtype=np.int8)[table.patrol]
    return Fixes.of(
        table.t, table.lon, table.lat, accuracy_m=table.accuracy_m, part=table.part, source=table.patrol,
        mode=np.maximum(mode, 0), speed_ms=table.speed_ms,
    ).take(mode >= 0)  # fmt: skip


def _segments(
    stores: Stores, asked: _Asked, translate: Callable[[str], str]
) -> tuple[list[dict[str, Any]], float]:
    """Return the segments that the person walked, and the metres walked, each once."""
    valid = stores.border.all(asked.day)
    ledger = stores.coverage.lines([one.id for one in valid], asked.day, asked.day + timedelta(days=1))
    mine, every = _rows_of(ledger, asked), ledger.in_time()
    walks = replace(every, source=ledger.device).take(mine & (ledger.evidence != Evidence.SEEN))
    day = np.full(len(walks), asked.day.toordinal())
    kept = one_at_a_time(replace(walks, holder=np.zeros(len(walks), np.int32)), day).walks
    found, total = [], 0.0
    for place, segment in enumerate(ledger.segments):
        own = kept.on(place)
        if not len(own):
            continue
        value = next(one for one in valid if one.id == segment)
        length = MeasuredLine.from_lonlat(shapely.get_coordinates(value.line)).length_m
        observed = own.at_least(Evidence.OBSERVED)
        walked = covered_length(union(observed.low, observed.high))
        known = own.take((own.evidence == Evidence.INFERRED) | (own.evidence >= Evidence.OBSERVED))
        total += walked
        found.append(
            {
                "code": value.code,
                "name": value.name,
                "length_m": round(length, 2),
                "covered_m": round(walked, 2),
                "inferred_m": round(covered_length(union(known.low, known.high)) - walked, 2),
                "gaps": _gaps(stores, segment, every.on(place), length, asked.day, translate),
            }
        )
    return found, total


def _rows_of(ledger: LineIntervals, asked: _Asked) -> npt.NDArray[np.bool_]:
    mine = np.array([one in asked.recordings for one in ledger.patrols], dtype=bool)
    return mine[ledger.patrol] if len(mine) else np.zeros(len(ledger), dtype=bool)


def _gaps(
    stores: Stores, segment: UUID, rows: Intervals, length: float, day: date, translate: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return what nobody walked of a segment on a day."""
    markers = naming(stores.markers.along(segment, day))
    return [
        {
            "from_m": round(low, 2),
            "to_m": round(high, 2),
            "length_m": round(high - low, 2),
            "markers": list(between(markers, low, high)),
            "where": place_name(between(markers, low, high), translate),
        }
        for low, high in left_open(rows.at_least(Evidence.OBSERVED), 0.0, length, LEAST_M).tolist()
    ]


def _units(stores: Stores, asked: _Asked) -> list[dict[str, Any]]:
    found = []
    for unit, state, seconds in stores.due_evidence.units_of(asked.recordings, asked.day):
        value = stores.grids.last_known(unit)
        minutes = round(seconds / 60.0, 1)
        found.append({"code": value.code, "name": value.name, "state": state, "minutes": minutes})
    return sorted(found, key=lambda one: (one["state"] != "visited", one["code"]))


def _markers(stores: Stores, asked: _Asked) -> list[dict[str, Any]]:
    reached = [(one.marker, one.evidence, one.at) for one in asked.visits]
    reached += stores.due_evidence.markers_of(asked.recordings, asked.day)
    best: dict[UUID, tuple[Evidence, datetime]] = {}
    for marker, evidence, at in reached:
        if marker not in best or evidence > best[marker][0]:
            best[marker] = (evidence, at)
    found = []
    for marker, (evidence, at) in best.items():
        value = stores.markers.get(marker)
        found.append(
            {
                "code": value.code,
                "name": value.name,
                "kind": value.kind,
                "evidence": evidence.name.lower(),
                "at": at.isoformat(),
            }
        )
    return sorted(found, key=lambda one: one["at"])


def _declared(stores: Stores, asked: _Asked) -> list[dict[str, Any]]:
    """Return what is declared that the person walked on a day; what was withdrawn is left out."""
    every = stores.declarations.during(asked.begin, asked.end, asked.person)
    return [
        {
            "code": one.code,
            "from_m": round(one.from_m, 2),
            "to_m": round(one.to_m, 2),
            "at": one.from_at.isoformat(),
            "reason": one.reason,
            "by": one.created_by,
        }
        for one in counting(every)
    ]


def _actions(stores: Stores, asked: _Asked) -> list[dict[str, Any]]:
    return [
        {
            "marker": stores.markers.get(one.marker).code,
            "action": one.action,
            "at": one.at.isoformat(),
            "note": one.note,
            "evidence": one.evidence.name.lower(),
            "far": one.distance_m is not None and one.distance_m > FAR_M,
        }
        for one in asked.visits
    ]


def _incident(stores: Stores, one: FieldIncident) -> dict[str, Any]:
    try:
        value = stores.incidents.get(one.incident)
    except NotFound:
        return {"id": str(one.incident), "title": None, "class": None, "status": None}
    return {"id": str(value.id), "title": value.title, "class": value.class_, "status": value.status}
