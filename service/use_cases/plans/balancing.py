"""Balance: proposals that even out the load of the upper units by moving few units between them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.balance import (
    Balance,
    Cause,
    Division,
    Evenness,
    Left,
    Move,
    Proposal,
    Why,
    WhyNot,
    Wish,
    balance,
)
from geo.balance import warm_up as warm_up_search
from geo.crs import geodesic_area
from geo.errors import N_
from geo.partition import adjacency
from geo.redraw import State
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.balance import BalanceIn
from service.use_cases.plans.drafting import Planner
from service.use_cases.plans.editing import Draft, Reach, today

Translate = Callable[[str], str]

WHYS: Mapping[Why, str] = {
    Why.LEVELS: N_("{unit} goes from {source}, which has too much, to {target}, which has too little."),
    Why.RELIEVES: N_("{unit} relieves {source}, which has too much; {target} has room."),
    Why.FILLS: N_("{unit} fills up {target}, which has too little; {source} can spare it."),
    Why.PASSES_ON: N_("{unit} goes on from {source} to {target}, to make room for another move."),
    Why.STRAIGHTENS: N_("{unit} goes from {source} to {target}, which makes the boundary shorter."),
}
CAUSES: Mapping[Cause, str] = {
    Cause.CUT_OFF: N_("{group} cannot be evened out with its neighbours: together they are off the target."),
    Cause.LIMIT: N_("More units would have to move for {group} than may."),
    Cause.COARSE: N_("The units of {group} or its neighbours are too large to be moved whole."),
    Cause.LOCKED: N_("No unit at the boundary of {group} is free to move."),
    Cause.UNFOUND: N_("No way was found for {group}; there may be one."),
}
WHY_NOTS: Mapping[WhyNot, str] = {
    WhyNot.NO_EVENER: N_("Nothing more even was found than what the fewest moves reach."),
    WhyNot.NO_SHORTER: N_("No shorter boundaries were found than those of the other proposals."),
    WhyNot.LESS_EVEN: N_("Shorter boundaries were found only where loads lie further off."),
}


def warm_up() -> None:
    """Compile, or load what was compiled before, whatever :func:`propose` needs of compiled code."""
    adjacency(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object))
    warm_up_search()


def propose(
    stores: Stores, draft: Draft, planner: Planner, wish: BalanceIn, translate: Translate
) -> dict[str, Any]:
    """Return up to three ways to even out the load of the level above the leaves, from the draft's state.

    Raises
    ------
    BalanceRefused
        A lock names what is not there, everything is locked, or there is no load.
    InvalidInput
        Households are to count and are not known of every unit.
    """
    state = draft.state
    units = list(state)
    values = [state.unit(one) for one in units]
    areas = np.array([one.area for one in values], dtype=object)
    pairs, metres = adjacency(areas)
    weights = {name: weight for name, weight in wish.weights.model_dump().items() if weight}
    columns = {name: _column(stores, name, state, units) for name in weights}
    groups = [one.parent for one in values]
    division = Division(units, groups, pairs, metres, columns)
    reach = Reach.of(stores, draft, planner).parents
    beyond = set() if reach is None else {one for one in groups if one not in reach}
    found = balance(
        division,
        Wish(
            weights,
            wish.tolerance,
            wish.most_moved,
            locked_units=wish.locked_units,
            locked_groups={*wish.locked_groups, *beyond},
        ),
    )
    day = draft.plan.effective_on or today(stores)
    tree = stores.grids.tree(draft.layer.code, day)
    codes = {unit: (one.code, one.name) for unit, one in tree.units.items()}
    codes |= {unit: (one.code, one.name) for unit, one in zip(units, values, strict=True)}
    return _told(found, codes, translate)


def _column(stores: Stores, name: str, state: State, units: list[UUID]) -> Any:
    """Return one measure of all units."""
    if name == "area":
        return np.array([float(geodesic_area(state.unit(one).area)) for one in units])
    if name == "incidents":
        with stores.intake():
            counts = stores.incidents.open_by_unit()
        return np.array([counts.get(one, 0) for one in units], dtype=np.float64)
    unknown = next((one for one in units if state.unit(one).households is None), None)
    if unknown is not None:
        raise InvalidInput(
            N_("The households of {code} are not known, so they cannot be evened out."),
            mend=N_("Import them, or give households the weight 0."),
            where={"pointer": "/weights/households"},
            code=state.unit(unknown).code,
        )
    return np.array([state.unit(one).households for one in units], dtype=np.float64)


Names = Mapping[Any, tuple[str, str]]


def _told(found: Balance, names: Names, translate: Translate) -> dict[str, Any]:
    return {
        "before": _evenness(found.before),
        "least_moves": found.least_moves,
        "proposals": [_proposal(found, one, names, translate) for one in found.proposals],
        "omitted": [
            {"aim": one.aim.value, "why": one.why.value, "text": translate(WHY_NOTS[one.why])}
            for one in found.omitted
        ],
    }


def _proposal(found: Balance, one: Proposal, names: Names, translate: Translate) -> dict[str, Any]:
    return {
        "aim": one.aim.value,
        "moved": round(one.moved, 6),
        "reached": one.reached,
        "after": _evenness(one.after),
        "moves": [_move(each, names, translate) for each in one.moves],
        "left": [_left(each, names, translate) for each in one.left],
        "groups": [
            {
                "id": str(group),
                "code": names[group][0],
                "name": names[group][1],
                "before": round(found.loads[group], 4),
                "after": round(load, 4),
            }
            for group, load in sorted(one.loads.items(), key=lambda item: names[item[0]][0])
        ],
        "ops": [
            {"type": "reassign", "units": [str(each.unit)], "parent": str(each.target)} for each in one.moves
        ],
    }


def _move(one: Move, names: Names, translate: Translate) -> dict[str, Any]:
    unit, source, target = (names[key][0] for key in (one.unit, one.source, one.target))
    return {
        "unit": str(one.unit),
        "code": unit,
        "from": source,
        "to": target,
        "why": one.why.value,
        "text": translate(WHYS[one.why]).format(unit=unit, source=source, target=target),
        "load": round(one.load, 4),
        "from_load": [round(one.source_before, 4), round(one.source_after, 4)],
        "to_load": [round(one.target_before, 4), round(one.target_after, 4)],
        "boundary_m": round(one.boundary_m, 1),
    }


def _left(one: Left, names: Names, translate: Translate) -> dict[str, Any]:
    code = names[one.group][0]
    split = None
    if one.split is not None:
        split = {
            "unit": str(one.split.unit),
            "code": names[one.split.unit][0],
            "to": names[one.split.target][0],
            "part": round(one.split.part, 4),
        }
    return {
        "code": code,
        "load": round(one.load, 4),
        "cause": one.cause.value,
        "text": translate(CAUSES[one.cause]).format(group=code),
        "split": split,
    }


def _evenness(one: Evenness) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(one).items()}
