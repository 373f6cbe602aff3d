"""Publishing only what changed: the release is that of the whole state, and all else keeps its version."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from layers.errors import Conflict, InvalidAttribute, NotFound, StaleVersion
from layers.ids import new_id
from layers.releases import Release
from layers.stores import Stores
from layers.units import UnitDraft
from tests.layers import makers
from tests.layers.makers import DAY, NOON

APRIL, JUNE, SEPTEMBER = date(2025, 4, 1), date(2025, 6, 1), date(2025, 9, 1)


def latest(stores: Stores) -> Release:
    found = stores.releases.latest("grids")
    assert found is not None
    return found


def change(stores: Stores, day: date, drafts: Sequence[UnitDraft], ended: Collection[UUID] = ()) -> Release:
    return stores.grids.publish_change("grids", day, drafts, ended, base=latest(stores).id)


def whole(session: Session, drafts: Sequence[UnitDraft]) -> Release:
    """Return the release of a whole state, published in a district of its own."""
    other = Stores(session, "990103")
    with session.begin_nested() as undone:
        other.districts.create("丙县")
        other.layers.create("grids", name="Grids", level_names=makers.LEVELS)
        found = other.grids.publish("grids", DAY, drafts)
        undone.rollback()
    return found


def told(release: Release) -> tuple[object, ...]:
    return release.units, release.digest, release.counts, release.extent


def test_only_what_changed_is_written(session: Session, stores: Stores) -> None:
    town, first, second, third = makers.with_grids(stores)
    renamed = replace(first, name="New")
    made = change(stores, JUNE, [renamed])
    assert (made.number, made.effective_on, made.replaces) == (2, JUNE, None)
    assert told(made) == told(whole(session, [town, renamed, second, third]))
    assert stores.grids.unit(second.id, JUNE).revision == 1
    assert [one.name for one in stores.grids.history(first.id)] == ["Grid 0", "New"]
    assert stores.grids.unit(first.id, JUNE).release == made.id


def test_a_split_and_an_end(session: Session, stores: Stores) -> None:
    town, first, second, third = makers.with_grids(stores)
    wide = replace(town, geometry=makers.square(0, width=4))
    added = UnitDraft(new_id(), "G3", "Grid 3", 1, town.id, makers.square(3), 5)
    made = change(stores, JUNE, [wide, added], [second.id])
    assert told(made) == told(whole(session, [wide, first, third, added]))
    assert stores.grids.leaves("grids", JUNE).codes == ("G0", "G2", "G3")
    assert stores.grids.leaves("grids", DAY).codes == ("G0", "G1", "G2")
    assert stores.grids.outlines("grids", 0, JUNE).polygons[0].equals(wide.geometry)
    # A code that is free again can be given to another.
    again = change(stores, SEPTEMBER, [replace(added, code="G1")])
    assert told(again) == told(whole(session, [wide, first, third, replace(added, code="G1")]))


def test_what_is_told_again_changes_nothing(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    before = latest(stores)
    made = change(stores, JUNE, drafts[:2])
    assert told(made) == told(before)
    assert stores.grids.unit(drafts[1].id, JUNE).revision == 1


def test_a_base_that_is_no_longer_in_force_is_refused(stores: Stores) -> None:
    _, first, *_ = makers.with_grids(stores)
    base = latest(stores)
    change(stores, JUNE, [replace(first, name="Theirs")])
    mine = replace(first, name="Mine")
    with pytest.raises(StaleVersion, match="repeat the change on release 2"):
        stores.grids.publish_change("grids", JUNE, [mine], [], base=base.id)
    with pytest.raises(StaleVersion, match="release 0"):
        stores.grids.publish_change("grids", date(2020, 1, 1), [mine], [], base=base.id)
    # Of an earlier day it still is: the later release begins after it.
    assert stores.grids.publish_change("grids", APRIL, [mine], [], base=base.id).number == 3
    with pytest.raises(Conflict, match="before the last one"):
        stores.grids.publish_change(
            "grids", SEPTEMBER, [mine], [], base=latest(stores).id, published_at=NOON - timedelta(days=999)
        )


@pytest.mark.parametrize("how", ["same code", "orphan", "lost parent", "unknown end", "off the lattice"])
def test_what_cannot_stand_beside_the_others_is_refused(stores: Stores, how: str) -> None:
    town, first, second, _ = makers.with_grids(stores)
    drafts: list[UnitDraft] = {
        "same code": [replace(first, code="G2")],
        "orphan": [replace(first, parent=new_id())],
        "lost parent": [],
        "unknown end": [],
        "off the lattice": [replace(first, geometry=second.geometry.buffer(1e-9))],
    }[how]
    ended = {"lost parent": [town.id], "unknown end": [new_id()]}.get(how, [])
    said = {
        "same code": "have the code G2",
        "orphan": "not a unit one level up",
        "lost parent": "would lose its parent",
        "unknown end": "cannot end",
        "off the lattice": "not a multiple of 1e-7",
    }[how]
    with pytest.raises(InvalidAttribute, match=said):
        change(stores, JUNE, drafts, ended)
    assert latest(stores).number == 1


def test_an_earlier_one_is_inserted_and_the_later_one_published_again(stores: Stores) -> None:
    """Both are told at one instant; before it nobody knew, and on every day both hold as they should."""
    drafts = makers.strip()
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    stores.grids.publish("grids", DAY, drafts, published_at=NOON)
    town, first, second, third = drafts
    base = latest(stores)
    scheduled = stores.grids.publish_change(
        "grids", JUNE, [replace(second, name="June")], [], base=base.id, published_at=NOON + timedelta(1)
    )
    at = NOON + timedelta(days=2)
    wide, added = replace(town, geometry=makers.square(0, width=4)), replace(first, id=new_id(), code="G9")
    added = replace(added, geometry=makers.square(3))
    early = stores.grids.publish_change(
        "grids", APRIL, [wide, added, replace(first, name="April")], [third.id], base=base.id, published_at=at
    )
    again = stores.grids.republish(
        "grids",
        scheduled.id,
        [wide, added, replace(first, name="April"), replace(second, name="June")],
        [third.id],
        published_at=at,
    )
    assert (again.replaces, again.effective_on) == (scheduled.id, JUNE)
    assert [one.id for one in stores.releases.chain("grids")] == [base.id, early.id, again.id]
    before = at - timedelta(seconds=1)
    seen = {
        (day, known): tuple(sorted(stores.grids.leaves("grids", day, known).names))
        for day in (DAY, APRIL, JUNE)
        for known in (before, at, None)
    }
    assert seen[DAY, before] == seen[DAY, None] == seen[APRIL, before] == ("Grid 0", "Grid 1", "Grid 2")
    assert seen[JUNE, before] == ("Grid 0", "Grid 2", "June")
    assert seen[APRIL, at] == seen[APRIL, None] == ("April", "Grid 0", "Grid 1")
    assert seen[JUNE, at] == seen[JUNE, None] == ("April", "Grid 0", "June")
    for day, width in ((DAY, 3), (APRIL, 4), (JUNE, 4)):
        outlines = stores.grids.outlines("grids", 0, day)
        assert outlines.polygons[0].equals(makers.square(0, width=width))
    with pytest.raises(StaleVersion):
        stores.grids.republish("grids", scheduled.id, [], [])
    with pytest.raises(NotFound):
        stores.grids.republish("grids", new_id(), [], [])


PLACES = range(4)
EDITS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(PLACES), st.sampled_from("ABC"), max_size=3),
        st.sets(st.sampled_from(PLACES), max_size=2),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_changes_are_the_whole_states_they_make(
    session: Session, edits: list[tuple[dict[int, str], set[int], int]]
) -> None:
    """Whatever units change, come and end: the release says what a whole publication would."""
    units = [new_id() for _ in PLACES]
    town = UnitDraft(new_id(), "T", "Town", 0, None, makers.square(0, width=4))
    with session.begin_nested() as undone:
        stores = Stores(session, "990104")
        stores.districts.create("丁县")
        stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
        state = {place: draft(units, town, place, "A") for place in PLACES}
        stores.grids.publish("grids", DAY, [town, *state.values()])
        day = DAY
        for names, ends, later in edits:
            day += timedelta(days=later)
            changed = {place: draft(units, town, place, name) for place, name in names.items()}
            ended = (ends & state.keys()) - names.keys()
            state = {place: one for place, one in state.items() if place not in ended} | changed
            made = change(stores, day, list(changed.values()), [units[place] for place in ended])
            assert told(made) == told(whole(session, [town, *state.values()]))
            leaves = stores.grids.leaves("grids", day)
            assert dict(zip(leaves.ids, leaves.names, strict=True)) == {
                one.id: one.name for one in state.values()
            }
        undone.rollback()


def draft(units: Sequence[UUID], town: UnitDraft, place: int, name: str) -> UnitDraft:
    return UnitDraft(units[place], f"G{place}", name, 1, town.id, makers.square(place))


def test_versions_never_believed_are_told_to_nobody(session: Session, stores: Stores) -> None:
    _, first, *_ = makers.with_grids(stores)
    base = latest(stores)
    later = change(stores, JUNE, [replace(first, name="June")])
    at = later.published_at + timedelta(seconds=1)
    stores.grids.publish_change(
        "grids", APRIL, [replace(first, name="April")], [], base=base.id, published_at=at
    )
    stores.grids.republish("grids", later.id, [replace(first, name="Both")], [], published_at=at)
    names = [(one.name, one.valid_from, one.valid_to) for one in stores.grids.history(first.id)]
    assert names == [("Grid 0", DAY, APRIL), ("April", APRIL, JUNE), ("Both", JUNE, None)]
    overlapping = """
        SELECT count(*) FROM unit_version a JOIN unit_version b
          ON a.unit = b.unit AND a.revision < b.revision AND a.valid && b.valid AND a.recorded && b.recorded
    """
    assert session.execute(text(overlapping)).scalar_one() == 0
