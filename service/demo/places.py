"""What stands in the demo county away from the border: stations, wells, lamps, monitoring points, works."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from geo.synthetic.line import LocalMetres
from layers.marker_kinds import Lamp, MarkerAttributes, MonitoringPoint, ServiceStation, Well, WorkSite
from layers.markers import Marker
from service.demo.border import Stretch
from service.demo.county import County
from service.demo.identity import demo_id
from service.demo.names import place_names

STATION_POINTS = 12
_SEED = 43
_LAMPS, _WELLS, _MONITORS, _WORKS = 60, 40, 12, 8
_HUB_FACILITIES = ("charging", "counselling", "hot-water", "medicine", "repair", "rest", "toilet", "wifi")
_FACILITY_SETS = (
    ("charging", "rest", "hot-water"),
    ("charging", "repair", "rest"),
    ("counselling", "rest", "medicine"),
    ("charging", "repair", "toilet"),
    ("rest", "hot-water", "medicine"),
    ("charging", "counselling", "rest", "wifi"),
)
_HOURS = (
    "24/7",
    "Mo-Su 07:00-21:00",
    "Mo-Fr 08:00-18:00; Sa 09:00-13:00",
    "Mo-Fr 08:30-12:00,14:30-18:00",
    "Apr-Oct Mo-Su 06:00-22:00; Nov-Mar Mo-Su 08:00-18:00",
)
_OFFICES = ("水利", "林草", "应急", "交通")


def make_places(county: County, stretches: tuple[Stretch, ...], since: date, today: date) -> list[Marker]:
    """Return stations and assets; works are under way around ``today``."""
    rng = np.random.default_rng([_SEED, len(county.leaves)])
    return [
        *_stations(county, stretches, since, rng),
        *_assets(county, since, rng),
        *_works(county, since, today, rng),
    ]


def _stations(
    county: County, stretches: tuple[Stretch, ...], since: date, rng: np.random.Generator
) -> Iterator[Marker]:
    """Give the hub in the county seat and the points: in the other towns, then behind the border."""
    names = place_names(rng)
    towns = [tuple(place) for place in county.shapes.towns.tolist()]
    border = [tuple(stretch.line.interpolate(stretch.line.length_m / 2.0).tolist()) for stretch in stretches]
    spots = [*towns[1:], *border]
    while len(spots) < STATION_POINTS:
        spots.append(tuple(county.shapes.centre[int(rng.integers(len(county.leaves)))].tolist()))
    for number, (lon, lat) in enumerate([towns[0], *spots[:STATION_POINTS]]):
        hub = number == 0
        attributes = ServiceStation(
            role="hub" if hub else "point",
            facilities=tuple(
                sorted(_HUB_FACILITIES if hub else _FACILITY_SETS[number % len(_FACILITY_SETS)])
            ),
            opening_hours="Mo-Su 06:00-23:00" if hub else _HOURS[number % len(_HOURS)],
            capacity=40 if hub else int(rng.integers(6, 16)),
            # A station in a town is in charge of its township.
            serves=(county.townships[number].code,) if number < len(towns) else (),
        )
        name = next(names).zh + ("枢纽驿站" if hub else "驿站")
        yield _marker(f"ST-{number:02d}", name, lon, lat, attributes, since)


def _assets(county: County, since: date, rng: np.random.Generator) -> Iterator[Marker]:
    towns = county.shapes.towns
    around = LocalMetres(*county.shapes.centre.mean(axis=0))
    lamps = around.from_lonlat(towns[rng.integers(len(towns), size=_LAMPS)])
    lamps = around.to_lonlat(lamps + rng.normal(0.0, 420.0, lamps.shape))
    for number, (lon, lat) in enumerate(np.round(lamps, 7).tolist(), start=1):
        lamp = Lamp(power_w=60.0, height_m=8.0, solar=bool(rng.random() < 0.5), routine_days=30)
        yield _marker(f"LP-{number:03d}", f"{number}号路灯", lon, lat, lamp, since)
    for number, (lon, lat) in enumerate(_leaf_places(county, _WELLS, rng), start=1):
        well = Well(
            depth_m=float(rng.integers(18, 120)), covered=bool(rng.random() < 0.9), drinking_water=True
        )
        yield _marker(f"WL-{number:03d}", f"{number}号机井", lon, lat, well, since)
    for number, (lon, lat) in enumerate(_leaf_places(county, _MONITORS, rng), start=1):
        office = _OFFICES[number % len(_OFFICES)]
        monitor = MonitoringPoint(instrument="water-level", office=office, automatic=True, routine_days=30)
        yield _marker(f"MP-{number:02d}", f"{office}监测点{number}", lon, lat, monitor, since)


def _works(county: County, since: date, today: date, rng: np.random.Generator) -> Iterator[Marker]:
    for number, (lon, lat) in enumerate(_leaf_places(county, _WORKS, rng), start=1):
        begin = today - timedelta(days=int(rng.integers(20, 200)))
        site = WorkSite(
            project=f"饮水改造{number}期" if number % 2 else f"道路修补{number}期",
            starts_on=begin,
            ends_on=begin + timedelta(days=int(rng.integers(210, 400))),
        )
        yield _marker(f"WS-{number:02d}", f"{number}号工地", lon, lat, site, since)


def _leaf_places(county: County, count: int, rng: np.random.Generator) -> list[list[float]]:
    leaves = rng.choice(len(county.leaves), size=min(count, len(county.leaves)), replace=False)
    places: list[list[float]] = county.shapes.centre[leaves].tolist()
    return places


def _marker(
    code: str, name: str, lon: float, lat: float, attributes: MarkerAttributes, since: date
) -> Marker:
    identity = demo_id(f"marker-{code[:2]}", int(code[3:]))
    return Marker(identity, code, name, lon, lat, attributes, since)
