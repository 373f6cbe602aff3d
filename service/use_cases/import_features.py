"""Importing what lies on the ground: dwellings with households, lines, ground cover, barriers of sight."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import geodesic_area, geodesic_length
from geo.errors import N_
from geo.lattice import SCALE, quantise
from geo.visits import Cover
from layers.barriers import BARRIER_KINDS, Barrier, BarrierKind
from layers.dwellings import Dwelling
from layers.ground_cover import COVER_KINDS, CoverArea
from layers.ids import new_id
from layers.line_features import LINE_KINDS, LineFeature, LineKind
from layers.stores import Stores
from service.readers.columns import (
    code_field,
    counts,
    lacking,
    repeated_codes,
    required_texts,
    resolve,
    texts,
)
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features

PART = 20_000
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class DwellingPlan:
    """What an import of dwellings would store: columns of equal length; ``lonlat`` (n, 2) degrees."""

    features: Features
    codes: tuple[str, ...]
    lonlat: NDArray[np.float64]
    households: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {**_source(self.features), "rows": len(self.codes), "households": sum(self.households)}

    def store(self, stores: Stores, tell: Tell | None = None) -> None:
        """Store them in place of those with the same codes; others stay.

        They are written part by part, so that a million of them are not in memory as rows at once; it is one
        transaction all the same, and nothing is stored where one part cannot be.
        """
        for begin in range(0, len(self.codes), PART):
            part = slice(begin, begin + PART)
            rows = zip(self.codes[part], self.lonlat[part].tolist(), self.households[part], strict=True)
            stores.dwellings.replace(
                [Dwelling(new_id(), code, lon, lat, count) for code, (lon, lat), count in rows]
            )
            if tell is not None:
                tell("store", min(begin + PART, len(self.codes)), len(self.codes))


@dataclass(frozen=True, slots=True, eq=False)
class LinePlan:
    """What an import of lines would store; rows of the file may be of several parts.

    ``codes`` are those of the rows; ``short`` counts the parts that have no length on the lattice.
    """

    features: Features
    lines: tuple[LineFeature, ...]
    codes: tuple[str, ...]
    short: int

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        length = float(np.sum([geodesic_length(one.line) for one in self.lines])) if self.lines else 0.0
        return {
            **_source(self.features),
            "rows": len(self.features),
            "parts": len(self.lines),
            "parts_too_short": self.short,
            "length_m": round(length, 3),
            "line_kinds": dict(Counter(one.kind for one in self.lines)),
        }

    def gone(self, stores: Stores) -> list[str]:
        """Return the codes of those that would be parts of the rows no more, and go."""
        return _gone((one.code for one in stores.lines.all()), self.codes, (one.code for one in self.lines))

    def store(self, stores: Stores) -> None:
        """Store them in place of those with the same codes, whatever parts those had; others stay."""
        stores.lines.remove(set(self.gone(stores)))
        stores.lines.replace(self.lines)


@dataclass(frozen=True, slots=True, eq=False)
class CoverPlan:
    """What an import of ground cover would store; rows of the file may be of several parts.

    ``codes`` are those of the rows.
    """

    features: Features
    areas: tuple[CoverArea, ...]
    codes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            **_source(self.features),
            "rows": len(self.features),
            "parts": len(self.areas),
            "area_m2": round(float(np.sum([geodesic_area(one.area) for one in self.areas])), 1),
            "cover_kinds": dict(Counter(one.kind.name.lower() for one in self.areas)),
        }

    def gone(self, stores: Stores) -> list[str]:
        """Return the codes of those that would be parts of the rows no more, and go."""
        return _gone((one.code for one in stores.cover.all()), self.codes, (one.code for one in self.areas))

    def store(self, stores: Stores) -> None:
        """Store them in place of those with the same codes, whatever parts those had; others stay."""
        stores.cover.remove(set(self.gone(stores)))
        stores.cover.replace(self.areas)


@dataclass(frozen=True, slots=True, eq=False)
class BarrierPlan:
    """What an import of barriers would store; rows of the file may be of several parts.

    ``codes`` are those of the rows.
    """

    features: Features
    barriers: tuple[Barrier, ...]
    codes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            **_source(self.features),
            "rows": len(self.features),
            "parts": len(self.barriers),
            "length_m": round(float(np.sum([geodesic_length(one.shape) for one in self.barriers])), 3),
            "barrier_kinds": dict(Counter(one.kind for one in self.barriers)),
        }

    def gone(self, stores: Stores, day: date) -> dict[str, UUID]:
        """Return the codes and ids of those standing on a day that would be parts of the rows no more."""
        there = {one.code: one.id for one in stores.barriers.during(day, day + timedelta(days=1))}
        return {code: there[code] for code in _gone(there, self.codes, (one.code for one in self.barriers))}


def _gone(known: Iterable[str], codes: Sequence[str], kept: Iterable[str]) -> list[str]:
    """Return which known codes are those of rows, or of numbered parts of them, and are not kept."""
    return sorted({code for code in known if _whole(code, codes)} - set(kept))


def _whole(code: str, wanted: Sequence[str]) -> bool:
    """Return whether a code, or the one it is a numbered part of, is among some."""
    return bool({code, re.sub(r"-[0-9]+$", "", code)} & set(wanted))


def plan_dwellings(features: Features, fields: Mapping[str, str]) -> DwellingPlan:
    """Read dwellings: points with a code and a number of households.

    Raises
    ------
    InvalidRows
        Rows without a code, with one that another row has, or whose households are no whole number.
    InvalidInput
        There is no such field, or none for the households.
    """
    chosen = resolve(features, fields, ("code", "households"))
    codes, faults = required_texts(features, code_field(features, chosen))
    faults += repeated_codes(codes)
    if "households" not in chosen:
        raise lacking(features, "households", N_("Name the field with --field households=FIELD."))
    households, more = counts(features, chosen["households"])
    faults += more
    faults += _missing(households, chosen["households"])
    refuse_rows(features.file, features.layer, faults)
    lonlat = np.column_stack([shapely.get_x(features.geometries), shapely.get_y(features.geometries)])
    lonlat = np.rint(lonlat * SCALE) / SCALE
    return DwellingPlan(features, tuple(codes), lonlat, tuple(count or 0 for count in households))


def plan_lines(features: Features, fields: Mapping[str, str], kind: str | None = None) -> LinePlan:
    """Read lines: each with a code and a kind, on the lattice; parts of a row get its code and a number.

    Parameters
    ----------
    features
        Lines, of one part or several.
    fields
        Which fields hold code, name and kind.
    kind
        The kind of all rows, where the file has no field for it.

    Raises
    ------
    InvalidRows
        Rows without a code, with one that another row has, of an unknown kind, or shorter than a centimetre.
    InvalidInput
        There is no such field, or neither a field nor an option for the kind.
    """
    chosen = resolve(features, fields, ("code", "name", "kind"))
    if "kind" not in chosen and kind is None:
        raise lacking(features, "kind", N_("Name it with --field kind=FIELD, or one for all with --kind."))
    codes, faults = required_texts(features, code_field(features, chosen))
    names, kinds = _names_and_kinds(features, chosen, kind, len(codes), faults)
    faults += _unknown_kinds(kinds, LINE_KINDS, N_("There is no kind of line “{kind}”; there are: {known}."))
    made: list[LineFeature] = []
    rows: list[int] = []
    short = 0
    for row, shape in enumerate(features.geometries, start=1):
        parts = [quantise(part) for part in shapely.get_parts(shape)]
        long_enough = [number for number, one in enumerate(parts, start=1) if one.length > 0 and one.is_valid]
        short += len(parts) - len(long_enough)
        if not long_enough:
            message, mend = N_("Its line has no length on the lattice."), N_("Leave it out.")
            faults.append(RowFault(row, message, mend, codes[row - 1]))
        for number in long_enough:
            code = codes[row - 1] if len(parts) == 1 else f"{codes[row - 1]}-{number}"
            name = names[row - 1] or codes[row - 1]
            made.append(
                LineFeature(new_id(), code, cast("LineKind", kinds[row - 1]), name, parts[number - 1])
            )
            rows.append(row)
    faults += repeated_codes(codes)
    # The code of a part may be that of another row, too.
    refuse_rows(features.file, features.layer, faults or _repeated_parts(made, rows))
    return LinePlan(features, tuple(made), tuple(codes), short)


def plan_cover(features: Features, fields: Mapping[str, str], kind: str | None = None) -> CoverPlan:
    """Read ground cover: polygons with a code and a kind; parts of a row get its code and a number.

    Parameters
    ----------
    features
        Polygons, of one part or several.
    fields
        Which fields hold code, name and kind.
    kind
        The kind of all rows, where the file has no field for it.

    Raises
    ------
    InvalidRows
        Rows without a code, with one that another row has, of an unknown kind, or with edges that cross.
    InvalidInput
        There is no such field, or neither a field nor an option for the kind.
    """
    chosen = resolve(features, fields, ("code", "name", "kind"))
    if "kind" not in chosen and kind is None:
        raise lacking(features, "kind", N_("Name it with --field kind=FIELD, or one for all with --kind."))
    codes, faults = required_texts(features, code_field(features, chosen))
    names, kinds = _names_and_kinds(features, chosen, kind, len(codes), faults)
    faults += _unknown_kinds(kinds, COVER_KINDS, N_("There is no ground cover “{kind}”; there are: {known}."))
    faults += repeated_codes(codes)
    shapes, more = _parts(
        features, codes, N_("Its edges cross, or it has no area on the lattice."), lambda one: one.area > 0.0
    )
    refuse_rows(features.file, features.layer, faults + more)
    made, rows = [], []
    for row, code, part in _numbered(codes, shapes):
        made.append(CoverArea(new_id(), code, Cover[kinds[row - 1].upper()], names[row - 1] or code, part))
        rows.append(row)
    refuse_rows(features.file, features.layer, _repeated_parts(made, rows))
    return CoverPlan(features, tuple(made), tuple(codes))


def plan_barriers(
    features: Features, fields: Mapping[str, str], effective_on: date, kind: str | None = None
) -> BarrierPlan:
    """Read barriers of sight: lines or polygons with a code and a kind, parts as those of ground cover.

    Parameters
    ----------
    features
        Lines and polygons, of one part or several.
    fields
        Which fields hold code, name, kind and note.
    effective_on
        The day from which they stand.
    kind
        The kind of all rows, where the file has no field for it.

    Raises
    ------
    InvalidRows
        Rows without a code, with one that another row has, of an unknown kind, or with edges that cross.
    InvalidInput
        There is no such field, or neither a field nor an option for the kind.
    """
    chosen = resolve(features, fields, ("code", "name", "kind", "note"))
    if "kind" not in chosen and kind is None:
        raise lacking(features, "kind", N_("Name it with --field kind=FIELD, or one for all with --kind."))
    codes, faults = required_texts(features, code_field(features, chosen))
    names, kinds = _names_and_kinds(features, chosen, kind, len(codes), faults)
    notes: list[str | None] = [None] * len(codes)
    if "note" in chosen:
        notes, more = texts(features, chosen["note"])
        faults += more
    faults += _unknown_kinds(
        kinds, BARRIER_KINDS, N_("There is no kind of barrier “{kind}”; there are: {known}.")
    )
    faults += repeated_codes(codes)
    message = N_("Its edges cross, or it has no extent on the lattice.")
    shapes, more = _parts(features, codes, message, lambda one: one.length > 0.0)
    refuse_rows(features.file, features.layer, faults + more)
    made, rows = [], []
    for row, code, part in _numbered(codes, shapes):
        what, name = cast("BarrierKind", kinds[row - 1]), names[row - 1] or code
        made.append(Barrier(new_id(), code, what, name, part, effective_on, None, notes[row - 1] or ""))
        rows.append(row)
    refuse_rows(features.file, features.layer, _repeated_parts(made, rows))
    return BarrierPlan(features, tuple(made), tuple(codes))


def _names_and_kinds(
    features: Features, chosen: Mapping[str, str], kind: str | None, count: int, faults: list[RowFault]
) -> tuple[list[str | None], list[str]]:
    """Return the names and kinds of rows; what is wrong with them is added to the faults."""
    names: list[str | None] = [None] * count
    if "name" in chosen:
        names, more = texts(features, chosen["name"])
        faults += more
    if kind is not None:
        return names, [kind] * count
    kinds, more = required_texts(features, chosen["kind"])
    faults += more
    return names, kinds


def _parts(
    features: Features, codes: Sequence[str], message: str, good: Callable[[Any], bool]
) -> tuple[list[list[Any]], list[RowFault]]:
    """Return the parts of each row on the lattice, and a fault for each row of which not all are good."""
    shapes = [[quantise(part) for part in shapely.get_parts(shape)] for shape in features.geometries]
    faults = [
        RowFault(row, message, N_("Mend it, or leave it out."), codes[row - 1])
        for row, parts in enumerate(shapes, start=1)
        if not parts or not all(one.is_valid and good(one) for one in parts)
    ]
    return shapes, faults


def _numbered(codes: Sequence[str], shapes: Sequence[Sequence[Any]]) -> Iterator[tuple[int, str, Any]]:
    """Yield each part with its row and its code: that of the row, and a number where it has several."""
    for row, parts in enumerate(shapes, start=1):
        for number, part in enumerate(parts, start=1):
            whole = codes[row - 1]
            yield row, whole if len(parts) == 1 else f"{whole}-{number}", part


def _repeated_parts(made: Sequence[LineFeature | CoverArea | Barrier], rows: Sequence[int]) -> list[RowFault]:
    """Return a fault for each row with a part whose code a part of an earlier row has."""
    first: dict[str, int] = {}
    faults = []
    for one, row in zip(made, rows, strict=True):
        if first.setdefault(one.code, row) != row:
            message, mend = N_("Its code is that of row {first}."), N_("Give it its own code.")
            faults.append(RowFault(row, message, mend, one.code, {"first": first[one.code]}))
    return faults


def _source(features: Features) -> dict[str, Any]:
    return {"file": features.file, "source_layer": features.layer, "crs": features.crs}


def _missing(values: Sequence[int | None], field: str) -> list[RowFault]:
    return [
        RowFault(row, N_("Its field “{field}” is empty."), N_("Fill it in."), params={"field": field})
        for row, value in enumerate(values, start=1)
        if value is None
    ]


def _unknown_kinds(kinds: Sequence[str], there: Sequence[str], message: str) -> list[RowFault]:
    known = ", ".join(there)
    return [
        RowFault(
            row,
            message,
            N_("Use one of them."),
            params={"kind": kind[:40], "known": known},
        )
        for row, kind in enumerate(kinds, start=1)
        if kind and kind not in there
    ]
