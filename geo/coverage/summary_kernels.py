"""Compiled kernels of what is known of one line in a period: every figure in one call.

A border has hundreds of lines with a few rows each: dozens of small array operations a line took longer than
reading its rows.
"""

import math
from typing import NamedTuple

import numpy as np

from geo.compiled import compiled
from geo.coverage.effort_kernels import aged, took
from geo.coverage.piece_kernels import Cells, Part, pieces
from geo.coverage.span_kernels import both, metres, minus, unite
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints, Places

INFERRED, DECLARED, OBSERVED, BEST = 1, 0, 3, 6
GAP, BRIDGED, COVERED = 0, 1, 2
STRETCH = 7
SAME_VISIT_S = 3600.0

TEAM_S = 300.0
"""Who comes along the same metre in the same direction within so many seconds belongs to the same walk."""


class Walks(NamedTuple):
    """Rows of the ledger of several lines, those of each line together; see :class:`Intervals`."""

    from_m: Floats
    to_m: Floats
    from_t: Floats
    to_t: Floats
    evidence: Codes
    holder: Ints


class Seen(NamedTuple):
    """What was seen of lines: spans and where those of each line and band begin, (3 lines + 1,)."""

    low: Floats
    high: Floats
    starts: Places


class Rule(NamedTuple):
    """How often a metre is due: every ``days``, as of ``now``; ``never_t`` stands for never walked."""

    days: float
    now: float
    never_t: float
    least_m: float


class Figures(NamedTuple):
    """What is known of a line; metres of each rung of evidence are those that no better one covers.

    ``walked_m`` are those of walks, a team's once, ``seconds`` those in which anybody walked and
    ``person_seconds`` those of all people; ``fresh_m`` were ever walked, and ``fresh_m_s`` is the sum of
    their ages, metre by metre.
    """

    covered_m: float
    inferred_m: float
    bridged_m: float
    seen_m: float
    declared_m: float
    mean: float
    most: int
    fewest: int
    last_t: float
    last_by: int
    walked_m: float
    seconds: float
    person_seconds: float
    fresh_m: float
    fresh_m_s: float
    overdue_m: float
    debt_m_days: float
    oldest_t: float
    soon: bool


@compiled
def look(
    walks: Walks,
    begin: int,
    end: int,
    seen: Seen,
    line: int,
    length: float,
    period: tuple[float, float],
    rule: Rule,
    apart: float,
) -> tuple[Figures, Floats, Floats, Floats, Floats]:
    """Return the figures of a line, its stretches, and what was seen of it surely, likely and possibly.

    ``begin`` and ``end`` are where its rows are. A stretch is its state, both measures, passes, the last time
    (NaN for never) and who that was (−1 for nobody), and the time of the metre that was left longest.
    """
    order = in_time(walks, begin, end)
    past = within(walks, order, OBSERVED, BEST, 0.0, period[1])
    now = within(walks, order, OBSERVED, BEST, period[0], period[1])
    walked = united(now)
    inferred = united(within(walks, order, INFERRED, INFERRED, period[0], period[1]))
    declared = united(within(walks, order, DECLARED, DECLARED, period[0], period[1]))
    inferred = minus(inferred, walked, 0.0, length)
    low, likely, high = sight(seen, 3 * line), sight(seen, 3 * line + 1), sight(seen, 3 * line + 2)
    unwalked = minus(likely, walked, 0.0, length)
    better = both(walked, unwalked)
    bridged = minus(inferred, better, 0.0, length)
    declared = minus(declared, both(better, bridged), 0.0, length)
    history = pieces(past, 0.0, length, apart)
    passes = history if same(past, now) else pieces(now, 0.0, length, apart)
    mean, most, fewest = passed(passes)
    last_t, last_by = latest(past)
    overdue, debt, oldest, soon = owed(history, rule)
    walked_m, seconds, person_seconds = took(now, TEAM_S)
    fresh_m, fresh_m_s = aged(history, rule.now)
    figures = Figures(
        metres(walked), metres(inferred), metres(bridged), metres(unwalked), metres(declared),
        mean, most, fewest, last_t, last_by,
        walked_m, seconds, person_seconds, fresh_m, fresh_m_s,
        overdue, debt, oldest, soon,
    )  # fmt: skip
    return figures, stretches(walked, inferred, history, passes, past.holder, length), low, likely, high


