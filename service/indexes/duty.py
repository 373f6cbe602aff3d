"""Who answers for a place: the nearest above it who is not complained about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from layers.representatives import Responsible

Holders = Callable[[Sequence[UUID]], Sequence[Responsible]]
"""Answers who is responsible for a unit given its chain, the unit first: the nearest that has anybody."""


@dataclass(frozen=True, slots=True)
class Accused:
    """Whom an incident complains about: they never handle it, nor do those of the unit."""

    representative: UUID | None = None
    unit: UUID | None = None


NOBODY = Accused()


def impartial(holders: Holders, chain: Sequence[UUID], accused: Accused) -> Responsible | None:
    """Return who answers for a chain and is neither complained about nor of a unit that is."""
    rest = list(chain)
    if accused.unit in rest:
        rest = rest[rest.index(accused.unit) + 1 :]
    while rest:
        found = holders(rest)
        free = [one for one in found if one.representative.id != accused.representative]
        if free or not found:
            return free[0] if free else None
        rest = rest[rest.index(found[0].unit) + 1 :]
    return None
