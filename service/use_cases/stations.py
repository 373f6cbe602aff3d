"""Stations: the nearest that is open and has what is needed, straight, by road, or the one in charge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geo.errors import N_
from geo.nearest import NearestIndex
from geo.roads import REACH_M
from layers.stations import Station
from service.indexes.ground import Ground
from service.indexes.roads import DayRoads
from service.indexes.stations import DayStations
from service.rules.hours import hours_of, open_at

_DIGITS = 6
SERVICE_AREAS = "service-areas"
"""The overlay whose areas have the codes of the stations that serve them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a station must be: of a kind, with all facilities, open at ``open_at``, with room for so many.

    What is None is no matter.
    """

    kind: str | None = None
    facilities: tuple[str, ...] = ()
    open_at: datetime | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How nearness is meant: ``mode`` is straight, designated or network, ``by`` is foot or car.

    With ``routes`` the ways along roads are told as well, of one point at a time.
    """

    mode: str = "straight"
    by: str = "foot"
    routes: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the modes need of a day."""

    stations: DayStations
    ground: Ground
    roads: DayRoads


@dataclass(frozen=True, slots=True)
class Fit:
    """The stations that fulfil a wish, and how many each filter took away."""

    stations: tuple[Station, ...]
    filtered: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Stations in the order of distance, ``metres`` of each, and how many each filter took away.

    ``why`` says why another mode than was asked answers: a key of translations, filled with ``params``.
    ``routes`` are the ways from the point to the stations, lon, lat degrees, where they were asked for.
    """

    stations: tuple[Station, ...]
    metres: tuple[float, ...]
    filtered: Mapping[str, int]
    mode: str = "straight"
    why: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    routes: tuple[list[list[float]], ...] = ()

    def reason(self) -> str | None:
        """Return the text that says why there is none, a key of its translations; None where there is one."""
        if self.stations:
            return None
        if not any(self.filtered.values()):
            return N_("No station is stored in this district.")
        return N_(
            "No station fits: {kind} are of another kind, {facility} lack a facility, {capacity} have too "
            "little room, {closed} are closed, and of {hours_unknown} the hours are not known."
        )


def fitting(of_day: DayStations, wish: Wish) -> Fit:
    """Return the stations that fulfil a wish, in the order of their ids."""
    found = of_day.stations
    filtered = {}
    kept = [one for one in found if wish.kind in (None, one.role)]
    filtered["kind"] = len(found) - len(kept)
    able = [one for one in kept if set(wish.facilities) <= set(one.facilities)]
    filtered["facility"] = len(kept) - len(able)
    roomy = [one for one in able if wish.capacity is None or (one.capacity or 0) >= wish.capacity]
    filtered["capacity"] = len(able) - len(roomy)
    filtered["closed"] = filtered["hours_unknown"] = 0
    if wish.open_at is not None:
        states = [is_open(one, of_day.timezone, wish.open_at) for one in roomy]
        filtered["closed"] = states.count(False)
        filtered["hours_unknown"] = states.count(None)
        roomy = [one for one, state in zip(roomy, states, strict=True) if state]
    return Fit(tuple(roomy), filtered)


def nearest(
    around: Around, fit: Fit, lon: Sequence[float], lat: Sequence[float], k: int, way: Way
) -> list[Ranked]:
    """Return of each point the k nearest stations that fit, in the mode asked or, saying why, straight.

    Ties go to the smaller id.

    Raises
    ------
    NotFinite, OutOfRange
        A point is not on the globe.
    """
    straight = _straight(around.stations, fit, lon, lat, k)
    if way.mode == "designated":
        points = zip(lon, lat, straight, strict=True)
        return [_designated(around, fit, x, y, other, k) for x, y, other in points]
    if way.mode == "network":
        found = _by_road(around, fit, lon, lat, k, way.by, straight)
        if way.routes:
            places = zip(found, lon, lat, strict=True)
            found = [_routed(around, one, x, y, way.by) for one, x, y in places]
        return found
    return straight


def _straight(
    of_day: DayStations, fit: Fit, lon: Sequence[float], lat: Sequence[float], k: int
) -> list[Ranked]:
    index = of_day.index
    if len(fit.stations) < len(of_day.stations):
        index = NearestIndex.build([one.lon for one in fit.stations], [one.lat for one in fit.stations])
    found, metres = index.nearest(lon, lat, k)
    return [
        Ranked(tuple(fit.stations[place] for place in order), tuple(far.tolist()), fit.filtered)
        for order, far in zip(found, metres, strict=True)
    ]


