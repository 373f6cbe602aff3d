"""The three searches: fewest moves, best evenness, shortest boundaries; each ends in legal moves in order."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from geo.balance.canonical import Canonical
from geo.balance.chain_kernels import LONGEST, Labels, Terms, Words, blank_labels, repair, total_excess
from geo.balance.plan_kernels import LIMITED, STEPS, Int32s, Plan, begin
from geo.balance.search_kernels import descend, improve, order_moves

_SEED = 0x9E3779B97F4A7C15
_PASSES = 3
_NARROWER = 0.8
_FINEST = 0.015
# Rounds of taking apart and mending anew, for each group, and in all.
_ROUNDS, _MOST_ROUNDS = 3, 3_600
_SETTLE_AGAIN = 3
_TURNS = 2
_FEW_HOPS = 3


class Aim(StrEnum):
    """What a proposal is best at."""

    FEWEST = "fewest-moves"
    EVENEST = "most-even"
    COMPACT = "shortest-boundaries"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found: the units to move, in an order in which each move is legal, and their new groups.

    ``group`` (n,) is the group of every unit afterwards; ``limited`` tells whether more moves than are
    allowed were wanted.
    """

    order: Int32s
    group: Int32s
    limited: bool


def search(place: Canonical, aim: Aim, tolerance: float, most: int) -> Found:
    """Return the best division found for an aim, from the present one, moving at most so many units."""
    run = _Run(place, most)
    if aim is Aim.COMPACT:
        run.approach(run.terms(tolerance, 0.25, 1.0), enough=False)
        if not run.reached(tolerance):
            # Short boundaries may use up the moves that evenness needs: ask for a little less of them.
            run = _Run(place, most)
            run.approach(run.terms(tolerance, 1.0, 0.25), enough=False)
    else:
        run.approach(run.terms(tolerance, 1.0, 0.02), enough=aim is Aim.EVENEST)
    if aim is Aim.EVENEST and run.reached(tolerance):
        run.narrow(tolerance)
    return replace(run.found, limited=run.limited)


class _Run:
    """One search: its plan, its labels and its sequence of random numbers."""

    def __init__(self, place: Canonical, most: int) -> None:
        self.ground = place.ground
        self.target = place.target
        self.most = most
        self.plan: Plan = begin(place.ground)
        self.labels: Labels = blank_labels(place.ground)
        self.words: Words = np.array([_SEED], dtype=np.uint64)
        self.order: Int32s = np.empty(len(place.units), dtype=np.int32)
        self.found = Found(self.order[:0], place.ground.origin.copy(), limited=False)
        self.limited = False
        self.rounds = min(_MOST_ROUNDS, _ROUNDS * len(place.groups))
        # A unit's fair share of boundary: the price of moving it is set against this length.
        self.length = max(1.0, float(place.ground.shared.sum()) / max(1, len(place.units)))

    def terms(self, tolerance: float, per_unit: float, per_length: float) -> Terms:
        """Return the terms for loads within a tolerance, priced per moved unit and per unit's boundary."""
        return Terms(
            int(np.ceil(self.target * (1.0 - tolerance))),
            int(np.floor(self.target * (1.0 + tolerance))),
            self.target,
            self.most,
            per_unit,
            per_length / self.length,
            LONGEST,
        )

    def approach(self, terms: Terms, *, enough: bool) -> None:
        """Repair, descend and improve under the terms, and bring the moves in order."""
        self.plan.totals[LIMITED] = 0
        self.plan.totals[STEPS] = 0
        self.labels.stuck[:] = False
        repair(self.ground, self.plan, terms, self.labels, self.words, 0.0, _PASSES)
        everywhere = np.ones(len(self.plan.loads), dtype=np.bool_)
        descend(self.ground, self.plan, terms, everywhere)
        # Taking apart leaves little to carry and that not far.
        near = terms._replace(hops=_FEW_HOPS)
        for _ in range(_TURNS):
            improve(self.ground, self.plan, near, self.labels, self.words, self.rounds, enough)
            self.labels.stuck[:] = False
            repair(self.ground, self.plan, terms, self.labels, self.words, 0.0, 1)
        limited = bool(self.plan.totals[LIMITED])
        for _ in range(_SETTLE_AGAIN):
            if self.settle():
                break
            self.labels.stuck[:] = False
            repair(self.ground, self.plan, terms, self.labels, self.words, 0.0, _PASSES)
        else:
            self.settle()
        self.limited = limited or bool(self.plan.totals[LIMITED])

    def settle(self) -> bool:
        """Begin anew with the moves of the plan, each once and when it is legal; tell whether all were made.

        Moves that wait for each other are left out.
        """
        wanted = self.plan.group.copy()
        self.plan = begin(self.ground)
        made = order_moves(self.ground, self.plan, wanted, self.target, self.order)
        self.plan.totals[STEPS] = 0
        self.found = Found(self.order[:made].copy(), self.plan.group.copy(), limited=False)
        return bool((self.plan.group == wanted).all())

    def narrow(self, tolerance: float) -> None:
        """Ask for less and less deviation, and keep the best division on the way."""
        best, best_worst, limited = self.found, self.worst(), self.limited
        while tolerance > _FINEST:
            tolerance *= _NARROWER
            terms = self.terms(tolerance, 0.5, 0.02)
            self.approach(terms, enough=True)
            worst = self.worst()
            if worst < best_worst:
                best, best_worst = self.found, worst
            if total_excess(self.ground, self.plan, terms):
                break
        self.found, self.limited = best, limited

    def reached(self, tolerance: float) -> bool:
        """Tell whether all loads are within a tolerance."""
        return self.worst() <= self.target * tolerance

    def worst(self) -> int:
        """Return the largest deviation from the target among the groups that are not locked, in parts."""
        return int(np.abs(self.plan.loads - self.target)[~self.ground.closed].max())


def least_moves(place: Canonical, tolerance: float) -> int:
    """Return a number of moves below which nobody can bring all loads within the tolerance.

    A group that has too much must give its largest units at least until it has enough less, one that has too
    little must take at least one unit; a move gives for one group and takes for one.
    """
    ground, target = place.ground, place.target
    loads = np.bincount(ground.origin, weights=ground.load, minlength=len(place.groups))
    giving = taking = 0
    for group in np.flatnonzero(~ground.closed).tolist():
        over = float(loads[group]) - target * (1.0 + tolerance)
        if over > 0:
            own: npt.NDArray[np.int64] = np.sort(ground.load[ground.origin == group])[::-1]
            giving += int(np.searchsorted(np.cumsum(own), over)) + 1
        taking += int(loads[group] < target * (1.0 - tolerance))
    return max(giving, taking)
