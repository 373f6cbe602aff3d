"""What a repair gives back, and its figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely import Geometry

from geo.partition import Proof
from geo.partition.chains import Shapes
from geo.repair.changes import Change, Remain
from geo.repair.limits import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """Units after a repair.

    ``areas`` (k,) are the units that are kept, ``kept`` (k,) their positions in the input; all of them unless
    duplicates were dropped. ``read`` (n,) are the units as they were read: on the lattice, rings made valid;
    each unit's ground now is that, and the effects of ``changes``, exactly. ``remains`` need a decision;
    ``enclaves`` is ground beyond the limits that no unit got and that is left out of the frame. ``tops`` are
    the frame or the parents with the vertices of the units. ``proof`` is about ``areas`` as a whole.
    """

    areas: Shapes
    kept: npt.NDArray[np.int64]
    read: Shapes
    changes: tuple[Change, ...]
    remains: tuple[Remain, ...]
    enclaves: tuple[Geometry, ...]
    tops: Shapes
    proof: Proof
    limits: Limits

    @property
    def exact(self) -> bool:
        """Whether the units are an exact partition now, and nothing waits for a decision."""
        return self.proof.exact and not self.remains

    @property
    def enclave_points(self) -> list[tuple[float, float]]:
        """Points of the ground that was left out."""
        points = (ground.representative_point() for ground in self.enclaves)
        return [(point.x, point.y) for point in points]

    def figures(self) -> dict[str, Any]:
        """Return count, total and largest area and largest shift of the changes, together and by kind."""
        by_kind = {}
        for kind in dict.fromkeys(change.kind for change in self.changes):
            by_kind[kind.value] = _figures([change for change in self.changes if change.kind is kind])
        return {**_figures(self.changes), "by_kind": by_kind}


def _figures(changes: Any) -> dict[str, Any]:
    return {
        "count": len(changes),
        "area_m2": round(sum(change.area_m2 for change in changes), 4),
        "largest_m2": round(max((change.area_m2 for change in changes), default=0.0), 4),
        "shift_m": round(max((change.shift_m for change in changes), default=0.0), 4),
    }
