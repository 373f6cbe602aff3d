"""Made-up but natural-looking nested partitions, for the demo district, tests and benchmarks.

The partition is exact by construction: every boundary between two units is one polyline that both use,
so the signed edges of all units cancel except along the frame. The steps:

1. scatter seeds around town centres and over the open country, relax them (``synthetic_seeds``);
2. cut their Voronoi diagram by the frame into a planar graph on the lattice and trace its faces, merging
   scraps that an inlet of the frame cuts off until the count is exact (``synthetic_graph``);
3. give every edge a fractal course inside the two triangles that edge owns, so that no two edges can
   meet (``synthetic_course``), and verify every polygon;
4. group leaves into contiguous big grids and townships by growing regions over the adjacency
   (``synthetic_groups``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import N_, GeoError, InvalidGeometry
from geo.lattice import to_lattice
from geo.synthetic.course import Courses, assemble, wander
from geo.synthetic.graph import Faces, Graph, cut_diagram, trace
from geo.synthetic.groups import grow_levels
from geo.synthetic.scraps import merge_scraps
from geo.synthetic.seeds import Plane, diagram, scatter

_ATTEMPTS = 4
# Amplitudes tried in turn on the edges of a polygon that came out invalid; the last is a straight edge.
_CALMER = (0.5, 0.25, 0.0)
# Below this mean width a unit is too small for its edge's detail to survive rounding to the lattice.
_MIN_WIDTH_UNITS = 2_000.0


class TooCrowded(GeoError):
    """A frame has no room for that many units at the resolution of the lattice."""

    code = "synthetic-too-crowded"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many units each level of a synthetic partition has, top level first."""

    townships: int
    big_grids: int
    small_grids: int

    def __post_init__(self) -> None:
        if not 1 <= self.townships <= self.big_grids <= self.small_grids:
            raise InvalidGeometry(
                N_("{townships} townships, {big_grids} big grids and {small_grids} small grids do not nest."),
                mend=N_("Give at least one township and no fewer units on a level than on the one above."),
                townships=self.townships,
                big_grids=self.big_grids,
                small_grids=self.small_grids,
            )


REAL_COUNTS = Counts(townships=12, big_grids=184, small_grids=2_924)


