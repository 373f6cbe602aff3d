"""Redrawing an exact partition: states, operations and changes, each proven before it exists.

A `State` is the leaves of a release (`Base`) with the units of a draft laid over it. An `Operation` applied
to it gives another state and a `Change`, or a `RedrawRefused` that says what is wrong, where, and what a map
should draw of it. Units partition their frame exactly in every state: of what an operation touches the
signed edges sum to what they were, and every area is valid, decided on whole lattice steps.
"""

from geo.redraw.amending import amendment
from geo.redraw.base import Base
from geo.redraw.change import Change, Descent, EdgeDelta, LineageKind
from geo.redraw.codec import operation_from_json
from geo.redraw.halving import halving_line
from geo.redraw.operations import (
    Amend,
    Amended,
    Into,
    Merge,
    Move,
    Operation,
    Part,
    PathMove,
    Reassign,
    Recode,
    Rename,
    Split,
    Transfer,
)
from geo.redraw.refusals import RedrawRefused, StepNeeded
from geo.redraw.splitting import pieces
from geo.redraw.state import State
from geo.redraw.unit import Chain, UnitState

__all__ = [
    "Amend",
    "Amended",
    "Base",
    "Chain",
    "Change",
    "Descent",
    "EdgeDelta",
    "Into",
    "LineageKind",
    "Merge",
    "Move",
    "Operation",
    "Part",
    "PathMove",
    "Reassign",
    "Recode",
    "RedrawRefused",
    "Rename",
    "Split",
    "State",
    "StepNeeded",
    "Transfer",
    "UnitState",
    "amendment",
    "halving_line",
    "operation_from_json",
    "pieces",
]
