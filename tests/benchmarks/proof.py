"""Redrawing: mutations judged right, and what a proof costs.

A million random moves of boundaries of random partitions (enclaves, holes, islands, touching corners) are
judged by the product and by a judge that shares no code with it: the faces that the moved edges bound are
found by GEOS, edge sums by Python's integers. Then times: a full proof, one moved edge, a plan of 200. And
which planted defects are found, by us and by others.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.partition import prove
from geo.partition.chain_kernels import unpack
from geo.redraw import Base, Move, PathMove, RedrawRefused, State
from tests.benchmarks import planted
from tests.benchmarks.ground import KEPT, prepare
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.geo.redraw_cases import base_of, delete, drag, insert, judged, random_made, trace

UNIT = "1/s"
PLAN = 200
PER_STATE = 250
# Reaches in lattice steps: chosen so that about half of the moves are legal.
_REACHES = (1, 20, 150, 500)
_MAKERS: tuple[Callable[..., Move], ...] = (drag, drag, insert, insert, insert, trace, delete)
_LARGE = 100_000


def run(
    units: int = 2_924,
    *,
    small: bool = False,
    peers: bool = True,
    keep: Path = KEPT,
    cases: int | None = None,
) -> Report:
    """Judge ``cases`` mutations (a million; small: ten thousand) and measure proofs of ``units``."""
    tally = judge(cases or (10_000 if small else 1_000_000))
    sizes = [300 if small else units] + ([] if small else [_LARGE])
    rows: list[Row] = []
    equal = tally["false accepts"] == tally["false rejects"] == 0
    for size in sizes:
        _say(f"{size:,} units …")
        found, sound = _times(size, keep, runs=2 if small else 7, peers=peers, first=not rows)
        rows += found
        equal &= sound
    finds = planted.compare(small=small, peers=peers, keep=keep)
    ours = finds[0].found
    # We have to find all that was planted, and nothing in the whole units; what others miss is only told.
    equal &= all(count == (0 if kind == planted.WHOLE else of) for kind, (count, of) in ours.items())
    return Report(
        job="proof",
        size=f"{tally['judged']:,} mutations; {' and '.join(f'{size:,}' for size in sizes)} units",
        versions=own_versions("numpy", "numba") | {k: v for one in finds for k, v in one.versions.items()},
        rows=rows,
        answers_equal=equal,
        remarks=[
            "mutations: " + ", ".join(f"{count:,} {what}" for what, count in tally.items()),
            "Shapely's coverage_is_valid is weaker: it accepts a partition with a unit missing.",
            f"found of what was planted in {planted.UNITS} units (“{planted.WHOLE}” is a false alarm):",
            *(one.text() for one in finds),
        ],
    )


def judge(cases: int, seed: int = 1) -> dict[str, int]:
    """Return how many mutations were legal and how many the product got wrong either way."""
    tally = {"judged": 0, "legal": 0, "false accepts": 0, "false rejects": 0}
    while tally["judged"] < cases:
        rng = np.random.default_rng([seed, tally["judged"]])
        state = State.of(base_of(random_made(rng)))
        for _ in range(min(PER_STATE, cases - tally["judged"])):
            move = _MAKERS[int(rng.integers(len(_MAKERS)))](rng, state, int(rng.choice(_REACHES)))
            legal, done = judged(state, move), _accepted(state, move)
            tally["judged"] += 1
            tally["legal"] += legal
            tally["false accepts"] += done and not legal
            tally["false rejects"] += legal and not done
        if tally["judged"] % 50_000 < PER_STATE and cases > 50_000:
            _say(", ".join(f"{count:,} {what}" for what, count in tally.items()))
    return tally


def _accepted(state: State, move: Move) -> bool:
    try:
        state.apply(move)
    except RedrawRefused:
        return False
    return True


def _times(size: int, keep: Path, *, runs: int, peers: bool, first: bool) -> tuple[list[Row], bool]:
    """Return what full proofs, one move and a plan cost at one size, and whether all were right."""
    shapes = prepare(size, 10, keep).units
    seconds, exact = zip(
        *(_timed(lambda: prove(shapes, enclaves=None).exact) for _ in range(runs)), strict=True
    )
    built, base = _timed(lambda: _base(shapes))
    state = State.of(base)
    moves = _moves(state, PLAN)
    singles = [_timed(partial(state.apply, move))[0] for move in moves for _ in range(2)][1::2]
    plans = [_timed(lambda: state.apply_all(moves))[0] for _ in range(runs)]
    who = f"{size:,} units"
    rows = [
        Row(
            OURS if first else f"{OURS}, {who}",
            UNIT,
            _rates(seconds),
            note="" if first else "full proof",
            competes=first,
        ),
        Row(f"{OURS}, {who}", UNIT, _rates([built]), note="base built", competes=False),
        Row(f"{OURS}, {who}", UNIT, _rates(singles), note="one move, applied and proven", competes=False),
        Row(f"{OURS}, {who}", UNIT, _rates(plans), note=f"plan of {PLAN} moves", competes=False),
    ]
    if peers:
        weaker = [_timed(lambda: shapely.coverage_is_valid(shapes)) for _ in range(runs)]
        rows.append(
            Row(
                "Shapely coverage_is_valid",
                UNIT,
                _rates([each for each, _ in weaker]),
                f"weaker, {who}",
                first,
            )
        )
        exact = (*exact, *(valid for _, valid in weaker))
    after = state.apply_all(moves)
    return rows, all(exact) and prove([after.unit(each).area for each in after], enclaves=None).exact


def _moves(state: State, count: int) -> list[Move]:
    """Return moves of single vertices between two units that can all be made one after the other."""
    rng = np.random.default_rng(2)
    moves: list[Move] = []
    now = state
    while len(moves) < count:
        chain = state.unit(state.base.ids[int(rng.integers(len(state.base)))]).chain
        at = int(rng.integers(len(chain)))
        after = int(np.searchsorted(chain.tails, chain.heads[at]))
        old = unpack(np.array([chain.tails[at], chain.heads[at], chain.heads[after]]))
        new = old.copy()
        new[1] += rng.integers(-20, 21, 2)
        move = Move((PathMove(old, new),))
        try:
            now = now.apply(move)[0]
        except RedrawRefused:
            continue
        moves.append(move)
    return moves


def _base(shapes: Any) -> Base:
    size = len(shapes)
    ids = [UUID(int=number + 1) for number in range(size)]
    parent = UUID(int=10**9)
    codes = [f"{number:06d}" for number in range(size)]
    return Base.build(ids, codes, codes, [parent] * size, [1] * size, shapes, groups=[parent])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def _rates(seconds: Any) -> tuple[float, ...]:
    return tuple(1 / each for each in seconds)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
