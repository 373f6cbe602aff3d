"""A small district for the browser: exact units, a border walked in parts, stations, incidents.

``marker`` is put into every text field there is, so that the same scene serves the tests of hostile text.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.evidence import Evidence
from geo.linear import MeasuredLine
from geo.partition import dissolve
from geo.synthetic import Counts, partition
from layers.border import BorderSegment
from layers.coverage import LineVisit
from layers.ids import new_id
from layers.incidents import Incident
from layers.marker_kinds import BoundaryMarker, ServiceStation
from layers.markers import Marker
from layers.patrols import Patrol
from layers.representatives import Representative
from layers.stores import Stores
from layers.units import UnitDraft
from tests.fixtures.roads import lay_roads

BEGUN = date(2020, 1, 1)
DISTRICT = "yunling"
COUNTS = Counts(3, 9, 60)
SEED = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """What the tests ask about: a point inside with its leaf, and the walked part of the border."""

    lon: float
    lat: float
    leaf_code: str
    leaf_name: str
    representative: str
    length_m: float
    walked_m: float
    segments: int


def load(engine: Engine, note: str = "") -> Scene:
    """Store the district; ``note`` is added to every name and other text."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create(f"云岭县{note}", name_en=f"Yunling{note}", timezone="Asia/Shanghai")
        frame = _frame()
        drafts, people = _units(frame, note)
        stores.layers.create("grids", name=f"网格{note}", level_names=("township", "big grid", "small grid"))
        stores.grids.publish("grids", BEGUN, drafts)
        _people(stores, people, note)
        length, walked, segments = _border(stores, frame, note)
        _stations(stores, frame, note)
        leaf = drafts[-1]
        inside = shapely.point_on_surface(leaf.geometry)
        _incidents(stores, leaf, note)
        session.commit()
    # Round a corner to the third station, and near nothing else.
    corner = {1: (118.56, 46.36), 2: (118.56, 46.375), 3: (118.6, 46.36)}
    with TemporaryDirectory() as folder:
        lay_roads(engine, Path(folder), corner, [([1, 2, 3], {"highway": "residential"})], DISTRICT)
    home = next(draft for draft in drafts if draft.id == leaf.parent)
    return Scene(
        inside.x, inside.y, leaf.code, leaf.name, f"代表 {home.code}{note}", length, walked, segments
    )


def _frame() -> shapely.Polygon:
    """Return a frame whose northern edge is the border."""
    turn = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = 0.22 * (1 + 0.05 * np.sin(5 * turn) + 0.03 * np.cos(11 * turn))
    ring = np.column_stack([118.5 + 1.45 * radius * np.cos(turn), 46.4 + radius * np.sin(turn)])
    return shapely.Polygon(np.rint(ring * 1e7) / 1e7)


def _units(frame: shapely.Polygon, note: str) -> tuple[list[UnitDraft], list[UnitDraft]]:
    made = partition(frame, COUNTS, seed=SEED)
    big_shapes = dissolve(list(made.polygons), made.big_grid)
    town_shapes = dissolve(list(made.polygons), made.township[made.big_grid])
    towns = [
        UnitDraft(new_id(), f"{place + 1:02d}", f"青松{place + 1}镇{note}", 0, None, shape)
        for place, shape in enumerate(town_shapes)
    ]
    bigs = []
    for place, shape in enumerate(big_shapes):
        town = towns[int(made.township[place])]
        code = f"{town.code}{place + 1:03d}"
        bigs.append(UnitDraft(new_id(), code, f"柳河{place + 1}村{note}", 1, town.id, shape))
    leaves = []
    for place, shape in enumerate(made.polygons):
        big = bigs[int(made.big_grid[place])]
        code = f"{big.code}{place + 1:03d}"
        leaves.append(UnitDraft(new_id(), code, f"网格{place + 1}{note}", 2, big.id, shape, 10 + place))
    return [*towns, *bigs, *leaves], bigs


def _people(stores: Stores, homes: list[UnitDraft], note: str) -> None:
    people = [Representative(new_id(), f"R{home.code}", f"代表 {home.code}{note}") for home in homes]
    stores.representatives.add(people)
    pairs = [(person.id, home.id) for person, home in zip(people, homes, strict=True)]
    stores.representatives.assign(pairs, BEGUN)


