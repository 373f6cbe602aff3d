"""Tile addresses, their description, and the cache."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import tiles
from maps.errors import TileOutOfRange
from maps.tiles import TileAddress, TileCache, VectorLayer


@st.composite
def addresses(draw: st.DrawFn) -> TileAddress:
    z = draw(st.integers(0, tiles.MAX_ZOOM))
    side = 1 << z
    return TileAddress(z, draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1)))


def test_world_is_one_tile() -> None:
    west, south, east, north = TileAddress(0, 0, 0).bounds()
    assert (west, east) == (-180.0, 180.0)
    assert north == pytest.approx(85.0511287798066)
    assert south == pytest.approx(-north)


@given(addresses())
def test_middle_of_a_tile_lies_in_it(address: TileAddress) -> None:
    west, south, east, north = address.bounds()
    side = 1 << address.z
    lon, lat = (west + east) / 2, (south + north) / 2
    column = math.floor((lon + 180) / 360 * side)
    row = math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    assert (column, row) == (address.x, address.y)


@given(addresses())
def test_neighbours_share_an_edge(address: TileAddress) -> None:
    if address.x + 1 < 1 << address.z:
        assert address.bounds()[2] == TileAddress(address.z, address.x + 1, address.y).bounds()[0]


@pytest.mark.parametrize("place", [(-1, 0, 0), (0, 1, 0), (3, 8, 0), (3, 0, -1), (23, 0, 0), (10**9, 0, 0)])
def test_address_off_the_globe_is_refused(place: tuple[int, int, int]) -> None:
    with pytest.raises(TileOutOfRange, match="There is no tile"):
        TileAddress(*place)


def test_description_is_tilejson_3() -> None:
    layers = [VectorLayer("grids", 3, 14, {"code": "String"})]
    document = tiles.tile_json("http://host/t/{z}/{x}/{y}.mvt", "Grids", layers, (1.0, 2.0, 3.0, 4.0), "r1")
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["http://host/t/{z}/{x}/{y}.mvt"]
    assert document["vector_layers"] == [
        {"id": "grids", "minzoom": 3, "maxzoom": 14, "fields": {"code": "String"}}
    ]
    assert document["bounds"] == [1.0, 2.0, 3.0, 4.0]


def test_same_bytes_have_the_same_tag() -> None:
    assert tiles.tile(b"one").etag == tiles.tile(b"one").etag != tiles.tile(b"two").etag


def test_cache_makes_a_tile_once() -> None:
    cache, made = TileCache(), []

    def make() -> bytes:
        made.append(1)
        return b"tile"

    assert cache.get("a", make) is cache.get("a", make)
    assert made == [1]


def test_cache_forgets_the_oldest_when_it_is_full() -> None:
    cache = TileCache(max_bytes=10)
    cache.get("a", lambda: b"12345")
    cache.get("b", lambda: b"12345")
    cache.get("a", lambda: b"never")
    cache.get("c", lambda: b"12345")
    assert cache.get("a", lambda: b"again").body == b"12345"
    assert cache.get("b", lambda: b"again").body == b"again"


def test_failed_tile_is_not_kept() -> None:
    cache = TileCache()

    def fail() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        cache.get("a", fail)
    assert cache.get("a", lambda: b"now").body == b"now"
