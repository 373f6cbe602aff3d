"""Maps as SVG that browsers and the PDF draw alike: attributes only, no style, no script, no link."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from markupsafe import Markup, escape
from shapely import Geometry

from geo.describe import Mark
from geo.redraw import Change, State, UnitState
from maps import style
from maps.document import labels
from maps.document.facts import Maps
from maps.document.frames import Frame

MOST_UNITS = 2_500
"""More units than this in a frame, and only the changed ones and their neighbours are drawn."""

GROUND = {name: light for name, (light, _) in style.GROUND.items()}
CHANGED = style.SEQUENCE[0].light
MOVED = style.GAP.light
RIVER = style.AGES[1].light
ROAD = style.GROUND["parent-line"][0]
MARK = style.MARKERS[0].light
_LINES: Mapping[str, str] = {
    "river": f'stroke="{RIVER}" stroke-width="1.6"',
    "road": f'stroke="{ROAD}" stroke-width="1.1"',
    "track": f'stroke="{ROAD}" stroke-width="0.8" stroke-dasharray="4 2"',
    "other": f'stroke="{ROAD}" stroke-width="0.6" stroke-dasharray="1 2"',
}
_FONT = 'font-family="Noto Sans, Noto Sans CJK SC, DejaVu Sans, sans-serif"'


Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What the maps of one state share: the state, and its ground that is another's on the other side."""

    maps: Maps
    state: State
    moved: Shapes

    @classmethod
    def of(cls, maps: Maps, state: State) -> "Side":
        """Return the side of a state of ``maps``, its moved ground found once for all maps."""
        return cls(maps, state, shapes(moved(maps.change, state)))


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What one map shows: a frame for a group of changed units; codes are drawn without ``prefix``.

    ``key`` tells the parts of the map from those of other maps of the page.
    """

    frame: Frame
    group: Collection[UUID]
    title: str
    key: str
    prefix: str = ""


def side(one: Side, sheet: Sheet) -> Markup:
    """Return one map of a state."""
    maps, frame = one.maps, sheet.frame
    units = _shown(maps, one.state, frame)
    areas = frame.place(shapes([value.area for value in units.values()]))
    changing = maps.change.units
    changed = np.array([unit in changing for unit in units], dtype=bool)
    marks = _marks(maps, frame)
    body = [
        _areas(areas[~changed], GROUND["unit"], GROUND["unit-line"], 0.7),
        _areas(areas[changed], CHANGED, GROUND["unit-line"], 0.7),
        _areas(_seen(frame, one.moved), f"url(#{sheet.key})", "none", 0),
        *_lines(maps, frame),
        _outlines(_seen(frame, uppers(units)), GROUND["top-line"], 1.8),
        _outlines(shapely.boundary(areas[changed]), GROUND["selected"], 1.5),
        *(_mark(*at) for at in marks),
    ]
    wanted = [
        (area, value.code.removeprefix(sheet.prefix), unit in sheet.group)
        for area, (unit, value) in zip(areas, units.items(), strict=True)
    ]
    # The code of a mark stands below it.
    wanted += [(shapely.Point(x, y + 10).buffer(1.0), mark.code, False) for mark, x, y in marks]
    body += [label(each) for each in labels.place(wanted, frame.width, frame.height - 24)]
    return svg(frame, sheet.title, sheet.key, body)


def overview(one: Side, frame: Frame, groups: Sequence[Collection[UUID]], title: str) -> Markup:
    """Return the map of all changes, numbered by their groups."""
    maps = one.maps
    units = _shown(maps, one.state, frame)
    areas = frame.place(shapes([value.area for value in units.values()]))
    changing = maps.change.units
    changed = np.array([unit in changing for unit in units], dtype=bool)
    body = [
        _areas(areas[~changed], GROUND["unit"], GROUND["unit-line"], 0.4),
        _areas(areas[changed], CHANGED, GROUND["selected"], 0.9),
        _areas(_seen(frame, one.moved), "url(#all)", "none", 0),
        *_lines(maps, frame),
        _outlines(_seen(frame, uppers(units)), GROUND["top-line"], 1.6),
    ]
    if len(groups) > 1:
        body += [_number(frame, maps, number, group) for number, group in enumerate(groups, 1)]
    return svg(frame, title, "all", body)


def shapes(given: Sequence[Geometry]) -> Shapes:
    """Return geometries as an array."""
    return np.array(given, dtype=object)


def _seen(frame: Frame, given: Shapes) -> Shapes:
    """Return what a frame shows of shapes in degrees, on paper."""
    west, south, east, north = frame.box
    here = shapely.bounds(given).reshape(-1, 4)
    near = (here[:, 0] <= east) & (here[:, 2] >= west) & (here[:, 1] <= north) & (here[:, 3] >= south)
    placed: Shapes = frame.place(given[near])
    return placed


def prefix_of(maps: Maps, frame: Frame) -> str:
    """Return what all codes of a frame begin with, where they are too long to be drawn whole."""
    both = (*_shown(maps, maps.before, frame).values(), *_shown(maps, maps.after, frame).values())
    return labels.shortened({value.code for value in both})


def moved(change: Change, state: State) -> list[Geometry]:
    """Return the ground of units of a state that is another's on the other side of a change."""
    found = []
    for unit in change.units:
        here, sides = state.get(unit), (change.before.get(unit), change.after.get(unit))
        other = sides[0] if here is sides[1] else sides[1]
        if here is None:
            continue
        ground = here.area if other is None else shapely.difference(here.area, other.area)
        if not ground.is_empty and ground.area > 0:
            found.append(ground)
    return found


