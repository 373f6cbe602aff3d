"""Coverage of lines: which metres of a border a patrol walked, by hidden Markov matching.

The steps, numbered in the code:

1. each fix in a piece is a place, each stay is one place at its middle;
2. its candidates are all local minima of distance within clamp(25, 2.5·accuracy, 60) metres, and some a
   little farther, which neither open nor close a walk;
3. the likeliest way through the candidates is found, where being off the route is a choice as well;
4. consecutive places on the line are credited inside one piece where the metres along the line fit the
   straight distance, and so are a few strays between; a longer stretch between two walks is inferred if it
   is short in time, plausible in speed and nearly straight, else it is a gap; a run that swings across the
   line more than it follows it is a crossing;
5. measures of chains go back to the lines they were made of.

Why not a buffer or the nearest point: on two limbs 15 m apart with one walked, a buffer credits both, and the
nearest point misses a quarter and credits a fifth falsely.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geo.coverage.crediting_kernels import credit
from geo.coverage.intervals import Intervals
from geo.coverage.matching_kernels import candidates, match
from geo.coverage.route_index import RouteIndex
from geo.geocentric import Floats
from geo.linear.measured_line import MeasuredLine
from geo.track.cleaning import CleanTrack
from geo.track.fixes import SPEED_LIMIT_KMH


def walked(track: CleanTrack, lines: MeasuredLine | Sequence[MeasuredLine] | RouteIndex) -> Intervals:
    """Return the intervals of lines that a track walked (``OBSERVED``) or seems to have (``INFERRED``).

    Parameters
    ----------
    track
        A cleaned track of one device.
    lines
        One line, several, or an index of several; build the index once for many tracks. ``line`` of the
        answer is the position among them.
    """
    if isinstance(lines, MeasuredLine):
        lines = [lines]
    index = lines if isinstance(lines, RouteIndex) else RouteIndex.build(lines)
    fixes, spots = track.fixes, track.spots  # 1
    place, what, piece, first = spots.xyz, spots.what, spots.piece, spots.fix
    which, where = candidates(  # 2
        place, what, index.xyz, index.measures, index.chain, index.keys, index.spans, index.edges, index.cell
    )
    if len(which) == 0:
        return Intervals.of([], [], [], [])
    by_chain = np.argsort(which[:, 1], kind="stable")
    closed = index.chain_closed.astype(np.int8)
    taken, spot = match(  # 3
        which[by_chain], where[by_chain], place, what, piece, index.chain_length, closed
    )
    limit = SPEED_LIMIT_KMH[fixes.mode[first]] / 3.6
    rows = credit(  # 4
        taken, spot, place, what, piece, spots.full, fixes.holder[first], limit, index.chain_length, closed
    )
    return on_lines(rows, index, track, first)  # 5


def on_lines(rows: Floats, index: RouteIndex, track: CleanTrack, first: npt.NDArray[np.int64]) -> Intervals:
    """Return intervals of chains, rows (r, 7), as intervals of the lines that make them up."""
    rows = _unrolled(rows, index)
    # lines are in order along their chains: a key that grows over all of them finds those a row touches
    offsets = np.concatenate([[0.0], np.cumsum(index.chain_length + 1.0)])
    base = offsets[rows[:, 0].astype(np.int64)]
    starts = offsets[index.piece_chain] + index.piece_from
    low, high = np.minimum(rows[:, 1], rows[:, 2]), np.maximum(rows[:, 1], rows[:, 2])
    limit = index.chain_length[rows[:, 0].astype(np.int64)]
    from_line = np.searchsorted(starts, base + np.clip(low, 0.0, limit), side="right") - 1
    to_line = np.searchsorted(starts, base + np.clip(high, 0.0, limit), side="right") - 1
    # a row is there once for each line it touches: first of all rows the first line, then the second
    touched = np.maximum(to_line - from_line + 1, 0)
    row = np.repeat(np.arange(len(rows)), touched)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(touched) - touched, touched)
    order = np.argsort(nth, kind="stable")
    row, piece = row[order], (from_line[row] + nth)[order]
    part, shift, line = rows[row], index.piece_from[piece], index.piece_line[piece]
    fix = first[part[:, 6].astype(np.int64)]
    moved = Intervals.of(
        part[:, 1] - shift,
        part[:, 2] - shift,
        part[:, 3],
        part[:, 4],
        line=line,
        evidence=part[:, 5],
        holder=track.fixes.holder[fix],
        source=track.fixes.source[fix],
    )
    return _meeting_only_inside(moved.clip(0.0, index.lengths[line]))


def _meeting_only_inside(part: Intervals) -> Intervals:
    """Drop intervals without metres and time: those that only touch the line's end."""
    return part.take((part.from_m != part.to_m) | (part.to_t - part.from_t >= 1.0))


def _unrolled(rows: Floats, index: RouteIndex) -> Floats:
    """Return rows of closed chains brought back within [0, length], once for each time round."""
    found = [rows]
    for chain in np.flatnonzero(index.chain_closed):
        here = rows[:, 0] == chain
        length = index.chain_length[chain]
        low = rows[here, 1:3].min(initial=0.0)
        high = rows[here, 1:3].max(initial=0.0)
        for turn in range(int(np.floor(low / length)), int(np.ceil(high / length))):
            if turn != 0:
                shifted = rows[here].copy()
                shifted[:, 1:3] -= turn * length
                found.append(shifted)
    return np.concatenate(found)
