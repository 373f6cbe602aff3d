"""Compiled kernels of the algebra of spans: pieces (k, 2) of a line between two measures each."""

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats

MOVES = 64
"""So many places on average does a span move others before all are sorted instead."""


@compiled
def unite(low: Floats, high: Floats) -> Floats:
    """Return disjoint spans in order that together are the given ones; empty spans are dropped.

    Most spans of a year lie within what others cover already, so each is put into the few disjoint ones
    found so far; that is left for sorting where they do not grow together.
    """
    count, left = 0, MOVES * (low.shape[0] + MOVES)
    starts, ends = np.empty(low.shape[0]), np.empty(low.shape[0])
    for k in range(low.shape[0]):
        a, b = low[k], high[k]
        if not b > a:
            continue
        first = np.searchsorted(ends[:count], a)
        beyond = np.searchsorted(starts[:count], b, side="right")
        if first < beyond:
            starts[first] = min(a, starts[first])
            ends[first] = max(b, ends[beyond - 1])
            fewer = beyond - first - 1
            if fewer > 0:
                left -= count - beyond
                for at in range(beyond, count):
                    starts[at - fewer], ends[at - fewer] = starts[at], ends[at]
                count -= fewer
            continue
        left -= count - first
        for at in range(count, first, -1):
            starts[at], ends[at] = starts[at - 1], ends[at - 1]
        starts[first], ends[first] = a, b
        count += 1
        if left < 0:
            return sweep(low, high)
    found = np.empty((count, 2))
    found[:, 0], found[:, 1] = starts[:count], ends[:count]
    return found


@compiled
def sweep(low: Floats, high: Floats) -> Floats:
    """Return what :func:`unite` does, by sorting."""
    found = np.empty((low.shape[0], 2))
    count = 0
    for k in np.argsort(low, kind="mergesort"):
        if not high[k] > low[k]:
            continue
        if count > 0 and low[k] <= found[count - 1, 1]:
            found[count - 1, 1] = max(found[count - 1, 1], high[k])
        else:
            found[count, 0], found[count, 1] = low[k], high[k]
            count += 1
    return found[:count].copy()


@compiled
def minus(spans: Floats, others: Floats, low: float, high: float) -> Floats:
    """Return what of disjoint spans in order lies between two measures and in none of others, as ordered."""
    found = np.empty((spans.shape[0] + others.shape[0], 2))
    count, at = 0, 0
    for k in range(spans.shape[0]):
        a, b = max(spans[k, 0], low), min(spans[k, 1], high)
        while at < others.shape[0] and others[at, 1] <= a:
            at += 1
        place = at
        while a < b:
            if place == others.shape[0] or others[place, 0] >= b:
                found[count, 0], found[count, 1] = a, b
                count += 1
                break
            if others[place, 0] > a:
                found[count, 0], found[count, 1] = a, others[place, 0]
                count += 1
            a = max(a, others[place, 1])
            place += 1
    return found[:count].copy()


@compiled
def both(a: Floats, b: Floats) -> Floats:
    """Return the union of two sets of disjoint spans."""
    every = np.concatenate((a, b))
    return sweep(every[:, 0].copy(), every[:, 1].copy())


@compiled
def metres(spans: Floats) -> float:
    """Return how long disjoint spans are together."""
    found = 0.0
    for k in range(spans.shape[0]):
        found += spans[k, 1] - spans[k, 0]
    return found
