from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.evidence import Evidence
from layers import coverage, storage
from layers.coverage import GridVisit, LineVisit, MarkerVisit
from layers.coverage_tables import coverage_grid, coverage_line, coverage_marker
from layers.errors import InvalidAttribute, NotFound
from layers.ids import new_id
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY, NOON

NEXT = DAY + timedelta(days=1)
walks = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, "P-1"]), st.integers(-1, 1)), max_size=8)


def test_intervals_come_back_in_columns(stores: Stores) -> None:
    lines = [makers.segment("S1", 1), makers.segment("S2", 2)]
    stores.border.add(lines)
    owner, _ = stores.patrols.add(makers.patrol())
    back_again = NOON + timedelta(minutes=30)
    stores.coverage.replace_lines(
        "phone-1",
        DAY,
        [
            LineVisit(lines[1].id, owner.id, Evidence.OBSERVED, 0, 250.5, back_again, NOON, "P-1"),
            LineVisit(lines[0].id, owner.id, Evidence.INFERRED, 900, 1000, NOON, NOON),
        ],
    )
    stores.coverage.replace_lines(
        "phone-2", NEXT, [LineVisit(lines[0].id, owner.id, Evidence.SEEN, 0, 10, NOON, NOON)]
    )
    found = stores.coverage.lines([one.id for one in lines], DAY, NEXT + timedelta(days=1))
    assert len(found) == 3
    assert [found.segments[one] for one in found.segment] == [lines[0].id, lines[0].id, lines[1].id]
    assert [found.devices[one] for one in found.device] == ["phone-1", "phone-2", "phone-1"]
    assert found.evidence.tolist() == [Evidence.INFERRED, Evidence.SEEN, Evidence.OBSERVED]
    assert found.person.tolist() == [-1, -1, 0]
    assert found.persons == ("P-1",)
    assert found.day.astype(str).tolist() == ["2025-03-01", "2025-03-02", "2025-03-01"]
    assert (found.from_m[2], found.to_m[2]) == (0, 250.5)
    # The time at the end comes first: the patrol walked towards the start.
    assert found.from_t[2] - found.to_t[2] == 1800
    assert found.to_t[2] == NOON.timestamp()
    assert {found.patrols[one] for one in found.patrol} == {owner.id}
    only = stores.coverage.lines([lines[0].id], DAY, NEXT)
    assert only.evidence.tolist() == [Evidence.INFERRED]
    ids = [one.id for one in lines]
    late = stores.coverage.lines(ids, DAY, NEXT + timedelta(days=1), every_from=NEXT)
    assert late.evidence.tolist() == [Evidence.SEEN, Evidence.OBSERVED]


def test_nothing_covered_is_empty_columns(stores: Stores) -> None:
    found = stores.coverage.lines([new_id()], DAY, NEXT)
    assert len(found) == 0
    assert found.from_m.dtype == "float64"
    assert len(stores.coverage.lines([], DAY, NEXT)) == 0


def test_replacing_touches_only_its_device_and_day(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    owner, _ = stores.patrols.add(makers.patrol())

    def visit(from_m: float) -> LineVisit:
        return LineVisit(line.id, owner.id, Evidence.OBSERVED, from_m, from_m + 1, NOON, NOON)

    for device, day, from_m in (("a", DAY, 1.0), ("a", NEXT, 2.0), ("b", DAY, 3.0), ("a", DAY, 4.0)):
        stores.coverage.replace_lines(device, day, [visit(from_m)])
    found = stores.coverage.lines([line.id], DAY, NEXT + timedelta(days=1))
    assert sorted(found.from_m.tolist()) == [2.0, 3.0, 4.0]
    stores.coverage.replace_lines("b", DAY, [])
    assert len(stores.coverage.lines([line.id], DAY, NEXT)) == 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(walks, min_size=2, max_size=4))
