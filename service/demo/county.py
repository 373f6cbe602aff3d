"""The units of the demo county: names, codes, households, and who is responsible for them.

Codes are the 15 digits of a Chinese unit grid: 6 of the county, 3 of the township, 3 of the village, 3 of
the small grid in its village, counted from west to east and then from north to south. The county's code
belongs to no real county: 15 is a real region and 99 in it is assigned to no league or city.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.synthetic import Counts, SyntheticPartition, partition
from geo.synthetic.line import LocalMetres
from service.demo.identity import demo_id
from service.demo.names import Name, person_names, place_names
from service.demo.state import COUNTY_CODE

COUNTY_NAME = Name("望界县（演示）", "Wangjie County (demo)")
LAYER_NAME = Name("网格", "Grids")
LEVEL_NAMES = ("township", "village", "grid")
REPRESENTATIVES, BIG_GRIDS = 236, 184
_SEED = 7
_TOWNSHIP_ENDINGS = (("镇", "Town"), ("镇", "Town"), ("乡", "Township"), ("苏木", "Sumu"))
_CODE_STEPS = 25
_HOUSEHOLDS = (100, 500)


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A unit without its geometry; ``parent`` is a position in the level above, −1 at the top."""

    id: UUID
    code: str
    name: Name
    level: int
    parent: int


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A representative whose home is the big grid at position ``home``; ``lon``, ``lat`` their desk."""

    id: UUID
    code: str
    name: Name
    home: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, eq=False)
class County:
    """The demo county: its partition, units by level (townships, big grids, leaves) and people.

    ``households`` (n,) and ``area_km2`` (n,) are those of the leaves.
    """

    shapes: SyntheticPartition
    townships: tuple[DemoUnit, ...]
    big_grids: tuple[DemoUnit, ...]
    leaves: tuple[DemoUnit, ...]
    households: NDArray[np.int64]
    area_km2: NDArray[np.float64]
    people: tuple[DemoPerson, ...]


def make_county(frame: shapely.Polygon, counts: Counts) -> County:
    """Return the county in a frame, the same every time for the same counts."""
    shapes = partition(frame, counts, seed=_SEED)
    rng = np.random.default_rng([_SEED, counts.small_grids])
    names = place_names(rng)
    # Only for ranking and showing: the local plane is good to 1 %, and a hundred times as fast as geodesics.
    middle = LocalMetres(*shapes.centre.mean(axis=0))
    area = shapely.area(shapes.polygons) * middle.square_metres_per_degree / 1e6
    households = _households(area, rng)
    big_place = _mean_places(shapes.centre, shapes.big_grid, counts.big_grids)
    town_order = _reading_order(shapes.towns)
    townships = _townships(town_order, names, rng)
    big_grids = _big_grids(townships, shapes.township, _numbers(big_place, shapes.township), names)
    leaves = _leaves(big_grids, shapes.big_grid, _numbers(shapes.centre, shapes.big_grid))
    load = np.bincount(shapes.big_grid, households, counts.big_grids).astype(np.float64)
    people = _people(load, shapes, area, rng)
    return County(shapes, townships, big_grids, leaves, households, area, people)


def _townships(
    order: NDArray[np.int64], names: Iterator[Name], rng: np.random.Generator
) -> tuple[DemoUnit, ...]:
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return tuple(
        DemoUnit(
            demo_id("township", index),
            f"{COUNTY_CODE}{int(number[index]) + 1:03d}000000",
            next(names).with_ending(*_TOWNSHIP_ENDINGS[0 if index == 0 else int(rng.integers(4))]),
            0,
            -1,
        )
        for index in range(len(order))
    )


def _big_grids(
    townships: tuple[DemoUnit, ...], parents: NDArray[np.int32], numbers: list[int], names: Iterator[Name]
) -> tuple[DemoUnit, ...]:
    units = []
    for index, (parent, number) in enumerate(zip(parents.tolist(), numbers, strict=True)):
        code = f"{townships[parent].code[:9]}{number + 1:03d}000"
        name = next(names).with_ending(*_village_ending(number))
        units.append(DemoUnit(demo_id("big-grid", index), code, name, 1, parent))
    return tuple(units)


def _leaves(
    big_grids: tuple[DemoUnit, ...], parents: NDArray[np.int32], numbers: list[int]
) -> tuple[DemoUnit, ...]:
    units = []
    for index, (parent, number) in enumerate(zip(parents.tolist(), numbers, strict=True)):
        village = big_grids[parent]
        code = f"{village.code[:12]}{number + 1:03d}"
        name = village.name.with_ending(f"第{number + 1}网格", f"grid {number + 1}")
        units.append(DemoUnit(demo_id("grid", index), code, name, 2, parent))
    return tuple(units)


def _village_ending(number: int) -> tuple[str, str]:
    """Name the first three of a township communities of its town, the others villages."""
    return ("社区", "Community") if number < 3 else ("村", "Village")


def _households(area_km2: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return households of each leaf: near the upper end where ground is scarce, few on the steppe."""
    dense = np.empty(len(area_km2))
    dense[np.argsort(-area_km2, kind="stable")] = np.linspace(0.0, 1.0, len(area_km2))
    least, greatest = _HOUSEHOLDS
    wish = least + (greatest - least) * dense**1.6 + rng.normal(0.0, 35.0, len(area_km2))
    return np.clip(np.rint(wish), 60, 560).astype(np.int64)


def _reading_order(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order west to east, places about equally far east running north to south."""
    west, east = places[:, 0].min(), places[:, 0].max()
    band = np.floor((places[:, 0] - west) / max(east - west, 1e-9) * _CODE_STEPS * 0.999)
    return np.lexsort((-places[:, 1], band)).astype(np.int64)


def _numbers(places: NDArray[np.float64], group: NDArray[np.int32]) -> list[int]:
    """Return each place's number from 0 within its group, in reading order."""
    numbers = np.empty(len(places), dtype=np.int64)
    order = np.argsort(group, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        numbers[members[_reading_order(places[members])]] = np.arange(len(members))
    return [int(number) for number in numbers]


def _mean_places(places: NDArray[np.float64], group: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    size = np.bincount(group, minlength=count)
    return np.column_stack([np.bincount(group, places[:, axis], count) / size for axis in (0, 1)])


def _people(
    load: NDArray[np.float64],
    shapes: SyntheticPartition,
    area_km2: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[DemoPerson, ...]:
    """Return representatives: one for each big grid, the others where one would carry the most load.

    Their desks are in the densest small grids of their homes.
    """
    total = max(len(load), round(REPRESENTATIVES / BIG_GRIDS * len(load)))
    staff = np.ones(len(load), dtype=np.int64)
    for _ in range(total - len(load)):
        staff[int(np.argmax(load / staff))] += 1
    order = np.lexsort((area_km2, shapes.big_grid))
    first = np.concatenate([[0], np.cumsum(np.bincount(shapes.big_grid))[:-1]])
    size = np.bincount(shapes.big_grid)
    names = person_names(rng)
    people: list[DemoPerson] = []
    for home, count in enumerate(staff.tolist()):
        for nth in range(count):
            lon, lat = shapes.centre[order[first[home] + nth % size[home]]]
            index = len(people)
            identity = demo_id("representative", index)
            person = DemoPerson(identity, f"D{index + 1:03d}", next(names), home, float(lon), float(lat))
            people.append(person)
    return tuple(people)
