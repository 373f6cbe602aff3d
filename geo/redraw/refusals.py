"""Refusals of the redrawing, each with what a map draws of it.

    RedrawRefused
    ├── OperationMalformed  the JSON of an operation is not one; ``where["pointer"]`` names the value
    ├── EdgeNotFound        a path to be moved is not a boundary of the state
    ├── OwnersDiffer        a path to be moved lies between different pairs of units
    ├── FrameLocked         the outer boundary would change
    ├── PathsOpen           an edge at a moved vertex was left behind
    ├── CrossesEdge         a unit would cross or touch itself
    ├── LineMisses          a line or region does not cut the unit
    ├── UnitsApart          units that share no edge
    ├── UnknownUnit         a unit that the state does not have
    ├── UnknownParent       a parent that is not one of the level above
    ├── ParentsDiffer       units of different parents cannot become a new one
    ├── CodeTaken           another unit has the code
    ├── IdTaken             an id for a new unit that is or was a unit's
    ├── Swallowed           a unit would lose all its ground
    ├── PartsMismatch       not as many parts as pieces
    ├── OffLattice          a coordinate that is not a whole lattice step on the globe
    ├── GroundChanged       a change that adds or loses ground
    ├── StateDiffers        a change that begins from another state
    └── StepNeeded          a later operation cannot be done without the one that is taken out

``features`` are GeoJSON features in lon, lat degrees whose property ``role`` says what they show.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from geo.errors import GeoError

Feature = dict[str, Any]


class RedrawRefused(GeoError):
    """An operation or change was refused; nothing of it was done."""

    code = "redraw-refused"

    def __init__(
        self,
        message: str,
        /,
        *,
        mend: str = "",
        where: Mapping[str, Any] | None = None,
        features: Iterable[Feature] = (),
        **params: Any,
    ) -> None:
        self.features: tuple[Feature, ...] = tuple(features)
        super().__init__(message, mend=mend, where=where, **params)


class OperationMalformed(RedrawRefused):
    """The JSON of an operation is not one."""

    code = "operation-malformed"


class EdgeNotFound(RedrawRefused):
    """A path to be moved is not a boundary of the state."""

    code = "edge-not-found"


class OwnersDiffer(RedrawRefused):
    """A path to be moved lies between different pairs of units."""

    code = "owners-differ"


class FrameLocked(RedrawRefused):
    """The outer boundary would change."""

    code = "frame-locked"


class PathsOpen(RedrawRefused):
    """An edge at a moved vertex was left behind."""

    code = "paths-open"


class CrossesEdge(RedrawRefused):
    """A unit would cross or touch itself."""

    code = "crosses-edge"


class LineMisses(RedrawRefused):
    """A line or region does not cut the unit."""

    code = "line-misses"


class UnitsApart(RedrawRefused):
    """Units share no edge."""

    code = "units-apart"


class UnknownUnit(RedrawRefused):
    """The state has no such unit."""

    code = "unknown-unit"


class UnknownParent(RedrawRefused):
    """The parent is not a unit of the level above."""

    code = "unknown-parent"


class ParentsDiffer(RedrawRefused):
    """Units of different parents cannot become a new one."""

    code = "parents-differ"


class CodeTaken(RedrawRefused):
    """Another unit has the code."""

    code = "code-taken"


class IdTaken(RedrawRefused):
    """An id for a new unit is or was a unit's."""

    code = "id-taken"


class Swallowed(RedrawRefused):
    """A unit would lose all its ground."""

    code = "swallowed"


class PartsMismatch(RedrawRefused):
    """There are not as many parts as pieces."""

    code = "parts-mismatch"


class OffLattice(RedrawRefused):
    """A coordinate is not a whole lattice step on the globe."""

    code = "off-lattice"


class GroundChanged(RedrawRefused):
    """A change adds or loses ground."""

    code = "ground-changed"


class StateDiffers(RedrawRefused):
    """A change begins from another state than the one it is to follow."""

    code = "state-differs"


class StepNeeded(RedrawRefused):
    """A later operation cannot be done without the one that is to be taken out."""

    code = "step-needed"