def _border(stores: Stores, frame: shapely.Polygon, note: str) -> tuple[float, float, int]:
    coordinates = shapely.get_coordinates(frame.exterior)
    line = MeasuredLine.from_lonlat(coordinates[20:100])
    now = datetime.now(UTC)
    total, walked = 0.0, 0.0
    for number, (start, end) in enumerate(line.stretches(12_000.0), 1):
        shape = shapely.LineString(line.cut(start, end))
        length = MeasuredLine.from_lonlat(shapely.get_coordinates(shape)).length_m
        segment = BorderSegment(
            new_id(), f"S{number:02d}{note}", f"北段{number}{note}", number, start, end, length, shape, BEGUN
        )
        stores.border.add([segment])
        _posts(stores, segment, number, note)
        total += length
        walked += _walk(stores, segment, number, now, note)
    return total, walked, number


def _posts(stores: Stores, segment: BorderSegment, number: int, note: str) -> None:
    line = MeasuredLine.from_lonlat(shapely.get_coordinates(segment.geom))
    posts = []
    for measure in np.arange(0.0, segment.length_m, 1500.0):
        lon, lat = line.interpolate(np.array([measure]))[0].tolist()
        name = f"{number}-{int(measure // 1500) + 1}号桩{note}"
        code = f"B{number:02d}{int(measure):05d}{note}"
        kind = BoundaryMarker(note=note or None)
        posts.append(
            Marker(new_id(), code, name, lon, lat, kind, BEGUN, segment=segment.id, measure_m=float(measure))
        )
    stores.markers.add(posts)


def _walk(stores: Stores, segment: BorderSegment, number: int, now: datetime, note: str) -> float:
    """Walk the first two thirds of a segment, some days ago, and bridge a bit after it."""
    device, person = f"device-{number}{note}", f"巡护员 {number}{note}"
    begun = now - timedelta(days=3 * number, hours=2)
    patrol = Patrol(
        new_id(), device, "foot", f"patrol {number}{note}", f"walk{note}.gpx", "0" * 64, now, begun, now
    )
    stores.patrols.add(patrol)
    end = segment.length_m * 2 / 3
    walked = LineVisit(
        segment.id, patrol.id, Evidence.OBSERVED, 0.0, end, begun, begun + timedelta(hours=1), person
    )
    bridged = LineVisit(
        segment.id,
        patrol.id,
        Evidence.INFERRED,
        end,
        end + 400.0,
        begun + timedelta(hours=1),
        begun + timedelta(hours=1, minutes=6),
        person,
    )
    stores.coverage.replace_lines(device, begun.date(), [walked, bridged])
    return end


def _stations(stores: Stores, frame: shapely.Polygon, note: str) -> None:
    spots = [(118.42, 46.42), (118.5, 46.4), (118.6, 46.36)]
    facilities = [("charging", "rest"), ("rest", "water"), ("charging", "repair")]
    hours = ["24/7", "Mo-Su 00:00-00:01", "24/7"]
    stations = []
    for number, ((lon, lat), has, opening) in enumerate(zip(spots, facilities, hours, strict=True), 1):
        assert frame.covers(shapely.Point(lon, lat))
        kind = ServiceStation(
            role="hub" if number == 1 else "point",
            facilities=(*has, note) if note else has,
            opening_hours=opening,
            phone=f"010-55501{number:02d}{note}",
            note=note or None,
        )
        stations.append(Marker(new_id(), f"ST{number}{note}", f"驿站{number}{note}", lon, lat, kind, BEGUN))
    stores.markers.add(stations)


def _incidents(stores: Stores, leaf: UnitDraft, note: str) -> None:
    now = datetime.now(UTC)
    place = shapely.point_on_surface(leaf.geometry)
    for number in range(4):
        stores.incidents.create(
            Incident(
                new_id(),
                channel=f"hotline{note}",
                class_=f"lighting{note}",
                title=f"路灯不亮 {number}{note}",
                lon=place.x,
                lat=place.y,
                raw_lon=place.x,
                raw_lat=place.y,
                occurred_at=now,
                received_at=now,
                description=f"dark junction{note}",
                unit=leaf.id,
                status="closed" if number == 0 else "received",
            )
        )
