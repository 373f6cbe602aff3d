from dataclasses import replace
from datetime import date, timedelta

import pytest

from layers.errors import NotFound, Overlap
from layers.ids import new_id
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY

LATER = date(2025, 6, 1)


def test_a_representative_is_found_again_and_changed(stores: Stores) -> None:
    value = replace(makers.representative(), lon=120.1, lat=44.2, attributes={"group": 3})
    stores.representatives.add([value])
    assert stores.representatives.get(value.id) == value
    changed = replace(value, name="Renamed", active=False, lon=None, lat=None)
    stores.representatives.save(changed)
    assert stores.representatives.by_code("R1") == changed
    assert stores.representatives.all() == ()
    assert stores.representatives.all(active_only=False) == (changed,)


def test_unknown_representatives_are_not_found(stores: Stores) -> None:
    for ask in (
        lambda: stores.representatives.get(new_id()),
        lambda: stores.representatives.by_code("R9"),
        lambda: stores.representatives.save(makers.representative()),
    ):
        with pytest.raises(NotFound, match="no representative"):
            ask()


def test_the_nearest_unit_with_anybody_answers(stores: Stores) -> None:
    town, first, second, _ = makers.with_grids(stores)
    people = [makers.representative(f"R{one}") for one in range(4)]
    stores.representatives.add(people)
    stores.representatives.assign([(people[3].id, town.id), (people[1].id, first.id)], DAY)
    stores.representatives.assign([(people[0].id, first.id)], DAY, role="extra")
    stores.representatives.assign([(people[2].id, first.id)], DAY)
    found = stores.representatives.responsible_for([first.id, town.id], DAY)
    assert [(one.representative.code, one.role, one.depth) for one in found] == [
        ("R1", "home", 0),
        ("R2", "home", 0),
        ("R0", "extra", 0),
    ]
    above = stores.representatives.responsible_for([second.id, town.id], DAY)
    assert [(one.representative.code, one.unit, one.depth) for one in above] == [("R3", town.id, 1)]
    assert stores.representatives.responsible_for([second.id], DAY) == ()
    assert stores.representatives.responsible_for([], DAY) == ()
    holders = stores.representatives.holders(DAY)
    assert [one.representative.code for one in holders[first.id]] == ["R1", "R2", "R0"]
    assert set(holders) == {first.id, town.id}


def test_inactive_representatives_do_not_answer(stores: Stores) -> None:
    town, first, *_ = makers.with_grids(stores)
    one, other = makers.representative("R1"), makers.representative("R2")
    stores.representatives.add([one, other])
    stores.representatives.assign([(one.id, first.id), (other.id, town.id)], DAY)
    stores.representatives.save(replace(one, active=False))
    found = stores.representatives.responsible_for([first.id, town.id], DAY)
    assert [who.representative.code for who in found] == ["R2"]


def test_a_new_home_ends_the_old_one(stores: Stores) -> None:
    _, first, second, third = makers.with_grids(stores)
    person = makers.representative()
    stores.representatives.add([person])
    stores.representatives.assign([(person.id, first.id)], DAY)
    stores.representatives.assign([(person.id, second.id)], LATER)
    stores.representatives.assign([(person.id, third.id)], LATER)
    assert [one.unit for one in stores.representatives.responsibilities(DAY)] == [first.id]
    assert [one.unit for one in stores.representatives.responsibilities(LATER)] == [third.id]
    before = stores.representatives.responsible_for([first.id], LATER - timedelta(days=1))
    assert [one.representative.code for one in before] == ["R1"]


def test_a_home_given_for_later_is_not_overwritten(stores: Stores) -> None:
    _, first, second, _ = makers.with_grids(stores)
    person = makers.representative()
    stores.representatives.add([person])
    stores.representatives.assign([(person.id, first.id)], LATER)
    with pytest.raises(Overlap):
        stores.representatives.assign([(person.id, second.id)], DAY)


def test_only_stored_people_and_units_are_assigned(stores: Stores) -> None:
    person = makers.representative()
    stores.representatives.add([person])
    with pytest.raises(NotFound):
        stores.representatives.assign([(person.id, new_id())], DAY)
