from dataclasses import replace
from datetime import date, timedelta

import pytest

from layers.errors import InvalidAttribute, NotFound, Overlap
from layers.geometry import Box
from layers.ids import new_id
from layers.markers import Placement
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY

LATER = date(2025, 6, 1)


def test_a_marker_is_found_again_whole(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    value = makers.marker(
        "BM-128",
        "boundary-marker",
        120.0012345,
        44.0498765,
        attributes={"number": "128", "side": "line"},
        segment=line.id,
        measure_m=120.5,
        valid_to=LATER,
    )
    stores.markers.add([value])
    assert stores.markers.get(value.id) == value
    assert stores.markers.by_code("BM-128", DAY) == value
    assert stores.markers.all(DAY) == (value,)
    assert stores.markers.all(LATER) == ()


def test_markers_of_a_segment_come_by_measure(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    places = {"C": 700.0, "A": 30.0, "B": 300.5, "D": 700.0}
    stores.markers.add(
        [makers.marker(code, segment=line.id, measure_m=measure) for code, measure in places.items()]
    )
    stores.markers.add([makers.marker("elsewhere")])
    along = stores.markers.along(line.id, DAY)
    assert [one.code for one in along] == ["A", "B", "C", "D"]
    assert stores.markers.along_each([line.id, new_id()], DAY) == {line.id: along}


def test_placing_moves_markers_along_the_border(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    one, other = makers.marker("A"), makers.marker("B", segment=line.id, measure_m=5.0)
    stores.markers.add([one, other])
    stores.markers.place([Placement(one.id, line.id, 42.0), Placement(other.id, None, None)])
    stores.markers.place([])
    assert [(found.code, found.measure_m) for found in stores.markers.along(line.id, DAY)] == [("A", 42.0)]
    with pytest.raises(InvalidAttribute, match="measure"):
        stores.markers.place([Placement(one.id, line.id, None)])


def test_replacing_touches_only_the_same_codes(stores: Stores) -> None:
    old, other = makers.marker("A"), makers.marker("B")
    stores.markers.add([old, other])
    stores.markers.replace([replace(old, name="Moved", lon=120.007)], LATER)
    assert stores.markers.by_code("A", DAY) == replace(old, valid_to=LATER)
    moved = stores.markers.by_code("A", LATER)
    assert (moved.name, moved.lon) == ("Moved", 120.007)
    assert moved.id != old.id
    assert stores.markers.by_code("B", LATER) == other
    again = replace(makers.marker("A"), name="Corrected")
    stores.markers.replace([again], LATER)
    assert stores.markers.by_code("A", LATER) == replace(again, id=moved.id, valid_from=LATER)


def test_ending_a_marker(stores: Stores) -> None:
    value = makers.marker()
    stores.markers.add([value])
    stores.markers.end(value.id, LATER)
    assert stores.markers.all(LATER) == ()
    with pytest.raises(InvalidAttribute, match="holds no day"):
        stores.markers.end(value.id, DAY)
    with pytest.raises(NotFound):
        stores.markers.end(new_id(), LATER)


def test_pages_by_kind_and_box(stores: Stores) -> None:
    stores.markers.add([makers.marker(f"G{place}", "gate", 120 + place / 100) for place in range(5)])
    stores.markers.add([makers.marker("L", "lamp", 120.0)])
    page = stores.markers.page(DAY, kind="gate", bbox=Box(119, 44, 120.025, 45), limit=2)
    assert [one.code for one in page.items] == ["G0", "G1"]
    rest = stores.markers.page(DAY, kind="gate", bbox=Box(119, 44, 120.025, 45), limit=2, cursor=page.cursor)
    assert [one.code for one in rest.items] == ["G2"]
    assert rest.cursor is None
    assert [one.code for one in stores.markers.all(DAY, "lamp")] == ["L"]


def test_unknown_markers_are_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="no marker X"):
        stores.markers.by_code("X", DAY)
    with pytest.raises(NotFound):
        stores.markers.get(new_id())


def test_a_code_stands_once_at_a_time(stores: Stores) -> None:
    stores.markers.add([makers.marker("A")])
    with pytest.raises(Overlap):
        stores.markers.add([makers.marker("A", valid_from=DAY + timedelta(days=30))])


def test_many_markers_are_stored_at_once(stores: Stores) -> None:
    values = [makers.marker(f"M{place:05}", lon=120 + place / 1e5, valid_to=LATER) for place in range(2000)]
    stores.markers.add(values)
    assert stores.markers.all(DAY) == tuple(values)
