"""Rings: areas rebuilt from what remains of a sum of chains, holes and separate parts included, exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_, InvalidGeometry
from geo.lattice import to_lonlat
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Edges
from geo.partition.ring_kernels import point_in_ring, ring_signs, walk_rings


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """Simple rings in columns: vertices (n, 2), starts (r + 1,), sign, walk and group (r,) of each."""

    xy: Integers
    starts: Integers
    signs: npt.NDArray[np.int8]
    walks: Integers
    groups: npt.NDArray[np.int32]

    def ring(self, index: int) -> Integers:
        """Return the vertices of one ring."""
        return self.xy[self.starts[index] : self.starts[index + 1]]


def assemble(edges: Edges, groups: int) -> npt.NDArray[Any]:
    """Return the area that each group's edges bound, in lon, lat degrees exactly on the lattice.

    The edges have the interior on their left. A group of one part is a Polygon, of several a MultiPolygon, of
    none an empty Polygon. Every result is a valid area: parts and holes may touch in single points. Rings
    begin at their smallest point, so the same edges always give the same coordinates.

    Raises
    ------
    InvalidGeometry
        The edges of a group bound no area: they do not close, or bound a patch twice; ``where["group"]``.
    """
    rings = _walk(edges, groups)
    shells = np.flatnonzero(rings.signs > 0)
    shell_of = _place_holes(rings, shells)
    holes = np.flatnonzero(rings.signs < 0)
    lines = _closed_lines(rings)
    rank = np.empty(len(rings.signs), dtype=np.int64)
    rank[shells] = np.arange(len(shells))
    by_shell = holes[np.argsort(rank[shell_of[holes]], kind="stable")]
    parts = shapely.polygons(lines[shells])
    with_holes = np.unique(rank[shell_of[by_shell]])
    counts = np.bincount(rank[shell_of[by_shell]], minlength=len(shells))
    ends = np.cumsum(counts)
    for part in with_holes:
        inner = lines[by_shell[ends[part] - counts[part] : ends[part]]]
        parts[part] = shapely.polygons(lines[shells[part]], inner)
    return _collect(parts, rings.groups[shells], groups)


def _walk(edges: Edges, groups: int) -> _Rings:
    """Walk the edges into rings, or refuse edges that do not close."""
    order = np.lexsort((edges.heads, edges.tails, edges.groups))
    tails, heads = edges.tails[order], edges.heads[order]
    group_starts = np.searchsorted(edges.groups[order], np.arange(groups + 1))
    origin = unpack(tails)
    out, starts, walks, ring_groups, closed = walk_rings(tails, heads, origin, unpack(heads), group_starts)
    if not closed:
        raise InvalidGeometry(
            N_("Edges do not close to rings."), mend=N_("Prove that the units are an exact partition first.")
        )
    xy = origin[out]
    return _Rings(xy, starts, ring_signs(xy, starts), walks, ring_groups)


def _place_holes(rings: _Rings, shells: Integers) -> Integers:
    """Return for each ring the shell that it belongs to: itself for a shell."""
    shell_of = np.full(len(rings.signs), -1, dtype=np.int64)
    shell_of[shells] = shells
    walks, counts = np.unique(rings.walks[shells], return_counts=True)
    if (counts > 1).any() or (rings.signs == 0).any():
        bad = shells[np.isin(rings.walks[shells], walks[counts > 1])]
        raise _refusal(
            int(rings.groups[bad[0]]) if len(bad) else int(rings.groups[np.argmin(np.abs(rings.signs))])
        )
    # The loops of one walk belong together.
    shell_by_walk = dict(zip(rings.walks[shells].tolist(), shells.tolist(), strict=True))
    loose: list[int] = []
    for hole in np.flatnonzero(rings.signs < 0).tolist():
        shell = shell_by_walk.get(int(rings.walks[hole]), -1)
        shell_of[hole] = shell
        if shell < 0:
            loose.append(hole)
    if loose:
        _place_loose(rings, shells, loose, shell_of)
    return shell_of


def _place_loose(rings: _Rings, shells: Integers, loose: list[int], shell_of: Integers) -> None:
    """Give holes that touch no shell the smallest shell of their group around them."""
    starts = rings.starts[:-1]
    low = np.minimum.reduceat(rings.xy, starts)
    high = np.maximum.reduceat(rings.xy, starts)
    sizes = (high - low).astype(np.float64).prod(axis=1)
    # Shells by group, so that a hole looks at its own group only; smaller boxes first, inner before outer.
    ordered = shells[np.lexsort((sizes[shells], rings.groups[shells]))]
    shell_groups = rings.groups[ordered]
    found_walks: dict[int, int] = {}
    for hole in loose:
        walk = int(rings.walks[hole])
        if walk not in found_walks:
            group = rings.groups[hole]
            begin, end = np.searchsorted(shell_groups, (group, group + 1))
            around = ordered[begin:end]
            covers = ((low[around] <= low[hole]) & (high[around] >= high[hole])).all(axis=1)
            found_walks[walk] = _innermost(rings, around[covers], hole)
        shell_of[hole] = found_walks[walk]


def _innermost(rings: _Rings, candidates: Integers, hole: int) -> int:
    """Return the first of the shells, smaller boxes first, that has the hole inside."""
    vertices = rings.ring(hole)
    for shell in candidates.tolist():
        ring = rings.ring(shell)
        for x, y in vertices.tolist():
            side = point_in_ring(x, y, ring[:, 0], ring[:, 1])
            if side != 0:
                break
        if side > 0:
            return int(shell)
    raise _refusal(int(rings.groups[hole]))


def _closed_lines(rings: _Rings) -> npt.NDArray[Any]:
    """Return the rings as closed LinearRings in degrees."""
    lengths = np.diff(rings.starts)
    index = np.repeat(np.arange(len(lengths)), lengths + 1)
    # Each ring's vertices, then its first one again.
    source = np.arange(len(rings.xy) + len(lengths)) - np.repeat(np.arange(len(lengths)), lengths + 1)
    source[np.cumsum(lengths + 1) - 1] = rings.starts[:-1]
    lines: npt.NDArray[Any] = shapely.linearrings(to_lonlat(rings.xy)[source], indices=index)
    return lines


def _collect(parts: npt.NDArray[Any], owners: npt.NDArray[np.int32], groups: int) -> npt.NDArray[Any]:
    """Return one area per group from parts in the order of their groups."""
    counts = np.bincount(owners, minlength=groups)
    ends = np.cumsum(counts)
    areas = np.full(groups, shapely.Polygon(), dtype=object)
    single = counts == 1
    areas[single] = parts[ends[single] - 1]
    for group in np.flatnonzero(counts > 1):
        areas[group] = shapely.multipolygons(parts[ends[group] - counts[group] : ends[group]])
    return areas


def _refusal(group: int) -> InvalidGeometry:
    return InvalidGeometry(
        N_("The edges of group {group} bound no area."),
        mend=N_("Prove that its units are an exact partition first."),
        where={"group": group},
        group=group,
    )
