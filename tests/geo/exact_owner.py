"""The tie rule of ``geo.locate`` in whole numbers without limit, slow and written on its own.

Rings are lists of integer points; nothing here knows cells, labels or floating point.
"""

from typing import Any

import shapely

Point = tuple[int, int]
Ring = list[Point]
FINE = 10**30
"""Points beside an edge are taken at 1/FINE of a lattice step: nearer than any other edge can be."""


def whole_rings(unit: Any) -> list[Ring]:
    """All rings of a polygon or multipolygon in degrees as lattice points, the closing one left out."""
    return [
        [(round(x * 10**7), round(y * 10**7)) for x, y in ring.coords[:-1]]
        for part in shapely.get_parts(unit)
        for ring in [part.exterior, *part.interiors]
    ]


def edges_of(rings: list[Ring]) -> list[tuple[Point, Point]]:
    return [tuple(sorted((ring[i - 1], ring[i]))) for ring in rings for i in range(len(ring))]  # type: ignore[misc]


def through(a: Point, b: Point, p: Point) -> bool:
    """Whether p lies on the closed edge from a to b."""
    on_line = (b[0] - a[0]) * (p[1] - a[1]) == (b[1] - a[1]) * (p[0] - a[0])
    return (
        on_line and min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
    )


def inside(edges: list[tuple[Point, Point]], p: Point, unit: int = 1) -> bool:
    """Whether a point, in 1/unit of a step and on no edge, has an odd number of edges straight below it."""
    odd = False
    for a, b in edges:
        ax, ay, bx, by = a[0] * unit, a[1] * unit, b[0] * unit, b[1] * unit
        if (ax <= p[0]) != (bx <= p[0]):
            # The edge's height at p, times its positive width.
            odd ^= p[1] * (bx - ax) > ay * (bx - ax) + (by - ay) * (p[0] - ax)
    return odd


def exact_owner(units: list[list[tuple[Point, Point]]], ranks: list[int], p: Point) -> int:
    """Position of the owner of p by the tie rule; ``units`` are the edges of each unit."""
    touching = [
        (unit, edge) for unit, edges in enumerate(units) for edge in edges if through(edge[0], edge[1], p)
    ]
    if not touching:
        return next((unit for unit, edges in enumerate(units) if inside(edges, p)), -1)
    names = {unit for unit, _ in touching}
    if any(p in edge for _, edge in touching):
        return min(names, key=lambda unit: ranks[unit])
    (ax, ay), (bx, by) = touching[0][1]
    left = (p[0] * FINE - (by - ay), p[1] * FINE + (bx - ax))
    on_left = [unit for unit in names if inside(units[unit], left, FINE)]
    return min(on_left or names, key=lambda unit: ranks[unit])
