"""The ledgers of lines, units and markers: one and the same from raw fixes, however these came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.coverage import covered_length, union
from geo.evidence import Evidence
from geo.linear import MeasuredLine
from geo.track import Fixes, Mode
from geo.visits import Band, Cells, Cover
from layers.border import BorderSegment
from layers.coverage_areas import coverage_area
from layers.coverage_days import CoverageDays, Periods, coverage_day
from layers.coverage_tables import coverage_grid, coverage_line, coverage_marker
from layers.ground_cover import CoverArea
from layers.ids import new_id
from layers.line_features import LineFeature
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from layers.units import UnitDraft
from service.readers.tracks import read
from service.use_cases.retention import Kept, announce
from service.use_cases.tracks import Delivery, Receipt, rebuild, recompute, upload
from tests.fixtures.walks import START, Receiver, along, gpx, line, places

DISTRICT = "152921"
ZONE = "Asia/Shanghai"
ROUTE = line((0.0, 0.0), (4_000.0, 0.0))
LEGAL = line((0.0, 30.0), (4_000.0, 30.0))
NOW = datetime.fromtimestamp(START, UTC) + timedelta(days=15)
# START is 15 June 2025, 23:06:40 in the district
DAYS = (date(2025, 6, 15), date(2025, 6, 16))
SIDE = 500.0


def squares(ids: dict[str, Any], columns: Sequence[int], name: str = "G") -> list[UnitDraft]:
    """Return squares along the route, from 470 m south of it to 30 m north, the legal line."""
    drafts = []
    for k in columns:
        corner = places([k * SIDE, (k + 1) * SIDE], [30.0 - SIDE, 30.0]).round(7)
        code = f"{name}{k}"
        box = shapely.box(*corner[0], *corner[1])
        drafts.append(
            UnitDraft(ids.setdefault(code, new_id()), code, code, 0, None, shapely.MultiPolygon([box]))
        )
    return drafts


def marker(code: str, x: float, y: float, kind: str = "boundary-marker", **attributes: Any) -> Marker:
    lon, lat = places(x, y).round(7).tolist()
    return Marker(new_id(), code, code, lon, lat, read_attributes(kind, attributes), date(2025, 1, 1))


@pytest.fixture
def stores(session: Session) -> Stores:
    return border_of(session)


def forest(code: str, west: float) -> CoverArea:
    """Return a forest of a kilometre along the route from so many metres on."""
    corner = places([west, west + 1_000.0], [-300.0, 200.0]).round(7)
    return CoverArea(new_id(), code, Cover.FOREST, code, shapely.box(*corner[0], *corner[1]))


def border_of(session: Session) -> Stores:
    """Return a border in a river, its fence track 30 m inside, units along it, and markers on both banks."""
    stores = Stores(session, DISTRICT)
    stores.districts.create("试验旗", timezone=ZONE)
    stores.layers.create("grids", name="网格", level_names=("grid",))
    stores.grids.publish("grids", date(2025, 1, 1), squares({}, range(8)))
    length = ROUTE.length_m
    shape, route = shapely.LineString(LEGAL.lonlat), shapely.LineString(ROUTE.lonlat)
    stores.border.add(
        [BorderSegment(new_id(), "B1", "B1", 1, 0.0, length, length, shape, date(2025, 1, 1), route)]
    )
    river = shapely.LineString(line((-100.0, 6.0), (1_500.0, 6.0)).lonlat.round(7))
    stores.lines.replace([LineFeature(new_id(), "R1", "river", "河", river)])
    stores.markers.add(
        [
            marker("M1", 1_000.0, 10.0),  # beyond the river
            marker("M2", 2_000.0, 10.0),
            marker("M3", 2_500.0, 12.0, kind="gate"),
            marker("M4", 3_000.0, 80.0),
            marker("M5", 1_200.0, 4.0, kind="river-crossing"),
        ]
    )
    return stores


def send(stores: Stores, fixes: Fixes, device: str = "d1", person: str | None = "A") -> Receipt:
    content = gpx(fixes)
    delivery = Delivery.of(device, "walk.gpx", content, NOW, person)
    return upload(stores, delivery, read(content, "gpx", mode=Mode(int(fixes.mode[0]))))


def walk(begin: float, end: float, start: float = START, seed: int = 0) -> Fixes:
    return along(ROUTE, begin, end, Receiver(2.0, 30.0, seed), interval=2.0, start=start, accuracy=None)


def rows(stores: Stores, table: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a ledger without their ids and patrols, in one order."""
    columns = [column for column in table.columns if column.name not in ("id", "patrol")]
    return sorted((tuple(row) for row in stores.session.execute(select(*columns))), key=str)


