"""Staffing: proposals of who has which home grid from a day on, by rules, decided by somebody else."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import staffing as solver
from geo.errors import N_
from geo.partition.adjacency import adjacency
from layers.catalog import Layer
from layers.ids import new_id
from layers.representatives import Representative
from layers.staffing import StaffingProposal
from layers.stores import Stores
from layers.units import LeafTable
from service.access.identity import Identity
from service.errors import InvalidInput, RulesInConflict, StaffingStale
from service.schemas.staffing import Pair, StaffingIn, Weights

Translate = Callable[[str], str]
NDFloats = NDArray[np.float64]

WHYS: Mapping[str, str] = {
    "pinned": N_("A rule says so."),
    "stays": N_("It is the home already."),
    "nearest": N_("It is the nearest grid."),
    "alone": N_("Nobody else would be there."),
    "load": N_("Nearer grids are full, or have less load for each of their people."),
}
RULES: Mapping[solver.Kind, str] = {
    solver.Kind.LEAST: N_("Every grid has at least one person."),
    solver.Kind.EXTRAS: N_("Nobody has more than {extras} extra grids, and each touches the home grid."),
    solver.Kind.BALANCE: N_("Nobody carries more than {balance} times the mean load."),
    solver.Kind.CAP: N_("No grid has more than {cap} people."),
    solver.Kind.PIN: N_("{person} has the home {grid}."),
    solver.Kind.FORBID: N_("{person} has not the home {grid}."),
}
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who proposes or decides: a person and their name."""

    id: UUID
    name: str

    @classmethod
    def of(cls, identity: Identity) -> "Decider":
        """Return who a caller is."""
        return cls(identity.person or _NOBODY, identity.name)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What a staffing is made of: the big grids and the people of a day, and what they were read from."""

    layer: Layer
    day: date
    grids: LeafTable
    people: tuple[Representative, ...]
    homes: Mapping[UUID, UUID]
    basis: Mapping[str, Any]


def propose_homes(
    stores: Stores, by: Decider, layer: Layer, given: StaffingIn, translate: Translate
) -> StaffingProposal:
    """Solve a staffing of a partition by rules and store it as a proposal.

    Raises
    ------
    InvalidInput
        The day is past, or a rule names who or what is not there.
    StaffingRefused
        No grid is in force, or there are too many.
    RulesInConflict
        The rules cannot be kept together; ``extra["conflict"]`` names those to blame.
    """
    day = given.from_day or _today(stores)
    if day < _today(stores):
        raise InvalidInput(
            N_("{day} is past: homes are set from today on."),
            mend=N_("Choose today or a later day."),
            where={"pointer": "/from_day"},
            day=day.isoformat(),
        )
    scene = _scene(stores, layer, day)
    load = _load(stores, scene, given.weights)
    ids = {code: str(unit) for unit, code in zip(scene.grids.ids, scene.grids.codes, strict=True)}
    known = {one.code for one in scene.people}
    wish = solver.Wish(
        given.cap,
        _pairs("pins", given.pins, known, ids),
        _pairs("forbids", given.forbids, known, ids),
        given.move_m,
        given.load_m,
        given.extras,
        given.balance,
    )
    people, ground = _tables(stores, scene, load, touching=given.extras > 0)
    try:
        found = solver.propose(people, ground, wish)
    except solver.StaffingConflict as error:
        codes = {key: code for code, key in ids.items()}
        raise RulesInConflict(
            error.message,
            mend=error.mend,
            extra={"conflict": [_rule(one, codes, given, translate) for one in error.rules]},
            **error.params,
        ) from error
    value = StaffingProposal(
        new_id(),
        scene.layer.code,
        day,
        given.model_dump(mode="json"),
        scene.basis,
        _outcome(stores, scene, found, load),
        by.id,
        by.name,
        datetime.now(UTC),
    )
    stores.staffings.add(value)
    stores.audit.record("staffing.propose", "staffing", value.id, moved=found.moved, people=len(people))
    return value


def approve(stores: Stores, by: Decider, identifier: UUID, note: str) -> StaffingProposal:
    """Approve somebody else's proposal and set the homes from its day on.

    Raises
    ------
    WrongPerson, Conflict
        It is one's own, or was decided before.
    StaffingStale
        People or grids changed since; ``extra["changed"]`` says what.
    """
    stores.staffings.lock()
    value = stores.staffings.get(identifier)
    done = stores.staffings.decide(value, "approved", by.id, by.name, datetime.now(UTC), note)
    scene = _scene(stores, stores.layers.get(value.layer), value.from_day)
    _require_fresh(stores, value, scene)
    units = {code: unit for unit, code in zip(scene.grids.ids, scene.grids.codes, strict=True)}
    ids = {one.code: one.id for one in scene.people}
    pairs = [
        (ids[one["person"]], units[one["home"]["code"]])
        for one in value.outcome["people"]
        if scene.homes.get(ids[one["person"]]) != units[one["home"]["code"]]
    ]
    extras = [
        (ids[one["person"]], units[grid["code"]])
        for one in value.outcome["people"]
        for grid in one.get("extras", ())
    ]
    # Where extra grids were asked for, the proposal says all there are; else only what became a home goes.
    every = bool(value.rules.get("extras"))
    stores.representatives.end_extras(pairs, list(ids.values()) if every else [], value.from_day)
    if pairs:
        stores.representatives.assign(pairs, value.from_day)
    if extras:
        stores.representatives.assign(extras, value.from_day, role="extra")
    stores.audit.record("staffing.approve", "staffing", value.id, homes=len(pairs), extras=len(extras))
    return done


def reject(stores: Stores, by: Decider, identifier: UUID, note: str) -> StaffingProposal:
    """Reject somebody else's proposal.

    Raises
    ------
    WrongPerson, Conflict
        It is one's own, or was decided before.
    """
    value = stores.staffings.get(identifier)
    done = stores.staffings.decide(value, "rejected", by.id, by.name, datetime.now(UTC), note)
    stores.audit.record("staffing.reject", "staffing", value.id)
    return done


def head_json(value: StaffingProposal, by: Decider) -> dict[str, Any]:
    """Return a proposal without its people; ``mine`` to whom proposed it, who does not decide it."""
    return {
        "id": str(value.id),
        "layer": value.layer,
        "from_day": value.from_day.isoformat(),
        "state": value.state,
        "author": value.author_name,
        "mine": value.author == by.id,
        "created_at": value.created_at.isoformat(),
        "decided_by": value.decided_name,
        "decided_at": None if value.decided_at is None else value.decided_at.isoformat(),
        "note": value.note,
        "rules": dict(value.rules),
        "summary": value.outcome["summary"],
    }


def proposal_json(value: StaffingProposal, by: Decider, translate: Translate) -> dict[str, Any]:
    """Return a proposal with everybody's home before and after, and why in words."""
    people = [{"extras": [], **one, "text": translate(WHYS[one["why"]])} for one in value.outcome["people"]]
    return {**head_json(value, by), "people": people, "grids": value.outcome["grids"]}


