"""The border of the demo county: stretches with legal line and fence track, and what stands along them.

Measures of segments are chainage on the legal line; those of markers run along the patrolled line of their
segment, from its start.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.lattice import to_lattice, to_lonlat
from geo.linear import MeasuredLine
from layers.border import BorderSegment
from layers.marker_kinds import (
    BoundaryMarker,
    FencePost,
    Gate,
    MarkerAttributes,
    MonitoringPoint,
    RiverCrossing,
)
from layers.markers import Marker
from service.demo.identity import demo_id
from service.demo.names import Name, place_names

Floats = NDArray[np.float64]

STRETCH_M = 25_000.0
_SEED = 31
_DUE_DAYS = (3, 5, 5, 7, 7)
_FIRST_MARKER = 1123
_MARKER_GAP_M = (1_050.0, 1_950.0)
_POST_GAP_M, _GATE_GAP_M, _WATCH_GAP_M = 1_000.0, 7_300.0, 15_000.0
_RIVERS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A segment with its patrolled line measured."""

    segment: BorderSegment
    line: MeasuredLine


def make_stretches(border: Floats, track: Floats, since: date) -> tuple[Stretch, ...]:
    """Return the border cut into stretches of about 25 km, each with its part of the fence track."""
    rng = np.random.default_rng(_SEED)
    legal, fence = MeasuredLine.from_lonlat(border), MeasuredLine.from_lonlat(track)
    names = place_names(rng)
    cuts = legal.stretches(STRETCH_M)
    inner = legal.interpolate(np.array([end for _, end in cuts[:-1]]))
    at = fence.locate(inner[:, 0], inner[:, 1]).measure_m.tolist() if len(cuts) > 1 else []
    on_fence = list(zip([0.0, *at], [*at, fence.length_m], strict=True))
    stretches = []
    for index, ((low, high), (first, last)) in enumerate(zip(cuts, on_fence, strict=True)):
        line = MeasuredLine.from_lonlat(_lattice(fence.cut(first, last)))
        name = next(names)
        team = next(names)
        segment = BorderSegment(
            id=demo_id("segment", index),
            code=f"B{index + 1:02d}",
            name=f"{name.zh}段",
            seq=index,
            from_m=low,
            to_m=high,
            length_m=line.length_m,
            geom=shapely.LineString(_lattice(legal.cut(low, high))),
            valid_from=since,
            route=shapely.LineString(line.lonlat),
            owner=f"{team.zh}护边队",
            due_days=_DUE_DAYS[index % len(_DUE_DAYS)],
            attributes={"name_en": f"{name.en} stretch", "owner_en": f"{team.en} border team"},
        )
        stretches.append(Stretch(segment, line))
    return tuple(stretches)


def make_border_markers(border: Floats, stretches: tuple[Stretch, ...], since: date) -> list[Marker]:
    """Return boundary markers, fence posts, gates, river crossings and watch posts along the border."""
    rng = np.random.default_rng([_SEED, 1])
    legal = MeasuredLine.from_lonlat(border)
    return [
        *_boundary_markers(legal, stretches, since, rng),
        *_along_fence(stretches, since, rng),
        *_river_crossings(legal, stretches, since, rng),
    ]


def _boundary_markers(
    legal: MeasuredLine, stretches: tuple[Stretch, ...], since: date, rng: np.random.Generator
) -> list[Marker]:
    """Return markers 1–2 km apart, numbered as real ones: 1123, 1123/1, 1123/2, 1124 and so on."""
    markers: list[Marker] = []
    measure, number, minor = 400.0, _FIRST_MARKER, 0
    while measure < legal.length_m:
        lon, lat = _lattice(legal.interpolate(measure)[None])[0]
        label = f"{number}/{minor}" if minor else str(number)
        attributes = BoundaryMarker(
            number=label,
            material="granite" if minor == 0 else "concrete",
            side="line",
            height_m=1.6 if minor == 0 else 1.1,
            routine_days=14,
            joint_days=365,
        )
        code = "BM-" + label.replace("/", "-")
        markers.append(
            _on_border(len(markers), code, Name(f"界标{label}", ""), (lon, lat), attributes, stretches, since)
        )
        measure += rng.uniform(*_MARKER_GAP_M)
        number, minor = (number + 1, 0) if minor >= 1 and rng.random() < 0.45 else (number, minor + 1)
    return markers