def ledgers(stores: Stores) -> list[list[tuple[Any, ...]]]:
    return [rows(stores, table) for table in (coverage_line, coverage_grid, coverage_marker, coverage_area)]


def packed(stores: Stores) -> list[tuple[Any, ...]]:
    """Return the packed rows of lines."""
    return rows(stores, coverage_day)


def units(stores: Stores, day: date) -> dict[str, tuple[str, float, float]]:
    """Return state, metres and seconds of the units of a day by code."""
    names = {unit.id: unit.code for unit in stores.grids.tree("grids", day).units.values()}
    found = stores.session.execute(select(coverage_grid).where(coverage_grid.c.day == day)).all()
    return {names[row.unit]: (row.state, row.metres, row.seconds) for row in found}


def test_an_upload_writes_all_ledgers(stores: Stores) -> None:
    send(stores, walk(600.0, 3_400.0))
    days = [units(stores, day) for day in DAYS]
    assert set(days[0]) == {"G1", "G2", "G3", "G4", "G5", "G6"} - set(days[1]) | (set(days[0]) & set(days[1]))
    metres: dict[str, float] = {}
    for day in days:
        for code, (state, length, _) in day.items():
            assert state == "visited"
            metres[code] = metres.get(code, 0.0) + length
    assert metres["G3"] == pytest.approx(SIDE, rel=0.02)
    assert sum(metres.values()) == pytest.approx(2_800.0, rel=0.02)
    reached = {row.marker: row for row in stores.session.execute(select(coverage_marker))}
    names = {one.id: one.code for one in stores.markers.all(DAYS[0])}
    assert {names[key] for key in reached} == {"M2", "M3", "M5"}
    assert all(row.evidence == Evidence.OBSERVED and row.person == "A" for row in reached.values())


def test_what_is_seen_is_kept_in_bands_beside_what_is_walked(stores: Stores) -> None:
    """By day 100 m over open ground: the legal line 30 m off is seen, and each band holds the one before."""
    noon = datetime(2025, 6, 15, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
    send(stores, walk(600.0, 3_400.0, noon))
    found = stores.session.execute(select(coverage_line)).all()
    metres = {}
    for band in Band:
        here = [row for row in found if row.evidence == Evidence.SEEN and row.band == band]
        spans = union(np.array([row.from_m for row in here]), np.array([row.to_m for row in here]))
        metres[band] = covered_length(spans)
    walked = [row for row in found if row.evidence == Evidence.OBSERVED]
    assert covered_length(
        union(np.array([row.from_m for row in walked]), np.array([row.to_m for row in walked]))
    ) == pytest.approx(2_800.0, abs=20.0)
    assert 2_800.0 < metres[Band.SURE] < metres[Band.LIKELY] < metres[Band.POSSIBLE] < 3_060.0


def ground(stores: Stores) -> Cells:
    """Return the ground that was in sight on both days."""
    begin = datetime.combine(DAYS[0], datetime.min.time(), ZoneInfo(ZONE))
    after = DAYS[1] + timedelta(days=1)
    return stores.areas_seen.within(DAYS[0], after, begin, begin + timedelta(days=2)).likely


def test_ground_cover_says_how_far_one_sees(stores: Stores) -> None:
    """Of 2.8 km by day one kilometre lies in a forest: 25 m there, 100 m over open ground, hour by hour."""
    noon = datetime(2025, 6, 15, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
    stores.cover.add([forest("F1", 1_200.0)])
    send(stores, walk(600.0, 3_400.0, noon))
    ends = np.pi * 100.0**2
    assert ground(stores).square_metres == pytest.approx(1_800.0 * 200.0 + 1_000.0 * 50.0 + ends, rel=0.05)
    found = stores.session.execute(select(coverage_line).where(coverage_line.c.band == 0)).all()
    seen = [(one.from_m, one.to_m) for one in found if one.evidence == Evidence.SEEN]
    spans = union(*np.array(seen).T)
    assert not any(low < 1_600.0 < high for low, high in spans.tolist()), "the line is 30 m off"
    hours = stores.session.execute(select(coverage_area)).all()
    assert all((one.to_at - one.from_at).total_seconds() < 3_600.0 for one in hours)
    assert len(hours) == 1 + int((2_800.0 / 1.3) // 3_600.0)


def test_a_redefinition_of_units_and_markers_splits_at_its_day(stores: Stores) -> None:
    """A walk over midnight into a day on which units, a segment and a marker are others."""
    ids: dict[str, Any] = {}
    stores.grids.publish("grids", DAYS[1], squares(ids, range(8), "H"))
    old = stores.markers.by_code("M2", DAYS[0])
    stores.markers.replace([replace(old, id=new_id(), lon=places(3_300.0, 5.0)[0].round(7).item())], DAYS[1])
    send(stores, walk(600.0, 3_900.0, START + 2_000.0))  # midnight at 600 + 1,200 × 1.3 = 2,160 m
    before, after = units(stores, DAYS[0]), units(stores, DAYS[1])
    assert set(before) == {"G1", "G2", "G3", "G4"}
    assert set(after) == {"H4", "H5", "H6", "H7"}
    assert before["G4"][1] + after["H4"][1] == pytest.approx(SIDE, rel=0.03)
    names = {row.marker: row.day for row in stores.session.execute(select(coverage_marker))}
    assert names[old.id] == DAYS[0]
    assert names[stores.markers.by_code("M2", DAYS[1]).id] == DAYS[1]


def test_a_district_without_units_or_markers_keeps_lines_alone(session: Session) -> None:
    stores = Stores(session, DISTRICT)
    stores.districts.create("试验旗", timezone=ZONE)
    send(stores, walk(600.0, 3_400.0))
    assert ledgers(stores) == [[], [], [], []]


WALKS = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda k: 100.0 * k),
        st.integers(0, 40).map(lambda k: 100.0 * k),
        st.sampled_from([5.0, 900.0, 2_500.0, 40_000.0, 90_000.0]),
    ).filter(lambda one: one[0] != one[1]),
    min_size=1,
    max_size=3,
)


