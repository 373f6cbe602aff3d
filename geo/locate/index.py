"""Which unit of a partition a point belongs to: exactly one for every lattice point of their union.

The tie rule
------------
Everything is decided on the integer lattice (``geo.lattice``) by exact predicates.

1. A point inside a unit belongs to that unit; a point that no unit covers belongs to none (−1).
2. A point in the interior of an edge belongs to the unit on the left of the edge's canonical direction, which
   runs from its lexicographically smaller end (x, then y) to the larger: to the unit above a slanting or
   level edge, to the one west of a vertical edge. If no unit is there, it belongs to the unit on the right.
3. A point at an end of an edge, a vertex, belongs to the unit with the smallest rank (stable id) among all
   units that have an edge through the point.

In an exact partition an edge is shared as a whole, so 2 names one unit. Where a vertex of one unit lies in
the interior of another's edge, the point is a vertex and 3 counts both; where edges lie partly on each other
without being the same, 2 takes the smallest rank among the units on the left, else among those on the right.
None of this depends on the order of the units, only on their ranks.

How it is found is told in ``geo.locate.cell_table``. Longitudes do not wrap: a unit that crosses the
meridian of 180° is two parts.
"""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from geo.crs import GEOD
from geo.errors import N_, InvalidGeometry
from geo.lattice import SCALE, to_lattice
from geo.locate import edge_search
from geo.locate import kernels as locate_kernels
from geo.locate.cell_kernels import Int32s
from geo.locate.cell_table import CellTable, build_table
from geo.locate.edge_search import Floats

PARALLEL_FROM = 1 << 16
"""Points from which a lookup is shared out to all cores; below, starting threads costs more than it saves."""

