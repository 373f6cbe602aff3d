"""Other names, codes and parents; no ground changes hands."""

from dataclasses import replace
from uuid import UUID

from geo.redraw.ground import Ground
from geo.redraw.operations import Reassign, Recode, Rename
from geo.redraw.unit import UnitState

Units = dict[UUID, UnitState | None]


def rename(ground: Ground, operation: Rename) -> Units:
    """Return the unit with its new name."""
    return {operation.unit: replace(ground.unit(operation.unit), name=operation.name)}


def recode(ground: Ground, operation: Recode) -> Units:
    """Return the unit with its new code."""
    return {operation.unit: replace(ground.unit(operation.unit), code=operation.code)}


def reassign(ground: Ground, operation: Reassign) -> Units:
    """Return the units with their new parent."""
    return {each: replace(ground.unit(each), parent=operation.parent) for each in operation.units}
