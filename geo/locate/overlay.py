"""Which areas of a layer whose areas may overlap cover a point, in order of priority."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import shapely

from geo.crs import geodesic_area
from geo.errors import N_, InvalidGeometry
from geo.lattice import SCALE, to_lattice

Positions = npt.NDArray[np.int64]

MOST_WALKED = 64
"""Areas up to which a walk over their boxes is quicker than any call of a spatial index."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlayIndex:
    """Polygons that may overlap, arranged for lookups; it never changes and any number of threads may ask.

    An area covers its inside, its edges and its vertices: the points that it would own as the only unit of a
    partition. ``shapes`` are prepared and in lattice steps: their coordinates are whole numbers, on which the
    predicates of GEOS are exact. In degrees three points of the lattice on one line are, as floating-point
    numbers, mostly not on one line. ``boxes`` are west, south, east, north of each in steps; ``place`` is
    each polygon's place in the order of priority.
    """

    tree: shapely.STRtree
    shapes: npt.NDArray[Any]
    boxes: tuple[tuple[float, float, float, float], ...]
    place: tuple[int, ...]

    @classmethod
    def build(
        cls,
        polygons: Sequence[Any] | npt.NDArray[Any],
        priorities: npt.ArrayLike | None = None,
        ranks: npt.ArrayLike | Sequence[Any] | None = None,
    ) -> Self:
        """Index polygons and multipolygons, lon, lat in degrees; coordinates are rounded to the lattice.

        Parameters
        ----------
        priorities
            A number for each polygon, the higher goes first; by default all are equal. Among equals the
            smaller geodesic area goes first, then the smaller rank.
        ranks
            A sortable value for each polygon, all different: the stable ids. By default the positions.

        Raises
        ------
        InvalidGeometry
            There is not one priority and one rank for each polygon.
        NotFinite, OutOfRange
            A coordinate is not on the globe.
        """
        geometries = np.asarray(polygons, dtype=object)
        size = len(geometries)
        first = np.zeros(size) if priorities is None else -np.asarray(priorities, dtype=np.float64)
        last = np.arange(size) if ranks is None else np.unique(np.asarray(ranks), return_inverse=True)[1]
        if first.shape != (size,) or last.shape != (size,):
            raise InvalidGeometry(
                N_("There are {units} areas but {priorities} priorities and {ranks} ranks."),
                mend=N_("Give every area one of each."),
                units=size,
                priorities=len(first),
                ranks=len(last),
            )
        areas = np.atleast_1d(geodesic_area(geometries)) if size else np.empty(0)
        place = np.empty(size, np.int64)
        place[np.lexsort((last, areas, first))] = np.arange(size)
        whole = shapely.transform(
            shapely.force_2d(geometries), lambda lonlat: to_lattice(lonlat).astype(np.float64)
        )
        shapely.prepare(whole)
        boxes = shapely.bounds(whole).reshape(-1, 4).tolist()
        return cls(shapely.STRtree(whole), whole, tuple(map(tuple, boxes)), tuple(place.tolist()))

    def __len__(self) -> int:
        return len(self.boxes)

    def covering(self, lon: float, lat: float) -> list[int]:
        """Return the positions of all areas that cover a point in degrees, first in priority first.

        Raises
        ------
        NotFinite, OutOfRange
            The coordinate is not on the globe.
        """
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
            to_lattice([(lon, lat)])
        # Rounded as ``to_lattice`` does, halves to even, without the cost of an array for one point.
        x, y = round(lon * SCALE), round(lat * SCALE)
        found = [one for one in self._boxes_at(x, y) if shapely.intersects_xy(self.shapes[one], x, y)]
        return found if len(found) < 2 else sorted(found, key=self.place.__getitem__)

    def _boxes_at(self, x: int, y: int) -> list[int]:
        """Return the positions of the boxes that hold a point in lattice steps."""
        if len(self.boxes) > MOST_WALKED:
            found: list[int] = self.tree.query(shapely.Point(x, y)).tolist()
            return found
        return [
            position
            for position, (west, south, east, north) in enumerate(self.boxes)
            if west <= x <= east and south <= y <= north
        ]

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Positions, Positions]:
        """Return all pairs of a point and an area that covers it.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,), rounded to the lattice.

        Returns
        -------
        Two arrays of the same length: positions of points, ascending, and of areas; those of one point in
        order of priority.

        Raises
        ------
        NotFinite, OutOfRange
            A coordinate is not on the globe; ``where["row"]`` is the first such position.
        """
        points = shapely.points(to_lattice(np.column_stack([lon, lat])).astype(np.float64))
        of_point, of_area = self.tree.query(points, predicate="intersects")
        order = np.lexsort((np.array(self.place, np.int64)[of_area], of_point))
        return of_point[order].astype(np.int64), of_area[order].astype(np.int64)
