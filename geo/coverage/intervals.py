"""Intervals of lines that were visited, and their algebra: union, gaps, periods, who was there last."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.interval_kernels import cover_cells
from geo.evidence import Evidence
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints

PASS_S = 1200.0
"""The same metre again after this many seconds is another pass."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Intervals of lines, in columns of n: at ``from_t`` at ``from_m``, at ``to_t`` at ``to_m``.

    Attributes
    ----------
    line
        Position of the line among those asked about.
    from_m, to_m
        Measures in metres in the order of time: from_m > to_m is walking backwards.
    from_t, to_t
        Unix seconds, from_t ≤ to_t; between them the measure changes evenly.
    evidence
        Code of :class:`geo.evidence.Evidence`.
    holder, source
        Who carried the device, and the file or batch, as in :class:`geo.track.fixes.Fixes`.
    """

    line: Ints
    from_m: Floats
    to_m: Floats
    from_t: Floats
    to_t: Floats
    evidence: Codes
    holder: Ints
    source: Ints

    @classmethod
    def of(
        cls,
        from_m: npt.ArrayLike,
        to_m: npt.ArrayLike,
        from_t: npt.ArrayLike,
        to_t: npt.ArrayLike,
        *,
        line: npt.ArrayLike = 0,
        evidence: npt.ArrayLike = Evidence.OBSERVED,
        holder: npt.ArrayLike = 0,
        source: npt.ArrayLike = 0,
    ) -> "Intervals":
        """Make intervals of arrays of n or single values."""
        size = np.atleast_1d(np.asarray(from_m)).shape

        def column(value: npt.ArrayLike, kind: type) -> npt.NDArray[Any]:
            return np.broadcast_to(np.asarray(value, dtype=kind), size).copy()

        return cls(
            column(line, np.int32),
            column(from_m, np.float64),
            column(to_m, np.float64),
            column(from_t, np.float64),
            column(to_t, np.float64),
            column(evidence, np.int8),
            column(holder, np.int32),
            column(source, np.int32),
        )

    @classmethod
    def join(cls, several: Sequence["Intervals"]) -> "Intervals":
        """Return the intervals of several values one after another."""
        if not several:
            return cls.of([], [], [], [])
        return cls(
            *(np.concatenate([getattr(each, name) for each in several]) for name in Intervals.__slots__)
        )

    def __len__(self) -> int:
        return len(self.from_m)

    def take(self, chosen: npt.NDArray[np.generic]) -> "Intervals":
        """Return the intervals at positions or under a mask."""
        return Intervals(*(getattr(self, name)[chosen] for name in Intervals.__slots__))

    def on(self, line: int) -> "Intervals":
        """Return the intervals of one line."""
        return self.take(self.line == line)

    def in_lines(self, lines: int) -> "tuple[Intervals, npt.NDArray[np.int64]]":
        """Return the intervals line by line, and where those of each line begin, with the end of the last."""
        order = np.argsort(self.line, kind="stable")
        return self.take(order), np.searchsorted(self.line[order], np.arange(lines + 1)).astype(np.int64)

    def by_line(self, lines: int) -> "list[Intervals]":
        """Return the intervals of each of so many lines, as :meth:`on` does for one."""
        sorted_, bounds = self.in_lines(lines)
        return [
            Intervals(*(getattr(sorted_, name)[a:b] for name in Intervals.__slots__))
            for a, b in pairwise(bounds.tolist())
        ]

    def at_least(self, evidence: Evidence) -> "Intervals":
        """Return the intervals known at least as well as ``evidence``."""
        return self.take(self.evidence >= evidence)

    @property
    def low(self) -> Floats:
        """The smaller measure of each."""
        return np.minimum(self.from_m, self.to_m)

    @property
    def high(self) -> Floats:
        """The larger measure of each."""
        return np.maximum(self.from_m, self.to_m)

    def within(self, from_t: float | Floats, to_t: float) -> "Intervals":
        """Return what lies in the period [from_t, to_t): one that crosses its edge is split there by time.

        ``from_t`` may be a time for each interval.
        """
        inside = (self.from_t < to_t) & (self.to_t >= from_t)
        inside &= (self.to_t > from_t) | (self.from_t == self.to_t)
        part = self.take(inside)
        if isinstance(from_t, np.ndarray):
            from_t = from_t[inside]
        seconds = np.where(part.to_t > part.from_t, part.to_t - part.from_t, 1.0)
        pace = (part.to_m - part.from_m) / seconds
        start = np.maximum(part.from_t, from_t)
        end = np.minimum(part.to_t, to_t)
        from_m = np.where(start > part.from_t, part.from_m + pace * (start - part.from_t), part.from_m)
        to_m = np.where(end < part.to_t, part.from_m + pace * (end - part.from_t), part.to_m)
        return Intervals(part.line, from_m, to_m, start, end, part.evidence, part.holder, part.source)

    def beyond(self, known: "Intervals") -> "Intervals":
        """Return what lies at no time of ``known`` that is known as well or better.

        All intervals are of one device, which is at one place at a time: the same walk computed again adds
        nothing, and more of it only what was not there.
        """
        if len(known) == 0:
            return self
        parts = []
        for evidence in np.unique(self.evidence).tolist():
            here = self.take(self.evidence == evidence)
            better = known.at_least(Evidence(evidence))
            spans = union(better.from_t, better.to_t)
            for start, end in gaps(spans, -np.inf, np.inf).tolist():
                parts.append(here.within(start, end))
        found = Intervals.join(parts)
        # Times of fixes are to the millisecond: what is shorter is rounding at the edge of what is known.
        return found.take(found.to_t - found.from_t >= 1e-3)

    def clip(self, low: float, high: float | Floats) -> "Intervals":
        """Return what lies between two measures: one that crosses an edge is split there by measure.

        ``high`` may be a measure for each interval.
        """
        inside = (self.low <= high) & (self.high >= low)
        part = self.take(inside)
        if isinstance(high, np.ndarray):
            high = high[inside]
        metres = part.to_m - part.from_m
        even = np.where(metres == 0.0, 1.0, metres)
        pace = (part.to_t - part.from_t) / even
        from_m = np.clip(part.from_m, low, high)
        to_m = np.clip(part.to_m, low, high)
        from_t = part.from_t + pace * (from_m - part.from_m)
        to_t = np.where(to_m == part.to_m, part.to_t, part.from_t + pace * (to_m - part.from_m))
        return Intervals(part.line, from_m, to_m, from_t, to_t, part.evidence, part.holder, part.source)


def union(low: Floats, high: Floats) -> Floats:
    """Return disjoint spans (k, 2) in order that together are the given ones; empty spans are dropped."""
    kept = high > low
    low, high = low[kept], high[kept]
    if len(low) == 0:
        return np.empty((0, 2))
    order = np.argsort(low, kind="stable")
    low, high = low[order], np.maximum.accumulate(high[order])
    fresh = np.concatenate([[True], low[1:] > high[:-1]])
    last = np.concatenate([np.flatnonzero(fresh)[1:] - 1, [len(low) - 1]])
    return np.stack([low[fresh], high[last]], axis=1)


def covered_length(spans: Floats) -> float:
    """Return the metres of disjoint spans (k, 2)."""
    return float((spans[:, 1] - spans[:, 0]).sum())


def covered_by(group: npt.NDArray[np.integer[Any]], low: Floats, high: Floats, groups: int) -> Floats:
    """Return the metres (groups,) that the spans of each group cover together.

    ``group`` (n,) is a number from 0, ``low`` and ``high`` (n,) are the ends of spans.
    """
    if len(low) == 0:
        return np.zeros(groups)
    start = float(low.min())
    # Each group has a piece of one long line for itself, so that one union serves all; half a metre is left
    # free at both ends of a piece, so that no rounding takes a span to its neighbour.
    room = float(high.max()) - start + 1.0
    shift = group * room - start + 0.5
    spans = union(low + shift, high + shift)
    place = (spans[:, 0] / room).astype(np.int64)
    return np.bincount(place, spans[:, 1] - spans[:, 0], groups).astype(np.float64)


def gaps(spans: Floats, low: float, high: float) -> Floats:
    """Return the spans (k, 2) between two measures that disjoint spans in order leave open."""
    edges = np.clip(spans, low, high)
    starts = np.concatenate([[low], edges[:, 1]])
    ends = np.concatenate([edges[:, 0], [high]])
    open_ = ends > starts
    return np.stack([starts[open_], ends[open_]], axis=1)


def intersection(a: Floats, b: Floats) -> Floats:
    """Return the spans (k, 2) that lie in both of two sets of disjoint spans in order."""
    if len(a) == 0 or len(b) == 0:
        return np.empty((0, 2))
    low, high = min(a[0, 0], b[0, 0]), max(a[-1, 1], b[-1, 1])
    outside = np.concatenate([gaps(a, low, high), gaps(b, low, high)])
    return gaps(union(outside[:, 0], outside[:, 1]), low, high)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What happened along one line, in pieces of k between ``edges`` (k + 1,) in metres.

    ``passes`` (k,) counts visits at least :data:`PASS_S` apart. ``last_t`` (k,) is when the middle of the
    piece was visited last, NaN for never, and ``last`` (k,) the position of that interval, −1 for none.
    """

    edges: Floats
    passes: Ints
    last_t: Floats
    last: npt.NDArray[np.int64]

    @property
    def metres(self) -> Floats:
        """The length of each piece."""
        return np.diff(self.edges)

    def between(self, low: float, high: float) -> npt.NDArray[np.bool_]:
        """Return which pieces have a part between two measures."""
        return (self.edges[:-1] < high) & (self.edges[1:] > low)


def profile(intervals: Intervals, low: float, high: float, apart: float = PASS_S) -> Profile:
    """Return passes, last time and last visitor along one line between two measures.

    ``intervals`` are those of this line, passes ``apart`` seconds or more apart. The pieces are as fine
    as the ends of the intervals, so that each of them lies wholly inside or outside of every interval.
    """
    ends = np.concatenate([[low, high], intervals.from_m, intervals.to_m])
    edges = np.unique(np.clip(ends, low, high))
    if len(edges) < 2:
        edges = np.array([low, high])
    passes, last_t, last = cover_cells(
        edges, intervals.from_m, intervals.to_m, intervals.from_t, intervals.to_t, apart
    )
    return Profile(edges, passes, last_t, last)
