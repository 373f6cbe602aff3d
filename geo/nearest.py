"""Nearest points in exact geodesic order.

Degrees are not distances: ranking by them picks the wrong point 14 % of the time at 44°N. Here chords through
the earth select the candidates and geodesics on the CGCS2000 ellipsoid decide. A chord is never longer than
its geodesic, so nothing whose chord exceeds the k-th geodesic is among the k nearest: the answer is exact.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from geo.crs import GEOD
from geo.errors import N_, InvalidGeometry, NotFinite, OutOfRange
from geo.geocentric import geocentric

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]

# Distances that differ by less than a micrometre are a tie: geodesics are computed to some ten nanometres.
_DECIMALS = 6
_MARGIN_M = 1e-5
# From so many points on the cores share them, so many at a time.
_SHARED_FROM = 20_000
_SHARE = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class NearestIndex:
    """Points that can be asked for the nearest: ``lon``, ``lat`` (n,) in degrees. Made by :meth:`build`."""

    lon: Floats
    lat: Floats
    tree: KDTree | None

    @classmethod
    def build(cls, lon: npt.ArrayLike, lat: npt.ArrayLike) -> "NearestIndex":
        """Index points given as lon, lat in degrees, both of shape (n,).

        Raises
        ------
        NotFinite
            A coordinate is NaN or infinite.
        OutOfRange
            A coordinate is not on the globe.
        """
        lons, lats = _checked(lon, lat)
        tree = KDTree(geocentric(lons, lats)) if len(lons) else None
        return cls(lons, lats, tree)

    def __len__(self) -> int:
        return len(self.lon)

    def nearest(self, lon: npt.ArrayLike, lat: npt.ArrayLike, k: int = 1) -> tuple[Indexes, Floats]:
        """Return the positions of the nearest points and their geodesic distances in metres, nearest first.

        Shape (k,) for one point and (m, k) for m points; k is held to the number of points. Ties go to the
        smaller position.

        Raises
        ------
        InvalidGeometry
            k is below 1.
        NotFinite, OutOfRange
            A coordinate is not on the globe.
        """
        if k < 1:
            raise InvalidGeometry(
                N_("The {k} nearest points make no sense."), mend=N_("Ask for 1 or more."), k=k
            )
        lons, lats = _checked(lon, lat)
        k = min(k, len(self))
        if self.tree is None:
            index, distance = np.empty((len(lons), 0), np.int64), np.empty((len(lons), 0))
        elif len(lons) < _SHARED_FROM:
            index, distance = self._nearest(self.tree, lons, lats, k)
        else:
            index, distance = self._shared(self.tree, lons, lats, k)
        single = np.ndim(lon) == 0 and np.ndim(lat) == 0
        return (index[0], distance[0]) if single else (index, distance)

    def _shared(self, tree: KDTree, lon: Floats, lat: Floats, k: int) -> tuple[Indexes, Floats]:
        """Answer many points in parts, on all cores: trees and geodesics release the interpreter lock."""
        count = -(-len(lon) // _SHARE)
        parts = np.array_split(np.arange(len(lon)), count)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
            answers = list(threads.map(lambda part: self._nearest(tree, lon[part], lat[part], k), parts))
        index, distance = zip(*answers, strict=True)
        return np.concatenate(index), np.concatenate(distance)

    def _nearest(self, tree: KDTree, lon: Floats, lat: Floats, k: int) -> tuple[Indexes, Floats]:
        """Answer m points: k by chord, proven by the next chord, else by all within the k-th geodesic."""
        points = geocentric(lon, lat)
        asked = min(k + 1, len(self))
        chord, found = (np.atleast_2d(array) for array in tree.query(points, k=np.arange(1, asked + 1)))
        index = np.ascontiguousarray(found[:, :k]).astype(np.int64)
        distance = self._distances(np.repeat(lon, k), np.repeat(lat, k), index.ravel()).reshape(index.shape)
        order = np.lexsort((index, distance), axis=1)
        index = np.take_along_axis(index, order, axis=1)
        distance = np.take_along_axis(distance, order, axis=1)
        if asked > k:
            for row in np.flatnonzero(chord[:, k] <= distance[:, -1] + _MARGIN_M):
                within = tree.query_ball_point(points[row], distance[row, -1] + _MARGIN_M)
                near = np.asarray(within, dtype=np.int64)
                far = self._distances(np.full(len(near), lon[row]), np.full(len(near), lat[row]), near)
                best = np.lexsort((near, far))[:k]
                index[row], distance[row] = near[best], far[best]
        return index, distance

    def _distances(self, lon: Floats, lat: Floats, index: Indexes) -> Floats:
        metres = np.asarray(GEOD.inv(lon, lat, self.lon[index], self.lat[index])[2], dtype=np.float64)
        return np.round(metres, _DECIMALS)


def _checked(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    lons, lats = (np.atleast_1d(np.asarray(value, dtype=np.float64)).copy() for value in (lon, lat))
    bad = np.flatnonzero(~(np.isfinite(lons) & np.isfinite(lats)))
    if len(bad):
        raise NotFinite(
            N_("Point {index} is not a number."),
            mend=N_("Remove it or give its coordinates."),
            where={"index": int(bad[0])},
            index=int(bad[0]),
        )
    far = np.flatnonzero((np.abs(lons) > 180.0) | (np.abs(lats) > 90.0))
    if len(far):
        raise OutOfRange(
            N_("Point {index}, lon {lon} lat {lat}, is not on the globe."),
            mend=N_("Are longitude and latitude swapped, or is it in a projected system?"),
            where={"index": int(far[0])},
            index=int(far[0]),
            lon=float(lons[far[0]]),
            lat=float(lats[far[0]]),
        )
    return lons, lats
