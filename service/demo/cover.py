"""What covers the ground of the demo's border: where patrols see less far, and where nobody can walk."""

from collections.abc import Iterator

import shapely

from geo.lattice import quantise
from geo.visits import Cover
from layers.ground_cover import CoverArea
from service.demo.border import Stretch
from service.demo.identity import demo_id
from service.demo.patrols import BLOCKED, BOGGY, WOODED

_DEG = 0.012
"""So far inland it reaches: a kilometre or so."""

_VALLEY, _SLOPE = BLOCKED
_PLACES = (
    (WOODED, Cover.FOREST, "桦树林"),
    (BOGGY, Cover.CLOSED, "沼泽"),
    (_VALLEY[:3], Cover.SCRUB, "河谷灌丛"),
    (_SLOPE[:3], Cover.SCRUB, "滑坡灌丛"),
)


def make_cover(stretches: tuple[Stretch, ...], frame: shapely.Polygon) -> tuple[CoverArea, ...]:
    """Return polygons along the border, within the county."""
    return tuple(_areas(stretches, frame))


def _areas(stretches: tuple[Stretch, ...], frame: shapely.Polygon) -> Iterator[CoverArea]:
    for number, ((where, low, high), kind, name) in enumerate(_PLACES):
        if where >= len(stretches):
            continue
        length = stretches[where].line.length_m
        way = shapely.LineString(stretches[where].line.cut(low * length, high * length))
        parts = shapely.get_parts(shapely.intersection(frame, shapely.buffer(way, _DEG, quad_segs=4)))
        area = quantise(max(parts, key=lambda one: one.area))
        if area.is_valid:
            yield CoverArea(demo_id("cover", number), f"GC-{number + 1}", kind, name, area)
