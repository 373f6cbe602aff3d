"""Uploads and the ledger: what an upload leaves is what a rebuild from all fixes gives, in any order."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from sqlalchemy.orm import Session

from geo.evidence import Evidence
from geo.linear import MeasuredLine
from geo.track import Fixes, Mode
from layers.border import BorderSegment
from layers.ids import new_id
from layers.patrols import Patrols
from layers.stores import Stores
from service.readers.track_file import TrackRefused
from service.readers.tracks import read
from service.schemas.tracks import TrackReport
from service.use_cases.coverage import coverage, period_of, segments_of
from service.use_cases.tracks import Delivery, Receipt, on_time, recompute, report, upload
from tests.fixtures.walks import START, Receiver, along, gpx, line, places

DISTRICT = "152921"
ZONE = "Asia/Shanghai"
LINE = line((0.0, 0.0), (4_000.0, 0.0), (4_000.0, 3_000.0))
NOW = datetime.fromtimestamp(START, UTC) + timedelta(days=15)
# START is 15 June 2025, 23:06:40 in the district: a walk of an hour and more goes over midnight
DAYS = (date(2025, 6, 15), date(2025, 6, 16))


def segment(code: str, measured: MeasuredLine, since: date = date(2025, 1, 1)) -> BorderSegment:
    shape = shapely.LineString(measured.lonlat)
    length = measured.length_m
    return BorderSegment(new_id(), code, code, 1, 0.0, length, length, shape, since)


@pytest.fixture
def stores(session: Session) -> Stores:
    stores = Stores(session, DISTRICT)
    stores.districts.create("试验旗", timezone=ZONE)
    halves = [
        MeasuredLine.from_lonlat(LINE.cut(a, b).round(7)) for a, b in ((0, 3_000.0), (3_000.0, 7_000.0))
    ]
    stores.border.add([segment(f"B{k}", half) for k, half in enumerate(halves)])
    return stores


def send(stores: Stores, fixes: Fixes, device: str = "d1", person: str | None = "A") -> Receipt:
    content = gpx(fixes)
    delivery = Delivery.of(device, "walk.gpx", content, NOW, person)
    return upload(stores, delivery, read(content, "gpx", mode=Mode(int(fixes.mode[0]))))


def ledger(stores: Stores) -> list[tuple[object, ...]]:
    """The ledger's rows without their ids and patrols."""
    ids = [one.id for one in stores.border.during(date(2025, 1, 1), date(2026, 1, 1))]
    rows = stores.coverage.lines(ids, date(2025, 1, 1), date(2026, 1, 1))
    columns = (rows.segment, rows.day, rows.evidence, rows.from_m, rows.to_m, rows.from_t, rows.to_t)
    return sorted(zip(*(column.tolist() for column in columns), strict=True), key=str)


def walk(begin: float, end: float, start: float = START, seed: int = 0) -> Fixes:
    return along(LINE, begin, end, Receiver(4.0, 30.0, seed), interval=2.0, start=start, accuracy=None)


def test_an_upload_is_stored_and_credited_over_midnight(stores: Stores) -> None:
    receipt = send(stores, walk(500.0, 6_500.0))
    assert not receipt.repeated
    assert receipt.counts.created == receipt.patrols[0].fixes
    by = {(one.segment, one.day): one.walked_m for one in receipt.covered}
    assert by.keys() == {("B0", DAYS[0]), ("B1", DAYS[0]), ("B1", DAYS[1])}
    assert by["B0", DAYS[0]] == pytest.approx(2_500.0, abs=20.0)
    # 3,200 s to midnight at 1.3 m/s
    assert by["B1", DAYS[0]] == pytest.approx(500.0 + 3_200.0 * 1.3 - 3_000.0, abs=25.0)
    assert sum(by.values()) == pytest.approx(6_000.0, abs=25.0)


