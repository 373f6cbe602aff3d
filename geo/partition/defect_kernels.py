"""Kernels that tell how many times a chain winds around places, with its edges sorted into bands."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@compiled
def band_edges(y1: Floats, y2: Floats, low: float, height: float, bands: int) -> tuple[Integers, Integers]:
    """Return the edges that each horizontal band holds: starts (bands + 1,) and edges in their order."""
    counts = np.zeros(bands + 1, dtype=np.int64)
    for edge in range(len(y1)):
        first = int((min(y1[edge], y2[edge]) - low) / height)
        last = int((max(y1[edge], y2[edge]) - low) / height)
        for band in range(max(first, 0), min(last, bands - 1) + 1):
            counts[band + 1] += 1
    starts = np.cumsum(counts)
    held = np.empty(starts[bands], dtype=np.int64)
    fill = starts[:-1].copy()
    for edge in range(len(y1)):
        first = int((min(y1[edge], y2[edge]) - low) / height)
        last = int((max(y1[edge], y2[edge]) - low) / height)
        for band in range(max(first, 0), min(last, bands - 1) + 1):
            held[fill[band]] = edge
            fill[band] += 1
    return starts, held


@compiled
def winding_numbers(
    px: Floats,
    py: Floats,
    ends: tuple[Floats, Floats, Floats, Floats],
    low: float,
    height: float,
    bands: tuple[Integers, Integers],
) -> Integers:
    """Return how many times directed edges x1, y1 → x2, y2 wind counter-clockwise around each point."""
    x1, y1, x2, y2 = ends
    starts, held = bands
    out = np.zeros(len(px), dtype=np.int64)
    for point in range(len(px)):
        x, y = px[point], py[point]
        band = int((y - low) / height)
        if y < low or band < 0 or band >= len(starts) - 1:
            continue
        for k in range(starts[band], starts[band + 1]):
            edge = held[k]
            if (y1[edge] > y) == (y2[edge] > y):
                continue
            side = (x2[edge] - x1[edge]) * (y - y1[edge]) - (x - x1[edge]) * (y2[edge] - y1[edge])
            if side > 0 and y2[edge] > y1[edge]:
                out[point] += 1
            elif side < 0 and y2[edge] < y1[edge]:
                out[point] -= 1
    return out
