"""Importing a border: each line cut into stretches with their measures along it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_, GeoError
from geo.linear import MeasuredLine
from layers.border import BorderSegment
from layers.ids import new_id
from layers.stores import Stores
from service.errors import InvalidInput
from service.readers.columns import attributes, repeated_codes, resolve, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features

FIELDS = ("code", "name", "owner")
STRETCH_KM = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class BorderLine:
    """One line of a file: its code and name, its length in metres, and the segments it is cut into."""

    code: str
    name: str
    length_m: float
    segments: tuple[BorderSegment, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BorderPlan:
    """What a border import would store."""

    file: str
    layer: str
    crs: str
    lines: tuple[BorderLine, ...]

    @property
    def segments(self) -> tuple[BorderSegment, ...]:
        """All segments in the order of the border."""
        return tuple(segment for line in self.lines for segment in line.segments)

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "file": self.file,
            "source_layer": self.layer,
            "crs": self.crs,
            "length_m": round(sum(line.length_m for line in self.lines), 3),
            "lines": [
                {
                    "code": line.code,
                    "name": line.name,
                    "length_m": round(line.length_m, 3),
                    "segments": [
                        {
                            "code": segment.code,
                            "from_m": round(segment.from_m, 3),
                            "to_m": round(segment.to_m, 3),
                            "length_m": round(segment.length_m, 3),
                        }
                        for segment in line.segments
                    ],
                }
                for line in self.lines
            ],
        }


def plan_border(
    features: Features,
    fields: Mapping[str, str],
    *,
    effective_on: date,
    prefix: str = "B",
    stretch_km: float = STRETCH_KM,
) -> BorderPlan:
    """Cut the lines of a file into segments.

    Parameters
    ----------
    features
        LineStrings, or MultiLineStrings whose parts join end to end.
    fields
        Which fields hold code, name and owner of a line; without a code a line gets ``prefix`` and its
        number.
    effective_on
        The first day of the segments.
    stretch_km
        The length of a stretch in kilometres; the last two of a line share what is left over.

    Raises
    ------
    InvalidRows
        A row's parts do not join to one line, it has no length, or two rows have the same code.
    InvalidInput
        There is no such field, or the length is not above zero.
    """
    if not 0.1 <= stretch_km <= 1_000:
        raise InvalidInput(
            N_("A stretch of {length} km makes no sense."),
            mend=N_("Give --stretch-km between 0.1 and 1000."),
            length=stretch_km,
        )
    chosen = resolve(features, fields, FIELDS)
    given, faults = _given(features, chosen)
    others = attributes(features, tuple(chosen.values()))
    codes = [code or f"{prefix}{row}" for row, code in enumerate(given["code"], start=1)]
    faults += repeated_codes(codes)
    measured: list[MeasuredLine] = []
    for row, geometry in enumerate(features.geometries, start=1):
        try:
            measured.append(MeasuredLine.from_lonlat(_joined(geometry)))
        except GeoError as error:
            faults.append(RowFault(row, error.message, error.mend, codes[row - 1], error.params))
    refuse_rows(features.file, features.layer, faults)
    lines: list[BorderLine] = []
    for k, line in enumerate(measured):
        name, owner = given["name"][k] or codes[k], given["owner"][k]
        start = sum(len(each.segments) for each in lines)
        segments = _cut(line, codes[k], name, owner, others[k], stretch_km * 1_000, start, effective_on)
        lines.append(BorderLine(codes[k], name, line.length_m, segments))
    return BorderPlan(features.file, features.layer, features.crs, tuple(lines))


def store_border(stores: Stores, plan: BorderPlan, effective_on: date) -> Sequence[BorderSegment]:
    """Make the planned segments the border from a day on; all others end on it."""
    return stores.border.replace(plan.segments, effective_on)


def _given(
    features: Features, chosen: Mapping[str, str]
) -> tuple[dict[str, list[str | None]], list[RowFault]]:
    """Return code, name and owner of each row, None where the file does not say."""
    given: dict[str, list[str | None]] = {}
    faults: list[RowFault] = []
    for name in FIELDS:
        given[name] = [None] * len(features)
        if name in chosen:
            given[name], more = texts(features, chosen[name])
            faults += more
    return given, faults


def _joined(geometry: Any) -> npt.NDArray[np.float64]:
    """Return the vertices of a line, its parts joined end to end."""
    line = geometry if geometry.geom_type == "LineString" else shapely.line_merge(geometry)
    if line.geom_type != "LineString":
        raise GeoError(
            N_("Its {count} parts do not join to one line."),
            mend=N_("Give each line a row of its own."),
            count=len(line.geoms),
        )
    vertices: npt.NDArray[np.float64] = shapely.get_coordinates(line)
    return vertices


def _cut(
    line: MeasuredLine,
    code: str,
    name: str,
    owner: str | None,
    others: Mapping[str, Any],
    stretch_m: float,
    start: int,
    effective_on: date,
) -> tuple[BorderSegment, ...]:
    """Return the segments of one line; their geometries share the cut points exactly."""
    stretches = line.stretches(stretch_m)
    digits = max(2, len(str(len(stretches))))
    return tuple(
        BorderSegment(
            id=new_id(),
            code=f"{code}-{number:0{digits}d}",
            name=f"{name} {number}",
            seq=start + number,
            from_m=from_m,
            to_m=to_m,
            length_m=to_m - from_m,
            geom=shapely.LineString(line.cut(from_m, to_m)),
            valid_from=effective_on,
            owner=owner,
            attributes={**others, "line": code},
        )
        for number, (from_m, to_m) in enumerate(stretches, start=1)
    )
