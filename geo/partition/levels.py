"""Nesting: proving that the units below each parent add up to exactly that parent's polygon."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from geo.partition.chains import Chains, Shapes, add_up, as_areas, matches
from geo.partition.defects import Defect, DefectKind
from geo.partition.residual import explain
from geo.partition.scene import FRAME, Loose

# What a unit's own level has to say is said by its own proof, not once more per parent.
_SAID_ELSEWHERE = (DefectKind.OVERLAP, DefectKind.DUPLICATE)
_GROUND = (DefectKind.GAP, DefectKind.MISSING, DefectKind.SLIVER)


def prove_levels(
    polygons: Sequence[Any] | Shapes, parents: npt.ArrayLike, parent_polygons: Sequence[Any] | Shapes
) -> list[Defect]:
    """Return a defect for every place where the units of a parent do not make up its polygon.

    Parameters
    ----------
    polygons
        Units in lon, lat degrees on the lattice.
    parents
        The position of each unit's parent in ``parent_polygons``, (n,), −1 for none.
    parent_polygons
        The polygons of the level above, likewise on the lattice.

    Returns
    -------
    Defects with ``parent`` set: a unit outside its parent, ground of a parent that no unit of it covers, or
    an edge drawn with other vertices. Empty where every parent equals the chain sum of its units.
    """
    shapes, above = as_areas(polygons), as_areas(parent_polygons)
    of_unit = np.ascontiguousarray(parents, dtype=np.int32)
    units, frames = Chains.of(shapes), Chains.of(above)
    tails = np.concatenate((units.tails, frames.heads))
    heads = np.concatenate((units.heads, frames.tails))
    groups = np.concatenate((of_unit[units.edge_units()], frames.edge_units()))
    left = add_up(tails, heads, groups)
    found: list[Defect] = []
    for parent in np.unique(left.groups[left.groups >= 0]).tolist():
        found.extend(_of_parent(shapes, above, of_unit, parent))
    return _without_echoes(found)


def _of_parent(shapes: Shapes, above: Shapes, of_unit: npt.NDArray[np.int32], parent: int) -> list[Defect]:
    """Explain what is left of one parent's polygon and its units."""
    own = np.flatnonzero(of_unit == parent)
    units, frame = Chains.of(shapes[own]), Chains.of(above[[parent]])
    tails = np.concatenate((units.tails, frame.heads))
    heads = np.concatenate((units.heads, frame.tails))
    owners = np.concatenate((units.edge_units(), np.full(len(frame.tails), FRAME, dtype=np.int32)))
    first, net = matches(tails, heads)
    kept = np.flatnonzero(net[first])
    loose = Loose(tails[kept], heads[kept], owners[kept])
    invalid = np.flatnonzero(~shapely.is_valid(shapes[own])).tolist()
    return [
        _of_level(defect, own, parent)
        for defect in explain(shapes[own], loose, frame=above[parent], invalid=invalid)
        if defect.kind not in _SAID_ELSEWHERE
        and not (defect.kind is DefectKind.SLIVER and defect.covered > 1)
    ]


def _of_level(defect: Defect, own: npt.NDArray[np.int64], parent: int) -> Defect:
    """Return a defect against the parent's polygon as one between the levels."""
    units = tuple(int(own[unit]) for unit in defect.units)
    kind = DefectKind.OUTSIDE_PARENT if defect.kind is DefectKind.OUTSIDE_FRAME else defect.kind
    if kind in _GROUND or kind is DefectKind.UNMATCHED:
        kind = DefectKind.LEVEL_MISMATCH
    return replace(defect, kind=kind, units=units, parent=parent)


def _without_echoes(defects: list[Defect]) -> list[Defect]:
    """Drop a parent's open ground where a unit of another parent that lies outside its own covers it."""
    strays = [defect.geometry for defect in defects if defect.kind is DefectKind.OUTSIDE_PARENT]
    open_ground = [k for k, defect in enumerate(defects) if defect.kind is DefectKind.LEVEL_MISMATCH]
    if not strays or not open_ground:
        return defects
    places = shapely.points([defects[k].place for k in open_ground])
    hit = STRtree(strays).query(places, predicate="intersects")[0]
    echoes = {open_ground[k] for k in hit.tolist()}
    return [defect for k, defect in enumerate(defects) if k not in echoes]