def _today(stores: Stores) -> date:
    return stores.districts.current().today(datetime.now(UTC))


def _scene(stores: Stores, layer: Layer, day: date) -> _Scene:
    """Read the grids of the level above the leaves, and all active people with their homes, as of a day."""
    level = max(layer.leaf_level - 1, 0)
    whole = layer.leaf_level == 0
    grids = stores.grids.leaves(layer.code, day) if whole else stores.grids.outlines(layer.code, level, day)
    people = stores.representatives.all()
    duties = stores.representatives.responsibilities(day)
    homes = {one.representative: one.unit for one in duties if one.role == "home"}
    release = stores.releases.in_force(layer.code, day)
    basis = {
        "release": None if release is None else str(release.id),
        "people": {one.code: [one.lon, one.lat, str(homes.get(one.id, ""))] for one in people},
    }
    return _Scene(layer, day, grids, people, homes, basis)


def _load(stores: Stores, scene: _Scene, weights: Weights) -> NDFloats:
    """Return the load of the grids, of which the mean is 1, or 0 where there is nothing to count."""
    leaves = stores.grids.leaves(scene.layer.code, scene.day)
    row = {unit: position for position, unit in enumerate(scene.grids.ids)}
    own = scene.layer.leaf_level == 0
    above = {
        leaf: row[leaf if own or parent is None else parent]
        for leaf, parent in zip(leaves.ids, leaves.parents, strict=True)
    }
    with stores.intake():
        opened = stores.incidents.open_by_unit()
    at = np.fromiter(above.values(), dtype=np.int64, count=len(above))
    size = len(scene.grids)
    direct = Counter({row[unit]: count for unit, count in opened.items() if unit in row and not own})
    columns = {
        "small_grids": np.bincount(at, minlength=size).astype(float),
        "households": np.bincount(at, np.maximum(leaves.households, 0), minlength=size),
        "incidents": np.bincount(at, [opened.get(one, 0) for one in above], minlength=size)
        + np.array([direct[position] for position in range(size)], dtype=float),
    }
    load = np.zeros(size)
    for name, column in columns.items():
        if column.any():
            load += getattr(weights, name) * column / column.mean()
    return load / load.mean() if load.any() else load


