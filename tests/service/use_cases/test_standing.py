"""The border and markers kept for many uploads are those of now, whatever changed."""

from dataclasses import replace
from datetime import date, timedelta

from layers.ids import new_id
from layers.stores import Stores
from service.use_cases.tracks.standing import NO_WALLS, standing
from tests.service.use_cases.test_barriers import wall
from tests.service.use_cases.test_ledger import DAYS, forest, marker, stores

__all__ = ["stores"]
AFTER = DAYS[1] + timedelta(days=1)


def test_what_did_not_change_is_not_read_again(stores: Stores) -> None:
    first = standing(stores, DAYS[0], AFTER)
    again = standing(stores, DAYS[0], AFTER)
    assert first[0] is again[0]
    assert first[1] is again[1]
    assert first[0].on(DAYS[0]) is first[0]


def test_a_change_of_border_or_markers_is_seen(stores: Stores) -> None:
    border, posts, *_ = standing(stores, DAYS[0], AFTER)
    stores.border.set_owner(border.segments[0].id, "卫", 3)
    later, same, *_ = standing(stores, DAYS[0], AFTER)
    assert (later.segments[0].owner, same) == ("卫", posts)
    stores.markers.add([marker("M9", 10.0, 10.0)])
    assert len(standing(stores, DAYS[0], AFTER)[1].places) == len(posts.places) + 1


def test_a_change_that_was_undone_is_not_kept(stores: Stores) -> None:
    """Also where another one under the same number follows."""
    segment = standing(stores, DAYS[0], AFTER)[0].segments[0]
    for owner in ("one", "other"):
        with stores.session.begin_nested() as attempt:
            stores.border.set_owner(segment.id, owner, None)
            assert standing(stores, DAYS[0], AFTER)[0].segments[0].owner == owner
            attempt.rollback()
    assert standing(stores, DAYS[0], AFTER)[0].segments[0].owner == segment.owner


def test_ground_cover_is_read_where_there_is_any_and_again_when_it_changed(stores: Stores) -> None:
    assert standing(stores, DAYS[0], AFTER)[2] is None
    stores.cover.add([forest("F1", -100.0)])
    first = standing(stores, DAYS[0], AFTER)[2]
    assert first is not None
    assert standing(stores, DAYS[0], AFTER)[2] is first
    stores.cover.add([forest("F2", 900.0)])
    assert len(standing(stores, DAYS[0], AFTER)[2].kind) == 2  # type: ignore[union-attr]


def test_barriers_are_read_where_there_are_any_and_again_when_they_changed(stores: Stores) -> None:
    assert standing(stores, DAYS[0], AFTER)[3] is NO_WALLS
    stores.barriers.replace([wall("W1", 0.0, 900.0)], DAYS[1])
    first = standing(stores, DAYS[0], AFTER)[3]
    assert standing(stores, DAYS[0], AFTER)[3] is first
    assert [len(first.on(day).lines) for day in DAYS] == [0, 1]
    stores.barriers.end(first.several[0].id, AFTER)
    assert standing(stores, DAYS[0], AFTER)[3] is not first


def test_each_day_has_what_is_valid_on_it(stores: Stores) -> None:
    old = stores.markers.by_code("M2", DAYS[0])
    stores.markers.replace([replace(old, id=new_id(), lon=old.lon + 0.001)], DAYS[1])
    border, posts, *_ = standing(stores, DAYS[0], AFTER)
    before, after = posts.on(DAYS[0]), posts.on(DAYS[1])
    assert len(before.places) == len(after.places) == len(posts.places) - 1
    assert posts.on(DAYS[1]) is after
    assert border.on(date(2024, 1, 1)).lines == ()
