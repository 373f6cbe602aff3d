"""Two overlay layers of the demo: patrol beats along the border, and the ground of a special owner.

Overlays may overlap each other and the grids; each claims certain classes of incidents.
"""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely

from geo.lattice import quantise
from geo.synthetic.line import LocalMetres
from service.demo.border import Stretch
from service.demo.county import County
from service.demo.identity import demo_id
from service.demo.names import Name

_BEAT_DEPTH_M, _BEAT_OVERLAP_M = 2_000.0, 400.0
_RESERVE_RADIUS_M = 6_500.0


@dataclass(frozen=True, slots=True)
class OverlayArea:
    """One area of an overlay layer, on the lattice."""

    id: UUID
    code: str
    name: Name
    geometry: shapely.Polygon


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay layer: the classes it claims, its priority, and its areas."""

    code: str
    name: Name
    level_name: str
    priority: int
    classes: tuple[str, ...]
    areas: tuple[OverlayArea, ...]


def make_overlays(county: County, stretches: tuple[Stretch, ...]) -> tuple[Overlay, ...]:
    """Return the demo's overlay layers."""
    return (_beats(county, stretches), _reserve(county))


def _beats(county: County, stretches: tuple[Stretch, ...]) -> Overlay:
    """Return a strip behind each stretch; neighbours overlap where two teams hand over."""
    areas = []
    for number, stretch in enumerate(stretches, start=1):
        plane = LocalMetres(*stretch.line.lonlat.mean(axis=0))
        line = shapely.LineString(plane.from_lonlat(stretch.line.lonlat)).simplify(60.0)
        strip = line.buffer(_BEAT_DEPTH_M, cap_style="flat", quad_segs=6)
        ends = shapely.union_all(
            [shapely.Point(end).buffer(_BEAT_OVERLAP_M) for end in (line.coords[0], line.coords[-1])]
        )
        area = shapely.transform(strip.union(ends), plane.to_lonlat)
        segment = stretch.segment
        name = Name(f"{segment.name}巡护责任区", f"{segment.attributes['name_en']} beat")
        areas.append(OverlayArea(demo_id("beat", number), f"PB{number:02d}", name, _inside(area, county)))
    title = Name("巡护责任区", "Patrol beats")
    return Overlay("beats", title, "beat", 20, ("fence", "marker", "forager"), tuple(areas))


def _reserve(county: County) -> Overlay:
    """Return the grassland of a special owner: round a hill between the county's towns."""
    towns = county.shapes.towns
    plane = LocalMetres(*towns.mean(axis=0))
    gaps = shapely.STRtree(shapely.points(plane.from_lonlat(towns)))
    centres = shapely.points(plane.from_lonlat(county.shapes.centre))
    _, distance = gaps.query_nearest(centres, return_distance=True, all_matches=False)
    rim = shapely.transform(county.shapes.frame.exterior.simplify(1e-3), plane.from_lonlat)
    hill = centres[int(np.minimum(distance, 1.5 * shapely.distance(rim, centres)).argmax())]
    area = shapely.transform(hill.buffer(_RESERVE_RADIUS_M, quad_segs=12), plane.to_lonlat)
    name = Name("草原防火责任区", "Grassland fire reserve")
    reserve = OverlayArea(demo_id("reserve", 1), "GR01", name, _inside(area, county))
    return Overlay("reserve", name, "reserve", 10, ("grass-fire",), (reserve,))


def _inside(area: shapely.Polygon, county: County) -> shapely.Polygon:
    """Return the part of an area inside the county, on the lattice and valid, its largest part."""
    part = shapely.intersection(area, county.shapes.frame)
    rounded = shapely.set_precision(part, 1e-7)
    largest = max(shapely.get_parts(rounded), key=shapely.area)
    polygon: shapely.Polygon = quantise(largest)
    return polygon