def uppers(units: Mapping[UUID, UnitState]) -> Shapes:
    """Return the outlines of the level above, as far as its units are drawn."""
    below: dict[UUID, list[Geometry]] = defaultdict(list)
    for value in units.values():
        if value.parent is not None:
            below[value.parent].append(value.area)
    return shapes([shapely.coverage_union_all(areas).boundary for areas in below.values()])


def _shown(maps: Maps, state: State, frame: Frame) -> dict[UUID, UnitState]:
    found = state.near(frame.box)
    if len(found) > MOST_UNITS:
        there = [unit for unit in maps.change.units if state.get(unit) is not None]
        found = sorted({*there, *state.around(set(there))})
    return {unit: state.unit(unit) for unit in found}


def _lines(maps: Maps, frame: Frame) -> list[str]:
    west, south, east, north = frame.box
    return [
        f'<path d="{path_of(frame.place(line))}" fill="none" {_LINES.get(kind, _LINES["other"])}/>'
        for kind, line in maps.lines
        if _meets(line.bounds, (west, south, east, north))
    ]


def _meets(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _marks(maps: Maps, frame: Frame) -> list[tuple[Mark, float, float]]:
    """Return the marks that a frame shows, with their places on paper."""
    near = maps.marks.within(frame.box)
    points = frame.place(shapely.points(maps.marks.lonlat[near]))
    return [(maps.marks.each[k], at.x, at.y) for k, at in zip(near, points, strict=True) if not at.is_empty]


def _mark(mark: Mark, x: float, y: float) -> str:
    return (
        f'<rect x="{round(x - 2.4, 1)}" y="{round(y - 2.4, 1)}" width="4.8" height="4.8" fill="{MARK}" '
        f'stroke="#ffffff" stroke-width="0.8"><title>{escape(mark.code)} {escape(mark.name)}</title></rect>'
    )


def _number(frame: Frame, maps: Maps, number: int, group: Collection[UUID]) -> str:
    states = [maps.change.after.get(unit) or maps.change.before.get(unit) for unit in group]
    areas = [value.area for value in states if value is not None]
    west, south, east, north = shapely.total_bounds(np.array(areas, dtype=object)).tolist()
    at = frame.place(shapely.Point((west + east) / 2, (south + north) / 2))
    x, y = round(at.x, 1), round(at.y, 1)
    radius = 9 if number < 100 else 12
    return (
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{GROUND["selected"]}" stroke="#ffffff" '
        f'stroke-width="1.5"/>{text(x, y + 4, str(number), "#ffffff", 11, "middle", bold=True)}'
    )


def label(one: labels.Label) -> str:
    """Return a placed label, on a ground that lets it be read."""
    colour = GROUND["selected"] if one.strong else GROUND["quiet"]
    size = labels.SIZE if one.strong else labels.SIZE - 2
    halo = text(one.x, one.y + 4, one.text, GROUND["halo"], size, "middle", one.strong, halo=True)
    return halo + text(one.x, one.y + 4, one.text, colour, size, "middle", one.strong)


def text(
    x: float,
    y: float,
    text: str,
    fill: str,
    size: float,
    anchor: str,
    bold: Any = False,
    *,
    halo: bool = False,
) -> str:
    """Return a text at a place of the paper; with ``halo`` the ground that lets it be read."""
    edge = f' stroke="{fill}" stroke-width="3" stroke-linejoin="round"' if halo else ""
    hidden = ' aria-hidden="true"' if halo else ""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" {_FONT} font-size="{size}"{weight} fill="{fill}"{edge} '
        f'text-anchor="{anchor}"{hidden}>{escape(text)}</text>'
    )


