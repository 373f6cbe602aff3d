"""The border as SVG: each stretch by the age of its last walk, what is open broken as well as red."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from markupsafe import Markup
from shapely import Geometry

from maps import style
from maps.document.drawing import GROUND, path_of, svg, text
from maps.document.frames import Frame

SIZE = (820, 430)
_CASING = 7.5
_STROKES: Mapping[str, str] = {
    "hatch": 'stroke-width="5" stroke-dasharray="2 2"',
    "dotted": 'stroke-width="2.8" stroke-dasharray="2.5 3.5"',
}
_PLAIN = 'stroke-width="4.6"'
_LABEL = 12.0


def class_of(properties: Mapping[str, Any]) -> style.MapClass:
    """Return the class that a stretch is drawn in."""
    if properties["state"] == "gap":
        return style.GAP
    if properties["state"] == "inferred":
        return style.INFERRED
    return style.age_class(properties["age_days"] or 0.0)


def border_map(features: Sequence[Mapping[str, Any]], outlines: Sequence[Geometry], title: str) -> Markup:
    """Return the map of stretches, the features of ``GET /api/v1/coverage/segments.geojson``.

    ``outlines`` are areas drawn as context, in lon, lat degrees.
    """
    lines = [shapely.LineString(one["geometry"]["coordinates"]) for one in features]
    frame = Frame.around(lines, *SIZE)
    placed = [frame.place(line) for line in lines]
    body = [
        f'<path d="{path_of(frame.place(area))}" fill="{GROUND["unit"]}" stroke="{GROUND["unit-line"]}"/>'
        for area in outlines
    ]
    body += [
        f'<path d="{path_of(line)}" fill="none" stroke="{GROUND["casing"]}" stroke-width="{_CASING}"/>'
        for line in placed
    ]
    body += [_line(line, class_of(one["properties"])) for line, one in zip(placed, features, strict=True)]
    body += _codes(features, placed)
    return svg(frame, title, "border", body)


def sample(step: style.MapClass) -> Markup:
    """Return a legend's sample of a class."""
    stroke = _STROKES.get(step.pattern, _PLAIN)
    return Markup(  # noqa: S704 - made of constants only
        f'<svg viewBox="0 0 26 10" width="26" height="10" aria-hidden="true">'
        f'<path d="M0 5H26" fill="none" stroke="{step.light}" {stroke}/></svg>'
    )


def _line(line: Geometry, step: style.MapClass) -> str:
    stroke = _STROKES.get(step.pattern, _PLAIN)
    return f'<path d="{path_of(line)}" fill="none" stroke="{step.light}" {stroke}/>'


def _codes(features: Sequence[Mapping[str, Any]], placed: Sequence[Geometry]) -> list[str]:
    """Return the code of each segment, above the middle of it."""
    parts: dict[str, list[Geometry]] = {}
    for one, line in zip(features, placed, strict=True):
        parts.setdefault(one["properties"]["code"], []).append(line)
    found = []
    for code, lines in parts.items():
        longest = max(lines, key=lambda line: line.length)
        if longest.is_empty:
            continue
        at = shapely.get_parts(longest)[0].interpolate(0.5, normalized=True)
        for ink, halo in ((GROUND["halo"], True), (GROUND["label"], False)):
            found.append(text(at.x, at.y - 10, code, ink, _LABEL, "middle", bold=True, halo=halo))
    return found