@compiled
def in_time(walks: Walks, begin: int, end: int) -> Places:
    """Return the rows [begin, end) in order of time; which of several at once comes first, they say alone."""
    order = np.argsort(walks.from_t[begin:end], kind="mergesort") + begin
    for k in range(1, order.shape[0]):
        place = k
        while place > 0 and earlier(walks, order[place], order[place - 1]):
            order[place], order[place - 1] = order[place - 1], order[place]
            place -= 1
    return order


@compiled
def earlier(walks: Walks, a: int, b: int) -> bool:
    """Return whether row a comes before row b."""
    if walks.from_t[a] != walks.from_t[b]:
        return bool(walks.from_t[a] < walks.from_t[b])
    if walks.to_t[a] != walks.to_t[b]:
        return bool(walks.to_t[a] < walks.to_t[b])
    if walks.from_m[a] != walks.from_m[b]:
        return bool(walks.from_m[a] < walks.from_m[b])
    if walks.to_m[a] != walks.to_m[b]:
        return bool(walks.to_m[a] < walks.to_m[b])
    return bool(walks.holder[a] < walks.holder[b])


@compiled
def within(walks: Walks, order: Places, least: int, most: int, begin: float, end: float) -> Part:
    """Return the rows of some rungs in the period [begin, end), split at its edges by time."""
    n = order.shape[0]
    from_m, to_m, from_t, to_t = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    holder = np.empty(n, np.int32)
    count = 0
    for i in order:
        a, b = walks.from_t[i], walks.to_t[i]
        if not least <= walks.evidence[i] <= most or not (a < end and b >= begin and (b > begin or a == b)):
            continue
        at, to = walks.from_m[i], walks.to_m[i]
        pace = (to - at) / (b - a) if b > a else 0.0
        from_t[count], to_t[count] = max(a, begin), min(b, end)
        from_m[count] = at + pace * (begin - a) if begin > a else at
        to_m[count] = at + pace * (end - a) if end < b else to
        holder[count] = walks.holder[i]
        count += 1
    return Part(
        from_m[:count].copy(),
        to_m[:count].copy(),
        from_t[:count].copy(),
        to_t[:count].copy(),
        holder[:count].copy(),
    )


@compiled
def united(part: Part) -> Floats:
    """Return the disjoint spans that intervals cover."""
    return unite(np.minimum(part.from_m, part.to_m), np.maximum(part.from_m, part.to_m))


@compiled
def sight(seen: Seen, place: int) -> Floats:
    """Return the disjoint spans that were seen of a line in one band."""
    a, b = seen.starts[place], seen.starts[place + 1]
    return unite(seen.low[a:b], seen.high[a:b])


@compiled
def same(past: Part, now: Part) -> bool:
    """Return whether two parts of the same rows, of which the second is within the first, are equal."""
    if past.from_t.shape[0] != now.from_t.shape[0]:
        return False
    return bool((past.from_t == now.from_t).all())


@compiled
def passed(cells: Cells) -> tuple[float, int, int]:
    """Return how often the metres of a line were passed: the mean, most and fewest."""
    total, most, fewest = 0.0, cells.passes[0], cells.passes[0]
    for k in range(cells.passes.shape[0]):
        total += cells.passes[k] * (cells.edges[k + 1] - cells.edges[k])
        most, fewest = max(most, cells.passes[k]), min(fewest, cells.passes[k])
    return total / (cells.edges[-1] - cells.edges[0]), most, fewest


@compiled
def latest(past: Part) -> tuple[float, int]:
    """Return when and by whom a line was last walked; NaN and −1 for never."""
    when, who = math.nan, -1
    for k in range(past.to_t.shape[0]):
        if who < 0 or past.to_t[k] > when:
            when, who = past.to_t[k], past.holder[k]
    return when, who


