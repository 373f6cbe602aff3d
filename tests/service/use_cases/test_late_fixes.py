"""Fixes that come when their days are over: they count, and nothing that outlives the hour has held them."""

import struct
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, func, select, text
from sqlalchemy.orm import Session

from geo.coverage import Evidence, Intervals, covered_length, union
from geo.lattice import to_lattice
from geo.track import Fixes
from layers.fixes import FixTable, fix, fix_quarantine, late_fix
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from service.cluster import Cluster
from service.readers.tracks import read
from service.use_cases.retention import Kept, announce, forget, is_due
from service.use_cases.tracks import Delivery, upload
from tests.fixtures.walks import START, gpx
from tests.service.use_cases.test_tracks import DISTRICT, NOW, ZONE, ledger, send, stores, walk

__all__ = ["stores"]
LATER = NOW + timedelta(days=60)
SEAM_M = 40.0
"""So much at most is lost where one walk came in two files and the first was forgotten between them."""


def count(stores: Stores, table: Table) -> int:
    query = select(func.count()).where(table.c.district == stores.district)
    return int(stores.session.execute(query).scalar_one())


def metres(stores: Stores) -> tuple[float, float]:
    """Return the metres that were walked, and those counted as often as they were."""
    ids = [one.id for one in stores.border.during(date(2025, 1, 1), date(2026, 1, 1))]
    rows = stores.coverage.lines(ids, date(2025, 1, 1), date(2026, 1, 1))
    seen = rows.evidence >= Evidence.OBSERVED
    low, high = np.minimum(rows.from_m, rows.to_m), np.maximum(rows.from_m, rows.to_m)
    once = sum(
        covered_length(union(low[here], high[here]))
        for here in (seen & (rows.segment == k) for k in range(len(ids)))
    )
    return once, float((high - low)[seen].sum())


@pytest.fixture
def late(stores: Stores) -> Stores:
    """The district when the days of all walks of the tests are over, and whoever keeps time said so."""
    announce(stores, Kept(), LATER)
    age(stores)
    return stores


def expected(stores: Stores, fixes: Fixes) -> list[tuple[object, ...]]:
    """What the ledger would be had the fixes come in time."""
    with stores.session.begin_nested() as attempt:
        stores.session.execute(text("DELETE FROM fix_horizon"))
        send(stores, fixes)
        found = ledger(stores)
        attempt.rollback()
    stores.session.expire_all()
    return found


def test_what_they_show_was_walked_and_they_are_not_kept(late: Stores) -> None:
    fixes = walk(500.0, 6_500.0)
    wanted = expected(late, fixes)
    receipt = send(late, fixes)
    assert receipt.counts.late == receipt.counts.created == len(fixes)
    assert count(late, fix) == 0
    assert ledger(late) == wanted
    assert len(late.patrols.fixes_of(receipt.patrols[0].id)) == 0
    assert is_due(late, Kept(), LATER)
    assert forget(late, Kept(), LATER) is not None
    assert count(late, late_fix) == 0
    assert ledger(late) == wanted


def test_a_file_over_the_limit_is_kept_from_there_and_credited_whole(stores: Stores) -> None:
    fixes = walk(500.0, 6_500.0)  # over midnight, where a day of fixes goes
    wanted = expected(stores, fixes)
    zone_midnight = datetime(2025, 6, 15, 16, tzinfo=NOW.tzinfo)
    announce(stores, Kept(fixes=30), zone_midnight + timedelta(days=29, hours=1))
    receipt = send(stores, fixes)
    early = int((fixes.t < zone_midnight.timestamp()).sum())
    assert 0 < early < len(fixes)
    assert receipt.counts.late == early
    assert count(stores, fix) == len(fixes) - early
    assert ledger(stores) == wanted


def test_sent_again_in_other_parts_it_adds_nothing(late: Stores) -> None:
    fixes = walk(500.0, 6_500.0)
    send(late, fixes)
    forget(late, Kept(), LATER)
    age(late)
    before, (once, all_) = ledger(late), metres(late)
    assert send(late, fixes).repeated
    for part in (np.arange(100, 900), np.arange(0, len(fixes) - 1), np.arange(1_500, 2_200)):
        send(late, fixes.take(part))
        forget(late, Kept(), LATER)
        age(late)
    assert set(before) <= set(ledger(late))
    assert metres(late) == pytest.approx((once, all_), abs=5.0)


