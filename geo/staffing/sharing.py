"""Sharing: who has extra grids beside a home, and loads that are balanced, by OR-Tools' CP-SAT.

Where the flow does not suffice: an extra grid touches the home of whoever has it, so that which grids have
people at home and which are extra ones are chosen together; and loads are divided among who has a grid.
The model knows homes, not people, which is exact: who has which home matters for distances alone. People
who may have the same grids are counted, so that asking whether rules can be kept stays small. One worker and
a fixed amount of work give the same answer every time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.crs import GEOD
from geo.errors import N_
from geo.staffing.flow import Bools, Integers, allowed, possible
from geo.staffing.values import Floats, Ground, Kind, People, Rule, StaffingRefused, Wish

# Loads are counted in so many parts of the mean load of a person, rounded down.
PARTS = 100
# Who is far from home costs at least what the last of so many near grids would.
_NEAR = 8
_WORK = 3.0
_STEPS = 100
_LARGEST_SUM = 1_000_000
_PRICED = 20


@dataclass(frozen=True, slots=True)
class Shared:
    """How many people each grid is the home of, int64 (m,), and the extra grids of each seat of each grid."""

    counts: Integers
    extras: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class _Limits:
    """Which rules a model holds; None is any number."""

    least: bool
    cap: int | None
    extras: int
    most: int | None


def kept(people: People, ground: Ground, wish: Wish, rules: Collection[Rule]) -> bool:
    """Say whether some sharing keeps all of the rules; everybody has one home in any case.

    Raises
    ------
    StaffingRefused
        It cannot be told with the work allowed.
    """
    kinds = {one.kind for one in rules}
    shared = {Kind.LEAST, Kind.BALANCE} & kinds
    if not wish.shared:
        return possible(people, ground, wish.cap, rules)
    if not shared or (Kind.EXTRAS not in kinds and len(people)):
        # Whoever may have any number of grids anywhere can have all of them, and carry just the mean.
        return possible(people, ground, wish.cap, [one for one in rules if one.kind is not Kind.LEAST])
    if not len(people):
        return Kind.LEAST not in kinds
    if shared == {Kind.LEAST} and possible(people, ground, wish.cap, rules):
        return True
    may = allowed(people, ground, rules)
    if not may.any(axis=1).all():
        return False
    model = _Model(ground, len(people), _limits(wish, kinds))
    model.by_class(may)
    return model.solve() is not None


def share(
    people: People, ground: Ground, wish: Wish, may: Bools, cost: Integers, counts: Integers | None
) -> Shared | None:
    """Return a sharing with the fewest extra grids, then the least cost; None where there is no way.

    ``cost`` (n, m) is what each pair costs in metres. Where homes can be had without extra grids, ``counts``
    (m,) are how many people each grid has then: they stay so if extra grids do, so that nobody moves for the
    balance alone. What is found with the work allowed keeps all rules, though it may not be the least.

    Raises
    ------
    StaffingRefused
        None is found with the work allowed.
    """
    if not len(people) or not may.any(axis=1).all():
        return None
    limits = _limits(wish, {one.kind for one in wish.rules()})
    if counts is not None:
        model = _Model(ground, len(people), limits)
        model.hold(counts)
        settled = _tried(model)
        if settled is not None:
            return settled.shared
    first = _Model(ground, len(people), limits)
    first.by_class(may)
    first.cp.minimize(first.number)
    found = first.solve()
    if found is None:
        return None
    second = _Model(ground, len(people), limits)
    second.by_person(may, cost)
    second.cp.add(second.number <= found.number)
    second.price(cost, wish.load_m)
    second.hint(found)
    return (_tried(second) or found).shared


def _tried(model: "_Model") -> "_Found | None":
    """Return what a model finds with the work allowed, None where that is nothing."""
    try:
        return model.solve()
    except StaffingRefused:
        return None


def _limits(wish: Wish, kinds: Collection[Kind]) -> _Limits:
    most = None if Kind.BALANCE not in kinds or wish.balance is None else round(wish.balance * PARTS)
    return _Limits(Kind.LEAST in kinds, wish.cap if Kind.CAP in kinds else None, wish.extras, most)


def parts(load: Floats, people: int) -> list[int]:
    """Return loads in parts of the mean load of a person."""
    whole = float(load.sum())
    return [0] * len(load) if whole == 0 else np.floor(load / whole * people * PARTS).astype(int).tolist()


@dataclass(frozen=True, slots=True)
class _Found:
    shared: Shared
    number: int
    hints: tuple[int, ...]


class _Model:
    """Homes of grids, extra grids beside them, and the loads that those who have them carry."""

    def __init__(self, ground: Ground, people: int, limits: _Limits) -> None:
        # Loads pandas, which the flow does without.
        from ortools.sat.python import cp_model  # noqa: PLC0415 - a heavy import that few staffings need

        self._library: Any = cp_model
        self.cp: Any = cp_model.CpModel()
        self._limits = limits
        self._cap = people if limits.cap is None else min(limits.cap, people)
        self._load = parts(ground.load, people)
        self._ground = ground
        self._beside = _beside(ground)
        self._near: list[tuple[Any, int]] = []
        self._carried: list[list[Any]] = [[] for _ in self._load]
        self._extras: list[dict[int, Any]] = []
        self._variables: list[Any] = []
        self.counts: list[Any] = []
        for grid in range(len(ground)):
            self._add_grid(grid)
        self.number = sum(one for extras in self._extras for one in extras.values())
        for grid in range(len(ground)):
            self._serve(grid)

    def _whole(self, most: int) -> Any:
        made = self.cp.new_int_var(0, most, "")
        self._variables.append(made)
        return made

    def _add_grid(self, grid: int) -> None:
        limits = self._limits
        count = self._whole(self._cap)
        # Where loads do not count, one who has it is enough for a grid.
        most = 1 if limits.most is None else self._cap
        extras = {other: self._whole(most) for other in self._beside[grid]} if limits.extras else {}
        for one in extras.values():
            self.cp.add(one <= count)
        if extras:
            self.cp.add(sum(extras.values()) <= limits.extras * count)
        if limits.most is not None:
            self._carry({grid: count, **extras}, count, limits.most)
        self.counts.append(count)
        self._extras.append(extras)

    def _carry(self, having: Mapping[int, Any], count: Any, most: int) -> None:
        """Hold that people of one home, so many of whom have each grid, carry no more than they may."""
        carries = []
        for grid, number in having.items():
            load = self._load[grid]
            carried = self._whole(min(load, most * self._cap))
            self.cp.add(carried <= min(load, most) * number)
            self._carried[grid].append(carried)
            carries.append(carried)
        self.cp.add(sum(carries) <= most * count)

    def _serve(self, grid: int) -> None:
        """Hold that a grid has somebody, and that its load is carried."""
        if self._limits.least:
            extras = [self._extras[home][grid] for home in self._beside[grid] if self._extras[home]]
            self.cp.add(self.counts[grid] + sum(extras) >= 1)
        if self._limits.most is not None:
            self.cp.add(sum(self._carried[grid]) == self._load[grid])

    def by_class(self, may: Bools) -> None:
        """Fill seats by how many people may have which grids."""
        kinds, number = np.unique(may, axis=0, return_counts=True)
        parts_of: list[list[Any]] = [[] for _ in self.counts]
        for kind, size in zip(kinds, number.tolist(), strict=True):
            self._send(kind, size, size, parts_of)
        self._fill(parts_of)

    def by_person(self, may: Bools, cost: Integers) -> None:
        """Fill seats by people, each near or far."""
        parts_of: list[list[Any]] = [[] for _ in self.counts]
        kinds, which = np.unique(may, axis=0, return_inverse=True)
        far: list[list[Any]] = [[] for _ in kinds]
        for person, kind in enumerate(which.ravel().tolist()):
            options = np.flatnonzero(may[person])
            near = options[np.argsort(cost[person, options], kind="stable")[:_NEAR]]
            sent = [(grid, self.cp.new_bool_var("")) for grid in near.tolist()]
            away = self.cp.new_bool_var("")
            self.cp.add_exactly_one([*(one for _, one in sent), away])
            far[kind].append(away)
            for grid, one in sent:
                parts_of[grid].append(one)
                self._near.append((one, int(cost[person, grid])))
            self._near.append((away, int(cost[person, near[-1]])))
        for kind, away in zip(kinds, far, strict=True):
            self._send(kind, len(away), sum(away), parts_of)
        self._fill(parts_of)

    def _send(self, kind: Bools, most: int, number: Any, parts_of: list[list[Any]]) -> None:
        """Send so many people who may have the same grids to some of these."""
        sent = []
        for grid in np.flatnonzero(kind).tolist():
            sent.append(self.cp.new_int_var(0, min(most, self._cap), ""))
            parts_of[grid].append(sent[-1])
        self.cp.add(sum(sent) == number)

    def _fill(self, parts_of: Sequence[Sequence[Any]]) -> None:
        for count, those in zip(self.counts, parts_of, strict=True):
            self.cp.add(count == sum(those))

    def hold(self, counts: Integers) -> None:
        """Hold how many people each grid has, and want few extra grids, and those near the homes."""
        for count, number in zip(self.counts, counts.tolist(), strict=True):
            self.cp.add(count == number)
        apart = self._apart()
        price = 1 + sum(round(metres) * self._cap for _, metres in apart)
        self.cp.minimize(sum((price + round(metres)) * one for one, metres in apart))

    def _apart(self) -> list[tuple[Any, float]]:
        """Return how many have each extra grid of each home, and the metres from middle to middle."""
        those = [
            (grid, other, one) for grid, extras in enumerate(self._extras) for other, one in extras.items()
        ]
        ground = self._ground
        tails, heads = ([one[part] for one in those] for part in (0, 1))
        metres = GEOD.inv(ground.lon[tails], ground.lat[tails], ground.lon[heads], ground.lat[heads])[2]
        return [(one, float(value)) for (_, _, one), value in zip(those, metres, strict=True)]

    def price(self, cost: Integers, load_m: float | None) -> None:
        """Want people near their homes, extra grids near to those, and people where the load is."""
        unit = max(1.0, int(cost.max(initial=0)) * (len(cost) + len(self.counts)) / _LARGEST_SUM)
        ground = self._ground
        terms = [(one, round(metres / unit)) for one, metres in (*self._near, *self._apart())]
        mean = float(ground.load.mean()) or 1.0
        for grid, load in enumerate((ground.load / mean).tolist()):
            seats = [self.cp.new_bool_var("") for _ in range(min(self._cap, _PRICED))]
            self.cp.add(sum(seats) <= self.counts[grid])
            # The load for each person before one more comes; whoever comes first gains most.
            for before, seat in enumerate(seats):
                share = load / (before or 0.5)
                gain = round(share * _STEPS) * 2 * _LARGEST_SUM if load_m is None else share * load_m / unit
                terms.append((seat, -round(gain)))
        self.cp.minimize(sum(weight * one for one, weight in terms))

    def hint(self, found: _Found) -> None:
        """Begin the search at what was found."""
        for one, value in zip(self._variables, found.hints, strict=True):
            self.cp.add_hint(one, value)

    def solve(self) -> _Found | None:
        """Return what was found, None where there is no way.

        Raises
        ------
        StaffingRefused
            It cannot be told with the work allowed.
        """
        solver = self._library.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = _WORK
        state = solver.solve(self.cp)
        if state == self._library.INFEASIBLE:
            return None
        if state not in (self._library.OPTIMAL, self._library.FEASIBLE):
            raise StaffingRefused(
                N_("It cannot be told with reasonable work whether these rules can be kept together."),
                mend=N_(
                    "Give fewer rules, more extra grids, or a wider balance; or staff a smaller district."
                ),
            )
        counts = np.array([int(solver.value(one)) for one in self.counts], dtype=np.int64)
        extras = tuple(
            _dealt(count, {other: int(solver.value(one)) for other, one in those.items()})
            for count, those in zip(counts.tolist(), self._extras, strict=True)
        )
        hints = tuple(int(solver.value(one)) for one in self._variables)
        return _Found(Shared(counts, extras), int(solver.value(self.number)), hints)


def _dealt(count: int, extras: Mapping[int, int]) -> tuple[tuple[int, ...], ...]:
    """Return the extra grids of each person of a home: dealt out in turn, so that nobody has one twice."""
    seats: list[list[int]] = [[] for _ in range(count)]
    dealt = (other for other, number in extras.items() for _ in range(number))
    for turn, other in enumerate(dealt):
        seats[turn % count].append(other)
    return tuple(tuple(one) for one in seats)


def _beside(ground: Ground) -> list[list[int]]:
    """Return the positions of the grids that touch each, rising."""
    column = {key: position for position, key in enumerate(ground.keys)}
    beside: list[set[int]] = [set() for _ in ground.keys]
    for one, other in ground.touching:
        if one != other:
            beside[column[one]].add(column[other])
            beside[column[other]].add(column[one])
    return [sorted(those) for those in beside]
