"""Made-up fine detail for coarse lines: natural wiggle between vertices, and a smooth track beside a line.

Lines are lon, lat in degrees (n, 2); distances are metres in a local plane good to about 0.5 % over 200 km,
which is enough for something invented.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import N_, InvalidGeometry
from geo.lattice import to_lattice, to_lonlat

_METRES_PER_DEGREE = 111_195.0
_CALMER = 0.7
_TRIES = 12
_DRIFTS = 25

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalMetres:
    """A flat frame of metres east and north of a point in degrees."""

    lon: float
    lat: float

    @property
    def _scale(self) -> Floats:
        return np.array([_METRES_PER_DEGREE * np.cos(np.radians(self.lat)), _METRES_PER_DEGREE])

    @property
    def square_metres_per_degree(self) -> float:
        """The area of a square degree here."""
        return float(self._scale.prod())

    def from_lonlat(self, lonlat: Floats) -> Floats:
        """Return degrees (n, 2) as metres."""
        metres: Floats = (lonlat - (self.lon, self.lat)) * self._scale
        return metres

    def to_lonlat(self, metres: Floats) -> Floats:
        """Return metres (n, 2) as degrees."""
        degrees: Floats = metres / self._scale + (self.lon, self.lat)
        return degrees


def wiggled(lonlat: Floats, spacing_m: float, roughness: float, rng: np.random.Generator) -> Floats:
    """Return a line with fractal detail between its vertices, on the lattice, without crossing itself.

    Parameters
    ----------
    lonlat
        The coarse line (n, 2) in degrees; every vertex stays, rounded to the lattice. A closed ring has
        its first vertex again at the end.
    spacing_m
        Detail is added until vertices are at most this far apart.
    roughness
        Standard deviation of a midpoint's displacement as a part of its edge: 0.05 gentle, 0.15 rugged.
    rng
        The source of all chance.

    Raises
    ------
    InvalidGeometry
        The coarse line itself crosses itself.
    """
    plane = LocalMetres(*lonlat.mean(axis=0))
    coarse = plane.from_lonlat(lonlat)
    entropy = int(rng.integers(2**62))
    for attempt in range(_TRIES):
        fine = _subdivided(coarse, spacing_m, roughness * _CALMER**attempt, np.random.default_rng(entropy))
        line = to_lonlat(to_lattice(plane.to_lonlat(fine)))
        if shapely.LineString(line).is_simple:
            return line
    raise InvalidGeometry(
        N_("The line crosses itself, or comes too near to itself for detail to be added."),
        mend=N_("Give a line that does not cross itself."),
    )


def _subdivided(points: Floats, spacing_m: float, roughness: float, rng: np.random.Generator) -> Floats:
    """Return a line after repeated displacement of midpoints until no edge is longer than the spacing."""
    while True:
        run = np.diff(points, axis=0)
        length = np.hypot(*run.T)
        halved = length > spacing_m
        if not halved.any():
            return points
        # A fixed number of draws per round keeps the result independent of which edges are halved.
        noise = np.clip(rng.standard_normal(len(run)), -2.2, 2.2) * roughness
        lean = rng.uniform(0.42, 0.58, len(run))
        left = np.column_stack([-run[:, 1], run[:, 0]])
        middle = points[:-1] + run * lean[:, None] + left * noise[:, None]
        points = np.insert(points, np.flatnonzero(halved) + 1, middle[halved], axis=0)


def beside(
    lonlat: Floats, least_m: float, greatest_m: float, spacing_m: float, rng: np.random.Generator
) -> Floats:
    """Return a smooth track along the right-hand side of a line, such as a fence track along a border.

    It drifts slowly between the least and the greatest distance from the line. Where the line turns sharply
    the track cuts the corner and may be farther away, but hardly ever nearer than the least distance. The
    result (m, 2) in degrees runs in the line's direction.
    """
    plane = LocalMetres(*lonlat.mean(axis=0))
    line = plane.from_lonlat(lonlat)
    coarse = shapely.LineString(line).simplify(least_m / 3.0)
    side = shapely.offset_curve(coarse, -(least_m + greatest_m) / 2.0, quad_segs=4)
    if side.geom_type != "LineString":
        side = max(side.geoms, key=shapely.length)
    track = _resampled(shapely.get_coordinates(side), spacing_m)
    drift = _smoothed(rng.standard_normal((len(track), 1)), 40)[:, 0]
    wish = (least_m + greatest_m) / 2.0 + drift / np.abs(drift).max() * (greatest_m - least_m) * 0.4
    tree = shapely.STRtree(shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1)))
    for _ in range(_DRIFTS):
        track = _smoothed(track, 3)
        foot, right = _feet(tree, line, track)
        away = track - foot
        distance = np.hypot(*away.T)
        # Smoothing can pull a point across a sharp bend: distances to the left count as negative.
        side = np.where((away * right).sum(axis=1) < 0.0, -1.0, 1.0)
        outward = np.where(
            (distance > 1.0)[:, None], away * (side / np.maximum(distance, 1.0))[:, None], right
        )
        distance *= side
        # Points drift to their wished distance slowly, but out of the forbidden strip at once.
        target = np.where(distance < least_m, least_m * 1.02, distance + 0.3 * (wish - distance))
        track = foot + outward * target[:, None]
    return plane.to_lonlat(track)


def _resampled(line: Floats, spacing: float) -> Floats:
    """Return a line's points about ``spacing`` apart, both ends included."""
    measure = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0.0, measure[-1], max(8, int(measure[-1] / spacing)))
    return np.column_stack([np.interp(at, measure, line[:, axis]) for axis in (0, 1)])


def _feet(tree: shapely.STRtree, line: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return the nearest place on a line, whose edges the tree holds, and the normal to the right there.

    On a vertex the normal is the mean of its two edges': only that tells the sides apart at any bend.
    """
    run = np.diff(line, axis=0)
    normal = np.column_stack([run[:, 1], -run[:, 0]]) / np.hypot(*run.T)[:, None]
    edge = tree.nearest(shapely.points(points))
    along = ((points - line[edge]) * run[edge]).sum(axis=1) / (run[edge] ** 2).sum(axis=1)
    foot: Floats = line[edge] + np.clip(along, 0.0, 1.0)[:, None] * run[edge]
    beyond = np.where(along <= 0.0, -1, np.where(along >= 1.0, 1, 0))
    other = np.clip(edge + beyond, 0, len(run) - 1)
    right = normal[edge] + normal[other]
    return foot, right / np.maximum(np.hypot(*right.T), 1e-9)[:, None]


def _smoothed(values: Floats, width: int) -> Floats:
    """Return columns (n, k) smoothed by a Gaussian of ``width`` samples; both ends stay where they are."""
    reach = min(3 * width, len(values) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    columns = [np.convolve(column, kernel / kernel.sum(), mode="valid") for column in padded.T]
    return np.column_stack(columns)