def counts_for(small_grids: int) -> Counts:
    """Return counts for a number of leaves in the proportions of the real county (12, 184, 2,924).

    Townships grow with the square root of the size, as real counties with more grids have both more and
    larger townships.
    """
    share = small_grids / REAL_COUNTS.small_grids
    big_grids = max(1, min(small_grids, round(REAL_COUNTS.big_grids * share)))
    townships = max(1, min(big_grids // 2, max(12 if big_grids >= 24 else 1, round(12 * share**0.5))))
    return Counts(townships, big_grids, small_grids)


@dataclass(frozen=True, slots=True)
class SyntheticPartition:
    """A nested partition of a frame: only the leaves have geometry.

    ``polygons`` is an object array of counter-clockwise polygons, lon, lat in degrees, every value exactly
    an integer divided by 10⁷. ``big_grid`` gives each leaf's big grid and ``township`` each big grid's
    township, as indexes. ``frame`` is the given frame with the vertices where leaf boundaries end on it
    added (each at most one lattice unit beside the frame's old edge). ``centre`` is a point inside every
    leaf (n, 2) and ``towns`` the town centre of every township (t, 2), lon, lat in degrees. ``neighbours``
    (k, 2) lists every pair of leaves that share an edge, smaller index first.
    """

    polygons: NDArray[Any]
    big_grid: NDArray[np.int32]
    township: NDArray[np.int32]
    frame: shapely.Polygon
    centre: NDArray[np.float64]
    towns: NDArray[np.float64]
    neighbours: NDArray[np.int32]


def partition(frame: shapely.Polygon, counts: Counts = REAL_COUNTS, *, seed: int = 1) -> SyntheticPartition:
    """Divide a frame into leaves, big grids and townships, exactly and always the same way for a seed.

    Parameters
    ----------
    frame
        A valid polygon without holes, lon, lat in degrees, rounded to the 1e-7° lattice. Its vertices
        should be closer together than a unit is wide, or the outer boundary looks straight.
    counts
        The number of units on each level.
    seed
        Any integer; the same frame, counts and seed give the same coordinates bit by bit.

    Raises
    ------
    InvalidGeometry
        The frame is not a valid polygon without holes.
    TooCrowded
        Units would be so small (about 20 m) that their boundaries do not survive rounding.
    """
    plane = _plane(frame, counts.small_grids)
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([seed, counts.small_grids, attempt])
        towns, town_share = _towns(plane, counts.townships, rng)
        mesh = _mesh(plane, counts.small_grids, towns, town_share, rng)
        if mesh is None:
            continue
        graph, faces, polygons = mesh
        centre = shapely.get_coordinates(shapely.point_on_surface(polygons))
        sides = faces.sides(graph.edge_count)
        neighbours = np.unique(np.sort(sides[(sides >= 0).all(axis=1)], axis=1), axis=0)
        places = plane.metric(plane.from_lonlat(centre))
        levels = grow_levels(neighbours, places, plane.metric(towns), counts.big_grids, rng)
        return SyntheticPartition(
            polygons=polygons,
            big_grid=levels.big_grid,
            township=levels.township,
            frame=_rebuilt_frame(graph, plane),
            centre=centre,
            towns=plane.to_lonlat(towns),
            neighbours=neighbours.astype(np.int32),
        )
    raise TooCrowded(
        N_("The frame could not be divided into {count} valid units."),
        mend=N_("Ask for fewer units or give a frame with fewer narrow inlets."),
        count=counts.small_grids,
    )


def _plane(frame: shapely.Polygon, count: int) -> Plane:
    """Check a frame and return the integer plane that the work is done in."""
    if not isinstance(frame, shapely.Polygon) or frame.is_empty or not frame.is_valid or frame.interiors:
        raise InvalidGeometry(
            N_("A synthetic partition needs one valid polygon without holes as its frame."),
            mend=N_("Repair the frame or take its outer ring."),
        )
    units = to_lattice(shapely.get_coordinates(shapely.orient_polygons(frame).exterior))
    keep = np.r_[True, (np.diff(units, axis=0) != 0).any(axis=1)]
    plane = Plane.around(units[keep][:-1])
    if (plane.polygon.area / count) ** 0.5 < _MIN_WIDTH_UNITS or not plane.polygon.is_valid:
        raise TooCrowded(
            N_("A frame of this size has no room for {count} units on a lattice of 1e-7°."),
            mend=N_("Ask for fewer units or give a larger frame."),
            count=count,
        )
    return plane


def _towns(
    plane: Plane, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return town centres, spread out in the frame, and each one's share of the townspeople."""
    candidates = plane.random_points(max(40 * count, 200), rng)
    inner = plane.distance_to_frame(candidates)
    # The first town is the county seat, deep inside; the others keep as far apart as they can.
    chosen = [int(np.argmax(inner))]
    gap = np.hypot(*(candidates - candidates[chosen[0]]).T)
    gap *= rng.uniform(0.75, 1.25, len(gap))
    for _ in range(count - 1):
        pick = int(np.argmax(np.minimum(gap, 3.0 * inner)))
        chosen.append(pick)
        gap = np.minimum(gap, np.hypot(*(candidates - candidates[pick]).T))
    share = 1.0 / np.arange(1.0, count + 1.0) ** 0.6
    return candidates[chosen], share / share.sum()


def _mesh(
    plane: Plane,
    count: int,
    towns: NDArray[np.float64],
    town_share: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[Graph, Faces, NDArray[Any]] | None:
    """Return graph, faces and valid polygons, or None where this attempt's seeds do not allow it."""
    # A few seeds too many: merging scraps brings the count down to what was asked for, never up.
    seeds = scatter(plane, count + max(1, count // 100) - (count == 1), towns, town_share, rng)
    graph = cut_diagram(plane, diagram(plane, seeds))
    faces = merge_scraps(graph, trace(graph), count)
    if faces is None:
        return None
    courses = wander(graph, rng)
    polygons, wrong = _polygons(plane, graph, faces, courses)
    for amplitude in _CALMER:
        if not wrong.any():
            break
        courses.amplitude[faces.edges_of(wrong)] = amplitude
        polygons, wrong = _polygons(plane, graph, faces, courses)
    return None if wrong.any() else (graph, faces, polygons)


def _polygons(
    plane: Plane, graph: Graph, faces: Faces, courses: Courses
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the polygons of all faces in lon, lat and which of them are not valid and counter-clockwise."""
    coordinates, ring = assemble(graph, faces, courses)
    if np.bincount(ring, minlength=faces.count).min() < 4:
        return np.empty(0, dtype=object), np.bincount(ring, minlength=faces.count) < 4
    rings = shapely.linearrings(plane.exact_lonlat(coordinates), indices=ring)
    polygons: NDArray[Any] = shapely.polygons(rings)
    return polygons, ~(shapely.is_valid(polygons) & shapely.is_ccw(rings))


def _rebuilt_frame(graph: Graph, plane: Plane) -> shapely.Polygon:
    return shapely.Polygon(plane.exact_lonlat(graph.frame))