def _along_fence(stretches: tuple[Stretch, ...], since: date, rng: np.random.Generator) -> list[Marker]:
    markers = []
    posts = gates = watches = 0
    for stretch in stretches:
        length = stretch.line.length_m
        for measure in np.arange(500.0, length, _POST_GAP_M):
            posts += 1
            post = FencePost(number=f"F{posts:03d}", material="steel", installed_on=date(2019, 6, 1))
            markers.append(_at(stretch, f"FP-{posts:03d}", f"围栏桩{posts}", measure, 1.0, post, since))
        for measure in np.arange(2_600.0, length, _GATE_GAP_M):
            gates += 1
            gate = Gate(width_m=4.0, lockable=True, vehicles=bool(rng.random() < 0.6), routine_days=7)
            markers.append(_at(stretch, f"GT-{gates:02d}", f"{gates}号门", measure, 0.0, gate, since))
        for measure in np.arange(6_200.0, length, _WATCH_GAP_M):
            watches += 1
            watch = MonitoringPoint(instrument="camera", office="护边站", automatic=True, routine_days=30)
            markers.append(
                _at(stretch, f"MB-{watches:02d}", f"{watches}号瞭望点", measure, -25.0, watch, since)
            )
    return markers


def _river_crossings(
    legal: MeasuredLine, stretches: tuple[Stretch, ...], since: date, rng: np.random.Generator
) -> list[Marker]:
    markers = []
    names = place_names(rng)
    for number, share in enumerate((np.arange(_RIVERS) + rng.uniform(0.3, 0.7, _RIVERS)) / _RIVERS, start=1):
        lon, lat = legal.interpolate(share * legal.length_m)
        stretch, measure = _nearest(stretches, float(lon), float(lat))
        river = next(names)
        attributes = RiverCrossing(
            river=f"{river.zh}河",
            crossing=("bridge", "ford", "ice", "ford")[number % 4],
            width_m=float(np.rint(rng.uniform(6.0, 40.0))),
        )
        markers.append(_at(stretch, f"RC-{number:02d}", f"{river.zh}河渡口", measure, 0.0, attributes, since))
    return markers


def _at(
    stretch: Stretch,
    code: str,
    name: str,
    measure: float,
    offset_m: float,
    attributes: MarkerAttributes,
    since: date,
) -> Marker:
    """Return a marker beside the fence track, ``offset_m`` to its left."""
    lon, lat = beside_line(stretch.line, np.array([measure]), np.array([offset_m]))[0]
    return Marker(
        id=demo_id(f"marker-{attributes.kind}", int(code.split("-")[1])),
        code=code,
        name=name,
        lon=float(lon),
        lat=float(lat),
        attributes=attributes,
        valid_from=since,
        segment=stretch.segment.id,
        measure_m=float(measure),
    )


def _on_border(
    number: int,
    code: str,
    name: Name,
    place: tuple[float, float],
    attributes: MarkerAttributes,
    stretches: tuple[Stretch, ...],
    since: date,
) -> Marker:
    lon, lat = float(place[0]), float(place[1])
    stretch, measure = _nearest(stretches, lon, lat)
    identity: UUID = demo_id(f"marker-{attributes.kind}", number)
    return Marker(identity, code, name.zh, lon, lat, attributes, since, None, stretch.segment.id, measure)


def _nearest(stretches: tuple[Stretch, ...], lon: float, lat: float) -> tuple[Stretch, float]:
    """Return the stretch whose patrolled line is nearest to a place, and the measure on it."""
    found = [(stretch.line.locate(lon, lat), stretch) for stretch in stretches]
    located, stretch = min(found, key=lambda one: float(one[0].distance_m))
    return stretch, float(located.measure_m)


def beside_line(line: MeasuredLine, measure: Floats, offset_m: Floats) -> Floats:
    """Return lon, lat (n, 2) on the lattice, ``offset_m`` left of a line's places at the measures."""
    here = line.interpolate(measure)
    ahead, behind = line.interpolate(measure + 5.0), line.interpolate(measure - 5.0)
    squeeze = np.cos(np.radians(here[:, 1]))
    run = (ahead - behind) * np.column_stack([squeeze, np.ones(len(here))])
    left = np.column_stack([-run[:, 1], run[:, 0]]) / np.maximum(np.hypot(*run.T), 1e-12)[:, None]
    degrees = left * (offset_m / 111_195.0)[:, None]
    return _lattice(here + degrees / np.column_stack([squeeze, np.ones(len(here))]))


def _lattice(lonlat: Floats) -> Floats:
    return to_lonlat(to_lattice(lonlat))
