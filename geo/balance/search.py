"""The three searches: fewest moves, best evenness, shortest boundaries; each ends in legal moves in order.

Where the wanted evenness needs more moves than are allowed, each search first finds, by halves, the least
deviation that they do suffice for, and then keeps to that or to something between it and the present one.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from geo.balance.canonical import Canonical
from geo.balance.chain_kernels import LONGEST, Labels, Terms, Words, blank_labels, repair
from geo.balance.plan_kernels import BOUNDARY, EFFORT, LIMITED, STEPS, Int32s, Plan, begin
from geo.balance.search_kernels import descend, improve, order_moves

_SEED = 0x9E3779B97F4A7C15
_PASSES = 3
_NARROWER = 0.8
_FINEST = 0.015
_SETTLE_AGAIN = 3
_TURNS = 2
_FEW_HOPS = 3
_HALVES = 6
_GENTLER, _PART_GENTLE = (1.0, 0.7, 0.5, 0.3), 0.2
"""The prices of boundary that are tried one after the other, each with a part of the effort."""

_PART_FEWEST, _PART_COMPACT = 0.5, 0.3
"""Where the moves do not suffice: how far from the best that they can do towards the present deviation."""

# What a search may look at: units for each unit, but no less and no more in all. About two million a second.
_EFFORT, _LEAST_EFFORT, _MOST_EFFORT = 300, 200_000, 8_000_000


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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the searches keep to: loads within ``tolerance``, at most ``most`` moved units.

    ``beyond`` tells whether nobody could reach the tolerance with so many. ``least`` is the least deviation
    that they were found to suffice for without improving, and ``present`` that of the present division.
    """

    tolerance: float
    most: int
    beyond: bool
    least: float
    present: float

    def between(self, part: float) -> float:
        """Return the deviation that lies ``part`` of the way from the least to the present one."""
        return self.least + part * max(0.0, self.present - self.least)


def bounds_of(place: Canonical, tolerance: float, most: int) -> Bounds:
    """Return what the searches keep to, by mending once or, where the moves do not suffice, by halves."""
    run = _Run(place, most)
    present = run.deviation()
    beyond = least_moves(place, tolerance) > most
    least = present if beyond else min(present, run.try_for(tolerance))
    low = tolerance
    for _ in range(_HALVES if beyond or run.limited else 0):
        if low >= least:
            break
        wanted = (low + least) / 2.0
        reached = run.try_for(wanted)
        least = min(least, reached)
        low = wanted if reached > wanted else low
    return Bounds(tolerance, most, beyond, least, present)


def search(place: Canonical, aim: Aim, bounds: Bounds) -> Found:
    """Return the best division found for an aim, from the present one.

    No division is returned whose largest deviation is above the present one.
    """
    run = _Run(place, bounds.most)
    present = run.found
    if aim is Aim.COMPACT:
        run.shorten(bounds)
    elif aim is Aim.EVENEST:
        run.even_out(bounds)
    else:
        run.save_moves(bounds)
    limited = run.limited
    if run.deviation() > bounds.present and aim is Aim.FEWEST:
        run.try_for(bounds.tolerance)
    if run.deviation() > bounds.present:
        run.found = present
    return replace(run.found, limited=limited)


