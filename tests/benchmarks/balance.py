"""Balance on counties of several shapes of load: the worst deviation, what moves and how long it takes.

Beside ours stands a greedy rule: of all legal moves the one that evens out most, until none helps or the
moves are used up. Groups were even by number of units once; then loads changed.
"""

from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from geo.balance import Division, Wish, balance, warm_up
from geo.partition import adjacency
from geo.synthetic import Counts, partition
from tests.benchmarks.ground import KEPT
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.geo.test_synthetic import round_frame

GROUPS, PER_GROUP, TOWNS = 121, 25, 12
FEW_GROUPS = 12
KINDS = ("gamma", "wide", "wider", "lognormal", "uniform", "few")
COUNTIES, FEW_COUNTIES = 12, 2
TOLERANCE, MOST_MOVED = 0.10, 0.04


def run(units: int = 0, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Even out the counties and report the seconds, and in remarks what was reached, county by county."""
    groups = FEW_GROUPS if small else GROUPS
    wish = Wish({"load": 1.0}, tolerance=TOLERANCE, most_moved=2 * MOST_MOVED if small else MOST_MOVED)
    warm_up()
    ours: list[float] = []
    theirs: list[float] = []
    remarks: list[str] = []
    kept = True
    for seed in range(1, (FEW_COUNTIES if small else COUNTIES) + 1):
        kind = KINDS[seed % len(KINDS)]
        division = county(groups * PER_GROUP, groups, seed, kind)
        begun = process_time()
        found = balance(division, wish)
        ours.append(1.0 / (process_time() - begun))
        told = ", ".join(
            f"{one.aim.value} {100 * one.after.worst:.1f} % ({100 * one.moved:.1f} % moved)"
            for one in found.proposals
        )
        kept &= all(one.after.worst <= found.before.worst for one in found.proposals)
        kept &= all(one.moved <= wish.most_moved for one in found.proposals)
        remark = f"{kind} {seed}: {100 * found.before.worst:.1f} % → {told} in {1 / ours[-1]:.2f} s"
        if peers:
            begun = process_time()
            worst, moved = greedy(division, wish)
            theirs.append(1.0 / (process_time() - begun))
            remark += f"; greedy {100 * worst:.1f} % ({100 * moved:.1f} % moved) in {1 / theirs[-1]:.2f} s"
        remarks.append(remark)
    rows = [Row(OURS, "counties/s", tuple(ours), note="three proposals")]
    if peers:
        rows.append(Row("greedy in Python", "counties/s", tuple(theirs), note="one", competes=False))
    return Report(
        job="balance",
        size=f"{groups * PER_GROUP} units in {groups} groups, {len(ours)} counties",
        versions=own_versions("numba"),
        rows=rows,
        answers_equal=kept,
        remarks=remarks,
    )


def county(units: int, groups: int, seed: int, kind: str) -> Division:
    """Return a county whose groups are even by number of units, and whose loads are not."""
    made = partition(round_frame(seed), Counts(min(TOWNS, groups), groups, units), seed=seed)
    pairs, metres = adjacency(made.polygons)
    names = [f"{at:05d}" for at in range(units)]
    drawn = Division(names, [f"{at:04d}" for at in made.big_grid], pairs, metres, {"load": np.ones(units)})
    even = balance(drawn, Wish({"load": 1.0}, tolerance=0.09, most_moved=1.0)).proposals[0]
    group = dict(zip(names, drawn.groups, strict=True)) | {one.unit: one.target for one in even.moves}
    rng = np.random.default_rng(seed)
    return replace(drawn, groups=[group[one] for one in names], columns={"load": _loads(rng, kind, units)})


def _loads(rng: np.random.Generator, kind: str, units: int) -> NDArray[np.float64]:
    match kind:
        case "lognormal":
            return np.exp(rng.normal(5.7, 0.6, units))
        case "uniform":
            return rng.uniform(50.0, 550.0, units)
        case "few":
            return rng.poisson(3.0, units).astype(np.float64)
    shape = {"gamma": 8.0, "wide": 3.0, "wider": 2.0}[kind]
    return rng.gamma(shape, 300.0 / shape, units)


def greedy(division: Division, wish: Wish) -> tuple[float, float]:
    """Return the worst deviation and the share moved where each next move is the one that evens out most."""
    load = np.asarray(division.columns["load"], dtype=np.float64)
    number = {key: at for at, key in enumerate(sorted(set(division.groups)))}
    group = [number[key] for key in division.groups]
    beside: list[list[int]] = [[] for _ in group]
    for a, b in division.pairs.tolist():
        beside[a].append(b)
        beside[b].append(a)
    loads = np.bincount(group, weights=load)
    target = load.sum() / len(loads)
    moved = 0
    while moved < int(wish.most_moved * len(group)) and np.abs(loads / target - 1.0).max() > wish.tolerance:
        options = sorted(
            (load[unit] * (loads[group[unit]] - loads[group[other]] - load[unit]), unit, group[other])
            for unit in range(len(group))
            for other in beside[unit]
            if group[other] != group[unit]
        )
        while options and options[-1][0] > 0 and not _may_leave(options[-1][1], group, beside):
            options.pop()
        if not options or options[-1][0] <= 0:
            break
        _, unit, to = options[-1]
        loads[group[unit]] -= load[unit]
        loads[to] += load[unit]
        group[unit] = to
        moved += 1
    return float(np.abs(loads / target - 1.0).max()), moved / len(group)


def _may_leave(unit: int, group: list[int], beside: list[list[int]]) -> bool:
    """Tell whether the units of its group beside a unit still reach each other without it."""
    ends = {other for other in beside[unit] if group[other] == group[unit]}
    if not ends:
        return False
    seen, waiting = {unit}, [min(ends)]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [other for other in beside[one] if group[other] == group[unit]]
    return ends <= seen
