"""Kernel: how many times one owner's edges wind around a point."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@compiled
def owner_windings(
    px: Floats, py: Floats, owners: Integers, starts: Integers, ends: tuple[Floats, Floats, Floats, Floats]
) -> Integers:
    """Return for each point how many times the edges of its owner wind around it, counter-clockwise.

    ``owners`` (m,) is the owner asked for with each point; its edges are ``starts[owner]`` up to the next.
    """
    x1, y1, x2, y2 = ends
    out = np.zeros(len(px), dtype=np.int64)
    for point in range(len(px)):
        x, y, owner = px[point], py[point], owners[point]
        for edge in range(starts[owner], starts[owner + 1]):
            if (y1[edge] > y) == (y2[edge] > y):
                continue
            side = (x2[edge] - x1[edge]) * (y - y1[edge]) - (x - x1[edge]) * (y2[edge] - y1[edge])
            if side > 0 and y2[edge] > y1[edge]:
                out[point] += 1
            elif side < 0 and y2[edge] < y1[edge]:
                out[point] -= 1
    return out
