"""Repairing the units of a foreign file before they are examined: what would be changed, and what remains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely import Geometry

from geo.crs import geodesic_area
from geo.errors import N_
from geo.partition import dissolve
from geo.repair import Limits, Repaired, as_feature, repair
from service.errors import InvalidInput
from service.readers.units import UnitRows

Translate = Callable[[str], str]
Tell = Callable[[str, int, int], None]
_LEFT_OUT = N_("Ground of {area} m² at {lon}, {lat} belongs to no unit and was left out of the frame.")


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """One level after its repair: its rows, what was done, and how its units are named in reports."""

    level: str
    rows: UnitRows
    repaired: Repaired
    labels: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class RepairPlan:
    """What a repair would do to a file.

    ``levels`` are those that were repaired, the upper one first. ``units``, ``upper`` and ``frame`` are to be
    examined in the place of the file's own.
    """

    levels: tuple[Mended, ...]
    units: UnitRows
    upper: UnitRows | None
    frame: Geometry | None
    limits: Limits

    @property
    def decided(self) -> bool:
        """Whether nothing waits for a decision."""
        return all(not level.repaired.remains for level in self.levels)

    @property
    def enclaves(self) -> list[tuple[float, float]]:
        """Points of the ground that was left out of the frame."""
        return [point for level in self.levels for point in level.repaired.enclave_points]

    def to_json(self, translate: Translate = str) -> dict[str, Any]:
        """Return the report: the limits, and for each level what was changed and what remains."""
        return {
            "limits": self.limits.to_json(),
            "decided": self.decided,
            "levels": [
                {
                    "level": level.level,
                    "units": len(level.repaired.read),
                    "kept": len(level.rows),
                    "changes": level.repaired.figures(),
                    "remains": [
                        as_feature(item, level.labels, translate)["properties"]
                        for item in level.repaired.remains
                    ],
                    "left_out": [
                        _left_out(ground, translate)["properties"] for ground in level.repaired.enclaves
                    ],
                }
                for level in self.levels
            ],
        }

    def changes_geojson(self, translate: Translate = str) -> dict[str, Any]:
        """Return every change, what remains and what was left out, as a GeoJSON feature collection."""
        features = []
        for level in self.levels:
            repaired = level.repaired
            found = [as_feature(item, level.labels, translate) for item in repaired.changes]
            found += [as_feature(item, level.labels, translate) for item in repaired.remains]
            found += [_left_out(ground, translate) for ground in repaired.enclaves]
            for feature in found:
                feature["properties"]["level"] = level.level
            features += found
        return {"type": "FeatureCollection", "features": features}


def plan_repair(
    units: UnitRows,
    level_names: Sequence[str],
    limits: Limits,
    *,
    upper: UnitRows | None = None,
    frame: Geometry | None = None,
    enclaves: Sequence[tuple[float, float]] = (),
    tell: Tell | None = None,
) -> RepairPlan:
    """Repair units read from a file; nothing is stored or written.

    Where the file has the polygons of the level above, those are repaired first and are the frame of the
    units, each unit within its own parent; if they cannot be made exact, the units are left as they are.

    Raises
    ------
    InvalidInput
        A limit is out of its range.
    InvalidGeometry
        The frame is not valid.
    """
    _require_limits(limits)
    if upper is None:
        done = repair(units.areas, limits, frame=frame, enclaves=enclaves, tell=tell)
        level = Mended(level_names[-1], _kept(units, done), done, units.labels())
        mended_frame = None if frame is None else done.tops[0]
        return RepairPlan((level,), level.rows, None, mended_frame, limits)
    # A level above is never thinned out: its codes are named by the units.
    outer = repair(upper.areas, replace(limits, duplicates=None), frame=frame, enclaves=enclaves, tell=tell)
    above = Mended(level_names[-2], _kept(upper, outer), outer, upper.labels())
    if not outer.exact:
        mended_frame = None if frame is None else outer.tops[0]
        return RepairPlan((above,), units, above.rows, mended_frame, limits)
    position = {code: k for k, code in enumerate(above.rows.codes)}
    parents = [position.get(code, -1) for code in units.parents[0]]
    done = repair(units.areas, limits, parents=outer.areas, parent_of=parents, tell=tell)
    leaf = Mended(level_names[-1], _kept(units, done), done, units.labels())
    tops = replace(above.rows, areas=done.tops)
    mended_frame = None if frame is None else dissolve(done.tops, np.zeros(len(done.tops), dtype=np.int32))[0]
    return RepairPlan((above, leaf), leaf.rows, tops, mended_frame, limits)


def _require_limits(limits: Limits) -> None:
    """Refuse limits that mean nothing."""
    for option, value, most in (
        ("--most-shift", limits.shift_m, 1_000.0),
        ("--most-area", limits.area_m2, 1e12),
        ("--most-share", limits.share * 100, 100.0),
    ):
        if not 0 < value <= most:
            raise InvalidInput(
                N_("{option} is {value}; it must be more than 0 and at most {most}."),
                mend=N_("Give metres, square metres or percent, as --help says."),
                where={"option": option},
                option=option,
                value=f"{value:g}",
                most=f"{most:g}",
            )


def _kept(rows: UnitRows, repaired: Repaired) -> UnitRows:
    """Return the rows that a repair kept, with their new areas."""
    kept = repaired.kept.tolist()

    def of(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[k] for k in kept)

    return replace(
        rows,
        codes=of(rows.codes),
        names=of(rows.names),
        households=of(rows.households),
        attributes=of(rows.attributes),
        areas=repaired.areas,
        parents=tuple(of(codes) for codes in rows.parents),
    )


def _left_out(ground: Geometry, translate: Translate) -> dict[str, Any]:
    """Return ground that was left out of the frame as a GeoJSON feature."""
    point, area = ground.representative_point(), float(geodesic_area(ground))
    text = translate(_LEFT_OUT).format(area=f"{area:,.0f}", lon=f"{point.x:.7f}", lat=f"{point.y:.7f}")
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(ground),
        "properties": {
            "kind": "gap_or_enclave",
            "status": "left_out",
            "area_m2": round(area, 4),
            "lon": point.x,
            "lat": point.y,
            "text": text,
        },
    }
