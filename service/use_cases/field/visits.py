"""Visits of markers: stored once by the client's id, judged by what was done and shown, proving coverage."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import ValidationError

from geo.clock import Corrections
from geo.crs import GEOD
from geo.errors import WardlineError
from geo.evidence import Evidence
from geo.track.fixes import EARLIEST_S, FUTURE_ALLOWED_S
from layers.clocks import set_right
from layers.coverage import MarkerVisit
from layers.field_files import Photo
from layers.fixes import instant
from layers.markers import Marker
from layers.stores import Stores
from layers.visits import Visit
from service.readers import strict_json
from service.readers.field_faults import Fault, canonical, storable
from service.schemas.field import FieldVisit
from service.use_cases.field.judged import Judged, Sender

SERVICING = ("cleaned", "repainted", "repaired", "replaced")
FAR_M = 200.0
"""An action recorded further from its marker is told so, and never refused."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What visits are judged by, looked up for all of them at once.

    ``markers`` by code and local day; ``over`` are the visits whose places are not kept any more.
    """

    zone: ZoneInfo
    markers: Mapping[tuple[str, date], Marker]
    over: frozenset[tuple[UUID, datetime]]

    def day(self, at: datetime) -> date:
        """Return the local day of a time."""
        return at.astimezone(self.zone).date()


def _ground(stores: Stores, sender: Sender, visits: Sequence[FieldVisit]) -> _Ground:
    zone = ZoneInfo(stores.districts.current().timezone)
    # The others are judged by their times alone, which may have no local day.
    dated = [one for one in visits if time_fault(one.at, sender.received_at) is None]
    wanted = {(one.marker, one.at.astimezone(zone).date()) for one in dated}
    over = stores.patrols.over(np.array([one.at.timestamp() for one in dated], dtype=np.float64))
    late = frozenset((one.id, one.at) for one, gone in zip(dated, over.tolist(), strict=True) if gone)
    return _Ground(zone, stores.markers.by_codes(wanted), late)


def store_visits(stores: Stores, sender: Sender, items: Sequence[Any]) -> list[Judged]:
    """Store visits and what they prove of their markers; return the verdicts, one for each item."""
    read = [_read(item) for item in items]
    known = stores.visits.known([one.id for one in read if isinstance(one, FieldVisit)])
    ground = _ground(stores, sender, [one for one in read if isinstance(one, FieldVisit)])
    made: dict[int, Visit | Fault | None] = {}
    for place, one in enumerate(read):
        found = one if isinstance(one, Fault) else _judge(ground, sender, one, known.get(one.id))
        if isinstance(found, Visit):
            known[found.id] = found
        made[place] = found
    added = {place: one for place, one in made.items() if isinstance(one, Visit)}
    free = stores.visits.add(list(added.values()))
    for place, value in added.items():
        if value.id not in free:
            made[place] = Fault.of("id-taken")
    kept = {place: value for place, value in added.items() if value.id in free}
    _name_photos(stores, sender, [one for place in kept if isinstance(one := read[place], FieldVisit)])
    clock = stores.clocks.hold(sender.device).clock
    prove_markers(stores, sender.device, [value.at for value in kept.values()], clock)
    return [_told(read[place], made[place], item) for place, item in enumerate(items)]


def _name_photos(stores: Stores, sender: Sender, visits: Sequence[FieldVisit]) -> None:
    """Link the photos of new visits that came before them; the others are pending."""
    photos = [
        Photo("visit", value.id, sha256, sender.device, sender.person)
        for value in visits
        for sha256 in dict.fromkeys(value.photos)
    ]
    stores.field_files.name(photos, sender.received_at)
    shown = {
        one.subject for one in stores.field_files.photos("visit", [v.id for v in visits]) if one.linked_at
    }
    for value in visits:
        if value.id in shown:
            stores.visits.prove(value.id, evidence_of(value.action, value.note, shown=True))


def _told(read: FieldVisit | Fault, made: Visit | Fault | None, item: Any) -> Judged:
    ref = ref_of(item) if isinstance(read, Fault) else str(read.id)
    if isinstance(made, Fault):
        return Judged.quarantined("visit", ref, made, item)
    if made is None:
        return Judged("visit", ref, "duplicate")
    extra = {"distance_m": round(made.distance_m or 0.0, 1)} if is_far(made) else {}
    return Judged("visit", ref, "created", extra=extra)


def is_far(value: Visit) -> bool:
    """Say whether an action was recorded far from its marker."""
    return value.distance_m is not None and value.distance_m > FAR_M


def ref_of(item: Any) -> str:
    """Return what an item that cannot be read is called: its id, where it has one."""
    name = item.get("id") if isinstance(item, dict) else None
    return str(storable(name))[:64] if isinstance(name, str) else "?"


def evidence_of(action: str, note: str, *, shown: bool) -> Evidence:
    """Return what an action proves: servicing needs a note or a photo that has come (``shown``)."""
    if action == "scanned":
        return Evidence.SCANNED
    return Evidence.SERVICED if action in SERVICING and (note.strip() or shown) else Evidence.INSPECTED


def prove_markers(stores: Stores, device: str, times: Collection[datetime], clock: Corrections) -> None:
    """Make the marker ledger of a device anew for the local days of some times that its clock told."""
    if not times:
        return
    zone = ZoneInfo(stores.districts.current().timezone)
    prove_days(stores, device, {set_right(clock, at).astimezone(zone).date() for at in times}, clock)


def prove_days(stores: Stores, device: str, days: Collection[date], clock: Corrections) -> None:
    """Make the marker ledger of a device anew for some days, from its visits, its clock set right."""
    zone = ZoneInfo(stores.districts.current().timezone)
    for day in sorted(days):
        begin, end = _start(day, zone), _start(day + timedelta(days=1), zone)
        found = [
            (at, one)
            for low, high in clock.windows(begin.timestamp(), end.timestamp())
            for one in stores.visits.of_device(device, instant(low), instant(high))
            if begin <= (at := set_right(clock, one.at)) < end
        ]
        reached = [
            MarkerVisit(
                one.marker,
                None,
                one.evidence,
                at,
                one.distance_m,
                str(one.person) if one.person else None,
            )
            for at, one in sorted(found, key=lambda each: (each[0], each[1].id))
        ]
        stores.coverage.replace_markers(device, day, reached)


def visit_days(
    stores: Stores, device: str, clock_days: Collection[date], clocks: Sequence[Corrections]
) -> set[date]:
    """Return the days of what a device told on some days of its clock, by each of several corrections."""
    zone = ZoneInfo(stores.districts.current().timezone)
    return {
        set_right(clock, one.at).astimezone(zone).date()
        for day in clock_days
        for one in stores.visits.of_device(device, _start(day, zone), _start(day + timedelta(days=1), zone))
        for clock in clocks
    }


def show(stores: Stores, visits: Collection[UUID]) -> None:
    """Raise what visits prove whose photo has come, and the ledgers of their devices."""
    for value in stores.visits.known(visits).values():
        evidence = evidence_of(value.action, value.note, shown=True)
        if evidence != value.evidence:
            clock = stores.clocks.hold(value.device).clock
            stores.visits.prove(value.id, evidence)
            prove_markers(stores, value.device, [value.at], clock)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _read(item: Any) -> FieldVisit | Fault:
    if not isinstance(item, dict):
        return Fault.of("not-an-object")
    try:
        strict_json.check(item)
        return FieldVisit.model_validate(item)
    except WardlineError as error:
        return Fault.from_refusal(error)
    except ValidationError as error:
        return Fault.from_validation(error.errors())


def digest_of(value: FieldVisit) -> str:
    """Return the SHA-256 of what a visit says."""
    return hashlib.sha256(canonical(value.model_dump(mode="json")).encode()).hexdigest()


def _judge(ground: _Ground, sender: Sender, value: FieldVisit, known: Visit | None) -> Visit | Fault | None:
    """Return a visit to store, None for one that is stored, or why it cannot be."""
    digest = digest_of(value)
    if known is not None:
        if known.person != sender.person:
            return Fault.of("id-taken")
        return None if known.digest == digest else Fault.of("content-differs")
    fault = time_fault(value.at, sender.received_at)
    if fault is not None:
        return fault
    if (value.lon is None) != (value.lat is None):
        return Fault.of("no-position")
    if value.lon == 0.0 and value.lat == 0.0:
        return Fault.of("null-island")
    marker = ground.markers.get((value.marker, ground.day(value.at)))
    if marker is None:
        return Fault.of("marker-unknown", marker=value.marker)
    # A place is kept for as many days as one of a track; how far the marker was is no place.
    over = (value.id, value.at) in ground.over
    return Visit(
        id=value.id,
        marker=marker.id,
        device=sender.device,
        person=sender.person,
        action=value.action,
        note=value.note,
        at=value.at,
        received_at=sender.received_at,
        evidence=evidence_of(value.action, value.note, shown=False),
        digest=digest,
        lon=None if over else value.lon,
        lat=None if over else value.lat,
        distance_m=_distance(value, marker),
        batch=sender.batch,
    )


def time_fault(at: datetime, received_at: datetime) -> Fault | None:
    """Return what is wrong with a time by itself: before GPS, or more than a day in the future."""
    if at.timestamp() < EARLIEST_S:
        return Fault.of("before-gps")
    late = at.timestamp() > received_at.timestamp() + FUTURE_ALLOWED_S
    return Fault.of("in-future") if late else None


def _distance(value: FieldVisit, marker: Marker) -> float | None:
    if value.lon is None or value.lat is None:
        return None
    return float(GEOD.inv(value.lon, value.lat, marker.lon, marker.lat)[2])
