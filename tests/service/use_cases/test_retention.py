"""Forgetting in time, with a clock that the test turns: nothing outlives its days, and the ledger stays."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Engine, Text, Uuid, cast, func, select, text, update
from sqlalchemy.orm import Session

from geo.visits import Cells
from layers.audit import AuditFilter, write_pending
from layers.contacts import SealedContact
from layers.coverage_areas import AreaSight, coverage_area, packed
from layers.coverage_tables import coverage_line
from layers.field_tables import field_batch, field_incident, quarantine, visit
from layers.fixes import FixTable, QuarantinedFix, fix
from layers.ids import new_id
from layers.incidents import Incident
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.patrols import Patrol
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from layers.withdrawals import Withdrawal
from service.database import session_factory, web_engine
from service.jobs import run
from service.use_cases.coverage import coverage, period_of, segments_of
from service.use_cases.retention import Kept, Report, foresee, forget, keep_for, limits_of
from tests.fixtures.walks import START
from tests.service.use_cases.test_tracks import DISTRICT, NOW, ZONE, ledger, send, stores, walk

__all__ = ["stores"]
KEPT = Kept()
DAY = timedelta(days=1)
SOMEBODY = new_id()


def applied(stores: Stores, now: datetime, kept: Kept = KEPT) -> Report:
    report = forget(stores, kept, now)
    assert report is not None
    return report


def rows(report: Report) -> dict[tuple[str, str], int]:
    return {(one.table, one.reason): one.rows for one in report.done if one.rows}


def covered(stores: Stores) -> list[str]:
    """What a reader is told of June, each stretch and pass of it."""
    period = period_of("2025-06-01", "2025-07-01", ZONE, NOW + 90 * DAY)
    found = coverage(stores, segments_of(stores, period), period)
    assert found
    return [repr(one) for one in found]


def fixes_left(stores: Stores) -> int:
    count = select(func.count()).where(fix.c.district == stores.district)
    return int(stores.session.execute(count).scalar_one())


def test_the_fixes_go_and_the_ledger_stays_as_it_is(stores: Stores) -> None:
    stored = send(stores, walk(500.0, 6_500.0)).counts.created
    before, said = ledger(stores), covered(stores)
    assert before
    assert rows(applied(stores, NOW)) == {}
    report = applied(stores, NOW + 60 * DAY)
    assert rows(report) == {("fix", "fixes"): stored}
    assert fixes_left(stores) == 0
    assert ledger(stores) == before
    assert covered(stores) == said


def test_the_ledger_of_ground_keeps_nobody_and_no_hour(stores: Stores) -> None:
    """It is as fine as a way: what was seen stays, and of who saw it and when nothing but the day."""
    day = NOW.date()
    begin = datetime.combine(day, datetime.min.time(), ZoneInfo(stores.districts.current().timezone))
    cells, less = (Cells.of([470_000], [1_150_000], [count]) for count in (9, 3))
    sight = AreaSight(
        begin + timedelta(hours=9), begin + timedelta(hours=9.5), packed(cells), packed(less), packed(cells)
    )
    stores.coverage.replace_areas("phone", day, [sight])
    assert rows(applied(stores, NOW + 60 * DAY)) == {("coverage_area", "fixes"): 1}
    assert rows(applied(stores, NOW + 60 * DAY)) == {}
    (row,) = stores.session.execute(select(coverage_area)).all()
    assert (row.device, row.from_at, row.to_at) == ("", begin + timedelta(hours=12), row.from_at)
    known = [
        stores.areas_seen.within(day, day + DAY, first, first + DAY)
        for first in (begin, begin + timedelta(hours=3))
    ]
    assert [(len(one.sure), len(one.likely), len(one.possible)) for one in known] == [(3, 9, 9), (0, 9, 9)]


def test_what_arrives_late_is_added_to_what_was_walked_then(stores: Stores) -> None:
    send(stores, walk(500.0, 2_500.0))
    kept = ledger(stores)
    applied(stores, NOW + 60 * DAY)
    # As if some minutes went by: the ledger's rows are older than the removal, and that is over.
    stores.session.execute(text("UPDATE fix_horizon SET removed_at = removed_at - interval '2 minutes'"))
    older = cast(func.concat("0190", func.substr(cast(coverage_line.c.id, Text), 5)), Uuid)
    stores.session.execute(update(coverage_line).values(id=older))
    send(stores, walk(3_000.0, 4_000.0, START + 5_000.0, seed=1), device="d1")
    both = ledger(stores)
    assert set(kept) < set(both)
    # Once more of the same day: what is still there is made again, not doubled.
    send(stores, walk(5_000.0, 6_000.0, START + 9_000.0, seed=2), device="d1")
    third = ledger(stores)
    assert len(set(third)) == len(third)
    assert set(kept) < set(third)


def test_a_dry_run_says_what_a_run_does_and_changes_nothing(stores: Stores) -> None:
    send(stores, walk(500.0, 2_500.0))
    now = NOW + 60 * DAY
    foreseen = foresee(stores, KEPT, now)
    assert not foreseen.applied
    assert fixes_left(stores) > 0
    assert stores.retention.last_run() is None
    done = applied(stores, now)
    assert (done.done, done.limits) == (foreseen.done, foreseen.limits)
    assert done.applied
    assert stores.retention.last_run() == now
    assert rows(applied(stores, now)) == {}


def test_every_run_is_in_the_audit(stores: Stores) -> None:
    send(stores, walk(500.0, 600.0))
    applied(stores, NOW + 60 * DAY)
    write_pending(stores.session)
    (entry,) = stores.audit.latest(AuditFilter(action="retention.apply"))
    assert entry.actor_kind == "system"
    assert any(one.startswith("fix removed fixes: ") for one in entry.detail["rows"])


def test_a_district_may_keep_things_for_other_days(stores: Stores) -> None:
    send(stores, walk(500.0, 600.0))
    keep_for(stores, "fixes", 90, NOW)
    assert rows(applied(stores, NOW + 60 * DAY)) == {}
    assert rows(applied(stores, NOW + 90 * DAY)) != {}
    assert limits_of(stores, KEPT, NOW).contacts == NOW - 365 * DAY


def incident(stores: Stores, status: str, settled_at: datetime | None) -> Incident:
    at = NOW - 100 * DAY
    value = Incident(new_id(), "web", "waste", "垃圾", 115.0, 47.0, 115.0, 47.0, at, at, status=status)
    stores.incidents.create(value)
    if settled_at is not None:
        stores.incidents.record(value.id, settled_at, "status", "staff", before="done", after=status)
    stores.contacts.keep(SealedContact(value.id, "k", bytes(12), b"sealed"), at)
    stores.contacts.give_receipt(value.id, hashlib.sha256(value.id.bytes).digest(), at, SOMEBODY)
    stores.session.execute(
        field_incident.insert().values(
            district=stores.district,
            id=value.id,
            version=0,
            device="phone",
            person=SOMEBODY,
            incident=value.id,
            digest="x",
            received_at=at,
        )
    )
    return value


def test_who_reported_is_forgotten_a_year_after_closing(stores: Stores) -> None:
    closed = incident(stores, "closed", NOW)
    merged = incident(stores, "merged", NOW - DAY)
    others = [incident(stores, "handling", NOW - 90 * DAY), incident(stores, "closed", NOW + 2 * DAY)]
    assert rows(applied(stores, NOW + 364 * DAY)) == {}
    report = applied(stores, NOW + 365 * DAY + timedelta(seconds=1))
    assert rows(report) == {
        ("incident_contact", "contacts"): 2,
        ("incident_receipt", "contacts"): 2,
        ("field_incident", "contacts"): 2,
    }
    for one in (closed, merged):
        assert stores.contacts.get(one.id) is None
        assert stores.contacts.by_receipt(hashlib.sha256(one.id.bytes).digest()) is None
        assert stores.incidents.get(one.id).title == "垃圾"
    for one in others:
        assert stores.contacts.get(one.id) is not None
    left = stores.session.execute(
        select(field_incident.c.incident).where(field_incident.c.person == SOMEBODY)
    )
    assert {row.incident for row in left} == {one.id for one in others}


def test_who_sent_what_was_withdrawn_is_forgotten_a_year_after(stores: Stores) -> None:
    value = incident(stores, "handling", None)
    assert stores.withdrawals.withdraw(Withdrawal(value.id, NOW, "chief", "by mistake"), ("web", "7"))
    assert rows(applied(stores, NOW + 364 * DAY)) == {}
    later = NOW + 365 * DAY + timedelta(seconds=1)
    assert rows(applied(stores, later)) == {("field_incident", "contacts"): 1}
    left = stores.withdrawals.get(value.id)
    assert left is not None
    assert left.reason == "by mistake"


def test_places_in_what_could_not_be_stored_and_of_visits_go_with_the_fixes(stores: Stores) -> None:
    session = stores.session
    receipt = send(stores, walk(500.0, 600.0))
    bad = [QuarantinedFix(1, "in-future", {"lon": 115.0, "lat": 47.0})]
    stores.patrols.quarantine(receipt.patrols[0].id, bad, NOW)
    post = Marker(new_id(), "P1", "一号", 115.0, 47.0, read_attributes("gate", {}), date(2024, 1, 1))
    stores.markers.add([post])
    seen = {
        "district": DISTRICT,
        "id": new_id(),
        "marker": post.id,
        "device": "d1",
        "person": SOMEBODY,
        "action": "inspected",
        "note": "锁好",
        "at": NOW,
        "received_at": NOW,
        "lon": 115.0,
        "lat": 47.0,
        "distance_m": 3.0,
        "evidence": 5,
        "digest": "x",
    }
    session.execute(visit.insert().values(**seen))
    for kind in ("point", "visit", "incident"):
        session.execute(quarantine.insert().values(**quarantined(kind)))
    held = {"district": DISTRICT, "device": "d1", "id": new_id(), "person": SOMEBODY, "digest": "x"}
    session.execute(field_batch.insert().values(**held, reply="{}", received_at=NOW))
    stores.idempotency.claim("key", "digest")
    assert ("visit", "fixes") not in rows(applied(stores, NOW + 27 * DAY))
    report = applied(stores, NOW + 400 * 10 * DAY)
    assert {
        ("fix_quarantine", "fixes"): 1,
        ("quarantine", "fixes"): 1,
        ("quarantine", "drafts"): 2,
        ("visit", "fixes"): 1,
        ("field_batch", "replies"): 1,
        ("idempotency_key", "keys"): 1,
    }.items() <= rows(report).items()
    assert stores.patrols.quarantined(receipt.patrols[0].id) == (QuarantinedFix(1, "in-future", {}),)
    (row,) = session.execute(select(visit)).all()
    assert (row.lon, row.lat, row.distance_m, row.note) == (None, None, 3.0, "锁好")
    found = session.execute(select(quarantine)).all()
    assert {(one.raw, one.state, one.settled_by) for one in found} == {("{}", "discarded", "retention")}
    assert all("115" not in json.dumps(one.fault) for one in found)


def quarantined(kind: str) -> dict[str, object]:
    return {
        "district": DISTRICT,
        "id": new_id(),
        "kind": kind,
        "device": "d1",
        "person": SOMEBODY,
        "ref": f"t/{kind}",
        "digest": "x",
        "reason": "outside",
        "fault": {"text": "{lon} is outside.", "params": {"lon": 115.0}},
        "raw": '{"lon": 115.0, "lat": 47.0}',
        "received_at": NOW,
        "state": "waiting",
    }


@pytest.fixture
def sessions(engine: Engine, database_url: str) -> Iterator[Callable[[], Session]]:
    """Sessions as the service's own work has them: of the role that owns nothing."""
    served = web_engine(database_url, None)
    yield session_factory(served, SYSTEM_SCOPE)
    served.dispose()


