"""Roads of OpenStreetMap files: written with osmium, read by us."""

from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from service.errors import InvalidInput, MalformedBody, UnsupportedFormat
from service.readers.osm import RoadFile, read_roads
from service.readers.osm_tags import CAR_BACK, CAR_ON, FOOT_BACK, FOOT_ON, barred_by, uses_of

FEET, CARS = FOOT_ON | FOOT_BACK, CAR_ON | CAR_BACK
ROAD = {"highway": "residential"}


def write(path: Path, ways: list[tuple[list[int], dict[str, str]]], nodes: dict[int, dict[str, str]]) -> Path:
    with osmium.SimpleWriter(path) as writer:
        for number, tags in nodes.items():
            writer.add_node(Node(id=number, location=(131.0 + number / 1000, 46.0), tags=tags, version=1))
        for number, (refs, tags) in enumerate(ways, start=1):
            writer.add_way(Way(id=number, nodes=refs, tags=tags, version=1))
    return path


def edges(found: RoadFile) -> list[tuple[int, int, int]]:
    table = found.table
    return list(zip(table.way.tolist(), table.tail.tolist(), table.head.tolist(), strict=True))


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm", ".osm.gz"])
def test_ways_are_cut_where_they_meet(tmp_path: Path, suffix: str) -> None:
    nodes: dict[int, dict[str, str]] = {one: {} for one in range(1, 7)}
    path = write(tmp_path / f"roads{suffix}", [([1, 2, 3, 4], ROAD), ([3, 5], ROAD), ([5, 6], {})], nodes)
    found = read_roads(path)
    assert edges(found) == [(1, 1, 3), (1, 3, 4), (2, 3, 5)]
    assert found.ways == 2
    assert found.table.length_m[0] == pytest.approx(2 * found.table.length_m[1], rel=1e-6)


def test_what_lies_beyond_the_extract_is_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.osm", [([1, 2, 9, 3, 4], ROAD)], {1: {}, 2: {}, 3: {}, 4: {}})
    found = read_roads(path)
    assert edges(found) == [(1, 1, 2), (1, 3, 4)]
    assert found.to_json()["ways_cut"] == 1


def test_a_barrier_cuts_and_bars_its_junction(tmp_path: Path) -> None:
    path = write(tmp_path / "gate.osm", [([1, 2, 3], ROAD)], {1: {}, 2: {"barrier": "bollard"}, 3: {}})
    table = read_roads(path).table
    assert table.barred.tolist() == [2 << 2, 2]


@pytest.mark.parametrize(
    ("tags", "uses"),
    [
        ({"highway": "residential"}, FEET | CARS),
        ({"highway": "residential", "oneway": "yes"}, FEET | CAR_ON),
        ({"highway": "residential", "oneway": "-1"}, FEET | CAR_BACK),
        ({"highway": "tertiary", "junction": "roundabout"}, FEET | CAR_ON),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "no"}, FEET | CARS),
        ({"highway": "motorway"}, CAR_ON),
        ({"highway": "footway"}, FEET),
        ({"highway": "footway", "oneway:foot": "yes"}, FOOT_ON),
        ({"highway": "track", "access": "private"}, 0),
        ({"highway": "track", "access": "private", "foot": "yes"}, FEET),
        ({"highway": "track", "motor_vehicle": "forestry"}, FEET),
        ({"highway": "service", "access": "no", "motorcar": "yes"}, CARS),
        ({"highway": "construction"}, 0),
        ({"highway": "pedestrian", "area": "yes"}, 0),
        ({"railway": "rail"}, 0),
    ],
)
def test_who_may_use_a_road(tags: dict[str, str], uses: int) -> None:
    assert uses_of(tags) == uses


@pytest.mark.parametrize(
    ("tags", "barred"),
    [
        ({}, 0),
        ({"barrier": "gate"}, 0),
        ({"barrier": "bollard"}, 2),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, 0),
        ({"barrier": "gate", "access": "private"}, 3),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, 2),
    ],
)
def test_who_comes_past_a_barrier(tags: dict[str, str], barred: int) -> None:
    assert barred_by(tags) == barred


def test_what_is_no_file_of_roads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_roads(tmp_path / "none.osm.pbf")
    with pytest.raises(UnsupportedFormat):
        read_roads(
            write(tmp_path / "roads.osm", [([1, 2], ROAD)], {1: {}, 2: {}}).rename(tmp_path / "roads.txt")
        )
    with pytest.raises(InvalidInput):
        read_roads(write(tmp_path / "rail.osm", [([1, 2], {"railway": "rail"})], {1: {}, 2: {}}))
    for name in ("bad.osm", "bad.osm.pbf"):
        (tmp_path / name).write_bytes(b"\x00\x01 nothing of the kind")
        with pytest.raises(MalformedBody):
            read_roads(tmp_path / name)
