"""The ground of the demo county: its border, its frame and the track along the fence.

The border is a stretch of the real line between China and Mongolia; everything else is invented. The
atlas knows a vertex every few kilometres, so natural detail is added between them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.lattice import to_lattice, to_lonlat
from geo.linear import MeasuredLine
from geo.synthetic.line import LocalMetres, beside, wiggled
from service.demo.world import shared_border

Floats = NDArray[np.float64]

# ISO 3166-1 numeric codes, and the measure on their shared arc (metres from its western end) where the
# demo's stretch begins: grassland hills with many vertices, the southern side on the right.
_COUNTRIES = ("156", "496")
_BORDER_FROM_M, _BORDER_COARSE_M = 3_480_000.0, 115_600.0
_BORDER_SPACING_M, _BORDER_ROUGHNESS = 60.0, 0.06
_INLAND_SPACING_M, _INLAND_ROUGHNESS = 80.0, 0.08
_DEPTH_M = (62_000.0, 76_000.0)
_TRACK_OFFSET_M = (30.0, 80.0)
_TRACK_SPACING_M = 25.0
_SEED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The border (n, 2) from west to east, the frame around the county south of it, and the fence track.

    All in lon, lat degrees; border and frame on the lattice, the border's vertices being the frame's.
    """

    border: Floats
    frame: shapely.Polygon
    track: Floats


@cache
def make_ground() -> Ground:
    """Return the demo's ground, always the same; its arrays are read-only.

    Raises
    ------
    AtlasMissing
        The atlas of the world is not installed.
    """
    rng = np.random.default_rng(_SEED)
    arc = MeasuredLine.from_lonlat(shared_border(*_COUNTRIES))
    coarse = to_lonlat(to_lattice(arc.cut(_BORDER_FROM_M, _BORDER_FROM_M + _BORDER_COARSE_M)))
    border = wiggled(coarse, _BORDER_SPACING_M, _BORDER_ROUGHNESS, rng)
    inland = wiggled(_inland(border, rng), _INLAND_SPACING_M, _INLAND_ROUGHNESS, rng)
    frame = shapely.orient_polygons(shapely.Polygon(np.concatenate([border, inland[1:-1]])))
    track = beside(border, *_TRACK_OFFSET_M, _TRACK_SPACING_M, rng)
    border.flags.writeable = track.flags.writeable = False
    return Ground(border, frame, track)


def border_of(frame: shapely.Polygon, border: Floats) -> Floats:
    """Return the part of a frame between the ends of the border, west to east: with vertices added since."""
    ring = shapely.get_coordinates(shapely.orient_polygons(frame, exterior_cw=True).exterior)[:-1]
    begin = int(np.flatnonzero((ring == border[0]).all(axis=1))[0])
    ring = np.roll(ring, -begin, axis=0)
    end = int(np.flatnonzero((ring == border[-1]).all(axis=1))[0])
    part: Floats = ring[: end + 1]
    return part


def _inland(border: Floats, rng: np.random.Generator) -> Floats:
    """Return the coarse inland boundary from the border's eastern end round to its western end."""
    plane = LocalMetres(*border.mean(axis=0))
    first, last = plane.from_lonlat(border[[0, -1]])
    along = (last - first) / np.hypot(*(last - first))
    inward = np.array([along[1], -along[0]])
    south = np.linspace(1.0, 0.0, 10)
    depth = rng.uniform(*_DEPTH_M, len(south))
    line = first + np.outer(south, last - first) + np.outer(depth, inward)
    line += np.outer(rng.uniform(-3_000.0, 3_000.0, len(south)), along)
    sides = [
        end + inward * depth[index] * part + along * rng.uniform(-3_500.0, 3_500.0)
        for end, index, part in ((last, 0, 0.35), (last, 0, 0.7), (first, -1, 0.7), (first, -1, 0.35))
    ]
    corners = np.array([last, *sides[:2], *line, *sides[2:], first])
    coarse = to_lonlat(to_lattice(plane.to_lonlat(corners)))
    # The ends are the border's own vertices, not their images after a round trip through metres.
    coarse[0], coarse[-1] = border[-1], border[0]
    return coarse
