"""The base map: land and frontiers around a district, cut from the world atlas without any network.

The atlas is TopoJSON (quantised, delta-coded arcs shared by neighbours) of Natural Earth at 1:10,000,000.
It is cut on the server, because a district needs some kilobytes of its 3.6 MB.
"""

import json
import math
from collections import defaultdict
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from geo.errors import N_
from maps.assets import WEB
from maps.errors import AssetMissing, BadBounds

ATLAS = WEB / "node_modules" / "world-atlas" / "countries-10m.json"

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

MAX_SPAN_DEG = 40.0
_HOME, _ABROAD, _FRONTIER = "home", "abroad", "frontier"


def surroundings(bounds: Bounds, margin: float = 1.5) -> Bounds:
    """Return the box a base map needs to cover for a district: wider on every side, on whole degrees.

    ``margin`` counts widths of the district; the result stays within ``MAX_SPAN_DEG`` and the globe.
    """
    west, south, east, north = bounds
    reach = max(east - west, north - south) * margin + 0.5
    reach = min(reach, (MAX_SPAN_DEG - max(east - west, north - south)) / 2)
    return (
        float(max(-180, math.floor(west - reach))),
        float(max(-85, math.floor(south - reach))),
        float(min(180, math.ceil(east + reach))),
        float(min(85, math.ceil(north + reach))),
    )


@lru_cache(maxsize=16)
def cut(bounds: Bounds, home: tuple[float, float]) -> bytes:
    """Return land and frontiers within ``bounds`` as a GeoJSON feature collection.

    Features have the property ``kind``: ``home`` is the country that covers the point ``home`` (lon, lat),
    ``abroad`` the others, ``frontier`` the lines between countries.

    Raises
    ------
    BadBounds
        The box is empty, not on the globe or wider than ``MAX_SPAN_DEG``.
    AssetMissing
        The atlas is not installed.
    """
    west, south, east, north = bounds
    on_globe = -180 <= west < east <= 180 and -90 <= south < north <= 90
    if not on_globe or max(east - west, north - south) > MAX_SPAN_DEG:
        raise BadBounds(
            N_("The box {bounds} cannot be drawn as a base map."),
            mend=N_("Give west, south, east, north in degrees, at most {span} degrees wide."),
            bounds=bounds,
            span=int(MAX_SPAN_DEG),
        )
    arcs, countries, frontiers = _atlas()
    box = shapely.box(*bounds)
    land, owner = shapely.get_parts(countries, return_index=True)
    frames = shapely.box(*shapely.bounds(land).T)
    near = shapely.intersects(frames, box) | shapely.intersects(frames, shapely.Point(home))
    land, owner = land[near], owner[near]
    # Only what is near is mended: the whole of a large country takes most of a second.
    bad = ~shapely.is_valid(land)
    land[bad] = shapely.make_valid(land[bad])
    here = np.isin(owner, owner[shapely.covers(land, shapely.Point(home))])
    parts = shapely.clip_by_rect(land, *bounds)
    lines = shapely.clip_by_rect(shapely.multilinestrings([arcs[index] for index in frontiers]), *bounds)
    kinds = {
        _ABROAD: shapely.union_all(parts[~here]),
        _HOME: shapely.union_all(parts[here]),
        _FRONTIER: shapely.line_merge(lines),
    }
    features = [_feature(kind, geometry) for kind, geometry in kinds.items() if not geometry.is_empty]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()


def _feature(kind: str, geometry: Geometry) -> dict[str, Any]:
    rounded = shapely.set_precision(geometry, 1e-4, mode="pointwise")
    return {
        "type": "Feature",
        "properties": {"kind": kind},
        "geometry": json.loads(shapely.to_geojson(rounded)),
    }


@lru_cache(maxsize=1)
def _atlas() -> tuple[list[Geometry], list[Geometry], list[int]]:
    """Return all arcs, the countries, and the indexes of the arcs between two countries."""
    try:
        topology = orjson.loads(ATLAS.read_bytes())
    except FileNotFoundError:
        raise AssetMissing(
            N_("The browser file “{path}” is not installed."),
            mend=N_("Run `./wardline doctor`: it installs the browser libraries again."),
            path="world-atlas/countries-10m.json",
        ) from None
    arcs = _decode_arcs(topology)
    owners: dict[int, set[int]] = defaultdict(set)
    countries: list[Geometry] = []
    for number, country in enumerate(topology["objects"]["countries"]["geometries"]):
        polygons = country.get("arcs", [])
        if country["type"] == "Polygon":
            polygons = [polygons]
        for index in (index for polygon in polygons for ring in polygon for index in ring):
            owners[index if index >= 0 else ~index].add(number)
        countries.append(_country(polygons, arcs))
    shared = [index for index, held in owners.items() if len(held) > 1]
    return [shapely.linestrings(arc) for arc in arcs], countries, shared


def _decode_arcs(topology: dict[str, Any]) -> list[NDArray[np.float64]]:
    """Return the arcs as lon, lat arrays (n, 2): sums of the deltas, scaled and moved."""
    scale = np.array(topology["transform"]["scale"])
    translate = np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc, dtype=np.int64), axis=0) * scale + translate for arc in topology["arcs"]]


def _country(polygons: list[list[list[int]]], arcs: list[NDArray[np.float64]]) -> Geometry:
    rings = [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]
    # Quantising has flattened some islets to a line; three points make no ring.
    rings = [[ring for ring in polygon if len(ring) > 3] for polygon in rings if len(polygon[0]) > 3]
    return shapely.MultiPolygon([(shell, holes) for shell, *holes in rings])


def _ring(indexes: list[int], arcs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return one closed ring; a negative index is an arc run backwards (``~index``)."""
    pieces = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indexes]
    return np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])
