"""Merging units that share edges into one."""

from uuid import UUID

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.errors import N_
from geo.partition.chains import matches
from geo.redraw.ground import Ground
from geo.redraw.operations import Merge
from geo.redraw.proof import refuse_used
from geo.redraw.refusals import OperationMalformed, ParentsDiffer, UnitsApart
from geo.redraw.sums import Ledger, units_as_features
from geo.redraw.unit import UnitState


def merge(ground: Ground, operation: Merge) -> dict[UUID, UnitState | None]:
    """Return the merged unit, and None for those that end in it.

    Its parent is that of the unit that lives on, else the one that all units have. Its households are the
    sum, or unknown where one unit's are.

    Raises
    ------
    UnitsApart, ParentsDiffer, IdTaken
        The units are not connected by edges, have different parents, or the new id was used before.
    """
    units: dict[UUID, UnitState | None] = {}
    chains = []
    for each in operation.units:
        units[each] = ground.unit(each)
        chains.append(ground.unit(each).chain)
    into = operation.into
    if len(units) < 2:
        raise OperationMalformed(
            N_("Merging takes two units or more."), mend=N_("Name the units that are to become one.")
        )
    if into.id not in units:
        refuse_used(ground, into.id)
    parent = _parent(ground, operation, units)
    tails = np.concatenate([chain.tails for chain in chains])
    heads = np.concatenate([chain.heads for chain in chains])
    owners = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    first, _ = matches(tails, heads)
    links = coo_array((np.ones(len(first), dtype=np.int8), (owners, owners[first])), shape=(len(chains),) * 2)
    count, label = connected_components(links, directed=False)
    if count > 1:
        _refuse_apart(units, label.tolist())
    ledger = Ledger()
    for each, chain in zip(operation.units, chains, strict=True):
        if each != into.id:
            ledger.take(each, (chain.tails, chain.heads))
            ledger.give(into.id, (chain.tails, chain.heads))
    shape = ledger.shapes(ground, may_end=frozenset(each for each in operation.units if each != into.id))[
        into.id
    ]
    known = [unit.households for unit in units.values() if unit is not None]
    households = None if None in known else sum(each or 0 for each in known)
    after: dict[UUID, UnitState | None] = dict.fromkeys(operation.units)
    if shape is not None:
        after[into.id] = UnitState.with_shape(into.code, into.name, parent, households, shape)
    return after


def _parent(ground: Ground, operation: Merge, units: dict[UUID, UnitState | None]) -> UUID | None:
    """Return the parent of the merged unit."""
    if operation.into.id in units:
        return ground.unit(operation.into.id).parent
    parents = {ground.unit(each).parent for each in units}
    if len(parents) > 1:
        raise ParentsDiffer(
            N_("The units have {parents} different parents, and a new unit can have only one."),
            mend=N_("Reassign them to one parent first, or let one of them live on."),
            where={"unit": str(operation.into.id)},
            features=units_as_features(units),
            parents=len(parents),
        )
    return parents.pop()


def _refuse_apart(units: dict[UUID, UnitState | None], label: list[int]) -> None:
    """Refuse units that fall into several groups without a common edge."""
    apart = [each for each, group in zip(units, label, strict=True) if group != label[0]]
    raise UnitsApart(
        N_("Unit {unit} shares no edge with the others; a common point is not enough."),
        mend=N_("Merge units that lie side by side, or name those between them too."),
        where={"unit": str(apart[0])},
        features=units_as_features(units),
        unit=unit.code if (unit := units[apart[0]]) else str(apart[0]),
    )