class _Run:
    """One search: its plan, its labels, its random numbers and what it has spent of its effort."""

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
        self.rounds = len(place.groups)
        self.effort = min(_MOST_EFFORT, max(_LEAST_EFFORT, _EFFORT * len(place.units)))
        # A unit's fair share of boundary: the price of moving it is set against this length.
        self.length = max(1.0, float(place.ground.shared.sum()) / max(1, len(place.units)))

    def save_moves(self, bounds: Bounds) -> None:
        """Move as few units as possible."""
        if not bounds.beyond:
            self.approach(self.terms(bounds.tolerance, 1.0, 0.02), 0.7)
        if self.is_short_of_moves(bounds):
            self.approach(self.terms(bounds.between(_PART_FEWEST), 1.0, 0.02), 0.3)
            self.limited = True

    def even_out(self, bounds: Bounds) -> None:
        """Bring the largest deviation as far down as possible, and then the mean one."""
        within = bounds.tolerance
        if not bounds.beyond:
            self.approach(self.terms(within, 1.0, 0.02), 0.3, enough=True)
        limited = self.is_short_of_moves(bounds)
        if limited:
            within = min(bounds.present, self.try_for(bounds.least))
        self.narrow(within)
        self.limited = self.limited or limited

    def shorten(self, bounds: Bounds) -> None:
        """Make the boundaries as short as possible."""
        if not bounds.beyond:
            self.approach(self.terms(bounds.tolerance, 0.25, 1.0), 0.4)
            if self.deviation() > bounds.tolerance:
                # Short boundaries may use up the moves that evenness needs: see to that first.
                self.begin_again()
                self.approach(self.terms(bounds.tolerance, 1.0, 0.02), 0.7, enough=True)
                self.shorten_within(bounds.tolerance)
        if self.is_short_of_moves(bounds):
            self.approach(self.terms(bounds.between(_PART_COMPACT), 0.25, 1.0), 0.3)
            self.limited = True

    def shorten_within(self, tolerance: float) -> None:
        """Shorten the boundaries of what was found as long as its loads stay within a tolerance.

        Moves that wait for each other are left out in the end, and what they evened out with them: then less
        is asked for.
        """
        best, length = self.found, int(self.plan.totals[BOUNDARY])
        for price in _GENTLER if self.deviation() <= tolerance else ():
            self.approach(self.terms(tolerance, 0.25, price), _PART_GENTLE)
            if self.deviation() <= tolerance and self.plan.totals[BOUNDARY] < length:
                best, length = self.found, int(self.plan.totals[BOUNDARY])
            self.begin_again()
            order_moves(self.ground, self.plan, best.group, self.target, self.order)
        self.found = best

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
            int(self.plan.totals[EFFORT]) + self.effort,
        )

    def approach(self, terms: Terms, part: float, *, enough: bool = False) -> None:
        """Repair, descend and improve under the terms, and bring the moves in order.

        ``part`` of the effort of a search goes into improving.
        """
        self.plan.totals[LIMITED] = 0
        self.plan.totals[STEPS] = 0
        self.repair(terms, _PASSES)
        everywhere = np.ones(len(self.plan.loads), dtype=np.bool_)
        descend(self.ground, self.plan, terms, everywhere)
        for _ in range(_TURNS):
            # Taking apart leaves little to carry and that not far.
            spent = int(self.plan.totals[EFFORT])
            near = terms._replace(hops=_FEW_HOPS, effort=spent + int(part * self.effort / _TURNS))
            improve(self.ground, self.plan, near, self.labels, self.words, self.rounds, enough)
            self.repair(terms, 1)
        limited = bool(self.plan.totals[LIMITED])
        for _ in range(_SETTLE_AGAIN):
            if self.settle():
                break
            self.repair(terms, _PASSES)
        else:
            self.settle()
        self.limited = limited or bool(self.plan.totals[LIMITED])

    def repair(self, terms: Terms, passes: int) -> None:
        """Mend by chains whatever is outside of the terms, with an effort of its own."""
        self.labels.stuck[:] = False
        terms = terms._replace(effort=int(self.plan.totals[EFFORT]) + self.effort)
        repair(self.ground, self.plan, terms, self.labels, self.words, 0.0, passes)

    def settle(self) -> bool:
        """Begin anew with the moves of the plan, each once and when it is legal; tell whether all were made.

        Moves that wait for each other are left out.
        """
        wanted = self.plan.group.copy()
        self.begin_again()
        made = order_moves(self.ground, self.plan, wanted, self.target, self.order)
        self.plan.totals[STEPS] = 0
        self.found = Found(self.order[:made].copy(), self.plan.group.copy(), limited=False)
        return bool((self.plan.group == wanted).all())

    def begin_again(self) -> None:
        """Put every unit back; what was spent stays spent."""
        spent = self.plan.totals[EFFORT]
        self.plan = begin(self.ground)
        self.plan.totals[EFFORT] = spent

    def try_for(self, tolerance: float) -> float:
        """Begin again, mend once for a tolerance without improving, and return the largest deviation."""
        self.begin_again()
        self.plan.totals[LIMITED] = 0
        self.repair(self.terms(tolerance, 1.0, 0.02), 1)
        self.limited = bool(self.plan.totals[LIMITED])
        self.settle()
        return self.deviation()

    def narrow(self, tolerance: float) -> None:
        """Ask for less and less deviation, and keep the best division on the way."""
        best, best_is = self.found, self.evenness()
        end = self.plan.totals[EFFORT] + self.effort
        while tolerance > _FINEST and self.plan.totals[EFFORT] < end:
            tolerance *= _NARROWER
            self.approach(self.terms(tolerance, 0.5, 0.02), 0.15, enough=True)
            now = self.evenness()
            if now < best_is:
                best, best_is = self.found, now
            if now[0] > tolerance:
                break
        self.found = best

    def is_short_of_moves(self, bounds: Bounds) -> bool:
        """Tell whether the tolerance needs more moves than there are; then put every unit back."""
        short = bounds.beyond or (self.limited and self.deviation() > bounds.tolerance)
        if short:
            self.begin_again()
        return short

    def deviation(self) -> float:
        """Return the largest deviation from the target among the groups that are not locked, as its share."""
        return self.evenness()[0]

    def evenness(self) -> tuple[float, float]:
        """Return the largest and the mean deviation of what was found."""
        loads = np.bincount(self.found.group, weights=self.ground.load, minlength=len(self.ground.closed))
        away = np.abs(loads - self.target)[~self.ground.closed] / self.target
        return float(away.max()), float(away.mean())


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
