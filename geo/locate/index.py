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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from geo.crs import GEOD
from geo.errors import N_, GeoError, InvalidGeometry
from geo.lattice import SCALE, to_lattice
from geo.locate import edge_search, near_kernels
from geo.locate import kernels as locate_kernels
from geo.locate.cell_kernels import Int32s, Int64s
from geo.locate.cell_table import CellTable, build_table
from geo.locate.edge_search import DEEPEST, Floats
from geo.locate.shares import share_out, workers_for

MOST_EDGES = 30_000_000
"""Edges that are measured at most for the points of one call."""

# Beyond this distance one latitude's scale no longer fits both ends: measure again half-way.
_FAR_M = 1_000.0


class TooManyEdges(GeoError):
    """More edges lie within the radius of the points than are measured in one call."""

    code = "edges-too-many"


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The units with an edge within a radius of each of many points.

    Those of point ``i`` are ``units[starts[i]:starts[i + 1]]``: positions, nearest edge first, ties by rank.
    """

    starts: Int64s
    units: Int32s


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

    def beside(self, lon: float, lat: float, radius_m: float) -> list[int]:
        """Return the positions of the units that have an edge within a geodesic radius of a point.

        Nearest edge first, ties by rank. A unit that covers the point is among them only where its own edge
        is near. Distances are true to 0.1 mm up to 10 km; a radius below 0 finds nothing.

        Raises
        ------
        NotFinite, OutOfRange
            The coordinate is not on the globe.
        """
        lon, lat, radius = float(lon), float(lat), float(radius_m)
        if near_kernels.is_far(lon, lat, radius, self.table.pool, self.table.frame):
            return []
        counts = np.zeros(1, np.int32)
        units, ended = self._beside(
            np.array([lon]), np.array([lat]), np.array([radius]), counts, 0, 1, MOST_EDGES
        )
        if not ended:
            _refuse_beside(lon, lat, MOST_EDGES)
        found: list[int] = units.tolist()
        return found

    def beside_many(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, radius_m: npt.ArrayLike, most: int = MOST_EDGES
    ) -> Beside:
        """Return for each of many points what :meth:`beside` returns for it.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,).
        radius_m
            Metres, one for all or shape (n,).
        most
            Edges that may be measured in all, which bounds time and memory.

        Raises
        ------
        NotFinite, OutOfRange
            A coordinate is not on the globe; ``where["row"]`` is such a position.
        TooManyEdges
            More than about ``most`` edges lie within the radius of the points.
        """
        xs, ys = _in_order(lon, lat, np.float64)
        radius = np.require(np.broadcast_to(radius_m, xs.shape), np.float64, ["C", "A", "W"])
        counts = np.zeros(len(xs), np.int32)
        share = most // workers_for(len(xs))

        def search(begin: int, end: int) -> tuple[Int32s, int, int]:
            return *self._beside(xs, ys, radius, counts, begin, end, share), end

        found = share_out(search, len(xs))
        for _, ended, end in found:
            if ended < end:
                _refuse_beside(xs, ys, most)
        starts = np.zeros(len(xs) + 1, np.int64)
        np.cumsum(counts, out=starts[1:])
        return Beside(starts, np.concatenate([units for units, _, _ in found]))

    def _beside(
        self, lon: Floats, lat: Floats, radius: Floats, counts: Int32s, begin: int, end: int, most: int
    ) -> tuple[Int32s, int]:
        """Search for the points begin..end; return the units and the point where the search ended."""
        table = self.table
        return near_kernels.units_beside(
            lon, lat, radius, table.pool, table.frame, self.order, begin, end, most, counts
        )

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
        cells = np.empty((DEEPEST, 5), np.int64)
        feet, labels = np.empty((1, 3)), np.empty((1, 2), np.int32)
        gap_x = max(0.0, frame[0] - point[0], point[0] - frame[2]) * point[2]
        gap_y = max(0.0, frame[1] - point[1], point[1] - frame[3]) * point[3]
        radius = float(np.hypot(gap_x, gap_y)) + float(1 << int(frame[5])) * point[3]
        while not edge_search.search(point, radius, self.table.pool, frame, cells, feet, labels):
            radius *= 2.0
        radius = float(feet[0, 0]) ** 0.5 * (1.0 + 1e-12)
        feet, labels = np.empty((64, 3)), np.empty((64, 2), np.int32)
        found = edge_search.search(point, radius, self.table.pool, frame, cells, feet, labels)
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
        xs, ys = _in_order(first, second, kind)
        out = np.empty(len(xs), np.int32)
        table = self.table

        def look_up(begin: int, end: int) -> bool:
            return kernel(xs, ys, table.pool, table.frame, self.order, begin, end, out)

        if not all(share_out(look_up, len(xs))):
            scale = 1 if kind is np.float64 else SCALE
            to_lattice(np.column_stack([xs, ys]) / scale)
        return out


def _in_order(
    first: npt.ArrayLike, second: npt.ArrayLike, kind: type[np.float64 | np.int64]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the ordinates of points as the kernels are compiled for: writeable, in order, as many of both.

    For others they would be compiled again in the midst of service.
    """
    xs = np.require(first, kind, ["C", "A", "W"]).reshape(-1)
    ys = np.require(second, kind, ["C", "A", "W"]).reshape(-1)
    if len(xs) != len(ys):
        raise InvalidGeometry(
            N_("There are {xs} longitudes but {ys} latitudes."),
            mend=N_("Give each point both."),
            xs=len(xs),
            ys=len(ys),
        )
    return xs, ys


def _refuse_beside(lon: npt.ArrayLike, lat: npt.ArrayLike, most: int) -> None:
    """Raise the refusal of points whose search ended early: one is not on the globe, or it was too much."""
    to_lattice(np.column_stack([lon, lat]))
    raise TooManyEdges(
        N_("More than {most} edges lie within the accuracy of the points."),
        mend=N_("Give a smaller accuracy, or send the points in parts."),
        most=most,
    )


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
