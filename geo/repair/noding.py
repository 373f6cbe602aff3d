"""Exact noding on the lattice: edges are cut where they meet, and only there.

Two edges that cross are both cut at the crossing point rounded to the lattice; an edge on which the end of
another lies is cut in that point. Cutting moves an edge by less than a step and may let it cross another one
then, so what was cut is compared again until nothing crosses. Edges nearly parallel could go on for long, a
step at a time: after some rounds an edge is also cut in every end that lies within half a step of it, as in
snap rounding, but only where things are still moving. Edges that meet nothing keep their coordinates, which
snapping everything to a grid would not grant.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from geo.errors import N_, GeoError
from geo.partition.chain_kernels import Integers, pack, unpack

_CERTAIN = 2.0**60
_MOST_ROUNDS = 60
_SNAP_AFTER = 4
_PIXEL = 0.5
_CHUNK = 400_000


class Unsettled(GeoError):
    """Edges that still cross after many rounds of cutting."""

    code = "repair-unsettled"


@dataclass(frozen=True, slots=True, eq=False)
class Noded:
    """Pieces of edges that meet in common ends only.

    ``tails``, ``heads`` int64 (p,) packed, in the direction of their edge and in its order; ``starts`` int64
    (m + 1,) the pieces of each edge.
    """

    tails: Integers
    heads: Integers
    starts: Integers


def node(tails: Integers, heads: Integers, cuts: tuple[Integers, Integers] | None = None) -> Noded:
    """Cut packed edges (m,) where they meet.

    Parameters
    ----------
    tails, heads
        Ends of the edges; each has a length.
    cuts
        Edges (k,) and packed points (k,) within a step of them in which they are cut in any case.

    Raises
    ------
    Unsettled
        Cutting does not come to an end.
    """
    low = np.minimum(unpack(tails).min(axis=0), unpack(heads).min(axis=0))
    starts, ends = unpack(tails) - low, unpack(heads) - low
    edges = np.arange(len(tails), dtype=np.int64)
    ranks = np.zeros(len(tails))
    fresh = np.ones(len(tails), dtype=np.bool_)
    cut_edges, cut_points = (np.empty(0, np.int64), np.empty((0, 2), np.int64))
    if cuts is not None and len(cuts[0]):
        cut_edges, cut_points = cuts[0], unpack(cuts[1]) - low
    for turn in range(_MOST_ROUNDS):
        if len(cut_edges):
            starts, ends, edges, ranks, fresh = _cut(starts, ends, edges, ranks, cut_edges, cut_points, fresh)
        found = _meetings(starts, ends, fresh, snap=turn >= _SNAP_AFTER)
        cut_edges, cut_points = _for_alike(starts, ends, *found)
        fresh = np.zeros(len(starts), dtype=np.bool_)
        if not len(cut_edges):
            break
    else:
        at = (cut_points[0] + low) / 1e7
        raise Unsettled(
            N_("Edges near {lon}, {lat} still cross after being cut many times."),
            mend=N_("Redraw the units there."),
            where={"lon": float(at[0]), "lat": float(at[1])},
            lon=float(at[0]),
            lat=float(at[1]),
        )
    order = np.lexsort((ranks, edges))
    counts = np.bincount(edges, minlength=len(tails))
    bounds = np.concatenate(([0], np.cumsum(counts)))
    return Noded(pack(starts[order] + low), pack(ends[order] + low), bounds)


def cross_signs(first: Integers, second: Integers) -> npt.NDArray[np.int8]:
    """Return the signs of the cross products of lattice differences (k, 2), exactly."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    rough = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    # Where the rough value is small the true one fits into 64 bits, so wrapped arithmetic returns it.
    exact = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    signs: npt.NDArray[np.int8] = np.where(np.abs(rough) > _CERTAIN, np.sign(rough), np.sign(exact)).astype(
        np.int8
    )
    return signs


