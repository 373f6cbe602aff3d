"""Two planners who draw in the same hundred units: how often their work goes together, by which rule.

Beside ours stands the rule of tools that merge whole features: what both touched is a conflict. Each planner
moves a number of vertices drawn at random; every merge is proven again, against the frame, from nothing.
"""

from collections import Counter
from pathlib import Path
from uuid import UUID

import numpy as np
import shapely

from geo.merge import Merged, merge
from geo.partition import dissolve, prove
from geo.redraw import Base, Operation, RedrawRefused, State
from tests.benchmarks.ground import KEPT, prepare
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.geo.drawing import Web

UNITS = 100
EDITS = (2, 5, 10)
TRIALS, FEW_TRIALS = 400, 20
REACH = 300


def run(units: int = 0, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Merge pairs of drafts of 2, 5 and 10 moves each and report the rates."""
    rng = np.random.default_rng(11)
    base, frame = _block(keep)
    web = Web.of([base.unit(one).area for one in base])
    rows: list[Row] = []
    remarks: list[str] = []
    wrong = 0
    for edits in EDITS:
        ways: Counter[str] = Counter()
        apart = 0
        trials = FEW_TRIALS if small else TRIALS
        for _ in range(trials):
            (head, _), (mine, operations) = _draft(base, web, rng, edits), _draft(base, web, rng, edits)
            theirs, my = head.change(), mine.change()
            apart += not theirs.units & my.units
            found = merge(head, theirs, my, operations)
            ways[found.way if isinstance(found, Merged) else "conflict"] += 1
            wrong += isinstance(found, Merged) and not _exact(found.state, frame)
        merged = trials - ways["conflict"]
        rows += [
            Row(
                OURS if edits == EDITS[0] else f"{OURS}, {edits} moves each",
                "% merged",
                (100 * merged / trials,),
            ),
            Row(
                f"whole features, {edits} moves each",
                "% merged",
                (100 * apart / trials,),
                competes=edits == EDITS[0],
            ),
        ]
        remarks.append(
            f"{edits} moves each, {trials} pairs: " + ", ".join(f"{way} {n}" for way, n in ways.items())
        )
    return Report(
        job="merge",
        size=f"{UNITS} units, {' / '.join(map(str, EDITS))} moves each",
        versions=own_versions("shapely"),
        rows=[Row(rows[0].who, rows[0].unit, rows[0].runs, note=f"{EDITS[0]} moves each"), *rows[1:]],
        answers_equal=not wrong,
        remarks=[*remarks, f"merges that are no exact partition: {wrong}"],
    )


def _block(keep: Path) -> tuple[State, shapely.Geometry]:
    """Return a hundred natural-looking units, and their frame."""
    units = prepare(UNITS, UNITS, keep).units
    ids = [UUID(int=k + 1) for k in range(len(units))]
    codes = [str(k) for k in range(len(units))]
    parent = UUID(int=10_000)
    base = Base.build(ids, codes, codes, [parent] * len(ids), [None] * len(ids), units, groups=[parent])
    return State.of(base), dissolve(units, np.zeros(len(units), dtype=np.int32))[0]


def _draft(base: State, web: Web, rng: np.random.Generator, edits: int) -> tuple[State, list[Operation]]:
    """Return a draft of so many moves of different vertices."""
    state = base
    done: list[Operation] = []
    for position in rng.permutation(len(web.inner)).tolist():
        if len(done) == edits:
            break
        node = web.inner[position]
        dx, dy = (int(k) for k in rng.integers(-REACH, REACH + 1, 2))
        operation = web.move(node, (node[0] + dx, node[1] + dy))
        try:
            state, _ = state.apply(operation)
        except RedrawRefused:  # a neighbour was moved already, and its edges with it
            continue
        done.append(operation)
    return state, done


def _exact(state: State, frame: shapely.Geometry) -> bool:
    return prove([state.unit(one).area for one in state], frame).exact