@compiled
def owed(cells: Cells, rule: Rule) -> tuple[float, float, float, bool]:
    """Return what is overdue of a line: metres, metre·days, since when the longest is left, if it is soon.

    What is shorter than the rule's least counts as nothing.
    """
    overdue, debt, soon, start, run = 0.0, 0.0, False, 0.0, 0.0
    oldest, oldest_long = math.inf, math.inf
    for k in range(cells.passes.shape[0]):
        length = cells.edges[k + 1] - cells.edges[k]
        last = rule.never_t if math.isnan(cells.last_t[k]) else cells.last_t[k]
        age = (rule.now - last) / 86_400.0
        soon = soon or age > 0.8 * rule.days
        oldest = min(oldest, last)
        if length >= rule.least_m:
            oldest_long = min(oldest_long, last)
        if age > rule.days:
            start = cells.edges[k] if run == 0.0 else start
            run = cells.edges[k + 1] - start
            debt += (age - rule.days) * length
        else:
            overdue += run if run >= rule.least_m else 0.0
            run = 0.0
    overdue += run if run >= rule.least_m else 0.0
    if overdue == 0.0:
        debt = 0.0
    return overdue, debt, oldest if math.isinf(oldest_long) else oldest_long, soon


@compiled
def stretches(
    walked: Floats, inferred: Floats, history: Cells, passes: Cells, holder: Ints, length: float
) -> Floats:
    """Return a line in order, cut where its state or the last visit changes; see :func:`look`."""
    found = np.empty((2 * walked.shape[0] + 2 * inferred.shape[0] + history.last.shape[0] + 2, STRETCH))
    count = 0
    whole = np.array([[0.0, length]])
    for span in minus(whole, both(walked, inferred), 0.0, length):
        count = stretch(found, count, GAP, span[0], span[1], history, passes, holder)
    for span in inferred:
        count = stretch(found, count, BRIDGED, span[0], span[1], history, passes, holder)
    for span in walked:
        low = span[0]
        a, b = inside(history.edges, span[0], span[1])
        for k in range(a, b - 1):
            if another(history, holder, k):
                count = stretch(found, count, COVERED, low, history.edges[k + 1], history, passes, holder)
                low = history.edges[k + 1]
        count = stretch(found, count, COVERED, low, span[1], history, passes, holder)
    return found[:count][np.argsort(found[:count, 1])]


@compiled
def another(history: Cells, holder: Ints, k: int) -> bool:
    """Return whether somebody else, or the same an hour apart, was last in the piece after piece k."""
    if abs(history.last_t[k] - history.last_t[k + 1]) > SAME_VISIT_S:
        return True
    a, b = history.last[k], history.last[k + 1]
    return bool(a != b and (a < 0 or b < 0 or holder[a] != holder[b]))


@compiled
def inside(edges: Floats, low: float, high: float) -> tuple[int, int]:
    """Return the first piece that has a part between two measures, and the first no more."""
    first = np.searchsorted(edges, low, side="right") - 1
    beyond = np.searchsorted(edges, high, side="left")
    return max(0, int(first)), min(edges.shape[0] - 1, int(beyond))


@compiled
def stretch(
    found: Floats,
    count: int,
    state: int,
    low: float,
    high: float,
    history: Cells,
    passes: Cells,
    holder: Ints,
) -> int:
    """Write one stretch and return how many there are now."""
    a, b = inside(history.edges, low, high)
    when, who, oldest, never = math.nan, -1, math.inf, False
    for k in range(a, b):
        if math.isnan(history.last_t[k]):
            never = True
            continue
        oldest = min(oldest, history.last_t[k])
        if who < 0 or history.last_t[k] > when:
            when, who = history.last_t[k], holder[history.last[k]]
    fewest = 2**31 - 1
    a, b = inside(passes.edges, low, high)
    for k in range(a, b):
        fewest = min(fewest, passes.passes[k])
    if b <= a:
        fewest = 0
    if never or who < 0:
        oldest = math.nan
    found[count, 0], found[count, 1], found[count, 2] = state, low, high
    found[count, 3], found[count, 4], found[count, 5], found[count, 6] = fewest, when, who, oldest
    return count + 1