def _areas(areas: Shapes, fill: str, stroke: str, width: float) -> str:
    """Return areas that do not overlap as one path: whoever draws it has few parts to look at."""
    path = "".join(map(path_of, areas))
    line = f' stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"' if width else ""
    return f'<path d="{path}" fill="{fill}" fill-rule="evenodd"{line}/>' if path else ""


def _outlines(lines: Shapes, stroke: str, width: float) -> str:
    path = "".join(map(path_of, lines))
    line = f'stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"'
    return f'<path d="{path}" fill="none" {line}/>' if path else ""


def path_of(shape: Geometry) -> str:
    """Return the path of the lines and rings of a shape, to a tenth of a unit."""
    found = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            found += [_points(ring, "Z") for ring in (part.exterior, *part.interiors)]
        elif part.geom_type in ("LineString", "LinearRing"):
            found.append(_points(part, ""))
        elif part.geom_type.startswith(("Multi", "Geometry")):
            found.append(path_of(part))
    return "".join(found)


def _points(line: Geometry, end: str) -> str:
    at = shapely.get_coordinates(line)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at.tolist()) + end if len(at) else ""


def svg(frame: Frame, title: str, key: str, body: Sequence[str]) -> Markup:
    """Return a map of drawn parts with its scale and its arrow to the north."""
    width, height = frame.width, frame.height
    inner = "".join(body)
    return Markup(  # noqa: S704 - texts are escaped where they are put in
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">'
        f'<defs><pattern id="{key}" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<path d="M-1 6L6 -1M-1 1L1 -1M4 6L6 4" stroke="{MOVED}" stroke-width="0.9" fill="none"/>'
        "</pattern></defs>"
        f'<rect width="{width}" height="{height}" fill="{GROUND["home"]}"/>{inner}{_furniture(frame)}'
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" fill="none" '
        f'stroke="{GROUND["parent-line"]}"/></svg>'
    )


def _furniture(frame: Frame) -> str:
    """Return the scale bar and the arrow to the north, on a ground that lets them be read."""
    length, metres = frame.scale()
    said = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    ink, y = GROUND["label"], frame.height - 9
    x = frame.width - 17
    return (
        f'<rect x="6" y="{y - 14}" width="{length + 14 + 9 * len(said):.1f}" height="19" rx="3" '
        f'fill="#ffffff" fill-opacity="0.93"/><path d="M12 {y - 7}V{y - 2}H{12 + length:.1f}V{y - 7}" '
        f'fill="none" stroke="{ink}" stroke-width="1.3"/>{text(18 + length, y - 1, said, ink, 10, "start")}'
        f'<rect x="{x - 11}" y="6" width="22" height="32" rx="3" fill="#ffffff" fill-opacity="0.93"/>'
        f'<path d="M{x} 20L{x + 5} 34L{x} 30.5L{x - 5} 34Z" fill="{ink}"/>'
        f"{text(x, 17, 'N', ink, 10, 'middle', bold=True)}"
    )
