"""Every layer as Mapbox vector tiles, made by the database.

Geometries are looked up by their own index first and only then projected to Web Mercator; EPSG:4490 and
4326 differ by less than a pixel at any zoom, so the change of datum is a change of label. Features carry
the integer ids of :func:`layers.ids.feature_id`.
"""

import math
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from geo.errors import N_
from layers.area import units_below
from layers.catalog import BUILT_IN, Catalog, require_no_instant
from layers.errors import InvalidTile
from layers.marker_kinds import ServiceStation
from layers.releases import Release, Releases
from layers.storage import Store, read_sql

MAX_ZOOM = 22
# A tile shows the lowest level whose units are on average at least this wide; smaller ones would be
# specks, at a hundred times the bytes.
_LEAST_WIDTH_PX = 12.0
_TILE_PX = 256
# What a tile holds beyond its edge, as a share of its width, so that outlines do not end at it.
_MARGIN = 64 / 4096


class Tiles(Store):
    """The layers of one district as vector tiles."""

    def tile(
        self,
        layer: str,
        z: int,
        x: int,
        y: int,
        as_of: date,
        *,
        level: int | None = None,
        known_at: datetime | None = None,
    ) -> bytes:
        """Return a vector tile of a layer as of a day; empty bytes where nothing is in it.

        Parameters
        ----------
        layer
            An area layer of the district, or one of :data:`layers.catalog.BUILT_IN`; the tile's one layer
            has this name.
        z, x, y
            Web Mercator tile, y from the north.
        as_of
            The day; incidents are those received up to it.
        level
            Of an area layer: the level, 0 the top; by zoom where none is given.
        known_at
            Of an area layer: the instant of the knowledge that is asked for; now where none is given.

        Raises
        ------
        UnknownLayer
            The district has no such layer.
        InvalidTile, InvalidAttribute
            There is no such tile, the layer has no such level, or only what is known now is kept of it.
        """
        _check(z, x, y)
        query, extra = self._query(layer, z, as_of, level, known_at)
        west, south, east, north = bounds(z, x, y)
        row = self._first(
            text(read_sql(query)),
            {
                "district": self.district,
                "layer": layer,
                "as_of": as_of,
                "z": z,
                "x": x,
                "y": y,
                "west": west,
                "south": south,
                "east": east,
                "north": north,
                **extra,
            },
        )
        return b"" if row is None or row[0] is None else bytes(row[0])

    def level_for(self, layer: str, z: int, as_of: date, known_at: datetime | None = None) -> int:
        """Return the level of an area layer that tiles of a zoom show."""
        found = Catalog(self._session, self.district).get(layer)
        release = Releases(self._session, self.district).in_force(layer, as_of, known_at)
        return found.leaf_level if release is None else level_at(release, z)

    def _query(
        self, layer: str, z: int, as_of: date, level: int | None, known_at: datetime | None
    ) -> tuple[str, dict[str, Any]]:
        if layer in BUILT_IN:
            require_no_instant(layer, known_at)
        if layer == "stations":
            return "tile_markers", {"kind": ServiceStation.kind}
        if layer == "markers":
            return "tile_markers", {"kind": None}
        if layer in ("incidents", "representatives"):
            return f"tile_{layer}", {"units": self._units()}
        if layer in BUILT_IN:
            return f"tile_{layer}", {}
        found = Catalog(self._session, self.district).get(layer)
        chosen = self.level_for(layer, z, as_of, known_at) if level is None else found.level_or_leaf(level)
        query = "tile_units" if chosen == found.leaf_level else "tile_outlines"
        return query, {"level": chosen, "known_at": known_at}

    def _units(self) -> list[UUID] | None:
        """Return the units of the caller's area, None where that is the whole district."""
        return None if self.roots is None else list(units_below(self._session, self.district, self.roots))


def level_at(release: Release, z: int) -> int:
    """Return the lowest level whose units are wide enough to be seen at a zoom, or the top."""
    if release.extent is None:
        return len(release.counts) - 1
    box = release.extent
    middle = math.cos(math.radians((box.south + box.north) / 2))
    # In degrees of longitude, since that is what a tile's width is.
    area = (box.east - box.west) * (box.north - box.south) / max(middle, 0.05)
    pixels = 2**z * _TILE_PX / 360
    for level in range(len(release.counts) - 1, 0, -1):
        if math.sqrt(area / max(release.counts[level], 1)) * pixels >= _LEAST_WIDTH_PX:
            return level
    return 0


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of what a tile holds, its margin included."""
    count = 2**z
    west, east = ((value / count * 360 - 180) for value in (x - _MARGIN, x + 1 + _MARGIN))
    south, north = (_latitude(value / count) for value in (y + 1 + _MARGIN, y - _MARGIN))
    return max(west, -180.0), south, min(east, 180.0), north


def _latitude(fraction: float) -> float:
    held = min(max(fraction, 0.0), 1.0)
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * held))))


def _check(z: int, x: int, y: int) -> None:
    if not 0 <= z <= MAX_ZOOM or not (0 <= x < 2**z and 0 <= y < 2**z):
        raise InvalidTile(
            N_("There is no tile {z}/{x}/{y}."),
            mend=N_("Use zoom 0 to {most}, and x and y from 0 to 2^z − 1."),
            where={"tile": f"{z}/{x}/{y}"},
            z=z,
            x=x,
            y=y,
            most=MAX_ZOOM,
        )
