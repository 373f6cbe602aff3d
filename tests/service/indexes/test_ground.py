"""What is built from stored areas answers by the ids, whatever the order in which they were read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely

from layers.units import LeafTable
from service.indexes.ground import index_overlay, index_units


def table(ids: Sequence[int], shapes: Sequence[Any]) -> LeafTable:
    """Return leaves with these ids, in this order."""
    count = len(ids)
    names = tuple(f"G{one}" for one in ids)
    polygons = np.array([shapely.MultiPolygon([one]) for one in shapes], dtype=object)
    keys = tuple(UUID(int=one) for one in ids)
    return LeafTable(keys, names, names, (None,) * count, np.zeros(count, np.int64), polygons)


# Around the corner 1, 1. As texts without leading zeros the ids would sort otherwise.
SQUARES = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]
IDS = [0x9, 0x100, 0x7 << 124, 0x20]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_a_vertex_belongs_to_the_smallest_id_in_any_order(order: tuple[int, ...]) -> None:
    leaves = table([IDS[one] for one in order], [SQUARES[one] for one in order])
    index = index_units(leaves)
    assert leaves.ids[index.locate_one(1.0, 1.0)].int == 0x9
    assert leaves.ids[index.locate_one(2.0, 1.0)].int == 0x20
    assert leaves.ids[index.locate_one(0.0, 1.0)].int == 0x9
    # The middle of an edge belongs to the unit on its left, whatever the ids.
    assert leaves.ids[index.locate_one(1.0, 0.5)].int == 0x9
    assert leaves.ids[index.locate_one(0.5, 1.0)].int == 0x7 << 124


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_overlays_answer_the_smaller_first_then_the_smaller_id(order: tuple[int, ...]) -> None:
    shapes = [shapely.box(0, 0, 2, 2), shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1)]
    ids = [0x1, 0x100, 0x20]
    leaves = table([ids[one] for one in order], [shapes[one] for one in order])
    overlay = index_overlay(leaves)
    assert [leaves.ids[one].int for one in overlay.covering(0.5, 0.5)] == [0x20, 0x100, 0x1]
    assert [leaves.ids[one].int for one in overlay.covering(1.5, 1.5)] == [0x1]


def test_overlays_are_exact_on_their_slanting_edges() -> None:
    """As degrees most lattice points of a slanting edge lie beside it."""
    west, south = 1_310_000_000, 460_000_000
    ends = [(west, south), (west + 300_000, south + 100_000), (west, south + 100_000)]
    overlay = index_overlay(table([1], [shapely.Polygon([(x / 1e7, y / 1e7) for x, y in ends])]))
    for step in range(0, 100_001, 997):
        x, y = west + 3 * step, south + step
        assert overlay.covering(x / 1e7, y / 1e7) == [0]
        assert overlay.covering((x + 1) / 1e7, y / 1e7) == []
