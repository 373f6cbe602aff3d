"""Impact: owners before and after are those of whole indexes, whatever little of the ground is looked at."""

from typing import Any
from uuid import UUID

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Geometry

from geo.impact import Redrawn, boxes
from geo.lattice import to_lonlat
from geo.locate import LocateIndex
from tests.geo.partitions import CORNER, make


@given(seed=st.integers(0, 2**32 - 1))
def test_owners_are_those_of_the_whole_partition_before_and_after(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 5, 8)
    ids = [UUID(int=int(one)) for one in rng.permutation(len(made.units)) + 1]
    areas = dict(zip(ids, made.units, strict=True))
    touching = [(a, b) for a in ids for b in ids if a < b and areas[a].intersection(areas[b]).length > 0]
    if not touching:
        return
    # Two neighbours become one: it keeps the larger id, so that vertices change hands beyond them too.
    gone, kept = touching[int(rng.integers(len(touching)))]
    after = {**areas, kept: shapely.unary_union([areas[gone], areas[kept]])}
    del after[gone]
    around = {
        one: areas[one] for one in ids if one not in (gone, kept) and areas[one].intersects(after[kept])
    }
    redrawn = Redrawn.of({one: areas[one] for one in (gone, kept)}, {kept: after[kept]}, around)
    vertices = shapely.get_coordinates(made.units)
    inner = to_lonlat(CORNER + rng.integers(0, 20_000, (300, 2)))
    points = np.vstack((vertices, (vertices[:-1] + vertices[1:]) / 2, inner))
    owners = redrawn.owners(points[:, 0], points[:, 1])
    truths = [_owners(areas, points), _owners(after, points)]
    for found, truth in zip(owners, truths, strict=True):
        for position, unit in zip(found.tolist(), truth, strict=True):
            named = None if position < 0 else redrawn.units[position]
            if named in (gone, kept) or unit in (gone, kept):
                assert named == unit
    moved = [a != b for a, b in zip(*truths, strict=True)]
    assert (owners[0] != owners[1]).tolist() == moved


def _owners(areas: dict[UUID, Geometry], points: np.ndarray[Any, Any]) -> list[UUID | None]:
    """Return the owners of points by an index of all units."""
    index = LocateIndex.build(list(areas.values()), [one.hex for one in areas])
    found = index.locate(points[:, 0], points[:, 1]).tolist()
    return [None if position < 0 else list(areas)[position] for position in found]


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 6)] * 2), min_size=1, max_size=30))
def test_boxes_hold_all_areas_and_do_not_meet(corners: list[tuple[int, int, int, int]]) -> None:
    areas = {UUID(int=k): shapely.box(x, y, x + w, y + h) for k, (x, y, w, h) in enumerate(corners)}
    found = [shapely.box(*one) for one in boxes(areas)]
    assert all(any(one.covers(area) for one in found) for area in areas.values())
    assert not any(a.intersects(b) for k, a in enumerate(found) for b in found[:k])