def come_and_go(stores: Stores, walks: list[tuple[float, float, float]], random: Any) -> None:
    """Send walks in every way; hold that the ledgers are the same."""
    session = stores.session
    parts, start = [], START
    for seed, (begin, end, pause) in enumerate(walks):
        parts.append(walk(begin, end, start + pause, seed))
        start = float(parts[-1].t[-1])
    whole = Fixes.join(parts)
    whole = replace(whole, source=np.zeros(len(whole), np.int32))
    attempt = session.begin_nested()
    send(stores, whole)
    expected, days = ledgers(stores), packed(stores)
    send(stores, whole)
    assert (ledgers(stores), packed(stores)) == (expected, days)
    attempt.rollback()
    attempt = session.begin_nested()
    cuts = sorted(random.sample(range(1, len(whole)), min(3, len(whole) - 1)))
    pieces = [
        whole.take(np.arange(max(0, low - 20), high))
        for low, high in zip([0, *cuts], [*cuts, len(whole)], strict=True)
    ]
    random.shuffle(pieces)
    for one in [*pieces, pieces[0]]:
        send(stores, one)
    assert ledgers(stores) == expected
    recompute(stores, "d1", {DAYS[0] + timedelta(days=k) for k in range(-1, 5)})
    assert (ledgers(stores), packed(stores)) == (expected, days)
    assert all(one.equal for one in rebuild(stores, DAYS[0], DAYS[0] + timedelta(days=5)))
    attempt.rollback()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WALKS, st.randoms(use_true_random=False))
def test_the_ledgers_do_not_know_how_the_fixes_came(
    session: Session, walks: list[tuple[float, float, float]], random: Any
) -> None:
    """Shuffled, split, doubled, sent again, rebuilt: the same rows; and each upload only adds."""
    outer = session.begin_nested()
    try:
        come_and_go(border_of(session), walks, random)
    finally:
        outer.rollback()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 99), st.randoms(use_true_random=False))
def test_a_device_that_is_never_silent(session: Session, seed: int, random: Any) -> None:
    """Two days without a silence, out and back: in any pieces the same rows, which a rebuild leaves."""
    outer = session.begin_nested()
    try:
        stores = border_of(session)
        rng = np.random.default_rng(seed)
        t = START + np.cumsum(rng.uniform(60.0, 110.0, 2_000))
        along_m = np.abs((0.5 * (t - START)) % 6_000.0 - 3_000.0) + 500.0
        fixes = Fixes.of(t, *places(along_m, rng.normal(0.0, 3.0, len(t))).T)
        attempt = session.begin_nested()
        send(stores, fixes)
        expected, days = ledgers(stores), packed(stores)
        assert expected[1]
        assert expected[2]
        attempt.rollback()
        midnights = np.searchsorted(t, [START + 3_200.0, START + 89_600.0])
        cuts = sorted({*random.sample(range(1, len(t)), 2), *midnights.tolist()})
        pieces = np.split(np.arange(len(t)), cuts)
        random.shuffle(pieces)
        for one in pieces:
            send(stores, fixes.take(one))
        assert (ledgers(stores), packed(stores)) == (expected, days)
        assert all(one.equal for one in rebuild(stores, DAYS[0], DAYS[0] + timedelta(days=6)))
        assert (ledgers(stores), packed(stores)) == (expected, days)
    finally:
        outer.rollback()


