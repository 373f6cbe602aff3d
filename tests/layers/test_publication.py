"""Publishing in two times, also against a model that keeps every state whole."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from layers.errors import Conflict, InvalidAttribute, StaleVersion, UnknownLayer
from layers.ids import new_id
from layers.stores import Stores
from layers.units import UnitDraft, unit_version
from tests.layers import makers
from tests.layers.makers import DAY, NOON

LATER = date(2025, 6, 1)


def test_a_release_tells_what_was_published(stores: Stores) -> None:
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    made = stores.grids.publish("grids", DAY, makers.strip(), published_at=NOON, note="first")
    assert (made.number, made.units, made.counts, made.note) == (1, 4, (1, 3), "first")
    assert made.published_at == NOON
    assert made.extent is not None
    assert (made.extent.west, made.extent.east) == (120.0, 120.03)
    assert stores.releases.get(made.id) == made == stores.releases.latest("grids")
    assert stores.releases.all("grids") == (made,)


def test_unchanged_units_keep_their_version(session: Session, stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    drafts[2] = replace(drafts[2], name="New name")
    made = stores.grids.publish("grids", LATER, drafts)
    assert stores.grids.unit(drafts[1].id, LATER).revision == 1
    changed = stores.grids.history(drafts[2].id)
    assert [(one.name, one.valid_from, one.valid_to) for one in changed] == [
        ("Grid 1", DAY, LATER),
        ("New name", LATER, None),
    ]
    assert changed[1].release == made.id
    rows = session.execute(select(unit_version.c.unit)).all()
    assert len(rows) == 4 + 2


def test_publishing_the_same_again_changes_no_unit(session: Session, stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    first = stores.releases.latest("grids")
    second = stores.grids.publish("grids", LATER, list(reversed(drafts)))
    assert first is not None
    assert second.digest == first.digest
    assert second.number == 2
    assert len(session.execute(select(unit_version.c.unit)).all()) == 4


def test_a_unit_that_is_left_out_ends(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    stores.grids.publish("grids", LATER, drafts[:-1])
    assert stores.grids.leaves("grids", LATER).codes == ("G0", "G1")
    assert stores.grids.leaves("grids", LATER - timedelta(days=1)).codes == ("G0", "G1", "G2")
    # … and may come back under its id.
    stores.grids.publish("grids", date(2025, 9, 1), drafts)
    assert [one.valid_from for one in stores.grids.history(drafts[-1].id)] == [DAY, date(2025, 9, 1)]


def test_what_was_known_before_is_not_lost(stores: Stores) -> None:
    drafts = makers.strip()
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    stores.grids.publish("grids", DAY, drafts, published_at=NOON)
    moved = replace(drafts[1], name="Corrected")
    stores.grids.publish(
        "grids", DAY, [drafts[0], moved, *drafts[2:]], published_at=NOON + timedelta(days=30)
    )
    assert stores.grids.unit(moved.id, DAY).name == "Corrected"
    assert stores.grids.unit(moved.id, DAY, NOON + timedelta(days=29)).name == "Grid 0"
    assert stores.grids.leaves("grids", DAY, NOON).names[0] == "Grid 0"
    assert stores.grids.tree("grids", DAY, NOON).units[moved.id].name == "Grid 0"
    for known, name in ((NOON, "Grid 0"), (None, "Corrected")):
        named = stores.grids.unit_by_code("grids", "G0", DAY, known_at=known)
        assert named.name == name
        assert named in stores.grids.page("grids", DAY, known_at=known).items
        text = stores.items.feature("grids", moved.id, DAY, known_at=known)
        assert text is not None
        assert f'"name": "{name}"' in text
    before = stores.grids.release_in_force("grids", DAY, NOON)
    assert before is not None
    assert before.number == 1


def test_a_release_before_a_scheduled_one_holds_until_it(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    scheduled = [replace(one, name="Scheduled") if one.code == "G1" else one for one in drafts]
    stores.grids.publish("grids", LATER, scheduled)
    between = [replace(one, name="Between") if one.code == "G0" else one for one in drafts]
    stores.grids.publish("grids", date(2025, 4, 1), between)
    names = {
        day: stores.grids.leaves("grids", day).names[:2]
        for day in (DAY, date(2025, 4, 1), date(2025, 5, 31), LATER)
    }
    assert names[DAY] == ("Grid 0", "Grid 1")
    assert names[date(2025, 4, 1)] == names[date(2025, 5, 31)] == ("Between", "Grid 1")
    # The scheduled state was drawn whole, so it says what every unit is from its day on.
    assert names[LATER] == ("Grid 0", "Scheduled")


def test_outlines_follow_their_versions(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    smaller = replace(drafts[0], geometry=makers.square(0, width=2))
    stores.grids.publish("grids", LATER, [smaller, *drafts[1:3]])
    assert stores.grids.outlines("grids", 0, DAY).polygons[0].equals(drafts[0].geometry)
    assert stores.grids.outlines("grids", 0, LATER).polygons[0].equals(smaller.geometry)


def test_a_stale_base_is_refused(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    base = stores.releases.latest("grids")
    assert base is not None
    stores.grids.publish("grids", LATER, drafts, base=base.id)
    with pytest.raises(StaleVersion, match="release 2"):
        stores.grids.publish("grids", LATER, drafts, base=base.id)


def test_the_past_of_knowledge_cannot_be_rewritten(stores: Stores) -> None:
    drafts = makers.strip()
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    stores.grids.publish("grids", DAY, drafts, published_at=NOON)
    with pytest.raises(Conflict, match="before the last one"):
        stores.grids.publish("grids", DAY, drafts, published_at=NOON - timedelta(seconds=1))


def _broken(drafts: list[UnitDraft], how: str) -> list[UnitDraft]:
    town, first, second, third = drafts
    return {
        "level": [town, replace(first, level=2), second, third],
        "orphan": [town, replace(first, parent=None), second, third],
        "top with parent": [replace(town, parent=first.id), first, second, third],
        "parent absent": [first, second, third],
        "parent beside": [town, replace(first, parent=second.id), second, third],
        "same id": [town, first, replace(second, id=first.id), third],
        "same code": [town, first, replace(second, code="G0"), third],
        "no code": [town, replace(first, code=" "), second, third],
        "a line": [town, replace(first, geometry=shapely.LineString([(0, 0), (1, 1)])), second, third],
        "off the lattice": [
            town,
            first,
            replace(second, geometry=shapely.box(0.12345678, 0, 1, 1)),
            third,
        ],
    }[how]


@pytest.mark.parametrize(
    ("how", "said", "row"),
    [
        ("level", "only township, grid", 1),
        ("orphan", "wrong parent", 1),
        ("top with parent", "wrong parent", 0),
        ("parent absent", "not a unit one level up", 0),
        ("parent beside", "not a unit one level up", 1),
        ("same id", "same id", None),
        ("same code", "Two units of level grid have the code G0", 2),
        ("no code", "no code", 1),
        ("a line", "not a LineString", 1),
        ("off the lattice", "not a multiple of 1e-7", 2),
    ],
)
def test_impossible_units_are_refused_by_row(stores: Stores, how: str, said: str, row: int | None) -> None:
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    with pytest.raises(InvalidAttribute, match=said) as refusal:
        stores.grids.publish("grids", DAY, _broken(makers.strip(), how))
    assert refusal.value.where.get("row") == row
    assert stores.releases.all("grids") == ()


def test_ids_of_another_layer_are_refused(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    stores.layers.create("beats", name="Beats", level_names=makers.LEVELS)
    with pytest.raises(Conflict, match="belongs to layer “grids”"):
        stores.grids.publish("beats", DAY, drafts)


def test_an_unknown_layer_is_refused(stores: Stores) -> None:
    with pytest.raises(UnknownLayer):
        stores.grids.publish("nope", DAY, makers.strip())


def test_an_empty_release_ends_everything(stores: Stores) -> None:
    makers.with_grids(stores)
    made = stores.grids.publish("grids", LATER, [])
    assert (made.units, made.extent) == (0, None)
    assert len(stores.grids.leaves("grids", LATER)) == 0


TOWN = new_id()
UNITS = [new_id() for _ in range(4)]
STATES = st.dictionaries(st.sampled_from(range(4)), st.sampled_from("ABC"), min_size=1)
RELEASES = st.lists(st.tuples(st.integers(0, 5), STATES), min_size=1, max_size=7)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RELEASES)
def test_two_times_agree_with_whole_states(
    session: Session, releases: list[tuple[int, dict[int, str]]]
) -> None:
    """As of any day, as known at any instant, the answer is the state of the release then in force."""
    with session.begin_nested() as savepoint:
        stores = Stores(session, "990103")
        stores.districts.create("丙县")
        stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
        start = datetime(2025, 1, 1, tzinfo=UTC)
        first = date(2025, 1, 1)
        top = UnitDraft(TOWN, "T", "Town", 0, None, makers.square(0, width=4))
        for step, (day, state) in enumerate(releases):
            drafts = [
                UnitDraft(UNITS[place], f"G{place}", name, 1, TOWN, makers.square(place))
                for place, name in state.items()
            ]
            stores.grids.publish(
                "grids",
                first + timedelta(days=day),
                [top, *drafts],
                published_at=start + timedelta(hours=step),
            )
        for known in range(len(releases)):
            for day in range(-1, 7):
                # Among those known, the latest day that is not later; of one day, the last published.
                in_force = [(on, step) for step, (on, _) in enumerate(releases[: known + 1]) if on <= day]
                expected = releases[max(in_force)[1]][1] if in_force else {}
                leaves = stores.grids.leaves(
                    "grids", first + timedelta(days=day), start + timedelta(hours=known, minutes=1)
                )
                found = dict(zip(leaves.ids, leaves.names, strict=True))
                assert found == {UNITS[place]: name for place, name in expected.items()}
        _no_day_is_told_twice(stores)
        savepoint.rollback()


def _no_day_is_told_twice(stores: Stores) -> None:
    for identifier in UNITS:
        history = stores.grids.history(identifier)
        for one, after in pairwise(history):
            assert one.valid_to is not None
            assert after.valid_from is not None
            assert one.valid_to <= after.valid_from


def test_versions_of_one_unit_cannot_overlap_in_both_times(session: Session, stores: Stores) -> None:
    makers.with_grids(stores)
    again = text(
        "INSERT INTO unit_version SELECT district, unit, revision + 1, layer, release, code, name, level,"
        " parent, geom, households, attributes, valid, recorded, digest FROM unit_version"
    )
    with pytest.raises(Exception, match="exclusion constraint"):
        session.execute(again)
