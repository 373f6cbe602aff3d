"""Contiguous groups over the leaves of a synthetic partition: big grids and townships.

A group is grown from a seed leaf along shared edges, each leaf joining the seed it is nearest to by the
shortest path. The shortest-path tree stays inside its group, so every group is contiguous.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

_RECENTRES = 4


@dataclass(frozen=True, slots=True)
class Levels:
    """Parents by index: ``big_grid`` of every leaf, ``township`` of every big grid."""

    big_grid: NDArray[np.int32]
    township: NDArray[np.int32]


def grow_levels(
    neighbours: NDArray[np.int64],
    places: NDArray[np.float64],
    towns: NDArray[np.float64],
    big_grids: int,
    rng: np.random.Generator,
) -> Levels:
    """Group leaves into big grids and those into townships, one for each town.

    Parameters
    ----------
    neighbours
        Pairs of leaves that share an edge (k, 2); every leaf reaches every other through them.
    places
        A point for each leaf (n, 2) in any metric plane.
    towns
        The town centres (t, 2) in the same plane.
    big_grids
        The exact number of big grids, at least one for each town and at most one for each leaf.
    rng
        The source of all chance.
    """
    count = len(places)
    length = np.hypot(*(places[neighbours[:, 0]] - places[neighbours[:, 1]]).T)
    by_distance = _network(neighbours, np.maximum(length, 1.0), count)
    township_of = _grow(by_distance, _nearest_leaves(places, towns))
    # Inside a township groups are balanced by the number of leaves, so steps count and not metres.
    inside = township_of[neighbours[:, 0]] == township_of[neighbours[:, 1]]
    step = rng.uniform(0.6, 1.4, int(inside.sum()))
    by_steps = _network(neighbours[inside], step, count)
    seeds = _big_grid_seeds(township_of, _shares(np.bincount(township_of), big_grids), rng)
    for _ in range(_RECENTRES):
        seeds = _recentred(_grow(by_steps, seeds), places, len(seeds))
    big_grid = _grow(by_steps, seeds)
    return Levels(big_grid.astype(np.int32), township_of[seeds].astype(np.int32))


def _network(pairs: NDArray[np.int64], weight: NDArray[np.float64], count: int) -> csr_array:
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return csr_array((np.concatenate([weight, weight]), (rows, columns)), shape=(count, count))


def _grow(network: csr_array, seeds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each leaf the index of the seed whose shortest path to it is the shortest."""
    _, _, source = dijkstra(network, directed=True, indices=seeds, min_only=True, return_predecessors=True)
    index = np.full(network.shape[0], -1, dtype=np.int64)
    index[seeds] = np.arange(len(seeds))
    nearest: NDArray[np.int64] = index[source]
    return nearest


def _nearest_leaves(places: NDArray[np.float64], towns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a different leaf for each town, the nearest that is still free."""
    taken = np.zeros(len(places), dtype=bool)
    chosen = []
    for town in towns:
        distance = np.where(taken, np.inf, np.hypot(*(places - town).T))
        chosen.append(int(np.argmin(distance)))
        taken[chosen[-1]] = True
    return np.array(chosen, dtype=np.int64)


def _shares(leaves: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Return big grids per township: at least one, at most one a leaf, summing to ``total``.

    Larger townships get fewer than their proportional share, as larger ones have larger villages.
    """
    wish = leaves.astype(np.float64) ** 0.9
    given = np.ones(len(leaves), dtype=np.int64)
    for _ in range(total - len(leaves)):
        need = np.where(given < leaves, wish / given, -1.0)
        given[int(np.argmax(need))] += 1
    return given


def _big_grid_seeds(
    township_of: NDArray[np.int64], shares: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    chosen = [
        rng.choice(np.flatnonzero(township_of == township), size=share, replace=False)
        for township, share in enumerate(shares)
    ]
    return np.concatenate(chosen).astype(np.int64)


def _recentred(group: NDArray[np.int64], places: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return for each group its leaf nearest to the mean place of its leaves."""
    size = np.bincount(group, minlength=count)
    mean = np.column_stack([np.bincount(group, places[:, axis], count) / size for axis in (0, 1)])
    order = np.lexsort((np.hypot(*(places - mean[group]).T), group))
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    chosen: NDArray[np.int64] = order[first]
    return chosen
