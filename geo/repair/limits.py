"""What a repair may do by itself; everything beyond it is listed and left for a decision."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

OverlapRule = Literal["first", "smaller", "larger", "longest-edge"]
GapRule = Literal["fill", "leave"]
RingRule = Literal["filled", "even-odd"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and rules of a repair.

    ``shift_m`` the most an edge moves: ground in which a disc of this diameter fits changes hands by a rule
    only. ``area_m2`` the most ground that changes hands in one place. ``share`` the most of its ground that a
    unit may lose, 0 to 1. ``overlap`` who gets ground of several units beyond the limits: the first in the
    file, the smaller, the larger, or the one with the longest edge to it; None refuses. ``gaps`` whether
    ground of no unit beyond the limits goes to a neighbour (fill) or stays out of the frame (leave); None
    leaves it out where no frame says that it belongs to somebody, and refuses it elsewhere. ``duplicates``
    whether the first of units with the same ground is kept; None refuses. ``rings`` how a ring that runs over
    itself is read where that makes a difference beyond the limits; None refuses.
    """

    shift_m: float = 2.0
    area_m2: float = 10_000.0
    share: float = 0.1
    overlap: OverlapRule | None = None
    gaps: GapRule | None = None
    duplicates: Literal["first"] | None = None
    rings: RingRule | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the limits for a report."""
        return asdict(self)
