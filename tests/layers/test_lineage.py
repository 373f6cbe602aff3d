"""What became of units, against a model that follows every point through the releases."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from layers.errors import InvalidAttribute, NotFound
from layers.ids import new_id
from layers.lineage import CrosswalkRow, LineageEdge
from layers.releases import Release
from layers.stores import Stores
from layers.units import UnitDraft
from tests.layers import makers
from tests.layers.makers import DAY, NOON


def state(town: UUID, leaves: dict[str, UUID]) -> list[UnitDraft]:
    """Return a town of leaves beside one another."""
    squares = [
        UnitDraft(unit, code, code, 1, town, makers.square(place), 1)
        for place, (code, unit) in enumerate(leaves.items())
    ]
    return [UnitDraft(town, "T", "T", 0, None, makers.square(0, width=len(leaves))), *squares]


@pytest.fixture
def story(stores: Stores) -> tuple[dict[str, UUID], list[Release]]:
    """A is split in A and B; then B and C are merged in M; then M is split in M and N."""
    units = {name: new_id() for name in "ABCMN"}
    town = new_id()
    stores.layers.create("grids", name="Grids", level_names=makers.LEVELS)
    releases = []
    for month, there in enumerate(["AC", "ABC", "AM", "AMN"]):
        releases.append(
            stores.grids.publish(
                "grids",
                DAY + timedelta(days=30 * month),
                state(town, {name: units[name] for name in there}),
                published_at=NOON + timedelta(days=month),
            )
        )
    a, b, c, m, n = units.values()
    stores.lineage.add(
        releases[1].id,
        [LineageEdge(a, a, "continue", 0.75, 0.5, None), LineageEdge(a, b, "split", 0.25, 0.5, None)],
    )
    stores.lineage.add(
        releases[2].id, [LineageEdge(b, m, "merge", 1, 1, 1), LineageEdge(c, m, "merge", 1, 1, 1)]
    )
    stores.lineage.add(
        releases[3].id, [LineageEdge(m, m, "continue", 0.5, 0.5, 1), LineageEdge(m, n, "split", 0.5, 0.5, 0)]
    )
    return units, releases


def steps(edges: tuple[LineageEdge, ...], units: dict[str, UUID]) -> list[str]:
    names = {unit: name for name, unit in units.items()}
    return [names[one.from_unit] + names[one.to_unit] for one in edges]


def test_both_directions(stores: Stores, story: tuple[dict[str, UUID], list[Release]]) -> None:
    units, releases = story
    assert steps(stores.lineage.descendants(units["A"]), units) == ["AA", "AB", "BM", "MM", "MN"]
    assert steps(stores.lineage.descendants(units["C"]), units) == ["CM", "MM", "MN"]
    assert steps(stores.lineage.ancestors(units["N"]), units) == ["MN", "BM", "CM", "AB"]
    assert stores.lineage.ancestors(units["A"])[0].release == releases[1].id
    assert stores.lineage.descendants(new_id()) == ()
    known = NOON + timedelta(days=1, hours=1)
    assert steps(stores.lineage.descendants(units["A"], known), units) == ["AA", "AB"]
    assert len(stores.lineage.of_release(releases[2].id)) == 2


def test_a_step_back_in_time_is_none(stores: Stores, story: tuple[dict[str, UUID], list[Release]]) -> None:
    """N came from M after C went into it; what M was later does not lead back to where C came from."""
    units, releases = story
    stores.lineage.add(releases[3].id, [LineageEdge(units["A"], units["C"], "transfer", 0.1)])
    assert steps(stores.lineage.descendants(units["A"]), units).count("CM") == 0


def test_the_crosswalk_of_one_release_is_exact(
    stores: Stores, story: tuple[dict[str, UUID], list[Release]]
) -> None:
    units, releases = story
    rows = stores.lineage.crosswalk("grids", releases[0].id, releases[1].id)
    assert set(rows) == {
        CrosswalkRow(units["A"], units["A"], 0.75, 0.5, None, exact=True),
        CrosswalkRow(units["A"], units["B"], 0.25, 0.5, None, exact=True),
    }
    assert stores.lineage.crosswalk("grids", releases[1].id, releases[1].id) == ()


def test_shares_are_multiplied_and_say_where_that_is_a_guess(
    stores: Stores, story: tuple[dict[str, UUID], list[Release]]
) -> None:
    units, releases = story
    rows = {
        (one.from_unit, one.to_unit): one
        for one in stores.lineage.crosswalk("grids", releases[0].id, releases[3].id)
    }
    assert {key: (one.share_area, one.exact) for key, one in rows.items()} == {
        (units["A"], units["A"]): (0.75, True),
        (units["A"], units["M"]): (0.125, False),
        (units["A"], units["N"]): (0.125, False),
        (units["C"], units["M"]): (0.5, False),
        (units["C"], units["N"]): (0.5, False),
    }
    whole = stores.lineage.crosswalk("grids", releases[0].id, releases[2].id)
    assert all(one.exact for one in whole)
    for unit in (units["A"], units["C"]):
        assert sum(one.share_area for one in rows.values() if one.from_unit == unit) == pytest.approx(1)


def test_what_nobody_told_is_not_guessed(
    stores: Stores, story: tuple[dict[str, UUID], list[Release]]
) -> None:
    units, releases = story
    town = stores.grids.unit_by_code("grids", "T", DAY).id
    last = stores.grids.publish("grids", DAY + timedelta(days=200), state(town, {"A": units["A"]}))
    rows = stores.lineage.crosswalk("grids", releases[1].id, last.id)
    gone = {one.from_unit for one in rows if one.to_unit is None}
    assert gone == {units["B"], units["C"]}


def test_a_replaced_release_has_no_place(
    stores: Stores, story: tuple[dict[str, UUID], list[Release]]
) -> None:
    _, releases = story
    stores.session.execute(
        text("UPDATE release SET replaces = :old WHERE district = :d AND id = :new"),
        {"old": releases[2].id, "new": releases[3].id, "d": stores.district},
    )
    assert [one.number for one in stores.releases.chain("grids")] == [1, 2, 4]
    with pytest.raises(InvalidAttribute, match="not one of those"):
        stores.lineage.crosswalk("grids", releases[0].id, releases[2].id)
    with pytest.raises(InvalidAttribute, match="takes effect after"):
        stores.lineage.crosswalk("grids", releases[3].id, releases[0].id)
    with pytest.raises(NotFound):
        stores.lineage.crosswalk("grids", releases[3].id, new_id())
