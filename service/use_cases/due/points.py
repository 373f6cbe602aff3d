"""What is due of markers and units."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import shapely

from geo.due import DAY_S, SPACING_S, Clock, Limit, Rule, Standing, State, Visits, stand
from geo.evidence import Evidence
from layers.due import Clock as ClockName
from layers.due import DueRule, Suspension
from layers.due_evidence import Proof
from layers.markers import Marker
from layers.stores import Stores
from layers.units import Unit, UnitTree
from service.schemas.due import DueThing, Held
from service.use_cases.due.limits import (
    Bound,
    Known,
    chosen,
    clock_of,
    instant,
    reason_now,
)


@dataclass(frozen=True, slots=True)
class _Stood:
    """How one thing stands against the limit that ends first."""

    state: State
    due_at: datetime | None
    late_s: float
    last_at: datetime | None
    held: Held
    counts_from: datetime
    soon: bool


def due_markers(stores: Stores, known: Known, code: str | None = None) -> Iterator[DueThing]:
    """Yield every marker that has a rule, or the one of a code, for each of its clocks, by code."""
    markers = stores.markers.all(known.day) if code is None else (stores.markers.by_code(code, known.day),)
    rules = [one for one in known.rules if one.kind in ("marker", "marker-kind")]
    asked = {
        name: [(one, bounds) for one, bounds in _asked(markers, rules, name, known) if bounds]
        for name in ("routine", "joint")
    }
    codes = {name: [one.code for one, _ in found] for name, found in asked.items()}
    since = known.now - known.lookback
    proofs = {
        "routine": stores.due_evidence.of_markers(codes["routine"], since.astimezone(known.zone).date()),
        "joint": stores.due_evidence.of_joint(codes["joint"], since),
    }
    owners = {one.id: one.owner for one in stores.border.all(known.day)}
    for name, found in asked.items():
        for one, bounds in found:
            stops = [stop for stop in known.suspensions if _suspends(stop, one)]
            yield _due_marker(one, name, bounds, proofs[name].get(one.code, []), stops, owners, known)


def _asked(
    markers: Sequence[Marker], rules: Sequence[DueRule], clock: str, known: Known
) -> Iterator[tuple[Marker, list[Bound]]]:
    by_name: dict[tuple[str, str], list[DueRule]] = defaultdict(list)
    for rule in rules:
        if rule.clock == clock:
            by_name[rule.kind, rule.code].append(rule)
    for one in markers:
        days = one.attributes.routine_days if clock == "routine" else one.attributes.joint_days
        least = Evidence.OBSERVED if clock == "routine" else Evidence.DECLARED
        default = [Bound(Limit(days * DAY_S), Held(float(days)), least)] if days else []
        levels = [by_name["marker", one.code], by_name["marker-kind", one.kind]]
        yield one, chosen(levels, default, known)


def _suspends(stop: Suspension, one: Marker) -> bool:
    return (stop.kind, stop.code) in {
        ("everything", stop.code),
        ("marker", one.code),
        ("marker-kind", one.kind),
    }


def _due_marker(
    one: Marker,
    clock: str,
    bounds: Sequence[Bound],
    proofs: Sequence[Proof],
    stops: Sequence[Suspension],
    owners: Mapping[UUID, str | None],
    known: Known,
) -> DueThing:
    stood = _stand(bounds, proofs, clock_of(stops), known.since_t(one.valid_from), known)
    name: ClockName = "joint" if clock == "joint" else "routine"
    return DueThing(
        kind="marker",
        code=one.code,
        name=one.name,
        clock=name,
        state=stood.state,
        due_at=stood.due_at,
        late_s=stood.late_s,
        last_at=stood.last_at,
        owner=None if one.segment is None else owners.get(one.segment),
        lon=one.lon,
        lat=one.lat,
        rule=stood.held,
        counts_from=stood.counts_from,
        suspension=reason_now(stops, known.now),
        soon=stood.soon,
    )


def _stand(
    bounds: Sequence[Bound], proofs: Sequence[Proof], clock: Clock, since_t: float, known: Known
) -> _Stood:
    """Return how a thing stands: each limit asks for visits that are proven as well as it wants."""
    best: tuple[float, Standing, Bound] | None = None
    for one in bounds:
        times = [proof.at.timestamp() for proof in proofs if proof.evidence >= one.least]
        found = stand(Rule((one.limit,), clock), Visits.of([times]), since_t, known.now.timestamp())
        if best is None or found.due_t[0] < best[0]:
            best = (float(found.due_t[0]), found, one)
    assert best is not None  # noqa: S101 - whoever asks has a limit
    due, standing, bound = best
    last = float(standing.last_t[0])
    return _Stood(
        standing.state(0),
        None if np.isinf(due) else instant(due),
        float(standing.late_s[0]),
        None if np.isinf(last) else instant(last),
        bound.held,
        instant((since_t if np.isinf(last) else last) + SPACING_S),
        bool(standing.soon[0]),
    )


def due_units(stores: Stores, known: Known) -> Iterator[DueThing]:
    """Yield every unit that has a rule, of its own or of one above it, by code."""
    rules = [one for one in known.rules if one.kind == "unit"]
    for layer in sorted({one.layer for one in rules if one.layer is not None}):
        yield from _of_layer(stores, layer, [one for one in rules if one.layer == layer], known)


def _of_layer(stores: Stores, layer: str, rules: Sequence[DueRule], known: Known) -> Iterator[DueThing]:
    tree = stores.grids.tree(layer, known.day)
    below = tree.children()
    by_code: dict[str, list[DueRule]] = defaultdict(list)
    for rule in rules:
        by_code[rule.code].append(rule)
    asked = {}
    for unit in sorted(tree.units.values(), key=lambda one: one.code):
        levels = _levels(unit, tree, by_code, leaf=unit.id not in below)
        bounds = chosen(levels, [], known)
        if bounds:
            asked[unit.id] = (unit, bounds, _leaves(unit.id, below))
    visited = stores.due_evidence.of_units(
        sorted({leaf for _, _, leaves in asked.values() for leaf in leaves}),
        (known.now - known.lookback).astimezone(known.zone).date(),
    )
    places = _places(stores, layer, {unit.level for unit, _, _ in asked.values()}, known)
    owners = stores.representatives.holders(known.day)
    for unit, bounds, leaves in asked.values():
        proofs = [Proof(at, Evidence.OBSERVED) for leaf in leaves for at in visited.get(leaf, [])]
        chain = tree.chain(unit.id)
        stops = [stop for stop in known.suspensions if _suspends_unit(stop, layer, chain)]
        stood = _stand(bounds, proofs, clock_of(stops), (known.now - known.lookback).timestamp(), known)
        lon, lat = places[unit.id]
        yield DueThing(
            kind="unit",
            code=unit.code,
            name=unit.name,
            layer=layer,
            state=stood.state,
            due_at=stood.due_at,
            late_s=stood.late_s,
            last_at=stood.last_at,
            owner=next((held[0].representative.code for one in chain if (held := owners.get(one.id))), None),
            lon=lon,
            lat=lat,
            rule=stood.held,
            counts_from=stood.counts_from,
            suspension=reason_now(stops, known.now),
            soon=stood.soon,
        )


def _levels(
    unit: Unit, tree: UnitTree, by_code: Mapping[str, Sequence[DueRule]], *, leaf: bool
) -> list[list[DueRule]]:
    """Return the rules for a unit, its own first, then those of the units above it that are for all below."""
    chain = tree.chain(unit.id)
    own = [one for one in by_code.get(unit.code, []) if not (one.below and not leaf)]
    above = [[one for one in by_code.get(upper.code, []) if one.below] for upper in chain[1:]] if leaf else []
    return [own, *above]


def _leaves(unit: UUID, below: Mapping[UUID | None, Sequence[Unit]]) -> list[UUID]:
    if unit not in below:
        return [unit]
    return [leaf for child in below[unit] for leaf in _leaves(child.id, below)]


def _suspends_unit(stop: Suspension, layer: str, chain: Sequence[Unit]) -> bool:
    mine = stop.kind == "unit" and stop.layer == layer and stop.code in {one.code for one in chain}
    return mine or stop.kind == "everything"


def _places(stores: Stores, layer: str, levels: set[int], known: Known) -> dict[UUID, tuple[float, float]]:
    """Return a point on the surface of each unit of some levels, lon, lat degrees."""
    leaf_level = stores.layers.get(layer).leaf_level
    tables = [
        stores.grids.leaves(layer, known.day)
        if level == leaf_level
        else stores.grids.outlines(layer, level, known.day)
        for level in levels
    ]
    return {
        unit: (lon, lat)
        for table in tables
        for unit, (lon, lat) in zip(
            table.ids, shapely.get_coordinates(shapely.point_on_surface(table.polygons)).tolist(), strict=True
        )
    }