def test_a_day_made_anew_writes_only_what_changed(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, days: list[list[tuple[int, str | None, int]]]
) -> None:
    for module in (coverage, storage):
        monkeypatch.setattr(module, "COPY_FROM", 3)
    with stores.session.begin_nested() as undone:
        line = makers.segment()
        stores.border.add([line])
        owner, _ = stores.patrols.add(makers.patrol())
        other = LineVisit(line.id, owner.id, Evidence.OBSERVED, 9, 9, NOON, NOON)
        for device, day in (("b", DAY), ("a", NEXT)):
            stores.coverage.replace_lines(device, day, [other])
        before: dict[tuple[float, str | None, int], set[UUID]] = {}
        for walk in days:
            visits = [
                LineVisit(line.id, owner.id, Evidence.SEEN, from_m / 3, from_m + 1, NOON, NOON, person, band)
                for from_m, person, band in walk
            ]
            stores.coverage.replace_lines("a", DAY, visits)
            after: dict[tuple[float, str | None, int], set[UUID]] = defaultdict(set)
            for row in stores.session.execute(coverage_line.select().where(coverage_line.c.to_m < 9)).all():
                after[(row.from_m, row.person, row.band)].add(row.id)
            expected = Counter((from_m / 3, person, band) for from_m, person, band in walk)
            assert {key: len(ids) for key, ids in after.items()} == expected
            if len(walk) >= 3:
                for key, ids in after.items():
                    known = before.get(key, set())
                    assert len(ids & known) == min(len(ids), len(known))
            before = after
        assert len(stores.session.execute(coverage_line.select().where(coverage_line.c.to_m == 9)).all()) == 2
        undone.rollback()


def test_a_day_may_have_more_rows_than_a_statement_has_values(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    owner, _ = stores.patrols.add(makers.patrol())
    for band in (0, 1):
        rows = [LineVisit(line.id, owner.id, Evidence.SEEN, 0, 1, NOON, NOON, None, band)] * 66_000
        stores.coverage.replace_lines("a", DAY, rows)
    found = stores.coverage.lines([line.id], DAY, NEXT)
    assert found.band.tolist() == [1] * 66_000


def test_when_a_segment_was_last_observed(stores: Stores) -> None:
    lines = [makers.segment("S1", 1), makers.segment("S2", 2), makers.segment("S3", 3)]
    stores.border.add(lines)
    owner, _ = stores.patrols.add(makers.patrol())
    late = NOON + timedelta(hours=1)
    stores.coverage.replace_lines(
        "a",
        DAY,
        [
            LineVisit(lines[0].id, owner.id, Evidence.OBSERVED, 0, 1, late, NOON),
            LineVisit(lines[1].id, owner.id, Evidence.SEEN, 0, 1, NOON, late),
        ],
    )
    ids = [one.id for one in lines]
    assert stores.coverage.last_seen(ids, NEXT) == {lines[0].id: late}
    assert stores.coverage.last_seen(ids, DAY) == {}


def test_units_and_markers_have_ledgers_too(stores: Stores) -> None:
    _, first, *_ = makers.with_grids(stores)
    post = makers.marker()
    stores.markers.add([post])
    owner, _ = stores.patrols.add(makers.patrol())
    grid = GridVisit(first.id, owner.id, "visited", 300.0, 120.0, NOON, NOON)
    reached = MarkerVisit(post.id, None, Evidence.SCANNED, NOON, 3.5)
    passed = MarkerVisit(post.id, owner.id, Evidence.OBSERVED, NOON, 2.5, "P-1")
    for _ in range(2):
        stores.coverage.replace_grids("a", DAY, [grid])
        stores.coverage.replace_markers("a", DAY, [reached])
        stores.coverage.replace_passed("a", DAY, [passed])
    (row,) = stores.session.execute(coverage_grid.select()).all()
    assert (row.unit, row.state, row.metres, row.device) == (first.id, "visited", 300.0, "a")
    # what was done there and what was recorded are replaced apart
    done, came = sorted(stores.session.execute(coverage_marker.select()).all(), key=lambda row: -row.evidence)
    assert (done.marker, done.evidence, done.distance_m) == (post.id, Evidence.SCANNED, 3.5)
    assert (came.evidence, came.distance_m, came.person) == (Evidence.OBSERVED, 2.5, "P-1")
    stores.coverage.replace_passed("a", DAY, [])
    assert len(stores.session.execute(coverage_marker.select()).all()) == 1


def test_rows_refer_to_what_is_stored(stores: Stores) -> None:
    owner, _ = stores.patrols.add(makers.patrol())
    with pytest.raises(NotFound):
        stores.coverage.replace_lines(
            "a", DAY, [LineVisit(new_id(), owner.id, Evidence.OBSERVED, 0, 1, NOON, NOON)]
        )


def test_intervals_run_forwards(stores: Stores) -> None:
    line = makers.segment()
    stores.border.add([line])
    owner, _ = stores.patrols.add(makers.patrol())
    with pytest.raises(InvalidAttribute, match="measures"):
        stores.coverage.replace_lines(
            "a", DAY, [LineVisit(line.id, owner.id, Evidence.OBSERVED, 5, 1, NOON, NOON)]
        )