def _touching(stores: Stores, scene: _Scene) -> tuple[tuple[str, str], ...]:
    """Return which big grids have an edge in common, read off those of their small ones."""
    leaves = stores.grids.leaves(scene.layer.code, scene.day)
    pairs, _ = adjacency(leaves.polygons)
    own = scene.layer.leaf_level == 0
    above = leaves.ids if own else leaves.parents
    found = {
        tuple(sorted((str(above[one]), str(above[other]))))
        for one, other in pairs.tolist()
        if above[one] != above[other]
    }
    return tuple((one, other) for one, other in sorted(found))


def _tables(
    stores: Stores, scene: _Scene, load: NDFloats, *, touching: bool
) -> tuple[solver.People, solver.Ground]:
    nan = float("nan")
    lon, lat = (
        np.array([nan if one is None else one for one in values], dtype=np.float64)
        for values in ([one.lon for one in scene.people], [one.lat for one in scene.people])
    )
    homes = [scene.homes.get(one.id) for one in scene.people]
    people = solver.People(
        tuple(one.code for one in scene.people),
        lon,
        lat,
        tuple(None if one is None else str(one) for one in homes),
    )
    middle = shapely.centroid(scene.grids.polygons)
    keys = tuple(map(str, scene.grids.ids))
    beside = _touching(stores, scene) if touching else ()
    return people, solver.Ground(keys, shapely.get_x(middle), shapely.get_y(middle), load, beside)


def _pairs(
    name: str, pairs: Sequence[Pair], people: set[str], grids: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a list of rules by the keys of the solver."""
    for position, one in enumerate(pairs):
        if one.person not in people or one.grid not in grids:
            member = "person" if one.person not in people else "grid"
            raise InvalidInput(
                N_("A rule names {code}, which is not there."),
                mend=N_("Give the codes of an active representative and of a big grid of that day."),
                where={"pointer": f"/{name}/{position}/{member}"},
                code=getattr(one, member),
            )
    return tuple((one.person, grids[one.grid]) for one in pairs)


def _rule(
    one: solver.Rule, codes: Mapping[str, str], given: StaffingIn, translate: Translate
) -> dict[str, Any]:
    grid = codes.get(one.grid)
    text = translate(RULES[one.kind]).format(
        cap=given.cap, extras=given.extras, balance=given.balance, person=one.person, grid=grid
    )
    return {"kind": one.kind.value, "person": one.person or None, "grid": grid, "text": text}


def _outcome(stores: Stores, scene: _Scene, found: solver.Proposal, load: NDFloats) -> dict[str, Any]:
    names = {
        str(unit): {"code": code, "name": name}
        for unit, code, name in zip(scene.grids.ids, scene.grids.codes, scene.grids.names, strict=True)
    }
    for one in found.places:
        if one.before is not None and one.before not in names:
            gone = stores.grids.last_known(UUID(one.before))
            names[one.before] = {"code": gone.code, "name": gone.name}
    called = {one.code: one.name for one in scene.people}
    people = [
        {
            "person": one.person,
            "name": called[one.person],
            "home": names[one.home],
            "extras": [names[key] for key in one.extras],
            "before": None if one.before is None else names[one.before],
            "moved": one.moved,
            "why": one.why.value,
            "distance_m": one.distance_m,
            "before_m": one.before_m,
        }
        for one in found.places
    ]
    after = Counter(one.home for one in found.places)
    before = Counter(one.before for one in found.places)
    extra = Counter(key for one in found.places for key in one.extras)
    keys = [str(one) for one in scene.grids.ids]
    grids = [
        {
            **names[key],
            "load": round(value, 4),
            "before": before[key],
            "after": after[key],
            "extra": extra[key],
        }
        for key, value in zip(keys, load.tolist(), strict=True)
    ]
    summary = {
        "people": len(people),
        "grids": len(grids),
        "moved": found.moved,
        "empty_before": sum(not before[key] for key in keys),
        "worst_load": round(max(one["load"] / (one["after"] + one["extra"]) for one in grids), 4),
        "extras": sum(extra.values()),
        "distance_m": round(sum(one.distance_m or 0.0 for one in found.places), 1),
    }
    return {"summary": summary, "people": people, "grids": sorted(grids, key=lambda one: one["code"])}


def _require_fresh(stores: Stores, value: StaffingProposal, scene: _Scene) -> None:
    """Refuse a proposal that was made of other people or grids than there are."""
    then, now = value.basis["people"], scene.basis["people"]
    others = sorted(code for code in {*then, *now} if then.get(code) != now.get(code))
    changed = {
        "day": value.from_day < _today(stores),
        "grids": value.basis["release"] != scene.basis["release"],
        "people": bool(others),
    }
    if any(changed.values()):
        what = [name for name, is_so in changed.items() if is_so]
        raise StaffingStale(
            N_("The proposal is stale: {what} changed since it was made."),
            mend=N_("Make a new proposal; whoever need not move will not."),
            where={"proposal": str(value.id)},
            extra={"changed": what, "people": others[:100]},
            what=", ".join(what),
        )