# Beyond this distance one latitude's scale no longer fits both ends: measure again half-way.
_FAR_M = 1_000.0
# The plane at a point misjudges distances near it by less than this share.
_SLACK = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class LocateIndex:
    """Polygons that do not overlap, arranged for lookups; it never changes and any number of threads may ask.

    Positions are those of the polygons given to ``build``. ``order[label]`` is the place of a unit among all
    ranks, a label being a position plus one. It can be pickled.
    """

    size: int
    table: CellTable
    order: Int32s

    @classmethod
    def build(
        cls, polygons: Sequence[Any] | npt.NDArray[Any], ranks: npt.ArrayLike | Sequence[Any] | None = None
    ) -> Self:
        """Index polygons and multipolygons, lon, lat in degrees.

        Parameters
        ----------
        polygons
            Units that do not overlap; holes, enclaves, parts, gaps and units that touch in points are fine.
            Coordinates are rounded to the lattice. Where units do overlap, answers have no meaning.
        ranks
            A sortable value for each polygon, all different: the stable ids. By default the positions.

        Raises
        ------
        InvalidGeometry
            A geometry is no polygon or is empty, ranks are missing or equal, or units were found to overlap.
            Only a proof (``geo.partition.proof``) finds every overlap.
        NotFinite, OutOfRange
            A coordinate is not on the globe.
        """
        order = np.arange(len(polygons) + 1, dtype=np.int32)
        if ranks is not None:
            values = np.asarray(ranks)
            distinct, places = np.unique(values, return_inverse=True)
            if values.shape != (len(polygons),) or len(distinct) != len(polygons):
                raise InvalidGeometry(
                    N_("{units} units have {ranks} different ranks."),
                    mend=N_("Give every unit its own rank, such as its id."),
                    units=len(polygons),
                    ranks=len(distinct),
                )
            order[1:] = places + 1
        return cls(len(polygons), build_table(polygons), order)

    def __len__(self) -> int:
        return self.size

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Int32s:
        """Return the position of the owner of each point, −1 where there is none.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,); rounded to the lattice as ``geo.lattice.to_lattice`` does.

        Raises
        ------
        NotFinite, OutOfRange
            A coordinate is not on the globe; ``where["row"]`` is the first such position.
        """
        return self._owners(lon, lat, np.float64, locate_kernels.owners_of_degrees)

    def locate_lattice(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Int32s:
        """Do the same for points given in lattice steps, int64, shape (n,)."""
        return self._owners(x, y, np.int64, locate_kernels.owners_of_lattice)

    def locate_one(self, lon: float, lat: float) -> int:
        """Return the position of the owner of one point, −1 where there is none, in about a microsecond.

        Raises
        ------
        NotFinite, OutOfRange
            The coordinate is not on the globe.
        """
        table = self.table
        found = locate_kernels.owner_at(float(lon), float(lat), table.pool, table.frame, self.order)
        if found == locate_kernels.REFUSED:
            to_lattice([(lon, lat)])
        return found

    def near(self, lon: float, lat: float, radius_m: float) -> npt.NDArray[np.int64]:
        """Return the positions of all units within a geodesic radius of a point.

        Nearest first, ties by rank; a unit that covers the point is at distance 0.
        """
        owner = self.locate_one(lon, lat)
        point = _point(lon, lat, lat)
        feet, labels = np.empty((64, 3)), np.empty((64, 2), np.int32)
        radius = radius_m * (1.0 + _SLACK) + 0.01
        while True:
            found = edge_search.search(point, radius, self.table.pool, self.table.frame, feet, labels)
            if found <= len(feet):
                break
            feet, labels = np.empty((found, 3)), np.empty((found, 2), np.int32)
        metres = _geodesic(lon, lat, feet[:found])
        distances = dict.fromkeys([owner] if owner >= 0 else [], 0.0)
        for away, sides in zip(metres.tolist(), labels[:found].tolist(), strict=True):
            for label in sides:
                if label and away <= radius_m:
                    distances[label - 1] = min(away, distances.get(label - 1, away))
        ordered = sorted(distances, key=lambda unit: (distances[unit], self.order[unit + 1]))
        return np.array(ordered, dtype=np.int64)

    def distance_to_edge_m(self, lon: float, lat: float) -> float:
        """Return the geodesic distance in metres from a point to the nearest edge of any unit.

        Infinite where there are no units. Up to about 1 km the nearest edge is exact to a millimetre; farther
        out it is the nearest by the scale half-way.
        """
        return self._nearest_edge(lon, lat)[1]

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the unit nearest to a point, by rank among equals, and its geodesic distance in metres.

        The distance is 0 where a unit covers the point; (−1, infinity) where there are no units.
        """
        owner = self.locate_one(lon, lat)
        if owner >= 0:
            return owner, 0.0
        return self._nearest_edge(lon, lat)

    def _nearest_edge(self, lon: float, lat: float) -> tuple[int, float]:
        """Return a unit at the nearest edge and the distance of that edge."""
        to_lattice([(lon, lat)])
        if not self.size:
            return -1, float("inf")
        found = self._search_outwards(_point(lon, lat, lat))
        metres = float(_geodesic(lon, lat, found[0])[0])
        if metres > _FAR_M:
            middle = (lat + float(found[0][0, 2]) / SCALE) / 2.0
            found = self._search_outwards(_point(lon, lat, middle))
            metres = float(_geodesic(lon, lat, found[0])[0])
        units = {int(label) for label in found[1].ravel() if label}
        return min(units, key=lambda label: int(self.order[label])) - 1, metres

    def _search_outwards(self, point: Floats) -> tuple[Floats, Int32s]:
        """Return the foot on the nearest edge and the labels of all edges that share this distance."""
        frame = self.table.frame
        feet, labels = np.empty((1, 3)), np.empty((1, 2), np.int32)
        gap_x = max(0.0, frame[0] - point[0], point[0] - frame[2]) * point[2]
        gap_y = max(0.0, frame[1] - point[1], point[1] - frame[3]) * point[3]
        radius = float(np.hypot(gap_x, gap_y)) + float(1 << int(frame[5])) * point[3]
        while not edge_search.search(point, radius, self.table.pool, frame, feet, labels):
            radius *= 2.0
        radius = float(feet[0, 0]) ** 0.5 * (1.0 + 1e-12)
        feet, labels = np.empty((64, 3)), np.empty((64, 2), np.int32)
        found = edge_search.search(point, radius, self.table.pool, frame, feet, labels)
        # At most the edges round one vertex are equally near; 64 of them name enough units.
        return feet[: min(found, 64)], labels[: min(found, 64)]

    def _owners(
        self,
        first: npt.ArrayLike,
        second: npt.ArrayLike,
        kind: type[np.float64 | np.int64],
        kernel: Callable[..., bool],
    ) -> Int32s:
        """Look up arrays of points on all cores."""
        # Compiled for writeable arrays in order only: others would be compiled again in the midst of service.
        xs = np.require(first, kind, ["C", "A", "W"]).reshape(-1)
        ys = np.require(second, kind, ["C", "A", "W"]).reshape(-1)
        if len(xs) != len(ys):
            raise InvalidGeometry(
                N_("There are {xs} longitudes but {ys} latitudes."),
                mend=N_("Give each point both."),
                xs=len(xs),
                ys=len(ys),
            )
        out = np.empty(len(xs), np.int32)
        table = self.table

        def look_up(begin: int, end: int) -> bool:
            return kernel(xs, ys, table.pool, table.frame, self.order, begin, end, out)

        if not _share_out(look_up, len(xs)):
            scale = 1 if kind is np.float64 else SCALE
            to_lattice(np.column_stack([xs, ys]) / scale)
        return out


def _share_out(task: Callable[[int, int], bool], size: int) -> bool:
    """Do a task on 0..size in equal shares, one a core, and tell whether all went well.

    Plain threads: the kernels hold no interpreter lock, and unlike a pool they survive a fork of the server.
    """
    workers = len(os.sched_getaffinity(0)) if size >= PARALLEL_FROM else 1
    if workers == 1:
        return task(0, size)
    bounds = np.linspace(0, size, workers + 1).astype(int).tolist()
    went_well = [False] * workers

    def share(worker: int) -> None:
        went_well[worker] = task(bounds[worker], bounds[worker + 1])

    threads = [threading.Thread(target=share, args=(worker,)) for worker in range(1, workers)]
    for thread in threads:
        thread.start()
    share(0)
    for thread in threads:
        thread.join()
    return all(went_well)


def _point(lon: float, lat: float, scale_lat: float) -> Floats:
    """Return a point as the edge search takes it: x, y in lattice steps, metres of a step in x and y."""
    return np.array([lon * SCALE, lat * SCALE, *edge_search.metres_per_step(float(scale_lat))])


def _geodesic(lon: float, lat: float, feet: Floats) -> Floats:
    """Return the geodesic distances in metres from a point to feet (squared distance, x, y)."""
    if not len(feet):
        return np.empty(0)
    size = len(feet)
    _, _, metres = GEOD.inv(np.full(size, lon), np.full(size, lat), feet[:, 1] / SCALE, feet[:, 2] / SCALE)
    return np.asarray(metres, dtype=np.float64)
