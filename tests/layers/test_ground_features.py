"""Dwellings, lines and notices."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString

from layers.errors import Conflict, InvalidAttribute, NotFound
from layers.geometry import Box
from layers.ids import new_id
from layers.line_features import LineFeature
from layers.notices import Notice
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import NOON


@pytest.mark.parametrize(
    ("layer", "make"), [("dwellings", makers.dwelling), ("lines", makers.line), ("cover", makers.cover)]
)
def test_they_are_stored_and_found(stores: Stores, layer: str, make: Callable[[str], Any]) -> None:
    store = getattr(stores, layer)
    values = [make("A"), make("B")]
    store.add(values)
    assert store.get(values[0].id) == store.by_code("A") == values[0]
    page = store.page(limit=1)
    assert page.items + store.page(cursor=page.cursor).items == tuple(values)
    assert store.page(bbox=Box(0, 0, 1, 1)).items == ()
    assert store.count() == 2
    assert stores.heads.version(layer) == 1
    with pytest.raises(NotFound, match="has no item C"):
        store.by_code("C")
    with pytest.raises(Conflict):
        store.add([make("A")])


@pytest.mark.parametrize("count", [3, 1500])
def test_those_of_the_same_codes_are_replaced_and_keep_their_ids(stores: Stores, count: int) -> None:
    values = [makers.dwelling(f"D{one}") for one in range(count)]
    stores.dwellings.add(values)
    again = [makers.dwelling(f"D{one}", households=7) for one in range(1, count + 1)]
    stores.dwellings.replace(again)
    assert stores.dwellings.count() == count + 1
    assert stores.dwellings.by_code("D0") == values[0]
    assert stores.dwellings.by_code("D1") == replace(again[0], id=values[1].id)
    assert stores.dwellings.by_code(f"D{count}") == again[-1]


def test_dwellings_in_columns(stores: Stores) -> None:
    values = [makers.dwelling(f"D{one}", 120 + one / 10, 44, households=one) for one in range(4)]
    stores.dwellings.add(values)
    table = stores.dwellings.within()
    assert table.ids == tuple(one.id for one in values)
    np.testing.assert_array_equal(table.lons, [120, 120.1, 120.2, 120.3])
    np.testing.assert_array_equal(table.households, [0, 1, 2, 3])
    some = stores.dwellings.within(Box(119, 43, 120.05, 45), Box(120.25, 43, 121, 45))
    assert some.ids == (values[0].id, values[3].id)
    assert len(stores.dwellings.within(Box(0, 0, 1, 1))) == 0


def test_a_dwelling_has_no_negative_number_of_households(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute):
        stores.dwellings.add([makers.dwelling(households=-1)])


def test_lines_by_box_and_kind(stores: Stores) -> None:
    far = LineFeature(new_id(), "F", "track", "Far", LineString([(10, 10), (10, 11)]))
    stores.lines.add([makers.line("R"), makers.line("W", "river"), far])
    assert [one.code for one in stores.lines.all()] == ["F", "R", "W"]
    assert [one.code for one in stores.lines.all(bbox=Box(119, 43, 121, 45))] == ["R", "W"]
    assert [one.code for one in stores.lines.all(kinds=["river", "track"])] == ["F", "W"]
    with pytest.raises(InvalidAttribute):
        stores.lines.add([replace(far, id=new_id(), code="X", kind="rail")])  # type: ignore[arg-type]


def told(**to: Any) -> Notice:
    return Notice(new_id(), "plan-published", "plan", NOON, body={"number": 1}, **to)


def test_notices_are_to_a_person_or_a_unit(stores: Stores) -> None:
    _, first, second, _ = makers.with_grids(stores)
    person = new_id()
    notices = [told(person=person), told(unit=first.id), told(unit=second.id), told(person=new_id())]
    stores.notices.add(notices)
    # Whose they are is row security's to say; the owner of the tables is shown all.
    assert stores.notices.page().items == tuple(reversed(notices))
    seen = stores.notices.see(notices[0].id, NOON)
    assert seen == replace(notices[0], seen_at=NOON)
    assert stores.notices.see(notices[0].id, NOON.replace(hour=23)).seen_at == NOON
    assert stores.notices.page(unseen=True).items == tuple(reversed(notices[1:]))
    with pytest.raises(NotFound):
        stores.notices.see(new_id(), NOON)
    for bad in (told(), told(person=person, unit=first.id)):
        with pytest.raises(InvalidAttribute), stores.session.begin_nested():
            stores.notices.add([bad])
