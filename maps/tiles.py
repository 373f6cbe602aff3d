"""Vector tile addresses and their TileJSON description; the bytes come from the stored layers.

Tiles are Web Mercator squares numbered from the north-west. Formula of the bounds: inverse spherical
Mercator, lat = atan(sinh(π(1 − 2y/2ᶻ))).
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from geo.errors import N_
from maps.errors import TileOutOfRange

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
MAX_ZOOM = 22


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Zoom, column from the west and row from the north of one tile."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        side = 1 << self.z if 0 <= self.z <= MAX_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise TileOutOfRange(
                N_("There is no tile {z}/{x}/{y}."),
                mend=N_("Zoom is 0 to {max_zoom}; columns and rows are 0 to 2 to its power, less 1."),
                z=self.z,
                x=self.x,
                y=self.y,
                max_zoom=MAX_ZOOM,
            )

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees."""
        side = 1 << self.z
        return (
            self.x / side * 360.0 - 180.0,
            _latitude((self.y + 1) / side),
            (self.x + 1) / side * 360.0 - 180.0,
            _latitude(self.y / side),
        )


def _latitude(fraction: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * fraction))))


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """A layer inside a tile: its name, the zoom levels it is in, and its fields with their descriptions."""

    name: str
    min_zoom: int
    max_zoom: int
    fields: Mapping[str, str]


def tile_json(
    template: str,
    name: str,
    layers: Sequence[VectorLayer],
    bounds: tuple[float, float, float, float] | None,
    version: str,
) -> dict[str, Any]:
    """Return a TileJSON 3.0.0 document for the tiles at ``template`` (with ``{z}``, ``{x}`` and ``{y}``)."""
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": name,
        "version": "1.0.0",
        "wardline:version": version,
        "scheme": "xyz",
        "tiles": [template],
        "minzoom": min((layer.min_zoom for layer in layers), default=0),
        "maxzoom": max((layer.max_zoom for layer in layers), default=MAX_ZOOM),
        "vector_layers": [
            {
                "id": layer.name,
                "minzoom": layer.min_zoom,
                "maxzoom": layer.max_zoom,
                "fields": dict(layer.fields),
            }
            for layer in layers
        ],
    }
    if bounds is not None:
        document["bounds"] = list(bounds)
    return document


@dataclass(frozen=True, slots=True)
class Tile:
    """The bytes of a tile and their content hash, its entity tag without quotes."""

    body: bytes
    etag: str


def tile(body: bytes) -> Tile:
    """Return a tile with the hash of its content."""
    return Tile(body, hashlib.sha256(body).hexdigest()[:24])


class TileCache:
    """The most recently used tiles of this process, at most ``max_bytes`` of them.

    Keys carry the version of the layer, so a publish needs no invalidation: old keys are no longer asked
    for and fall out.
    """

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._tiles: OrderedDict[Hashable, Tile] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> Tile:
        """Return the tile of a key, made by ``make`` when it is not held."""
        with self._lock:
            held = self._tiles.get(key)
            if held is not None:
                self._tiles.move_to_end(key)
                return held
        made = tile(make())
        with self._lock:
            twin = self._tiles.pop(key, None)
            self._tiles[key] = made
            self._bytes += len(made.body) - (len(twin.body) if twin else 0)
            while self._bytes > self._max_bytes and len(self._tiles) > 1:
                _, dropped = self._tiles.popitem(last=False)
                self._bytes -= len(dropped.body)
        return made