def test_a_crash_that_empties_them_takes_nothing_from_the_ledger(late: Stores) -> None:
    fixes = walk(500.0, 6_500.0)
    first, last = np.split(np.arange(len(fixes)), [len(fixes) // 2])
    send(late, fixes.take(first))
    once, _ = metres(late)
    late.session.execute(late_fix.delete())  # as PostgreSQL does with unlogged tables when it recovers
    send(late, fixes.take(last))
    both, all_ = metres(late)
    assert both > once + 2_000.0
    assert both == pytest.approx(6_000.0, abs=SEAM_M)
    assert all_ == pytest.approx(both, abs=SEAM_M)


def age(stores: Stores) -> None:
    """Make the ledger's rows older than the last removal, as if some minutes went by."""
    stores.session.execute(text("UPDATE fix_horizon SET removed_at = removed_at - interval '2 minutes'"))
    older = "UPDATE coverage_line SET id = ('0190' || substr(id::text, 5))::uuid"
    stores.session.execute(text(older))


def test_what_cannot_be_stored_is_told_and_not_kept(late: Stores) -> None:
    good = walk(0.0, 500.0)
    bad = Fixes.of([START + 1, START + 50 * 86_400.0], [0.0, 115.0], [0.0, 47.0], accuracy_m=np.nan)
    content = gpx(Fixes.join([good, bad]))
    upload(late, Delivery.of("d1", "walk.gpx", content, NOW), read(content, "gpx"))
    raw = late.session.execute(select(fix_quarantine.c.reason, fix_quarantine.c.raw)).all()
    assert dict(tuple(one) for one in raw)["null-island"] == {}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), forgets=st.booleans())
@example(seed=7118, forgets=False)  # what was seen of a segment's end, between two fixes
def test_any_parts_in_any_order_are_the_walk(late: Stores, seed: int, forgets: bool) -> None:
    """Exactly, as long as nothing is forgotten meanwhile; else but for the seams, and never more."""
    rng = np.random.default_rng(seed)
    fixes = walk(500.0, 4_500.0, seed=int(rng.integers(100)))
    cuts = np.sort(rng.integers(0, len(fixes), 3))
    parts = np.split(np.arange(len(fixes)), cuts)
    parts = [parts[k] for k in rng.permutation(len(parts)) if len(parts[k])]
    parts.append(parts[int(rng.integers(len(parts)))])
    with late.session.begin_nested() as attempt:
        wanted = expected(late, fixes)
        for part in parts:
            send(late, fixes.take(part))
            if forgets:
                forget(late, Kept(), LATER)
                age(late)
        found, (once, all_) = ledger(late), metres(late)
        attempt.rollback()
    late.session.expire_all()
    if not forgets:
        assert found == wanted
    spans = np.array([row[3:5] for row in wanted if row[2] == Evidence.OBSERVED], dtype=np.float64)
    whole = float(np.abs(np.diff(spans)).sum())
    assert once <= whole + 5.0
    assert once >= whole - SEAM_M * len(cuts)
    assert all_ <= whole + 5.0


def held(data: Path, fixes: Fixes) -> bool:
    """Say whether the write-ahead log holds the places of some fixes: each in a row, or their longitudes."""
    places = to_lattice(np.column_stack((fixes.lon, fixes.lat)))
    wanted = [struct.pack("<ii", *one) for one in places.tolist()]
    wanted += [struct.pack("<iii", *places[k : k + 3, 0].tolist()) for k in range(len(places) - 2)]
    logs = [one.read_bytes() for one in (data / "pg_wal").iterdir() if one.is_file()]
    return any(place in log for place in wanted for log in logs)


def test_no_log_ever_held_them(engine: Engine, cluster: Cluster) -> None:
    rng = np.random.default_rng()  # other places in each run, so that no old log has them
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create("试验旗", timezone=ZONE)
        announce(stores, Kept(), LATER)
        patrol, _ = stores.patrols.add(Patrol(new_id(), "d1", "foot", "", "api", "x", LATER))
        written = {}
        for when in (START, LATER.timestamp()):
            lon, lat = rng.uniform(100.0, 120.0, 20), rng.uniform(30.0, 40.0, 20)
            fixes = Fixes.of(when + np.arange(20.0), lon, lat)
            stores.patrols.add_fixes(patrol, FixTable.of(fixes.t, fixes.lon, fixes.lat))
            written[when] = fixes
        assert count(stores, fix) == count(stores, late_fix) == 20
        session.execute(text("SET LOCAL synchronous_commit = on"))  # what is committed is in the log then
        session.commit()
    assert held(cluster.layout.data, written[LATER.timestamp()]), "the log cannot be read"
    assert not held(cluster.layout.data, written[START])


def test_what_is_known_better_goes_nowhere_and_what_is_not_is_added() -> None:
    known = Intervals.of([0.0], [100.0], [1_000.0], [1_100.0], evidence=Evidence.INFERRED)
    new = Intervals.of(
        [0.0, 0.0], [200.0, 50.0], [1_000.0, 1_000.0], [1_200.0, 1_050.0],
        evidence=[Evidence.INFERRED, Evidence.OBSERVED],
    )  # fmt: skip
    found = new.beyond(known)
    assert found.evidence.tolist() == [Evidence.INFERRED, Evidence.OBSERVED]
    assert found.from_m.tolist() == [100.0, 0.0]
    assert found.to_m.tolist() == [200.0, 50.0]
