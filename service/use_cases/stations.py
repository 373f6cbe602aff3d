"""Stations: the nearest that is open and has what is needed, in exact geodesic order."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from geo.errors import N_
from geo.nearest import NearestIndex
from layers.stations import Station
from service.indexes.stations import DayStations

# A year holds every season; a longer look ahead only costs time.
_LOOK_AHEAD_DAYS = 366


@dataclass(frozen=True, slots=True)
class Wish:
    """What a station must be: of a kind, with all facilities, open at ``open_at`` where that is given."""

    kind: str | None = None
    facilities: tuple[str, ...] = ()
    open_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Stations in the order of distance, ``metres`` of each, and how many each filter took away."""

    stations: tuple[Station, ...]
    metres: tuple[float, ...]
    filtered: dict[str, int]

    def reason(self) -> str | None:
        """Return the text that says why there is none, a key of its translations; None where there is one."""
        if self.stations:
            return None
        if not any(self.filtered.values()):
            return N_("No station is stored in this district.")
        return N_(
            "No station fits: {kind} are of another kind, {facility} lack a facility, {closed} are closed, "
            "and of {hours_unknown} the hours are not known."
        )


def nearest(of_day: DayStations, lon: float, lat: float, k: int, wish: Wish) -> Ranked:
    """Return the k nearest stations that fulfil a wish; ties go to the smaller id.

    Raises
    ------
    NotFinite, OutOfRange
        The point is not on the globe.
    """
    found = of_day.stations
    filtered = {}
    kept = [one for one in found if wish.kind in (None, one.role)]
    filtered["kind"] = len(found) - len(kept)
    able = [one for one in kept if set(wish.facilities) <= set(one.facilities)]
    filtered["facility"] = len(kept) - len(able)
    filtered["closed"] = filtered["hours_unknown"] = 0
    if wish.open_at is not None:
        states = [is_open(one, of_day.timezone, wish.open_at) for one in able]
        filtered["closed"] = states.count(False)
        filtered["hours_unknown"] = states.count(None)
        able = [one for one, state in zip(able, states, strict=True) if state]
    index = of_day.index
    if len(able) < len(found):
        index = NearestIndex.build([one.lon for one in able], [one.lat for one in able])
    order, metres = index.nearest(lon, lat, k)
    return Ranked(tuple(able[position] for position in order), tuple(metres.tolist()), filtered)


def is_open(station: Station, timezone: str, at: datetime) -> bool | None:
    """Say whether a station is open at an instant; None where its hours are not known."""
    if station.opening_hours is None:
        return None
    hours = _hours(station.opening_hours, timezone, station.lon, station.lat)
    state, _ = hours.state(at.astimezone(ZoneInfo(timezone)))
    return {State.OPEN: True, State.CLOSED: False}.get(state)


def changes_at(station: Station, timezone: str, at: datetime) -> datetime | None:
    """Return when a station next opens or closes; None where that never happens or is not known."""
    if station.opening_hours is None:
        return None
    hours = _hours(station.opening_hours, timezone, station.lon, station.lat)
    return hours.next_change(at.astimezone(ZoneInfo(timezone)))


def station_json(station: Station, timezone: str, at: datetime) -> dict[str, Any]:
    """Return a station as readers see it, open or not at an instant."""
    change = changes_at(station, timezone, at)
    return {
        "id": str(station.id),
        "code": station.code,
        "name": station.name,
        "lon": station.lon,
        "lat": station.lat,
        "kind": station.role,
        "facilities": list(station.facilities),
        "opening_hours": station.opening_hours,
        "phone": station.phone,
        "capacity": station.capacity,
        "open": is_open(station, timezone, at),
        "changes_at": None if change is None else change.isoformat(),
    }


@lru_cache(maxsize=4096)
def _hours(text: str, timezone: str, lon: float, lat: float) -> OpeningHours:
    # With the place come the country's public holidays and the times of the sun.
    return OpeningHours(
        text,
        timezone=ZoneInfo(timezone),
        coords=(lat, lon),
        auto_timezone=False,
        max_interval_days=_LOOK_AHEAD_DAYS,
    )
