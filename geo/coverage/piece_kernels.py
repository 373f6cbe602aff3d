"""Compiled kernels of the pieces of a line: cut wherever a visit begins or ends, with who was there last."""

from typing import NamedTuple

import numpy as np

from geo.compiled import compiled
from geo.coverage.interval_kernels import cover_cells
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places


class Part(NamedTuple):
    """Intervals within a period, split at its edges, and who walked them."""

    from_m: Floats
    to_m: Floats
    from_t: Floats
    to_t: Floats
    holder: Ints


class Cells(NamedTuple):
    """Pieces of a line: passes, when and by which interval each was visited last."""

    edges: Floats
    passes: Ints
    last_t: Floats
    last: Places


@compiled
def pieces(part: Part, low: float, high: float, apart: float) -> Cells:
    """Return the pieces of a line between two measures, cut at the ends of intervals."""
    n = part.from_m.shape[0]
    ends = np.empty(2 * n + 2)
    ends[0], ends[1] = low, high
    for k in range(n):
        ends[2 * k + 2] = min(max(part.from_m[k], low), high)
        ends[2 * k + 3] = min(max(part.to_m[k], low), high)
    ends.sort()
    count = 1
    for k in range(1, ends.shape[0]):
        if ends[k] != ends[count - 1]:
            ends[count] = ends[k]
            count += 1
    edges = ends[:count].copy()
    passes, last_t, last = cover_cells(edges, part.from_m, part.to_m, part.from_t, part.to_t, apart)
    return Cells(edges, passes, last_t, last)