def test_a_walk_over_the_end_of_a_month_is_whole(stores: Stores) -> None:
    start = datetime(2025, 6, 30, 23, 30, tzinfo=ZoneInfo(ZONE)).timestamp()
    receipt = send(stores, walk(0.0, 6_000.0, start))
    by = {one.day: 0.0 for one in receipt.covered}
    for one in receipt.covered:
        by[one.day] += one.walked_m
    assert by.keys() == {date(2025, 6, 30), date(2025, 7, 1)}
    assert by[date(2025, 6, 30)] == pytest.approx(1_800.0 * 1.3, abs=25.0)
    assert sum(by.values()) == pytest.approx(6_000.0, abs=25.0)
    whole = period_of("2025-06-01", "2025-08-01", ZONE, NOW + timedelta(days=60))
    june = period_of("2025-06-01", "2025-07-01", ZONE, NOW + timedelta(days=60))
    july = period_of("2025-07-01", "2025-08-01", ZONE, NOW + timedelta(days=60))
    metres = [
        sum(one.covered_m for one in coverage(stores, segments_of(stores, period), period))
        for period in (whole, june, july)
    ]
    assert metres[0] == pytest.approx(metres[1] + metres[2], abs=1e-3)


def test_a_metre_never_walked_is_due_since_the_segment_was_drawn(stores: Stores) -> None:
    (first, _) = stores.border.all(DAYS[0])
    stores.border.set_owner(first.id, "guard", 10)
    begun = datetime(2025, 1, 1, tzinfo=ZoneInfo(ZONE))
    for days, state in ((5, "ok"), (9, "soon"), (11, "overdue")):
        day = (begun + timedelta(days=days)).date().isoformat()
        period = period_of("2025-01-01", day, ZONE, NOW)
        (found, _) = coverage(stores, segments_of(stores, period), period)
        assert found.due.state == state
        assert found.due.next_on == date(2025, 1, 11)
    assert found.due.overdue_m == pytest.approx(found.length_m)
    assert found.due.debt_km_days == pytest.approx(found.length_m / 1_000.0)


def test_the_same_file_twice_is_one_patrol(stores: Stores) -> None:
    fixes = walk(500.0, 3_500.0)
    first = send(stores, fixes)
    before = ledger(stores)
    again = send(stores, fixes)
    assert again.repeated
    assert again.patrols == first.patrols
    assert ledger(stores) == before
    other = send(stores, fixes, device="d2")
    assert not other.repeated


def test_overlapping_uploads_in_any_order_are_one_walk(session: Session, stores: Stores) -> None:
    fixes = walk(500.0, 6_500.0)
    send(stores, fixes)
    expected = ledger(stores)
    assert expected
    count = len(fixes)
    parts = [np.arange(0, 900), np.arange(700, 1_600), np.arange(1_500, count)]
    for order in itertools.permutations(range(3)):
        with session.begin_nested() as attempt:
            other = Stores(session, "".join(("T", *map(str, order))))
            other.districts.create("另一旗", timezone=ZONE)
            for code, half in (("B0", LINE.cut(0, 3_000.0)), ("B1", LINE.cut(3_000.0, 7_000.0))):
                other.border.add([segment(code, MeasuredLine.from_lonlat(half.round(7)))])
            for k in order:
                send(other, fixes.take(parts[k]))
            assert ledger(other) == expected
            attempt.rollback()


def test_increments_are_identical_to_a_rebuild(stores: Stores) -> None:
    rng = np.random.default_rng(5)
    for k in range(12):
        begin, end = rng.uniform(0.0, 7_000.0, 2)
        # some follow at once, some after a short silence, some days later; two of them in the past
        start = (
            START + [0, 2_600, 5_000, 90_000, 7_000, 93_000, 86_400, 200_000, 4_000, 88_000, 1, 300_000][k]
        )
        send(stores, walk(begin, end, start + 0.5 * k, seed=k), person="A" if k % 3 else "B")
    incremental = ledger(stores)
    assert incremental
    days = {date(2025, 6, 14) + k * timedelta(days=1) for k in range(8)}
    recompute(stores, "d1", days)
    assert ledger(stores) == incremental
    for day in sorted(days, reverse=True):
        recompute(stores, "d1", [day])
    assert ledger(stores) == incremental