def _candidates(
    starts: Integers, ends: Integers, fresh: npt.NDArray[np.bool_], margin: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return pairs of pieces, one of them fresh, whose boxes meet and which are not the same."""
    lines = shapely.linestrings(np.stack((starts, ends), axis=1).astype(np.float64))
    if margin:
        low, high = np.minimum(starts, ends) - margin, np.maximum(starts, ends) + margin
        lines = shapely.box(*low.T, *high.T)
    new = np.flatnonzero(fresh)
    tree = STRtree(lines[new])
    left, right = [], []
    for begin in range(0, len(lines), _CHUNK):
        one, other = tree.query(lines[begin : begin + _CHUNK])
        one, other = one + begin, new[other]
        # A pair of two fresh pieces is found from both sides.
        keep = np.where(fresh[one], one < other, one != other)
        one, other = one[keep], other[keep]
        same = ((starts[one] == starts[other]) & (ends[one] == ends[other])).all(axis=1)
        same |= ((starts[one] == ends[other]) & (ends[one] == starts[other])).all(axis=1)
        left.append(one[~same])
        right.append(other[~same])
    return np.concatenate(left), np.concatenate(right)


def _meetings(
    starts: Integers, ends: Integers, fresh: npt.NDArray[np.bool_], *, snap: bool
) -> tuple[npt.NDArray[np.int64], Integers]:
    """Return the pieces to cut and the points to cut them in."""
    one, other = _candidates(starts, ends, fresh, _PIXEL if snap else 0.0)
    a, b, c, d = starts[one], ends[one], starts[other], ends[other]
    sides = [
        cross_signs(b - a, c - a),
        cross_signs(b - a, d - a),
        cross_signs(d - c, a - c),
        cross_signs(d - c, b - c),
    ]
    pieces, points = [], []
    snapped = np.zeros(len(one), dtype=np.bool_)
    for side, point, low, high, piece in (
        (sides[0], c, a, b, one),
        (sides[1], d, a, b, one),
        (sides[2], a, c, d, other),
        (sides[3], b, c, d, other),
    ):
        inside = _through(point, low, high) if snap else (side == 0) & _strictly_between(point, low, high)
        pieces.append(piece[inside])
        points.append(point[inside])
        snapped |= inside
    # A crossing beside an end that is snapped to is gone with it, or is there in the next round.
    crossing = ~snapped & (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
    at = _crossings(a[crossing], b[crossing], c[crossing], d[crossing])
    for piece, low, high in (
        (one[crossing], a[crossing], b[crossing]),
        (other[crossing], c[crossing], d[crossing]),
    ):
        inner = (at != low).any(axis=1) & (at != high).any(axis=1)
        pieces.append(piece[inner])
        points.append(at[inner])
    return np.concatenate(pieces), np.concatenate(points)


def _for_alike(
    starts: Integers, ends: Integers, pieces: npt.NDArray[np.int64], points: Integers
) -> tuple[npt.NDArray[np.int64], Integers]:
    """Return cuts for pieces with the same ends too: cut apart from each other they would never settle."""
    if not len(pieces):
        return pieces, points
    low, high = pack(starts), pack(ends)
    low, high = np.minimum(low, high), np.maximum(low, high)
    order = np.lexsort((high, low))
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    first = np.flatnonzero(begins)
    sizes = np.diff(np.append(first, len(order)))
    kind = np.empty(len(order), dtype=np.int64)
    kind[order] = np.cumsum(begins) - 1
    number = sizes[kind[pieces]]
    step = np.arange(int(number.sum())) - np.repeat(np.concatenate(([0], np.cumsum(number)))[:-1], number)
    return order[np.repeat(first[kind[pieces]], number) + step], np.repeat(points, number, axis=0)


def _strictly_between(point: Integers, low: Integers, high: Integers) -> npt.NDArray[np.bool_]:
    """Return which points on the lines through two others lie between them."""
    inside = ((point >= np.minimum(low, high)) & (point <= np.maximum(low, high))).all(axis=1)
    ends = (point == low).all(axis=1) | (point == high).all(axis=1)
    between: npt.NDArray[np.bool_] = inside & ~ends
    return between


def _through(point: Integers, low: Integers, high: Integers) -> npt.NDArray[np.bool_]:
    """Return which edges pass within half a step, east and north, of points that are not their ends."""
    along, to = (high - low).astype(np.float64), (point - low).astype(np.float64)
    away = np.abs(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
    near = away <= _PIXEL * np.abs(along).sum(axis=1)
    inside = (point >= np.minimum(low, high) - _PIXEL) & (point <= np.maximum(low, high) + _PIXEL)
    ends = (point == low).all(axis=1) | (point == high).all(axis=1)
    found: npt.NDArray[np.bool_] = near & inside.all(axis=1) & ~ends
    return found


def _crossings(a: Integers, b: Integers, c: Integers, d: Integers) -> Integers:
    """Return the crossing points of the edges a–b and c–d, rounded to the lattice."""
    along, across, between = (b - a).astype(float), (d - c).astype(float), (c - a).astype(float)
    turn = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    share = (between[:, 0] * across[:, 1] - between[:, 1] * across[:, 0]) / np.where(turn == 0, 1.0, turn)
    share = np.clip(np.where(turn == 0, 0.5, share), 0.0, 1.0)
    found: Integers = a + np.rint(along * share[:, None]).astype(np.int64)
    # Both edges' boxes hold the true point; rounding of long edges must not leave them.
    for low, high in ((a, b), (c, d)):
        found = np.clip(found, np.minimum(low, high), np.maximum(low, high))
    return found


def _cut(
    starts: Integers,
    ends: Integers,
    edges: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.float64],
    pieces: npt.NDArray[np.int64],
    points: Integers,
    fresh: npt.NDArray[np.bool_],
) -> tuple[Integers, Integers, npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Cut pieces in points; the parts stand in the piece's order and are fresh."""
    along = (ends[pieces] - starts[pieces]).astype(np.float64)
    share = ((points - starts[pieces]) * along).sum(axis=1) / (along**2).sum(axis=1)
    order = np.lexsort((points[:, 1], points[:, 0], share, pieces))
    pieces, points, share = pieces[order], points[order], share[order]
    again = np.zeros(len(pieces), dtype=np.bool_)
    again[1:] = (pieces[1:] == pieces[:-1]) & (points[1:] == points[:-1]).all(axis=1)
    pieces, points = pieces[~again], points[~again]
    counts = np.bincount(pieces, minlength=len(starts))
    whole = counts == 0
    cut = np.flatnonzero(~whole)
    # The corners of each cut piece: its start, the points, its end.
    total = counts[cut] + 2
    first = np.concatenate(([0], np.cumsum(total)))[:-1]
    corners = np.empty((int(total.sum()), 2), dtype=np.int64)
    corners[first], corners[first + total - 1] = starts[cut], ends[cut]
    inner = np.ones(len(corners), dtype=np.bool_)
    inner[first] = inner[first + total - 1] = False
    corners[inner] = points
    of = np.repeat(cut, total)
    step = np.arange(len(corners)) - np.repeat(first, total)
    tail = np.flatnonzero(of[:-1] == of[1:])
    real = (corners[tail] != corners[tail + 1]).any(axis=1)
    tail = tail[real]
    # Ranks only order: the parts of one piece lie between it and the next of its edge.
    new_ranks = _ranks(edges, ranks)
    part_ranks = new_ranks[of[tail]] + step[tail] / np.repeat(total, total)[tail]
    return (
        np.concatenate((starts[whole], corners[tail])),
        np.concatenate((ends[whole], corners[tail + 1])),
        np.concatenate((edges[whole], edges[of[tail]])),
        np.concatenate((new_ranks[whole], part_ranks)),
        np.concatenate((fresh[whole], np.ones(len(tail), dtype=np.bool_))),
    )


def _ranks(edges: npt.NDArray[np.int64], ranks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return whole numbers in the order of ranks within each edge."""
    order = np.lexsort((ranks, edges))
    places = np.empty(len(order), dtype=np.float64)
    sorted_edges = edges[order]
    begins = np.flatnonzero(np.concatenate(([True], sorted_edges[1:] != sorted_edges[:-1])))
    places[order] = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    return places
