import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy.orm import Session

from layers.errors import InvalidTile, UnknownLayer
from layers.ids import feature_id, new_id
from layers.stores import Stores
from layers.tiles import bounds
from layers.units import UnitDraft
from tests.layers import makers
from tests.layers.makers import DAY, NOON

MIDDLE = (120.005, 44.005)


def _tile_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * 2**z), int(y * 2**z)


def _read(data: bytes, folder: Path, z: int, x: int, y: int, layer: str) -> dict[str, Any]:
    """Return what GDAL reads from a tile: fields, ids and shapes in Web Mercator."""
    path = folder / f"{z}" / f"{x}" / f"{y}.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    meta, fids, shapes, values = pyogrio.raw.read(path, layer=layer, return_fids=True)
    return {
        "fields": dict(zip(meta["fields"], values, strict=True)),
        "ids": fids,
        "shapes": shapely.from_wkb(shapes),
    }


@pytest.fixture
def county(stores: Stores) -> Stores:
    _, first, *_ = makers.with_grids(stores)
    route = shapely.LineString([(120, 44.051), (120.01, 44.051)])
    stores.border.add([makers.segment(route=route), makers.segment("S2", 2)])
    stores.markers.add(
        [makers.marker("M1"), makers.marker("H", "service-station", attributes={"role": "hub"})]
    )
    stores.representatives.add([replace(makers.representative(), lon=MIDDLE[0], lat=MIDDLE[1])])
    stores.incidents.create(makers.incident(unit=first.id))
    stores.dwellings.add([makers.dwelling("D1", households=3)])
    stores.lines.add([makers.line("L1"), makers.line("L2", "river")])
    stores.cover.add([makers.cover()])
    return stores


def test_a_tile_holds_the_leaves_with_ids_and_properties(county: Stores, tmp_path: Path) -> None:
    tile = _tile_at(*MIDDLE, 14)
    found = _read(county.tiles.tile("grids", *tile, DAY), tmp_path, *tile, "grids")
    fields = found["fields"]
    assert fields["code"].tolist() == ["G0", "G1"]
    assert fields["name"].tolist() == ["Grid 0", "Grid 1"]
    assert fields["level"].tolist() == [1, 1]
    assert fields["households"].tolist() == [100, 100]
    shape = shapely.box(*bounds(*tile))
    leaves = county.grids.leaves("grids", DAY)
    expected = shapely.intersection(leaves.polygons[0], shape)
    # GDAL gives Web Mercator metres; a step of the tile's grid is under a metre at this zoom.
    metres = 6_378_137 * math.radians(1)
    assert abs(found["shapes"][0].bounds[0] - expected.bounds[0] * metres) < 2


def test_features_carry_integer_ids(county: Stores) -> None:
    data = county.tiles.tile("grids", *_tile_at(*MIDDLE, 14), DAY)
    leaves = county.grids.leaves("grids", DAY)
    for identifier in leaves.ids[:2]:
        assert _varint(feature_id(identifier)) in data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([0x08, *out, value])


def test_low_zooms_show_the_upper_levels(county: Stores, tmp_path: Path) -> None:
    assert county.tiles.level_for("grids", 5, DAY) == 0
    assert county.tiles.level_for("grids", 14, DAY) == 1
    tile = _tile_at(*MIDDLE, 8)
    assert county.tiles.level_for("grids", 8, DAY) == 0
    found = _read(county.tiles.tile("grids", *tile, DAY), tmp_path, *tile, "grids")
    assert found["fields"]["code"].tolist() == ["T1"]
    asked = _read(county.tiles.tile("grids", *tile, DAY, level=1), tmp_path, *tile, "grids")
    assert asked["fields"]["code"].tolist() == ["G0", "G1", "G2"]


def test_the_border_shows_legal_line_and_route(county: Stores, tmp_path: Path) -> None:
    tile = _tile_at(120.005, 44.0505, 12)
    fields = _read(county.tiles.tile("border", *tile, DAY), tmp_path, *tile, "border")["fields"]
    assert sorted(zip(fields["code"], fields["line"], strict=True)) == [
        ("S1", "legal"),
        ("S1", "route"),
        ("S2", "legal"),
    ]