def test_a_recording_of_weeks_is_not_read_day_by_day(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker that is never silent: each step of looking for its ends goes as far again."""
    rows = [f"{START - 900.0 * k},115.0,47.0" for k in range(20 * 96)]
    content = "\n".join(["t,lon,lat", *rows]).encode()
    read_fixes, reads = Patrols.fixes_of_device, []

    def counted(self: Patrols, *arguments: Any, **more: Any) -> Any:
        reads.append(arguments)
        return read_fixes(self, *arguments, **more)

    monkeypatch.setattr(Patrols, "fixes_of_device", counted)
    receipt = upload(stores, Delivery.of("d", "walk", content, NOW), read(content, "csv"))
    assert receipt.counts.created == len(rows)
    assert 0 < len(reads) <= 10


def test_a_late_upload_touches_only_its_device_and_days(stores: Stores) -> None:
    send(stores, walk(0.0, 2_000.0), device="d1")
    send(stores, walk(0.0, 2_000.0, START + 5 * 86_400.0), device="d1")
    send(stores, walk(2_000.0, 4_000.0), device="d2")
    before = ledger(stores)
    late = send(stores, walk(4_000.0, 6_000.0, START + 2 * 86_400.0), device="d1")
    assert {one.day for one in late.covered} == {date(2025, 6, 17), date(2025, 6, 18)} & {
        one.day for one in late.covered
    }
    assert [row for row in ledger(stores) if row in before] == before


def test_two_devices_of_one_person_cover_once_and_count_once(stores: Stores) -> None:
    send(stores, walk(0.0, 2_000.0), device="phone")
    send(stores, walk(0.0, 2_000.0, seed=9), device="watch")
    period = period_of("2025-06-01", "2025-07-01", ZONE, NOW)
    (found, _) = coverage(stores, segments_of(stores, period), period)
    assert found.covered_m == pytest.approx(2_000.0, abs=20.0)
    assert found.passes.most == 1
    assert found.hours == pytest.approx(2_000.0 / 1.3 / 3_600.0, rel=0.02)


def test_one_device_two_shifts_are_two_people(stores: Stores) -> None:
    send(stores, walk(0.0, 1_500.0), person="A")
    send(stores, walk(1_500.0, 3_000.0, START + 1_160.0), person="B")
    period = period_of("2025-06-01", "2025-07-01", ZONE, NOW)
    (found, _) = coverage(stores, segments_of(stores, period), period)
    names = {one.last_by: one.length_m for one in found.stretches if one.state == "covered"}
    assert names.keys() == {"A", "B"}
    assert sum(names.values()) == pytest.approx(3_000.0, abs=30.0)


def test_a_redefined_segment_counts_from_its_day(stores: Stores) -> None:
    send(stores, walk(0.0, 2_500.0))
    old = stores.border.by_code("B0", DAYS[0])
    whole = MeasuredLine.from_lonlat(LINE.cut(0.0, 3_000.0).round(7))
    others = [one for one in stores.border.all(DAYS[0]) if one.code != "B0"]
    stores.border.replace([segment("B0", whole, date(2025, 6, 20)), *others], date(2025, 6, 20))
    send(stores, walk(1_000.0, 2_000.0, START + 8 * 86_400.0))
    before = period_of("2025-06-01", "2025-06-20", ZONE, NOW)
    after = period_of("2025-06-01", "2025-07-01", ZONE, NOW + timedelta(days=20))
    (then,) = coverage(stores, segments_of(stores, before, "B0"), before)
    (now,) = coverage(stores, segments_of(stores, after, "B0"), after)
    assert then.segment.id == old.id
    assert then.covered_m == pytest.approx(2_500.0, abs=20.0)
    assert now.counted_from.date() == date(2025, 6, 20)
    assert now.covered_m == pytest.approx(1_000.0, abs=20.0)


def test_a_patrol_over_midnight_into_a_redefined_segment_is_split_there(stores: Stores) -> None:
    """From midnight on the segment is another, measured from its other end: each has what was its own."""
    old = stores.border.by_code("B0", DAYS[0])
    turned = MeasuredLine.from_lonlat(LINE.cut(0.0, 3_000.0).round(7)[::-1])
    others = [one for one in stores.border.all(DAYS[0]) if one.code != "B0"]
    stores.border.replace([segment("B0", turned, DAYS[1]), *others], DAYS[1])
    send(stores, walk(500.0, 2_500.0, START + 2_300.0))  # midnight at 500 + 900 × 1.3 = 1,670 m
    new = stores.border.by_code("B0", DAYS[1])
    spans = {}
    for one in (old, new):
        rows = stores.coverage.lines([one.id], DAYS[0], DAYS[1] + timedelta(days=1))
        assert set(rows.day.tolist()) == {DAYS[0] if one is old else DAYS[1]}
        there = rows.evidence >= Evidence.OBSERVED
        ends = np.concatenate([rows.from_m[there], rows.to_m[there]])
        spans[one.id] = (ends.min(), ends.max())
    assert spans[old.id] == pytest.approx((500.0, 1_670.0), abs=12.0)
    assert spans[new.id] == pytest.approx((500.0, 1_330.0), abs=12.0)


def test_a_clock_two_hours_off_is_set_right_on_word(session: Session, stores: Stores) -> None:
    """A file two hours behind says so and leaves the ledger of the right one; nothing is moved unsaid."""
    right = walk(500.0, 2_500.0)
    wrong = gpx(replace(right, t=right.t - 7_200.0))

    def ledger_of(behind: int | None) -> list[tuple[object, ...]]:
        attempt = session.begin_nested()
        delivery = Delivery.of("d1", "walk.gpx", wrong, NOW, "A", clock_behind_s=behind)
        receipt = upload(stores, delivery, on_time(read(wrong, "gpx"), behind))
        found = ledger(stores)
        assert receipt.counts.created == len(right)
        attempt.rollback()
        return found

    attempt = session.begin_nested()
    send(stores, right)
    expected = ledger(stores)
    attempt.rollback()
    assert expected
    assert ledger_of(7_200) == expected
    assert ledger_of(None) != expected


def test_bad_fixes_are_kept_apart_with_their_reasons(stores: Stores) -> None:
    good = walk(0.0, 1_000.0)
    bad = Fixes.of(
        [np.nan, -2.1e9, START + 50 * 86_400.0, START + 1, START + 1.5],
        [115.0, 115.0, 115.0, 0.0, 115.0],
        [47.0, 47.0, 47.0, 0.0, 200.0],
    )
    content = gpx(Fixes.join([good, bad])).replace(b"NaTZ", b"")
    file = read(content, "gpx", filename="walk.gpx")
    receipt = upload(stores, Delivery.of("d1", "walk.gpx", content, NOW), file)
    reasons = ["no-time", "before-gps", "in-future", "null-island", "no-position"]
    kept = stores.patrols.quarantined(receipt.patrols[0].id)
    assert [one.reason for one in kept] == reasons
    assert [one.seq for one in kept] == list(range(len(good), len(good) + 5))
    assert kept[3].raw["lon"] == "0.0000000"
    said = report(receipt, file, "walk.gpx")
    assert [one["reason"] for one in said["quarantined"]] == reasons
    assert said["fixes"] == {
        "received": len(good) + 5,
        "stored": len(good),
        "duplicate": 0,
        "quarantined": 5,
        "not_kept": 0,
    }
    assert stores.patrols.fixes_of(receipt.patrols[0].id).t.min() == pytest.approx(START)


def test_every_fix_that_is_not_used_is_listed_by_its_row(stores: Stores) -> None:
    rows = ["time,lon,lat,name"]
    for number in range(1, 301):
        seconds = START + 2 * number
        at = datetime.fromtimestamp(seconds, UTC).isoformat()
        lon, lat = places(2.0 * number, 0.0)
        if number % 3 == 0:
            at = ""
        if number % 10 == 0:
            lon, lat = 0.0, 0.0
        if number % 20 == 1:
            # Nothing goes 2 km aside and back within two seconds.
            lat += 0.02
        rows.append(f"{at},{lon:.7f},{lat:.7f},x")
    content = "\n".join(rows).encode()
    file = read(content, "csv", filename="walk.csv")
    receipt = upload(stores, Delivery.of("d1", "walk.csv", content, NOW), file)
    said = report(receipt, file, "walk.csv")
    listed = {(one["reason"], row) for one in said["quarantined_rows"] for row in one["rows"]}
    nowhere = {("null-island", number) for number in range(10, 301, 10)}
    untimed = {("no-time", number) for number in range(3, 301, 3) if number % 10}
    assert listed == untimed | nowhere
    assert sum(len(one["rows"]) for one in said["quarantined_rows"]) == said["fixes"]["quarantined"] == 120
    assert [one["row"] for one in said["quarantined"]] == sorted(row for _, row in listed)[:20]
    aside = {row for one in said["set_aside_rows"] for row in one["rows"]}
    assert aside >= {number for number in range(1, 301, 20) if number % 3 and number > 1}
    assert len(aside) == sum(
        count for name, count in said["verdicts"].items() if name not in ("accepted", "supporting")
    )
    assert all(one["text"] for one in said["quarantined_rows"] + said["set_aside_rows"])
    TrackReport.model_validate(said)


def test_a_file_without_a_usable_fix_is_refused_and_leaves_nothing(stores: Stores) -> None:
    content = gpx(walk(0.0, 100.0))
    for old, new, said in ((b"2025-", b"1901-", "before 1990"), (b"time>", b"other>", "has a time")):
        broken = content.replace(old, new)
        file = read(broken, "gpx", filename="walk.gpx")
        with pytest.raises(TrackRefused, match=rf"walk\.gpx.*{said}") as caught:
            upload(stores, Delivery.of("d1", "walk.gpx", broken, NOW), file)
        assert caught.value.where["row"] == 5
        assert caught.value.where["file"] == "walk.gpx"
    empty = read(b"<gpx/>", "gpx", filename="walk.gpx")
    with pytest.raises(TrackRefused, match="no fix"):
        upload(stores, Delivery.of("d1", "walk.gpx", b"<gpx/>", NOW), empty)
    begin, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert stores.patrols.during(begin, end) == ()
    assert ledger(stores) == []


def test_car_then_foot_in_one_table_are_two_patrols(stores: Stores) -> None:
    drive = along(LINE, 0.0, 2_000.0, speed=15.0, mode=Mode.CAR)
    on_foot = along(LINE, 2_000.0, 3_000.0, start=float(drive.t[-1]) + 1.0)
    fixes = Fixes.join([drive, on_foot])
    rows = zip(fixes.t, fixes.lon, fixes.lat, fixes.mode, strict=True)
    text = "time,lon,lat,accuracy,mode\n" + "".join(
        f"{t:.3f},{lon:.7f},{lat:.7f},5,{Mode(int(mode)).label}\n" for t, lon, lat, mode in rows
    )
    content = text.encode()
    receipt = upload(stores, Delivery.of("d1", "walk.csv", content, NOW), read(content, "csv"))
    assert [patrol.mode for patrol in receipt.patrols] == ["foot", "car"]
    assert sum(one.walked_m for one in receipt.covered) == pytest.approx(3_000.0, abs=25.0)
    again = upload(stores, Delivery.of("d1", "walk.csv", content, NOW), read(content, "csv"))
    assert again.repeated
    assert again.patrols == receipt.patrols
