"""Vertices that came back a step beside where they were: the noise of coordinates sent through another CRS.

A vertex that lies exactly where one was is that one. One that lies a single lattice step beside a former
vertex, about a centimetre, is put back there: nobody draws that finely, and the edges of its other unit,
which may not have been written anew, would no longer match.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import shapely

from geo.difference.places import Shapes, among
from geo.lattice import SCALE, to_lattice, to_lonlat
from geo.partition.chain_kernels import Integers, pack, unpack

_BESIDE = [shift for shift in product((-1, 0, 1), repeat=2) if shift != (0, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Areas on the lattice; how many vertices were put back, and by how many degrees at most."""

    areas: Shapes
    vertices: int
    farthest: float


def snap(areas: Shapes, known: Integers) -> Snapped:
    """Round areas in lon, lat degrees to the lattice; what lies a step beside a known vertex becomes it.

    Parameters
    ----------
    areas
        Polygons and MultiPolygons (n,) in degrees, not yet on the lattice.
    known
        The vertices that there were, packed and in order (:func:`places_of`).
    """
    flat = shapely.force_2d(areas)
    degrees = shapely.get_coordinates(flat)
    steps = to_lattice(degrees)
    packed = pack(steps)
    strange = np.flatnonzero(~among(packed, known))
    nearest, away = _nearest(degrees[strange], steps[strange], known)
    back = np.isfinite(away)
    steps[strange[back]] = unpack(nearest[back])
    moved = shapely.set_coordinates(flat.copy(), to_lonlat(steps))
    return Snapped(
        _without_repeats(moved), len(np.unique(packed[strange[back]])), float(away[back].max(initial=0.0))
    )


def _nearest(
    degrees: npt.NDArray[np.float64], steps: Integers, known: Integers
) -> tuple[Integers, npt.NDArray[np.float64]]:
    """Return the nearest known vertex a step beside each place, and how far it is; infinity for none."""
    best = np.zeros(len(steps), dtype=np.int64)
    away = np.full(len(steps), np.inf)
    for shift in _BESIDE:
        beside = steps + np.array(shift, dtype=np.int64)
        places = pack(beside)
        far = np.hypot(*(beside / SCALE - degrees).T)
        nearer = among(places, known) & (far < away)
        best[nearer], away[nearer] = places[nearer], far[nearer]
    return best, away


def _without_repeats(areas: Shapes) -> Shapes:
    try:
        cleaned: Shapes = shapely.remove_repeated_points(areas, 0.0)
    except shapely.errors.GEOSException:
        # A ring has collapsed: it stays as it is, for the proof to name.
        return areas
    return cleaned
