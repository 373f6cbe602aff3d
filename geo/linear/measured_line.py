"""Linear referencing: places on a line by their measure, metres along it from its start.

An edge of a line is straight in lon, lat, as in storage and in GeoJSON (RFC 7946, section 3.1.1), and its
length is the geodesic one on the CGCS2000 ellipsoid. Edges longer than ``KNOT_SPACING`` get hidden knots, so
that a measure in the middle of a 40 km edge is as right as one on a vertex.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.crs import GEOD
from geo.errors import N_, InvalidGeometry, NotFinite, OutOfRange
from geo.geocentric import Floats, geocentric
from geo.linear.kernels import CHUNK, chunk_spheres, feet_within, nearest_feet

KNOT_SPACING = 500.0


class Located(NamedTuple):
    """A place on a line nearest to a point; numbers for one point, arrays (k,) for k points.

    ``measure_m`` is metres from the start, ``distance_m`` the geodesic distance from the point, and
    ``offset_m`` the same distance with a sign: left of the line's direction positive.
    """

    measure_m: Any
    offset_m: Any
    distance_m: Any


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredLine:
    """A line whose every place has a measure: vertices ``lonlat`` (n, 2) and their ``measures`` (n,) in m.

    Made by :meth:`from_lonlat`. ``knots`` (m, 2) are the vertices and the hidden knots between them,
    ``knot_measures`` (m,) theirs, and ``knot_xyz`` (m, 3) their geocentric places.
    """

    lonlat: Floats
    measures: Floats
    knots: Floats
    knot_measures: Floats
    knot_xyz: Floats
    spheres: Floats

    @classmethod
    def from_lonlat(cls, lonlat: npt.ArrayLike) -> "MeasuredLine":
        """Measure a line given as lon, lat in degrees, shape (n, 2); repeated vertices are dropped.

        Raises
        ------
        NotFinite
            a coordinate is NaN or infinite.
        OutOfRange
            a coordinate is not on the globe.
        InvalidGeometry
            the array has another shape or fewer than two different vertices.
        """
        vertices = _checked(np.asarray(lonlat, dtype=np.float64))
        lengths = _edge_lengths(vertices)
        measures = np.concatenate([[0.0], np.cumsum(lengths)])
        knots, knot_measures = _with_knots(vertices, measures)
        xyz = geocentric(knots[:, 0].copy(), knots[:, 1].copy())
        for array in (vertices, measures, knots, knot_measures, xyz):
            array.flags.writeable = False
        return cls(vertices, measures, knots, knot_measures, xyz, chunk_spheres(xyz, CHUNK))

    @property
    def length_m(self) -> float:
        """The geodesic length in metres."""
        return float(self.measures[-1])

    @property
    def closed(self) -> bool:
        """Whether the line ends where it starts."""
        return bool((self.lonlat[0] == self.lonlat[-1]).all())

    def interpolate(self, measure_m: npt.ArrayLike) -> Floats:
        """Return lon, lat at measures in metres, held within the line: (2,) for one, (k, 2) for k."""
        at = np.clip(np.asarray(measure_m, dtype=np.float64), 0.0, self.length_m)
        lon = np.interp(at, self.knot_measures, self.knots[:, 0])
        lat = np.interp(at, self.knot_measures, self.knots[:, 1])
        return np.stack([lon, lat], axis=-1)

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Located:
        """Return the nearest place on the line, of several equally near ones the first along it.

        A point on the meeting place of a closed line is at measure 0; :meth:`locate_all` also answers the
        other end.
        """
        lons, lats = (np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in (lon, lat))
        points = geocentric(lons, lats)
        measure, side = nearest_feet(points, self.knot_xyz, self.knot_measures, self.spheres)
        foot = self.interpolate(measure)
        distance = np.asarray(GEOD.inv(lons, lats, foot[:, 0], foot[:, 1])[2], dtype=np.float64)
        offset = np.where(side < 0.0, -distance, distance)
        if np.ndim(lon) == 0 and np.ndim(lat) == 0:
            return Located(float(measure[0]), float(offset[0]), float(distance[0]))
        return Located(measure, offset, distance)

    def locate_all(self, lon: float, lat: float, radius_m: float) -> list[Located]:
        """Return every local minimum of the distance within ``radius_m``, in order of measure.

        On a hairpin both limbs answer, on a closed line both ends.
        """
        point = geocentric(np.array([lon]), np.array([lat]))[0]
        feet = feet_within(point, radius_m, self.knot_xyz, self.knot_measures, self.spheres)
        answers = []
        for measure, side, _ in feet:
            foot = self.interpolate(measure)
            distance = float(GEOD.inv(lon, lat, foot[0], foot[1])[2])
            answers.append(Located(float(measure), -distance if side < 0.0 else distance, distance))
        return answers

    def cut(self, from_m: float, to_m: float) -> Floats:
        """Return the vertices lon, lat (m, 2) of the part between two measures; backwards if from > to."""
        low, high = sorted((min(max(from_m, 0.0), self.length_m), min(max(to_m, 0.0), self.length_m)))
        inside = self.lonlat[(self.measures > low) & (self.measures < high)]
        ends = self.interpolate(np.array([low, high]))
        part = np.concatenate([ends[:1], inside, ends[1:]])
        return part if from_m <= to_m else part[::-1].copy()

    def stretches(self, length_m: float) -> list[tuple[float, float]]:
        """Return measures (from, to) of consecutive stretches ``length_m`` long that make up the line.

        A last stretch shorter than half is shared out: it and the one before become equally long, so that no
        stretch is shorter than half of ``length_m`` and none is longer, unless the whole line is shorter.
        """
        if not length_m > 0.0:
            raise InvalidGeometry(
                N_("A stretch {length} m long makes no sense."),
                mend=N_("Give a length above zero."),
                length=length_m,
            )
        # a remainder of less than a millimetre is rounding, not a stretch
        count = max(1, int(np.ceil((self.length_m - 1e-3) / length_m)))
        bounds = [k * length_m for k in range(count)] + [self.length_m]
        if count > 1 and bounds[-1] - bounds[-2] < length_m / 2.0:
            bounds[-2] = (bounds[-3] + bounds[-1]) / 2.0
        return list(pairwise(bounds))


def _checked(lonlat: Floats) -> Floats:
    """Return a copy without repeated vertices, or refuse."""
    if lonlat.ndim != 2 or lonlat.shape[1] != 2:
        raise InvalidGeometry(
            N_("A line needs an array of lon, lat pairs, not one of shape {shape}."), shape=str(lonlat.shape)
        )
    bad = np.flatnonzero(~np.isfinite(lonlat).all(axis=1))
    if len(bad):
        raise NotFinite(
            N_("Vertex {index} of the line is not a number."),
            mend=N_("Remove it or give its coordinates."),
            where={"index": int(bad[0])},
            index=int(bad[0]),
        )
    far = np.flatnonzero((np.abs(lonlat[:, 0]) > 180.0) | (np.abs(lonlat[:, 1]) > 90.0))
    if len(far):
        raise OutOfRange(
            N_("Vertex {index} of the line, lon {lon} lat {lat}, is not on the globe."),
            mend=N_("Are longitude and latitude swapped, or is it in a projected system?"),
            where={"index": int(far[0])},
            index=int(far[0]),
            lon=float(lonlat[far[0], 0]),
            lat=float(lonlat[far[0], 1]),
        )
    fresh = np.ones(len(lonlat), dtype=bool)
    fresh[1:] = (np.diff(lonlat, axis=0) != 0.0).any(axis=1)
    if fresh.sum() < 2:
        raise InvalidGeometry(
            N_("A line needs two different vertices."), mend=N_("Remove it or draw its other end.")
        )
    return lonlat[fresh].copy()


def _edge_lengths(vertices: Floats) -> Floats:
    """Return the geodesic length of each edge, (n - 1,), in metres."""
    lon, lat = vertices[:, 0], vertices[:, 1]
    return np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2], dtype=np.float64)


def _with_knots(vertices: Floats, measures: Floats) -> tuple[Floats, Floats]:
    """Return the vertices with hidden knots on long edges, and their measures.

    A metre is not the same step in lon, lat everywhere on an edge, so the knots' own geodesic lengths are
    added up and stretched by the last 1e-6 that the straight edge is longer than the geodesic.
    """
    parts = np.maximum(1, np.ceil(np.diff(measures) / KNOT_SPACING)).astype(np.int64)
    if (parts == 1).all():
        return vertices, measures
    starts = np.concatenate([[0], np.cumsum(parts)])
    at = np.interp(np.arange(starts[-1] + 1), starts, np.arange(len(vertices)))
    knots = np.stack([np.interp(at, np.arange(len(vertices)), vertices[:, k]) for k in (0, 1)], axis=1)
    knots[starts] = vertices
    lengths = _edge_lengths(knots)
    sums = np.add.reduceat(lengths, starts[:-1])
    lengths *= np.repeat(np.diff(measures) / sums, parts)
    knot_measures = np.concatenate([[0.0], np.cumsum(lengths)])
    knot_measures[starts] = measures
    return knots, knot_measures