def _by_road(
    around: Around,
    fit: Fit,
    lon: Sequence[float],
    lat: Sequence[float],
    k: int,
    by: str,
    straight: Sequence[Ranked],
) -> list[Ranked]:
    """Return the nearest along roads; of a point that no road joins to a station that fits, say so."""
    if not len(around.roads):
        why = N_("No road graph is loaded, so the nearest in a straight line answer.")
        return [replace(one, why=why) for one in straight]
    graph = around.roads.graphs[by]
    here = graph.snap(lon, lat)
    there = graph.snap([one.lon for one in fit.stations], [one.lat for one in fit.stations])
    found, metres = graph.nearest(here, there, k)
    answers = []
    for row, other in enumerate(straight):
        able = found[row] >= 0
        if able.any():
            chosen = tuple(fit.stations[place] for place in found[row][able])
            answers.append(Ranked(chosen, tuple(metres[row][able].tolist()), fit.filtered, "network"))
            continue
        why = N_("No road leads from there to a station that fits, so the nearest in a straight line answer.")
        if not here.found[row]:
            why = N_("No road is within {reach} m of the place, so the nearest in a straight line answer.")
        answers.append(replace(other, why=why, params={"reach": round(REACH_M)}))
    return answers


def _routed(around: Around, found: Ranked, lon: float, lat: float, by: str) -> Ranked:
    """Return an answer with the ways along roads, off the road at both ends; as it is where none answered."""
    if found.mode != "network":
        return found
    graph = around.roads.graphs[by]
    goals = graph.snap([one.lon for one in found.stations], [one.lat for one in found.stations])
    routes = []
    for station, path in zip(found.stations, graph.paths(graph.snap([lon], [lat]), goals), strict=True):
        between = [] if path is None else np.round(path, _DIGITS).tolist()
        routes.append([[lon, lat], *between, [station.lon, station.lat]])
    return replace(found, routes=tuple(routes))


def _designated(around: Around, fit: Fit, lon: float, lat: float, straight: Ranked, k: int) -> Ranked:
    """Return the stations that serve the place: by an area of their own first, then by the unit, upwards."""
    codes, stored = _serving(around, lon, lat)
    serving = tuple(one for one in fit.stations if one.code in codes)
    if serving:
        (found,) = _straight(around.stations, Fit(serving, fit.filtered), [lon], [lat], k)
        return replace(found, mode="designated")
    if not stored:
        why = N_("No service areas are stored, so the nearest in a straight line answer.")
    elif not codes:
        why = N_("No station serves this place, so the nearest in a straight line answer.")
    else:
        why = N_("What serves this place ({codes}) does not fit, so the nearest in a straight line answer.")
    return replace(straight, why=why, params={"codes": ", ".join(sorted(codes))})


def _serving(around: Around, lon: float, lat: float) -> tuple[frozenset[str], bool]:
    """Return the codes of the stations in charge of a place, and whether any is in charge of anything."""
    known = {one.code for one in around.stations.stations}
    stored = any(one.serves for one in around.stations.stations)
    for areas in around.ground.overlays:
        if areas.layer.code == SERVICE_AREAS and areas.overlay is not None:
            stored = True
            hits = areas.overlay.covering(lon, lat)
            codes = frozenset(areas.chains[leaf][0].code for leaf in hits) & known
            if codes:
                return codes, True
    for areas in around.ground.partitions.values():
        leaf = -1 if areas.index is None else areas.index.locate_one(lon, lat)
        for unit in areas.chains[leaf] if leaf >= 0 else ():
            codes = frozenset(one.code for one in around.stations.stations if unit.code in one.serves)
            if codes:
                return codes, True
    return frozenset(), stored


def is_open(station: Station, timezone: str, at: datetime) -> bool | None:
    """Say whether a station is open at an instant; None where its hours are not known."""
    if station.opening_hours is None:
        return None
    hours = hours_of(station.opening_hours, timezone, station.lon, station.lat)
    return open_at(hours, at.astimezone(ZoneInfo(timezone)))


def changes_at(station: Station, timezone: str, at: datetime) -> datetime | None:
    """Return when a station next opens or closes; None where that never happens or is not known."""
    if station.opening_hours is None:
        return None
    hours = hours_of(station.opening_hours, timezone, station.lon, station.lat)
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
