"""The map of a period's plan as SVG: units by how they stand at worst, monitoring points, places of tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape
from shapely.geometry import shape

from maps import style
from maps.document.drawing import GROUND, path_of, svg
from maps.document.frames import Frame

SIZE = (820, 430)
FILLS: Mapping[str, str] = {one.key.removeprefix("item-"): one.light for one in style.ITEMS}
"""The colour of a unit by how it stands; what is late is hatched as well."""


def plan_map(features: Sequence[Mapping[str, Any]], title: str) -> Markup | None:
    """Return the map of GeoJSON features as the service answers them, None where nothing is to be drawn."""
    shapes = [shape(one["geometry"]) for one in features]
    if not shapes:
        return None
    frame = Frame.around(shapes, *SIZE)
    body = []
    for one, area in zip(features, shapes, strict=True):
        known, placed = one["properties"], frame.place(area)
        if placed.is_empty:
            continue
        if known["what"] == "unit":
            body.append(_unit(path_of(placed), known))
        else:
            body.append(_mark(placed.x, placed.y, known))
    return svg(frame, title, "plan", body)


def _unit(path: str, known: Mapping[str, Any]) -> str:
    said = f"<title>{escape(known['code'])} {escape(known['name'])}</title>"
    edge = f'stroke="{GROUND["unit-line"]}" stroke-width="0.7"'
    if known["state"] == "late":
        ground = f'<path d="{path}" fill="{GROUND["unit"]}" {edge}/>'
        return f'{ground}<path d="{path}" fill="url(#plan)" {edge}>{said}</path>'
    return f'<path d="{path}" fill="{FILLS[known["state"]]}" {edge}>{said}</path>'


def _mark(x: float, y: float, known: Mapping[str, Any]) -> str:
    said = f"<title>{escape(known['name'])}</title>"
    ink = f'fill="{GROUND["selected"]}" stroke="#ffffff"'
    if known["what"] == "point":
        corners = f"M{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}L{x - 6:.1f} {y:.1f}Z"
        return f'<path d="{corners}" {ink}>{said}</path>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {ink}>{said}</circle>'
