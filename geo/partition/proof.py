"""Exact partitions: proving that units divide their frame without gap or overlap, and summing them up.

Units partition their frame exactly if, and only if, each is a valid polygon and the signed directed edges of
all units sum to the frame's. There is no tolerance anywhere in the decision; coordinates only serve to
explain what was found. A parent's area is the chain sum of its children (``dissolve``), so levels nest by
construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.errors import N_, GeoError, InvalidGeometry
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Chains, Edges, Shapes, add_up, as_areas, matches
from geo.partition.defects import Defect, DefectKind
from geo.partition.residual import explain
from geo.partition.rings import assemble
from geo.partition.scene import FRAME, Loose
from geo.partition.validity import ring_defects


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """Whether units are an exact partition, and if not, everything that is wrong.

    ``frame_edges`` int64 (n, 4) are x1, y1, x2, y2 of the frame's directed edges on the lattice, interior
    left: the given frame's, or those that remain of all units. ``frame`` is the area they bound in lon, lat
    degrees, None where they bound none.
    """

    exact: bool
    defects: tuple[Defect, ...]
    frame_edges: Integers
    frame: Geometry | None


def prove(
    polygons: Sequence[Any] | Shapes,
    frame: Geometry | None = None,
    *,
    enclaves: Sequence[tuple[float, float]] | None = (),
) -> Proof:
    """Decide whether units partition their frame exactly, and name every defect where they do not.

    Parameters
    ----------
    polygons
        Polygons and MultiPolygons in lon, lat degrees whose ordinates are lattice values
        (``lattice.quantise``); ``None`` and empty ones are defects.
    frame
        The area to be divided, likewise; where none is given it is the outer boundary of all units, and
        ground that they enclose is reported as gap or enclave.
    enclaves
        Points lon, lat in enclosed ground that belongs to no unit on purpose; None accepts all such ground.
        Only where no frame is given.

    Raises
    ------
    InvalidGeometry
        A geometry is not an area, is off the lattice, or the frame is not valid.
    """
    shapes = as_areas(polygons)
    chains = Chains.of(shapes)
    defects = ring_defects(shapes, chains)
    if frame is None:
        return _without_frame(shapes, chains, defects, enclaves)
    return _with_frame(shapes, chains, defects, frame)


def dissolve(polygons: Sequence[Any] | Shapes, groups: npt.ArrayLike) -> list[Geometry]:
    """Return the area of each group of units: the sum of their chains, its rings rebuilt exactly.

    Parameters
    ----------
    polygons
        Units of an exact partition, as for ``prove``.
    groups
        The group of each unit, (n,), numbered from 0; the result has ``max + 1`` areas, an empty one for a
        number that no unit has.

    Raises
    ------
    InvalidGeometry
        The units of a group overlap, so that their sum is not an area; ``where["group"]``.
    """
    chains = Chains.of(polygons)
    of_unit = np.ascontiguousarray(groups, dtype=np.int32)
    of_edge = np.repeat(of_unit[chains.ring_units], np.diff(chains.starts))
    left = add_up(chains.tails, chains.heads, of_edge)
    order = np.lexsort((left.heads, left.tails, left.groups))
    twice = (np.diff(left.tails[order]) == 0) & (np.diff(left.heads[order]) == 0)
    twice &= np.diff(left.groups[order]) == 0
    if twice.any():
        group = int(left.groups[order][np.argmax(twice)])
        raise InvalidGeometry(
            N_("Units of group {group} cover the same ground."),
            mend=N_("Prove that the units are an exact partition first."),
            where={"group": group},
            group=group,
        )
    return list(assemble(left, int(of_unit.max()) + 1 if len(of_unit) else 0))


def _without_frame(
    shapes: Shapes, chains: Chains, defects: list[Defect], enclaves: Sequence[tuple[float, float]] | None
) -> Proof:
    """Prove units against the outer boundary of them all."""
    left = chains.remainder()
    area = _area_of(left)
    edges = _as_columns(left)
    sound = area is not None and (enclaves is None or _holes(area, enclaves) == 0)
    if sound and not _crossed(defects):
        return Proof(not defects, tuple(defects), edges, area)
    loose = _loose(chains, None)
    found = explain(shapes, loose, invalid=_crossed(defects), enclaves=enclaves) if len(loose) else []
    if area is None and not found and not defects:
        found = [_last_resort(loose)]
    everything = tuple(defects + found)
    return Proof(not everything, everything, edges, area)


def _with_frame(shapes: Shapes, chains: Chains, defects: list[Defect], frame: Geometry) -> Proof:
    """Prove units against a given frame."""
    border = Chains.of(as_areas([frame]))
    if ring_defects(as_areas([frame]), border):
        raise InvalidGeometry(
            N_("The frame is not a valid area: {reason}."),
            mend=N_("Redraw the frame so that its rings neither cross nor touch themselves."),
            reason=shapely.is_valid_reason(frame),
        )
    loose = _loose(chains, border)
    found: list[Defect] = []
    if len(loose):
        found = explain(shapes, loose, frame=frame, invalid=_crossed(defects))
        if not found and not defects:
            found = [_last_resort(loose)]
    edges = Edges(border.tails, border.heads, np.zeros(len(border.tails), dtype=np.int32))
    everything = tuple(defects + found)
    return Proof(not everything, everything, _as_columns(edges), frame)


def _loose(chains: Chains, border: Chains | None) -> Loose:
    """Return every edge whose kind does not cancel, with its owner; the border's are reversed."""
    tails, heads, owners = chains.tails, chains.heads, chains.edge_units()
    if border is not None:
        tails = np.concatenate((tails, border.heads))
        heads = np.concatenate((heads, border.tails))
        owners = np.concatenate((owners, np.full(len(border.tails), FRAME, dtype=np.int32)))
    first, net = matches(tails, heads)
    kept = np.flatnonzero(net[first])
    return Loose(tails[kept], heads[kept], owners[kept])


def _area_of(left: Edges) -> Geometry | None:
    """Return the valid area that the remaining edges bound, or None."""
    try:
        area = assemble(left, 1)[0]
    except GeoError:
        return None
    origin = shapely.bounds(area)[:2] if not area.is_empty else (0.0, 0.0)
    steps = shapely.transform(
        area, lambda lonlat: np.rint(lonlat * SCALE) - np.rint(np.array(origin) * SCALE)
    )
    return area if steps.is_valid else None


def _holes(area: Geometry, enclaves: Sequence[tuple[float, float]]) -> int:
    """Count the holes of an area in which no confirmed point lies."""
    rings = [ring for part in shapely.get_parts(area) for ring in part.interiors]
    points = shapely.multipoints(list(enclaves)) if enclaves else shapely.MultiPoint()
    return sum(not shapely.Polygon(ring).intersects(points) for ring in rings)


def _crossed(defects: list[Defect]) -> list[int]:
    """Return the units whose rings are bad."""
    return [defect.units[0] for defect in defects if defect.kind is DefectKind.INVALID]


def _as_columns(edges: Edges) -> Integers:
    """Return edges as x1, y1, x2, y2."""
    return np.hstack((unpack(edges.tails), unpack(edges.heads)))


def _last_resort(loose: Loose) -> Defect:
    """Return the first loose edge as it is, so that a partition which does not add up is never accepted."""
    ends = np.vstack((unpack(loose.tails[:1]), unpack(loose.heads[:1]))) / SCALE
    units = tuple(int(unit) for unit in loose.owners[:1] if unit != FRAME)
    place = (float(ends[0, 0]), float(ends[0, 1]))
    return Defect(DefectKind.UNMATCHED, units, shapely.LineString(ends), place)