def test_a_ledger_is_the_same_while_its_fixes_wait_to_be_removed(stores: Stores) -> None:
    """Their days are over, and whoever removes them has said so and comes in a minute."""
    send(stores, walk(600.0, 3_400.0))
    announce(stores, Kept(), NOW + timedelta(days=60))
    expected = ledgers(stores)
    assert all(expected)
    assert all(one.equal for one in rebuild(stores, DAYS[0], DAYS[1] + timedelta(days=1)))
    assert ledgers(stores) == expected


def test_evidence_only_adds(stores: Stores) -> None:
    """Another walk of the same device takes nothing away: not a metre, not a unit, not a marker."""
    send(stores, walk(600.0, 1_900.0))
    first, seen = ledgers(stores), ground(stores)
    send(stores, walk(1_500.0, 3_400.0, START + 20_000.0, seed=3))
    send(stores, walk(100.0, 900.0, START + 20_000.0, seed=4), device="d2", person="B")
    for before, after in zip(first[:3], ledgers(stores)[:3], strict=True):
        assert before
        assert set(before) <= set(after)
    assert len(Cells.join([seen, ground(stores)])) == len(ground(stores)) > len(seen) > 0


def test_two_devices_one_person(stores: Stores) -> None:
    """A phone and a watch on one walk: two rows for each unit and marker, of one person.

    At two places at once the better is kept, whichever way it is asked, and what the other saw goes.
    """
    send(stores, walk(600.0, 1_900.0), device="phone")
    send(stores, walk(600.0, 1_900.0, seed=9), device="watch")
    visits = rows(stores, coverage_grid)
    assert len({row[2] for row in visits}) == 2
    assert len(visits) % 2 == 0
    noon = datetime(2025, 6, 16, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
    send(stores, walk(600.0, 1_600.0, noon), device="phone")
    send(stores, walk(3_000.0, 3_600.0, noon), device="left with another")
    send(stores, walk(2_000.0, 2_300.0, noon), device="d2", person="B")
    (segment,) = [one.id for one in stores.border.all(DAYS[1])]
    after = DAYS[1] + timedelta(days=1)
    period = Periods(DAYS[1], after, np.array([0.0]), noon + 86_400.0)
    packed_days = CoverageDays(stores.session, DISTRICT).read([segment], period)
    for known in (stores.observed.known([segment], period), packed_days):
        walks = known.walks.at_least(Evidence.OBSERVED)
        assert union(walks.low, walks.high) == pytest.approx(
            np.array([[600.0, 1_600.0], [2_000.0, 2_300.0]]), abs=6.0
        )
        assert not (known.sights.high > 2_600.0).any()
        assert (known.sights.high > 2_290.0).any()
        ((line, seconds, apart),) = zip(
            *(known.twice.by_line(period.begin, period.end)[k].tolist() for k in (0, 2, 3)), strict=True
        )
        assert (line, seconds) == (0, pytest.approx(600.0 / 1.3, abs=6.0))
        assert apart == pytest.approx(2_400.0, abs=10.0)
    days = stores.observed.days([segment], DAYS[1], after)
    assert days.high.max() == pytest.approx(2_300.0, abs=6.0)
    names = {unit.code: unit.id for unit in stores.grids.tree("grids", DAYS[1]).units.values()}
    there, elsewhere = (names[f"G{int(metre // SIDE)}"] for metre in (1_200.0, 3_300.0))
    entered = stores.unit_visits.during(DAYS[1], after)
    assert {row.unit for row in entered if row.person == "A"} >= {there}
    assert elsewhere not in {row.unit for row in entered}
    assert set(stores.due_evidence.of_units([there, elsewhere], DAYS[1])) == {there}
    # Of the night before a walk through both is known, which counts as before.
    assert stores.reached.last_units([elsewhere], DAYS[0], after, NOW) == {}
    send(stores, walk(3_000.0, 3_600.0, START + 4_000.0), device="phone")
    last = stores.reached.last_units([there, elsewhere], DAYS[0], after, NOW)
    assert last[elsewhere].left_at.timestamp() < noon < last[there].left_at.timestamp()


def test_the_lines_beyond_the_district_see_nothing(stores: Stores) -> None:
    """A track 80 m beyond the legal line, over the national line: not a metre of it is seen from there."""
    noon = datetime(2025, 6, 15, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
    beyond = MeasuredLine.from_lonlat(line((600.0, 110.0), (3_400.0, 110.0)).lonlat)
    send(stores, along(beyond, 0.0, beyond.length_m, interval=2.0, start=noon))
    assert ledgers(stores)[:2] == [[], []]
    assert ledgers(stores)[3] == []
