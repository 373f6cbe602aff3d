"""Importing area layers: a partition is proven before anything of it is stored, every defect named.

A layer has one or more levels. Only the lowest owns geometry; each upper unit is the chain sum of the units
below it. Where a file also holds polygons of the level above, they must equal those sums, and give names
and attributes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, STRtree

from geo.crs import geodesic_area
from geo.errors import N_
from geo.partition import Defect, DefectKind, as_feature, dissolve, prove, prove_levels
from geo.partition.chains import Chains
from geo.partition.notches import notches
from geo.partition.validity import ring_defects
from layers.catalog import Layer, LayerKind
from layers.ids import new_id
from layers.releases import Release
from layers.stores import Stores
from layers.units import UnitDraft
from service.errors import InvalidInput
from service.readers.units import UnitRows

Translate = Callable[[str], str]
_SAME_PLACE_DEG = 3e-7


class BrokenPartition(InvalidInput):
    """The units are not an exact partition; nothing was stored."""

    code = "partition-broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect with the level it was found on and the names its sentence uses."""

    level: str
    defect: Defect
    names: Sequence[str]
    parents: Sequence[str] | None = None

    def text(self, translate: Translate = str) -> str:
        """Return what is wrong, where, and how to mend it."""
        return self.defect.sentence(self.names, self.parents, translate)

    def feature(self, translate: Translate = str) -> dict[str, Any]:
        """Return the defect as a GeoJSON feature."""
        feature = as_feature(self.defect, self.text(translate), self.names)
        feature["properties"]["level"] = self.level
        return feature


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One level of the units: codes, names, households, attributes and areas, and each unit's parent.

    ``parents`` (n,) are positions in the level above, −1 at the top.
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    households: tuple[int | None, ...]
    attributes: tuple[dict[str, Any], ...]
    areas: Sequence[Any] | npt.NDArray[Any]
    parents: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What an import would store, and whether it may be stored.

    ``notes`` are cracks in a frame that nobody gave: to be looked at, they stop nothing.

    ``levels`` run from the top to the leaf, and are empty where upper levels cannot be summed up because of
    the findings. ``frame`` is the area that is divided, None where there is none.
    """

    kind: LayerKind
    units: UnitRows
    level_names: tuple[str, ...]
    level_counts: tuple[int, ...]
    levels: tuple[Level, ...]
    findings: tuple[Finding, ...]
    frame: Geometry | None
    notes: tuple[Finding, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def to_json(self, translate: Translate = str) -> dict[str, Any]:
        """Return the report."""
        by_kind: dict[str, int] = {}
        for finding in self.findings:
            by_kind[finding.defect.kind.value] = by_kind.get(finding.defect.kind.value, 0) + 1
        parts = [] if self.frame is None else list(shapely.get_parts(self.frame))
        return {
            "file": self.units.file,
            "source_layer": self.units.layer,
            "crs": self.units.crs,
            "kind": self.kind,
            "rows": len(self.units),
            "levels": [
                {"name": name, "units": count}
                for name, count in zip(self.level_names, self.level_counts, strict=True)
            ],
            "households": sum(count or 0 for count in self.units.households),
            "exact": self.exact,
            "max_shift_cm": round(self.units.shift_m * 100, 3),
            "frame": {
                "parts": len(parts),
                "enclaves": sum(len(part.interiors) for part in parts),
                "area_km2": round(float(geodesic_area(self.frame)) / 1e6, 4) if parts else 0.0,
            },
            "defects": {
                "count": len(self.findings),
                "by_kind": by_kind,
                "items": [finding.feature(translate)["properties"] for finding in self.findings],
            },
            "notes": [finding.feature(translate)["properties"] for finding in self.notes],
        }

    def defects_geojson(self, translate: Translate = str) -> dict[str, Any]:
        """Return all defects, and then the notes, as a GeoJSON feature collection."""
        features = [finding.feature(translate) for finding in (*self.findings, *self.notes)]
        return {"type": "FeatureCollection", "features": features}


def examine(
    units: UnitRows,
    level_names: Sequence[str],
    *,
    kind: LayerKind = "partition",
    upper: UnitRows | None = None,
    frame: Geometry | None = None,
    enclaves: Sequence[tuple[float, float]] = (),
) -> Examination:
    """Examine units read from a file without storing anything.

    Parameters
    ----------
    units
        The leaves; one parent code per upper level.
    level_names
        Names from the top to the leaf: one more than there are parent codes.
    kind
        Units of an overlay may overlap and leave gaps: only their rings and codes are examined.
    upper
        The polygons of the level right above, where the file has them.
    frame
        The area to be divided, on the lattice; where none is given, that of ``upper``, else the outer
        boundary.
    enclaves
        Points lon, lat of enclosed ground that belongs to no unit on purpose.
    """
    leaf = level_names[-1]
    labels = units.labels()
    found = _same_codes(units, leaf)
    if kind == "overlay":
        rings = ring_defects(units.areas, Chains.of(units.areas))
        found += [Finding(leaf, defect, labels) for defect in rings]
        area = None
    else:
        more, area = _examine_partition(units, level_names, upper, frame, enclaves)
        found += more
    found += _two_parents(units, level_names)
    counts = (*(len(set(codes)) for codes in reversed(units.parents)), len(units))
    levels = () if found else tuple(_levels(units, level_names, upper))
    cracks = notches(area, units.areas) if area is not None and frame is None and upper is None else ()
    notes = tuple(Finding(leaf, defect, labels) for defect in cracks)
    return Examination(kind, units, tuple(level_names), counts, levels, tuple(found), area, notes)


def publish(
    stores: Stores, layer: Layer, examination: Examination, effective_on: date, note: str = ""
) -> Release:
    """Publish examined units as the whole state of a layer from a day on; a code keeps its unit's id.

    Raises
    ------
    BrokenPartition
        There are findings.
    InvalidInput
        The layer has other levels, or is of the other kind.
    """
    if not examination.exact:
        first = examination.findings[0]
        raise BrokenPartition(
            N_("{file} has {count} defects and was not published. The first: {first}"),
            mend=N_("Mend them in the file and import it again; --defects FILE writes them all as GeoJSON."),
            where={"file": examination.units.file, "layer": examination.units.layer},
            extra={"defects": len(examination.findings)},
            file=examination.units.file,
            count=len(examination.findings),
            first=first.text(),
        )
    if layer.kind != examination.kind or len(layer.level_names) != len(examination.levels):
        raise InvalidInput(
            N_("Layer {layer} is a {kind} with the levels {levels}; the file is read with {found}."),
            mend=N_("Give one --parent-field for each level above the lowest, or import into another layer."),
            where={"layer": layer.code},
            layer=layer.code,
            kind=layer.kind,
            levels=", ".join(layer.level_names),
            found=", ".join(examination.level_names),
        )
    known = stores.grids.identities(layer.code, effective_on)
    return stores.grids.publish(layer.code, effective_on, _drafts(examination.levels, known), note=note)


def _examine_partition(
    units: UnitRows,
    level_names: Sequence[str],
    upper: UnitRows | None,
    frame: Geometry | None,
    enclaves: Sequence[tuple[float, float]],
) -> tuple[list[Finding], Geometry | None]:
    """Prove the leaves, and against the polygons of the level above where there are any."""
    leaf, labels = level_names[-1], units.labels()
    if upper is None:
        proof = prove(units.areas, frame, enclaves=enclaves)
        return [Finding(leaf, defect, labels) for defect in proof.defects], proof.frame
    above, above_labels = level_names[-2], upper.labels()
    # Where both levels leave the same ground out, it was meant: the level above is the frame.
    outer = prove(upper.areas, frame, enclaves=None)
    proof = prove(units.areas, outer.frame if outer.exact else frame, enclaves=None)
    found = [Finding(above, defect, above_labels) for defect in outer.defects]
    found += _same_codes(upper, above)
    found += [Finding(leaf, defect, labels) for defect in proof.defects]
    position = {code: k for k, code in enumerate(upper.codes)}
    parents = np.array([position.get(code, -1) for code in units.parents[0]], dtype=np.int64)
    found += [Finding(leaf, _no_parent(units, int(k)), labels) for k in np.flatnonzero(parents < 0)]
    nesting = _not_said(prove_levels(units.areas, parents, upper.areas), proof.defects + outer.defects)
    # Ground of units whose parent does not exist is missing in the right parent: one cause, one finding.
    nesting = _not_under(nesting, units.areas[parents < 0])
    found += [Finding(leaf, defect, labels, above_labels) for defect in nesting]
    return found, proof.frame


def _not_said(defects: list[Defect], said: Sequence[Defect]) -> list[Defect]:
    """Drop defects between levels at the very place of a defect that is already named."""
    geometries = [defect.geometry for defect in said if not defect.geometry.is_empty]
    if not geometries or not defects:
        return defects
    places = shapely.points([defect.place for defect in defects])
    hit = set(STRtree(geometries).query(places, predicate="dwithin", distance=_SAME_PLACE_DEG)[0].tolist())
    return [defect for k, defect in enumerate(defects) if k not in hit]


def _not_under(defects: list[Defect], areas: npt.NDArray[Any]) -> list[Defect]:
    """Drop defects between levels whose place lies in one of the areas."""
    if not len(areas) or not defects:
        return defects
    places = shapely.points([defect.place for defect in defects])
    hit = set(STRtree(areas).query(places, predicate="intersects")[0].tolist())
    return [defect for k, defect in enumerate(defects) if k not in hit]


def _same_codes(units: UnitRows, level: str) -> list[Finding]:
    """Return a finding for every code that several rows have."""
    rows: dict[str, list[int]] = {}
    for k, code in enumerate(units.codes):
        rows.setdefault(code, []).append(k)
    labels = units.labels()
    found = []
    for positions in rows.values():
        if len(positions) > 1:
            defect = _at_unit(units, DefectKind.SAME_CODE, positions[0])
            found.append(Finding(level, replace(defect, units=tuple(positions)), labels))
    return found


def _two_parents(units: UnitRows, level_names: Sequence[str]) -> list[Finding]:
    """Return a finding for every upper unit that rows put under different parents."""
    found = []
    labels = units.labels()
    for depth, (lower, upper) in enumerate(zip(units.parents, units.parents[1:], strict=False)):
        seen: dict[str, tuple[str, int]] = {}
        for k, (code, parent) in enumerate(zip(lower, upper, strict=True)):
            known, first = seen.setdefault(code, (parent, k))
            if known != parent:
                defect = replace(_at_unit(units, DefectKind.TWO_PARENTS, k), units=(first, k), reason=code)
                found.append(Finding(level_names[-2 - depth], defect, labels))
    return found


def _no_parent(units: UnitRows, position: int) -> Defect:
    """Return the defect of a unit whose parent is not in the level above."""
    return replace(_at_unit(units, DefectKind.NO_PARENT, position), reason=units.parents[0][position])


def _at_unit(units: UnitRows, kind: DefectKind, position: int) -> Defect:
    """Return a defect of a whole unit."""
    area = units.areas[position]
    at = shapely.point_on_surface(area)
    place = (0.0, 0.0) if at.is_empty else (float(at.x), float(at.y))
    return Defect(kind, (position,), area, place, float(geodesic_area(area)))


def _levels(units: UnitRows, level_names: Sequence[str], upper: UnitRows | None) -> list[Level]:
    """Return the levels from the top to the leaf: each upper unit the chain sum of the leaves below it."""
    below = [units.codes, *units.parents]
    levels: list[Level] = []
    orders = [list(dict.fromkeys(sorted(codes))) for codes in units.parents]
    for depth in range(len(units.parents), 0, -1):
        codes = orders[depth - 1]
        position = {code: k for k, code in enumerate(codes)}
        group = np.array([position[code] for code in below[depth]], dtype=np.int32)
        parents = np.full(len(codes), -1, dtype=np.int64)
        if depth < len(units.parents):
            above = {code: k for k, code in enumerate(orders[depth])}
            parents[group] = [above[code] for code in below[depth + 1]]
        names, households, attributes = _described(codes, group, units, upper if depth == 1 else None)
        areas = dissolve(units.areas, group)
        levels.append(
            Level(level_names[-1 - depth], tuple(codes), names, households, attributes, areas, parents)
        )
    parents = np.full(len(units), -1, dtype=np.int64)
    if units.parents:
        above = {code: k for k, code in enumerate(orders[0])}
        parents[:] = [above[code] for code in units.parents[0]]
    leaf = (units.codes, units.names, units.households, units.attributes, units.areas)
    return [*levels, Level(level_names[-1], *leaf, parents)]


def _described(
    codes: list[str], group: npt.NDArray[np.int32], units: UnitRows, upper: UnitRows | None
) -> tuple[tuple[str, ...], tuple[int | None, ...], tuple[dict[str, Any], ...]]:
    """Return names, households and attributes of an upper level: the file's own, else its code and sums."""
    known = np.array([count is not None for count in units.households])
    counted = np.bincount(group, weights=[count or 0 for count in units.households], minlength=len(codes))
    complete = np.bincount(group, weights=~known, minlength=len(codes)) == 0
    sums = [int(total) if full else None for total, full in zip(counted, complete, strict=True)]
    if upper is None:
        return tuple(codes), tuple(sums), tuple({} for _ in codes)
    row = {code: k for k, code in enumerate(upper.codes)}
    own = [upper.households[row[code]] for code in codes]
    households = tuple(total if count is None else count for count, total in zip(own, sums, strict=True))
    return (
        tuple(upper.names[row[code]] for code in codes),
        households,
        tuple(upper.attributes[row[code]] for code in codes),
    )


def _drafts(levels: Sequence[Level], known: dict[tuple[int, str], UUID]) -> list[UnitDraft]:
    """Return the units of all levels for publication, each with the id its code already has."""
    drafts: list[UnitDraft] = []
    above: list[UUID] = []
    for number, level in enumerate(levels):
        ids = [known.get((number, code)) or new_id() for code in level.codes]
        for k, identifier in enumerate(ids):
            parent = above[level.parents[k]] if level.parents[k] >= 0 else None
            drafts.append(
                UnitDraft(
                    identifier,
                    level.codes[k],
                    level.names[k],
                    number,
                    parent,
                    level.areas[k],
                    level.households[k],
                    level.attributes[k],
                )
            )
        above = ids
    return drafts
