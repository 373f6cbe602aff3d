"""Importing markers and stations: typed attributes, and the place on the border where they stand."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from geo.errors import N_
from geo.linear import MeasuredLine
from layers.border import BorderSegment
from layers.errors import LayerError
from layers.ids import new_id
from layers.marker_kinds import KINDS, MarkerAttributes, read_attributes
from layers.markers import Marker
from layers.stores import Stores
from service.readers.columns import (
    attributes,
    code_field,
    lacking,
    repeated_codes,
    required_texts,
    resolve,
    texts,
)
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features

FIELDS = ("code", "name", "kind")
STATION = "service-station"
REACH_M = 100.0
_STEP = 1e7
# What an attribute needs that was not read yet, so that each can be tried alone.
_REQUIRED: Mapping[str, Mapping[str, Any]] = {STATION: {"role": "point"}}


@dataclass(frozen=True, slots=True, eq=False)
class MarkerPlan:
    """What an import of markers would store; ``attached`` (n,) are the codes of their segments or None."""

    file: str
    layer: str
    crs: str
    markers: tuple[Marker, ...]
    attached: tuple[str | None, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        kinds: dict[str, int] = {}
        for marker in self.markers:
            kinds[marker.kind] = kinds.get(marker.kind, 0) + 1
        return {
            "file": self.file,
            "source_layer": self.layer,
            "crs": self.crs,
            "rows": len(self.markers),
            "kinds": kinds,
            "on_border": sum(code is not None for code in self.attached),
        }


def plan_markers(
    features: Features,
    fields: Mapping[str, str],
    *,
    segments: Sequence[BorderSegment],
    effective_on: date,
    kind: str | None = None,
    ignored: Sequence[str] = (),
) -> MarkerPlan:
    """Read the markers of a file and find the place of each on the border.

    Parameters
    ----------
    features
        Points; columns other than code, name and kind are attributes of the kind, and one called
        ``attributes`` may hold them as a JSON object.
    fields
        Which fields hold code, name and kind.
    segments
        The border of the day; the nearest within 100 m becomes the marker's, with the measure on it.
    kind
        The kind of all rows, where the file has no field for it.
    ignored
        Fields to leave out.

    Raises
    ------
    InvalidRows
        Rows without a code, with one that another row has, of an unknown kind, or with attributes that their
        kind does not have or expect.
    InvalidInput
        There is no such field, or neither a field nor an option for the kind.
    """
    chosen = resolve(features, fields, FIELDS)
    if "kind" not in chosen and kind is None:
        raise lacking(features, "kind", N_("Name it with --field kind=FIELD, or one for all with --kind."))
    for name in ignored:
        features.column(name)
    codes, faults = required_texts(features, code_field(features, chosen))
    faults += repeated_codes(codes)
    names: list[str | None] = [None] * len(codes)
    if "name" in chosen:
        names, more = texts(features, chosen["name"])
        faults += more
    kinds: list[str] = [kind or ""] * len(codes)
    if kind is None:
        kinds, more = required_texts(features, chosen["kind"])
        faults += more
    typed: list[MarkerAttributes] = []
    without = (*chosen.values(), *ignored, "fid")
    for row, values in enumerate(attributes(features, without), start=1):
        try:
            typed.append(_typed(kinds[row - 1], values))
        except LayerError as error:
            mend = error.mend if error.code != "attribute-unknown" else _MEND_ATTRIBUTE
            faults.append(RowFault(row, error.message, mend, codes[row - 1], error.params))
    refuse_rows(features.file, features.layer, faults)
    lonlat = np.array([(point.x, point.y) for point in features.geometries])
    lonlat = np.rint(lonlat * _STEP) / _STEP
    places = _places(lonlat, segments)
    markers = tuple(
        Marker(
            id=new_id(),
            code=codes[k],
            name=names[k] or codes[k],
            lon=float(lonlat[k, 0]),
            lat=float(lonlat[k, 1]),
            attributes=typed[k],
            valid_from=effective_on,
            segment=places[k][0],
            measure_m=places[k][1],
        )
        for k in range(len(codes))
    )
    attached = tuple(place[2] for place in places)
    return MarkerPlan(features.file, features.layer, features.crs, markers, attached)


_MEND_ATTRIBUTE = N_("Rename the field, or leave it out with --ignore {attribute}.")


def store_markers(stores: Stores, plan: MarkerPlan, effective_on: date) -> None:
    """Store the planned markers from a day on, in place of those with the same codes; others stay."""
    stores.markers.replace(plan.markers, effective_on)


def _typed(kind: str, values: Mapping[str, Any]) -> MarkerAttributes:
    """Return the attributes of a kind from columns, whatever type the format could give them."""
    given = dict(values)
    packed = given.pop("attributes", None)
    if isinstance(packed, str):
        try:
            unpacked = json.loads(packed)
        except ValueError:
            unpacked = None
        packed = unpacked if isinstance(unpacked, dict) else {"attributes": packed}
    given = {**(packed or {}), **{name: value for name, value in given.items() if value not in ("", None)}}
    if kind not in KINDS:
        return read_attributes(kind, {})
    return read_attributes(kind, {name: _read(kind, name, value) for name, value in given.items()})


def _read(kind: str, name: str, value: Any) -> Any:
    """Return the first reading of a value that the attribute accepts; the value itself where none is."""
    for candidate in _readings(value):
        try:
            read_attributes(kind, {**_REQUIRED.get(kind, {}), name: candidate})
        except LayerError:
            continue
        return candidate
    return value


def _readings(value: Any) -> list[Any]:
    """Return what a value may mean: itself, a text, a number, yes or no, a list."""
    readings = [value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        readings += [str(value), bool(value)] if value in (0, 1) else [str(value)]
    if isinstance(value, str):
        words = value.strip()
        with suppress(ValueError):
            readings.append(float(words))
        readings += {"true": [True], "false": [False], "yes": [True], "no": [False]}.get(words.lower(), [])
        readings.append(
            [part.strip() for part in words.strip("[]").replace(";", ",").split(",") if part.strip()]
        )
    return readings


def _places(
    lonlat: np.ndarray[Any, np.dtype[np.float64]], segments: Sequence[BorderSegment]
) -> list[tuple[UUID | None, float | None, str | None]]:
    """Return segment, measure and segment code of each point, of the nearest segment within reach."""
    best = np.full(len(lonlat), np.inf)
    places: list[tuple[UUID | None, float | None, str | None]] = [(None, None, None)] * len(lonlat)
    for segment in segments:
        found = MeasuredLine.from_lonlat(np.asarray(segment.line.coords)[:, :2]).locate(*lonlat.T)
        for k in np.flatnonzero((found.distance_m < best) & (found.distance_m <= REACH_M)).tolist():
            best[k] = found.distance_m[k]
            places[k] = (segment.id, float(found.measure_m[k]), segment.code)
    return places
