from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from sqlalchemy.orm import Session

from layers.errors import InvalidAttribute, InvalidCursor, NotFound, UnknownLayer
from layers.geometry import Box
from layers.ids import new_id
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY


def test_leaves_come_in_columns_in_the_order_of_their_ids(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    leaves = stores.grids.leaves("grids", DAY)
    assert len(leaves) == 3
    assert list(leaves.ids) == sorted(leaves.ids)
    assert leaves.ids == tuple(makers.ids(drafts[1:]))
    assert leaves.codes == ("G0", "G1", "G2")
    assert leaves.names == ("Grid 0", "Grid 1", "Grid 2")
    assert set(leaves.parents) == {drafts[0].id}
    assert leaves.households.tolist() == [100, 100, 100]
    for area, draft in zip(leaves.polygons, drafts[1:], strict=True):
        assert area.geom_type == "MultiPolygon"
        assert (shapely.get_coordinates(area) == shapely.get_coordinates(draft.geometry)).all()


def test_unknown_households_are_minus_one(stores: Stores) -> None:
    makers.with_grids(stores, makers.strip(households=None))
    assert stores.grids.leaves("grids", DAY).households.tolist() == [-1, -1, -1]


def test_before_the_first_release_there_is_nothing(stores: Stores) -> None:
    makers.with_grids(stores)
    before = date(2025, 2, 28)
    assert len(stores.grids.leaves("grids", before)) == 0
    assert stores.grids.leaves("grids", before).households.dtype == np.int64
    assert stores.grids.tree("grids", before).units == {}
    assert stores.grids.release_in_force("grids", before) is None


def test_outlines_are_the_areas_of_an_upper_level(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    outlines = stores.grids.outlines("grids", 0, DAY)
    assert outlines.codes == ("T1",)
    assert outlines.parents == (None,)
    assert outlines.polygons[0].equals(drafts[0].geometry)


def test_the_tree_leads_from_a_unit_to_the_top(stores: Stores) -> None:
    town, first, *_ = makers.with_grids(stores)
    tree = stores.grids.tree("grids", DAY)
    assert [unit.code for unit in tree.chain(first.id)] == ["G0", "T1"]
    assert [unit.code for unit in tree.children()[town.id]] == ["G0", "G1", "G2"]
    assert [unit.code for unit in tree.children()[None]] == ["T1"]
    unit = tree.units[first.id]
    assert unit == stores.grids.unit(first.id, DAY)
    assert (unit.level, unit.parent, unit.attributes, unit.valid_from) == (1, town.id, {"seq": 0}, DAY)
    with pytest.raises(KeyError):
        tree.chain(new_id())


def test_a_unit_is_found_by_code_on_the_lowest_level(stores: Stores) -> None:
    drafts = makers.strip()
    drafts[1] = replace(drafts[1], code="T1")
    makers.with_grids(stores, drafts)
    assert stores.grids.unit_by_code("grids", "T1", DAY).id == drafts[1].id
    assert stores.grids.unit_by_code("grids", "T1", DAY, level=0).id == drafts[0].id
    with pytest.raises(NotFound, match="no unit G9 on 2025-03-01"):
        stores.grids.unit_by_code("grids", "G9", DAY)
    with pytest.raises(NotFound):
        stores.grids.unit(new_id(), DAY)


def test_the_area_of_any_level_is_read(stores: Stores) -> None:
    town, first, *_ = makers.with_grids(stores)
    assert stores.grids.area(first.id, DAY).equals(first.geometry)
    assert stores.grids.area(town.id, DAY).equals(town.geometry)
    with pytest.raises(NotFound):
        stores.grids.area(first.id, date(2020, 1, 1))


def test_identities_let_an_import_keep_the_ids(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    assert stores.grids.identities("grids", DAY) == {(one.level, one.code): one.id for one in drafts}


def test_pages_hold_every_unit_once(stores: Stores) -> None:
    drafts = makers.with_grids(stores, makers.strip(10))
    seen = []
    cursor = None
    while True:
        page = stores.grids.page("grids", DAY, limit=4, cursor=cursor)
        seen += [unit.id for unit in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == sorted(makers.ids(drafts))
    assert len(stores.grids.page("grids", DAY, limit=11).items) == 11
    assert stores.grids.page("grids", DAY, limit=11).cursor is None


def test_pages_are_filtered_by_box_and_level(stores: Stores) -> None:
    makers.with_grids(stores, makers.strip(10))
    inside = Box(120.001, 44.001, 120.012, 44.002)
    codes = {unit.code for unit in stores.grids.page("grids", DAY, bbox=inside).items}
    assert codes == {"T1", "G0", "G1"}
    leaves = stores.grids.page("grids", DAY, bbox=inside, level=1).items
    assert {unit.code for unit in leaves} == {"G0", "G1"}


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "AAAA", "é"])
def test_foreign_cursors_are_refused(stores: Stores, cursor: str) -> None:
    makers.with_grids(stores)
    with pytest.raises(InvalidCursor, match="begin again"):
        stores.grids.page("grids", DAY, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_impossible_limits_are_refused(stores: Stores, limit: int) -> None:
    with pytest.raises(InvalidAttribute, match="1 to 10000"):
        stores.grids.page("grids", DAY, limit=limit)


def test_districts_do_not_see_one_another(session: Session, stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    other = Stores(session, "990102")
    with pytest.raises(UnknownLayer):
        other.grids.leaves("grids", DAY)
    with pytest.raises(NotFound):
        other.grids.unit(drafts[1].id, DAY)
    # The same id in another district is another unit.
    makers.with_grids(other, drafts[:2] + drafts[2:])
    assert len(other.grids.leaves("grids", DAY)) == 3