def add_fixes(session: Session, code: str, first: datetime, days: int) -> None:
    stores = Stores(session, code)
    stores.districts.create(code, timezone=ZONE)
    at = first.timestamp() + np.arange(0, days * 86_400, 10_800)
    patrol, _ = stores.patrols.add(Patrol(new_id(), "d1", "foot", "", "api", "x", first))
    stores.patrols.add_fixes(patrol, FixTable.of(at, np.full(len(at), 115.0), np.full(len(at), 47.0)))


def ages(session: Session, now: datetime) -> dict[str, tuple[timedelta, int]]:
    found = session.execute(select(fix.c.district, func.min(fix.c.at), func.count()).group_by(fix.c.district))
    return {code: (now - first, count) for code, first, count in found}


def test_no_fix_survives_its_days(sessions: Callable[[], Session], engine: Engine) -> None:
    """Two districts, one keeping fixes for half as long, for three months, looked at every two hours."""
    first = datetime(2025, 1, 20, 5, tzinfo=UTC)
    with Session(engine) as session:
        for code in ("A", "B"):
            add_fixes(session, code, first, 50)
        keep_for(Stores(session, "B"), "fixes", 15, first)
        session.commit()
    forgotten = {"A": 0, "B": 0}
    for tick in range(12 * 85):
        now = first + tick * timedelta(hours=2)
        for report in run(sessions, KEPT, now, due_only=True)[0]:
            forgotten[report.district] += sum(one.rows for one in report.done if one.table == "fix")
        if tick % 6 == 5:
            with sessions() as session:
                for code, (age, count) in ages(session, now).items():
                    assert age < timedelta(days=30 if code == "A" else 15)
                    assert count + forgotten[code] == 400
    assert forgotten == {"A": 400, "B": 400}
    with engine.connect() as connection:
        # Other tests leave months of theirs behind.
        leaves = "SELECT relid::text AS name FROM pg_partition_tree('fix_block') WHERE isleaf"
        months = f"SELECT count(*) FROM ({leaves}) AS leaf WHERE name ~ '^fix_block_2025_0[123]$'"  # noqa: S608
        # March is not over yet for district A when its last fix goes; January and February went whole.
        assert connection.execute(text(months)).scalar_one() == 1


def test_one_worker_at_a_time(sessions: Callable[[], Session], engine: Engine) -> None:
    with Session(engine) as session:
        add_fixes(session, "A", datetime(2025, 1, 20, tzinfo=UTC), 2)
        session.commit()
    now = datetime(2025, 6, 1, tzinfo=UTC)
    with sessions() as one, sessions() as other:
        assert Stores(one, "A").retention.begin()
        assert forget(Stores(other, "A"), KEPT, now) is None
        one.rollback()
        assert forget(Stores(other, "A"), KEPT, now) is not None
        other.rollback()
    assert len(run(sessions, KEPT, now, due_only=True)[0]) == 1
    assert run(sessions, KEPT, now, due_only=True) == ([], None)
