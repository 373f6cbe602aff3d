"""Units of an area layer as a file holds them: codes, names, households, parents and areas on the lattice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.lattice import quantise
from geo.partition.defects import metres_per_degree
from service.readers.columns import attributes, code_field, counts, required_texts, resolve, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features

FIELDS = ("code", "name", "households")


@dataclass(frozen=True, slots=True, eq=False)
class UnitRows:
    """The rows of an area layer, in the order of the file.

    ``areas`` (n,) are Polygons and MultiPolygons on the lattice; ``parents`` holds one tuple (n,) of codes
    per parent field, the nearest level first; ``shift_m`` is the largest distance by which rounding to the
    lattice moved a vertex, in metres.
    """

    file: str
    layer: str
    crs: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    households: tuple[int | None, ...]
    attributes: tuple[dict[str, Any], ...]
    areas: npt.NDArray[Any]
    parents: tuple[tuple[str, ...], ...]
    shift_m: float

    def __len__(self) -> int:
        return len(self.codes)

    def labels(self) -> list[str]:
        """Return how each unit is named in a report: its code and its row, counted from 1."""
        return [f"{code} (row {row})" for row, code in enumerate(self.codes, start=1)]


def unit_rows(features: Features, fields: Mapping[str, str], parent_fields: Sequence[str] = ()) -> UnitRows:
    """Return the units of a layer; ``fields`` name where code, name and households are read from.

    Raises
    ------
    InvalidInput
        There is no such field, or none for the code.
    InvalidRows
        Rows without code or parent, or with households that are no count.
    """
    chosen = resolve(features, fields, FIELDS)
    codes, faults = required_texts(features, code_field(features, chosen))
    names = list(codes)
    if "name" in chosen:
        given, more = texts(features, chosen["name"])
        names = [name or code for name, code in zip(given, codes, strict=True)]
        faults += more
    households: list[int | None] = [None] * len(codes)
    if "households" in chosen:
        households, more = counts(features, chosen["households"])
        faults += more
    parents = []
    for field in parent_fields:
        values, more = required_texts(features, field)
        parents.append(tuple(values))
        faults += more
    refuse_rows(features.file, features.layer, _named(faults, codes))
    areas, shift = on_lattice(features.geometries)
    return UnitRows(
        features.file,
        features.layer,
        features.crs,
        tuple(codes),
        tuple(names),
        tuple(households),
        tuple(attributes(features, (*chosen.values(), *parent_fields))),
        areas,
        tuple(parents),
        shift,
    )


def on_lattice(geometries: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], float]:
    """Return geometries rounded to the lattice and the largest shift of a vertex in metres."""
    before = shapely.get_coordinates(geometries)
    rounded = shapely.transform(geometries, lambda lonlat: np.rint(lonlat * 1e7) / 1e7)
    after = shapely.get_coordinates(rounded)
    if not len(before):
        return quantise(geometries), 0.0
    scale = np.array([metres_per_degree(0.0)[0], metres_per_degree(90.0)[1]])
    scale = np.column_stack((scale[0] * np.cos(np.radians(before[:, 1])), np.full(len(before), scale[1])))
    return quantise(geometries), float(np.hypot(*((after - before) * scale).T).max())


def _named(faults: list[RowFault], codes: list[str]) -> list[RowFault]:
    """Return faults with the codes of their rows."""
    return [
        RowFault(fault.row, fault.message, fault.mend, codes[fault.row - 1], fault.params) for fault in faults
    ]