@pytest.mark.parametrize(
    ("layer", "field", "values"),
    [
        ("markers", "code", ["M1", "H"]),
        ("stations", "role", ["hub"]),
        ("incidents", "colour", ["green"]),
        ("representatives", "code", ["R1"]),
        ("dwellings", "households", [3]),
        ("lines", "kind", ["river", "road"]),
        ("cover", "kind", ["forest"]),
    ],
)
def test_points_and_lines_are_in_their_tile(
    county: Stores, tmp_path: Path, layer: str, field: str, values: list[str]
) -> None:
    tile = _tile_at(*MIDDLE, 14)
    found = _read(county.tiles.tile(layer, *tile, DAY), tmp_path, *tile, layer)
    assert sorted(found["fields"][field]) == sorted(values)
    elsewhere = county.tiles.tile(layer, *_tile_at(121, 45, 14), DAY)
    assert elsewhere == b""


def test_tiles_are_as_of_their_day(county: Stores) -> None:
    tile = _tile_at(*MIDDLE, 14)
    before = DAY - timedelta(days=1)
    for layer in ("grids", "border", "markers", "stations", "incidents"):
        assert county.tiles.tile(layer, *tile, before) == b""


def test_districts_do_not_share_tiles(session: Session, county: Stores) -> None:
    other = Stores(session, "990102")
    other.layers.create("grids", name="Grids")
    for layer in (
        "grids",
        "border",
        "markers",
        "incidents",
        "representatives",
        "dwellings",
        "lines",
        "cover",
    ):
        assert other.tiles.tile(layer, *_tile_at(*MIDDLE, 10), DAY) == b""


@pytest.mark.parametrize("tile", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1), (0, 0, 1)])
def test_impossible_tiles_are_refused(county: Stores, tile: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidTile, match="There is no tile"):
        county.tiles.tile("grids", *tile, DAY)


def test_unknown_layers_are_refused(county: Stores) -> None:
    with pytest.raises(UnknownLayer):
        county.tiles.tile("gridz", 0, 0, 0, DAY)


def test_the_poles_and_the_antimeridian_break_no_tile(stores: Stores, tmp_path: Path) -> None:
    stores.layers.create("world", name="World", level_names=("area",))
    world = UnitDraft(new_id(), "W", "World", 0, None, shapely.box(-180, -90, 180, 90))
    stores.grids.publish("world", DAY, [world])
    for z in (0, 1, 5):
        for x, y in ((0, 0), (2**z - 1, 2**z - 1)):
            found = _read(stores.tiles.tile("world", z, x, y, DAY), tmp_path, z, x, y, "world")
            assert found["fields"]["code"].tolist() == ["W"]


def test_tile_bounds_hold_the_tile_and_stay_on_the_globe() -> None:
    for z in (0, 1, 7, 22):
        for x, y in ((0, 0), (2**z - 1, 2**z - 1), (2**z // 2, 2**z // 3)):
            west, south, east, north = bounds(z, x, y)
            assert -180 <= west < east <= 180
            assert -85.06 < south < north < 85.06
            assert west <= x / 2**z * 360 - 180
            assert east >= (x + 1) / 2**z * 360 - 180


def test_neighbours_meet_without_a_gap_in_a_tile(county: Stores, tmp_path: Path) -> None:
    tile = _tile_at(*MIDDLE, 14)
    shapes = _read(county.tiles.tile("grids", *tile, DAY), tmp_path, *tile, "grids")["shapes"]
    first, second = sorted(shapes, key=lambda one: float(one.bounds[0]))
    np.testing.assert_allclose(first.bounds[2], second.bounds[0], atol=1e-6)


def test_received_later_is_shown_later(county: Stores) -> None:
    tile = _tile_at(*MIDDLE, 14)
    before = county.tiles.tile("incidents", *tile, DAY)
    county.incidents.create(makers.incident(received_at=NOON + timedelta(days=3)))
    assert county.tiles.tile("incidents", *tile, DAY) == before
    assert len(county.tiles.tile("incidents", *tile, DAY + timedelta(days=3))) > len(before)
