from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy.orm import Session

from geo.evidence import Evidence
from layers.coverage import LineVisit
from layers.errors import InUse, InvalidAttribute, NotFound, Overlap
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY, NOON

LATER = date(2025, 6, 1)


def test_a_segment_is_found_again_whole(stores: Stores) -> None:
    route = shapely.LineString([(120, 44.051), (120.01, 44.051)])
    value = makers.segment(route=route, owner="Unit 7", due_days=14, attributes={"fence": True})
    stores.border.add([value])
    assert stores.border.get(value.id) == value
    assert stores.border.by_code("S1", DAY) == value
    assert stores.border.get(value.id).line == route
    assert replace(value, route=None).line == value.geom


def test_segments_come_in_the_order_of_the_border(stores: Stores) -> None:
    stores.border.add([makers.segment("B", 2), makers.segment("C", 3), makers.segment("A", 1)])
    assert [one.code for one in stores.border.all(DAY)] == ["A", "B", "C"]
    assert stores.border.all(DAY - timedelta(days=1)) == ()


def test_an_unknown_segment_names_those_there_are(stores: Stores) -> None:
    value = makers.segment()
    stores.border.add([value])
    with pytest.raises(NotFound, match="no border segment S9; there are: S1"):
        stores.border.by_code("S9", DAY)
    with pytest.raises(NotFound):
        stores.border.by_code("S1", DAY - timedelta(days=1))
    with pytest.raises(NotFound):
        stores.border.get(makers.segment().id)


def test_replacing_ends_the_old_border_and_begins_the_new(stores: Stores) -> None:
    old = [makers.segment("S1", 1), makers.segment("S2", 2)]
    stores.border.add(old)
    new = stores.border.replace([makers.segment("S1", 1), makers.segment("S3", 3)], LATER)
    assert [one.code for one in new] == ["S1", "S3"]
    assert {one.valid_from for one in new} == {LATER}
    assert [one.id for one in stores.border.all(DAY)] == [one.id for one in old]
    assert stores.border.get(old[1].id).valid_to == LATER
    assert [one.code for one in stores.border.during(DAY, LATER)] == ["S1", "S2"]
    assert [one.code for one in stores.border.during(DAY, LATER + timedelta(days=1))] == [
        "S1",
        "S1",
        "S2",
        "S3",
    ]


def test_importing_a_file_twice_leaves_one_border(stores: Stores) -> None:
    first = stores.border.replace([makers.segment("S1"), makers.segment("S2", 2)], DAY)
    second = stores.border.replace([makers.segment("S1"), makers.segment("S2", 2)], DAY)
    assert second == first
    third = stores.border.replace([replace(makers.segment("S1"), name="Renamed")], DAY)
    assert [(one.id, one.name) for one in third] == [(first[0].id, "Renamed")]
    assert len(stores.border.all(DAY)) == 1


def test_a_segment_that_goes_on_gets_a_new_id(stores: Stores) -> None:
    old = makers.segment()
    stores.border.add([old])
    (new,) = stores.border.replace([old], LATER)
    assert new.id != old.id
    assert stores.border.by_code("S1", DAY).id == old.id
    assert stores.border.by_code("S1", LATER).id == new.id


def test_a_border_that_was_walked_is_not_removed(stores: Stores) -> None:
    walked = makers.segment()
    stores.border.add([walked])
    owner, _ = stores.patrols.add(makers.patrol())
    visit = LineVisit(walked.id, owner.id, Evidence.OBSERVED, 0, 10, NOON, NOON)
    stores.coverage.replace_lines("phone-1", DAY, [visit])
    with pytest.raises(InUse, match="End its period"):
        stores.border.replace([makers.segment("S2", 2)], DAY)


def test_owners_and_intervals_are_set(stores: Stores) -> None:
    value = makers.segment()
    stores.border.add([value])
    assert stores.border.set_owner(value.id, "Unit 9", 7) == replace(value, owner="Unit 9", due_days=7)


@pytest.mark.parametrize("wrong", [{"due_days": 0}, {"from_m": 5.0, "to_m": 5.0}, {"length_m": 0.0}])
def test_impossible_measures_are_refused(stores: Stores, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidAttribute):
        stores.border.add([replace(makers.segment(), **wrong)])


def test_codes_are_unique_at_a_time_in_one_district_only(session: Session, stores: Stores) -> None:
    stores.border.add([makers.segment(valid_to=LATER)])
    stores.border.add([makers.segment(valid_from=LATER)])
    Stores(session, "990102").border.add([makers.segment()])
    with pytest.raises(Overlap):
        stores.border.add([makers.segment(valid_from=LATER - timedelta(days=1))])
