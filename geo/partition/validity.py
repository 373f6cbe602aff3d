"""Validity of units on the lattice, decided exactly, with the place of what is wrong."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely

from geo.lattice import SCALE
from geo.partition.chains import Chains, Shapes
from geo.partition.defects import Defect, DefectKind, measure

_PLACE = re.compile(r"^(?P<what>[^\[]*)\[(?P<x>[-+0-9.eE]+) (?P<y>[-+0-9.eE]+)")
_BATCH = 2_000


def ring_defects(shapes: Shapes, chains: Chains) -> list[Defect]:
    """Return a defect for every unit that is empty or not a valid area on the lattice.

    Units of one simple ring are decided by integers alone; the others (holes, several parts, or rings that
    touch or cross) by GEOS on whole lattice steps from the unit's corner, where its predicates are exact.
    """
    doubtful = np.flatnonzero(~chains.surely_valid())
    if not len(doubtful):
        return []
    empty = shapely.is_empty(shapes[doubtful])
    defects = [
        Defect(DefectKind.EMPTY, (int(unit),), shapely.Polygon(), (0.0, 0.0)) for unit in doubtful[empty]
    ]
    doubtful = doubtful[~empty]
    batches = [doubtful[k : k + _BATCH] for k in range(0, len(doubtful), _BATCH)]
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda batch: _bad(shapes, batch), batches):
            defects.extend(found)
    return sorted(defects, key=lambda defect: defect.units)


def _bad(shapes: Shapes, units: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Defect]:
    """Return the defects of those units that GEOS finds invalid."""
    corners = np.rint(shapely.bounds(shapes[units])[:, :2] * SCALE)
    counts = shapely.get_num_coordinates(shapes[units])
    shift = np.repeat(corners, counts, axis=0)
    steps = shapely.transform(shapes[units], lambda lonlat: np.rint(lonlat * SCALE) - shift)
    return [_defect(shapes, units[k], steps[k], corners[k]) for k in np.flatnonzero(~shapely.is_valid(steps))]


def _defect(
    shapes: Shapes,
    unit: np.int64,
    steps: shapely.Geometry,
    corner: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> Defect:
    """Return the defect of one invalid unit, with the words and the place GEOS gives."""
    reason = shapely.is_valid_reason(steps)
    match = _PLACE.match(reason)
    at = (np.array([float(match["x"]), float(match["y"])]) + corner) / SCALE if match else corner / SCALE
    area, width = measure(shapes[unit])
    words = (match["what"] if match else reason).strip()
    return Defect(
        DefectKind.INVALID,
        (int(unit),),
        shapely.Point(at),
        (float(at[0]), float(at[1])),
        area,
        width,
        reason=words,
    )
