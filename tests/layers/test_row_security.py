"""What each role sees and changes by SQL alone, whatever a route would have said."""

import re
from collections.abc import Callable, Iterable, Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.notices import Notice
from layers.row_security import (
    AUDIT,
    INTAKE,
    PUBLIC_SCOPE,
    SYSTEM_SCOPE,
    Scope,
    acting,
    enter,
    scope_of,
)
from layers.stores import Stores
from tests.layers import makers
from tests.layers.row_rules import CASES, CHANGED, KEEPERS, OFFICE, SEEN, STAFF
from tests.layers.row_scene import AUDIT_ENTRY, ELSEWHERE, HERE, PERSON, ROLES, Scene, as_web, count, lay

_INCIDENT = """
    INSERT INTO incident (district, id, channel, class, title, description, geom, raw_lon, raw_lat, datum,
                          occurred_at, received_at, status, colour, assignment, version, digest)
    VALUES (:district, gen_random_uuid(), 'x', 'c', '', '', ST_SetSRID(ST_MakePoint(1, 1), 4490), 1, 1,
            'wgs84', now(), now(), 'received', 'green', '{}', 1, '')
"""
_PATROL = """
    INSERT INTO patrol (district, id, device, mode, name, source, digest, fixes, received_at)
    VALUES (:district, gen_random_uuid(), 'DEVICE', 'foot', '', '', 'new', 0, now())
"""
_RELEASE = """
    INSERT INTO release (district, id, layer, number, effective_on, published_at, note, units, digest, counts)
    VALUES (:district, gen_random_uuid(), 'grids', 9, '2030-01-01', now(), '', 0, '', '{}')
"""
_PLAN = """
    INSERT INTO plan (district, id, layer, number, title, note, author, author_name, base, scope, status,
                      version, created_at, changed_at, decision_note)
    VALUES (:district, gen_random_uuid(), 'grids', 9, '', '', :me, '', :base, '{}', 'draft',
            1, now(), now(), '')
"""
_NOTICE = """
    INSERT INTO notice (district, id, kind, person, subject, body, created_at)
    VALUES (:district, gen_random_uuid(), 'x', gen_random_uuid(), '', '{}', now())
"""
_LINEAGE = """
    INSERT INTO lineage (district, release, from_unit, to_unit, kind, share_area)
    VALUES (:district, :base, :unit, :unit, 'continue', 1)
"""
_LINE = """
    INSERT INTO line_feature (district, id, code, kind, name, geom)
    VALUES (:district, gen_random_uuid(), 'new', 'road', '', ST_GeomFromText('LINESTRING(1 1, 2 2)', 4490))
"""
_REPORT = """
    INSERT INTO coverage_report
    VALUES (:district, gen_random_uuid(), '2025-03-01', now(), 'x', '', repeat('0', 64), '{}')
"""
INSERTED: dict[str, tuple[Iterable[str], Iterable[str]]] = {
    _INCIDENT: (CASES, CASES),
    _PATROL: (KEEPERS, ()),
    _RELEASE: ({"planner", "reviewer", "administrator"}, ()),
    AUDIT_ENTRY: ((), ()),
    _PLAN: ({"planner", "administrator"}, {"planner", "administrator"}),
    _PLAN.replace(":me", "gen_random_uuid()"): ((), ()),
    _NOTICE: (OFFICE, OFFICE),
    _LINEAGE: ({"planner", "reviewer", "administrator"}, ()),
    _LINE: ({"planner", "administrator"}, ()),
    _REPORT: ({"coordinator", "supervisor", "administrator"}, ()),
}


@pytest.fixture
def scene(stores: Stores) -> Scene:
    """The scene, laid by the owner in the test's transaction."""
    return lay(stores.session)


def seen(session: Session, scope: Scope | None, district: str = HERE) -> dict[str, int]:
    with session.begin_nested() as undone:
        as_web(session, scope)
        found = {table: count(session, table, district) for table in SEEN}
        undone.rollback()
    return found


def changed(session: Session, scope: Scope | None, statement: str) -> int | str:
    """Return how many rows a statement reaches, or ``refused``."""
    given = {"district": HERE, "seq": 2, "me": PERSON}
    for name in ("release AS base", "unit"):
        found = session.execute(text(f"SELECT {name} FROM unit_version WHERE code = 'G1'"))  # noqa: S608
        given |= found.mappings().one()
    with session.begin_nested() as undone:
        as_web(session, scope)
        where = "" if ":district" in statement else " WHERE district = :district"
        if "UPDATE district" in statement:
            where = " WHERE code = :district"
        try:
            done = session.execute(text(statement + where), given)
        except DBAPIError as error:
            if not re.search("row-level security|permission denied", str(error.orig)):
                raise
            return "refused"
        else:
            return int(done.rowcount)  # type: ignore[attr-defined]
        finally:
            undone.rollback()


def test_a_session_that_never_enters_sees_nothing(session: Session, scene: Scene) -> None:
    assert set(seen(session, None).values()) == {0}
    assert {changed(session, None, one) for one in CHANGED} == {0}
    assert {changed(session, None, one) for one in INSERTED} == {"refused"}


def test_the_public_sees_units_and_stations_and_changes_nothing(session: Session, scene: Scene) -> None:
    public = Scope(everywhere=frozenset({"public"}))
    for scope in (public, PUBLIC_SCOPE, Scope(person=scene.other)):
        found = seen(session, scope)
        if scope.person is None:
            assert found == {table: row[1] for table, row in SEEN.items()}
        assert {changed(session, scope, one) for one in CHANGED} == {0}
        assert {changed(session, scope, one) for one in INSERTED} == {"refused"}


@pytest.mark.parametrize("area", ["whole", "part"])
def test_each_role_sees_its_area(session: Session, scene: Scene, area: str) -> None:
    make: Callable[[str], Scope] = getattr(scene, area)
    whole = area == "whole"
    for role in ROLES:
        expected = {
            table: (total if whole else in_part) if role in (who if whole else there) else anybody
            for table, (total, anybody, who, in_part, there) in SEEN.items()
        }
        assert seen(session, make(role)) == expected, role


@pytest.mark.parametrize("area", ["whole", "part"])
def test_each_role_changes_its_area(session: Session, scene: Scene, area: str) -> None:
    make: Callable[[str], Scope] = getattr(scene, area)
    whole = area == "whole"
    for role in ROLES:
        scope = make(role)
        for statement, (total, who, in_part, there) in CHANGED.items():
            expected = (total if role in who else 0) if whole else (in_part if role in there else 0)
            assert changed(session, scope, statement) == expected, (role, statement)
        for statement, (who, there) in INSERTED.items():
            allowed = role in (who if whole else there)
            assert changed(session, scope, statement) == (1 if allowed else "refused"), (role, statement)


def test_a_role_in_another_district_is_none_here(session: Session, scene: Scene) -> None:
    for role in ROLES:
        scope = scene.whole(role, ELSEWHERE)
        assert seen(session, scope) == {table: row[1] for table, row in SEEN.items()}, role
        assert {changed(session, scope, one) for one in CHANGED} == {0}, role
        assert {changed(session, scope, one) for one in INSERTED} == {"refused"}, role
    assert seen(session, scene.whole("coordinator"), ELSEWHERE)["incident"] == 0
    assert seen(session, scene.whole("coordinator", ELSEWHERE), ELSEWHERE)["incident"] == 1


def test_a_role_everywhere_reaches_every_district(session: Session, scene: Scene) -> None:
    everywhere = Scope(everywhere=frozenset({"administrator"}))
    for district in (HERE, ELSEWHERE):
        assert seen(session, everywhere, district) == seen(session, SYSTEM_SCOPE, district)
    assert changed(session, everywhere, "UPDATE district SET name = 'x'") == 1
    assert changed(session, everywhere, AUDIT_ENTRY) == "refused"


def test_a_device_has_its_own(session: Session, scene: Scene) -> None:
    found = seen(session, scene.walking())
    own = {"patrol": 1, "fix": 3, "coverage_line": 1, "quarantine": 1, "marker": 2, "border_segment": 1}
    own |= {"track_withdrawal": 1, "fix_block": 1}
    own |= {"coverage_day": 1, "coverage_area": 1, "coverage_declaration": 1, "coverage_task": 1}
    own |= {"sight_barrier": 1, "clock_sample": 1, "clock_skew": 1, "clock_word": 1}
    assert found == {table: row[1] for table, row in SEEN.items()} | own
    assert changed(session, scene.walking(), _PATROL.replace("DEVICE", "mine")) == 1
    assert changed(session, scene.walking(), _PATROL.replace("DEVICE", "theirs")) == "refused"
    assert changed(session, scene.walking(), _INCIDENT) == 1
    assert changed(session, scene.walking(), "UPDATE coverage_line SET to_m = 5") == 1
    assert changed(session, scene.walking(), "DELETE FROM fix_block") == 0
    assert changed(session, scene.walking(), "UPDATE clock_skew SET seconds = 0") == 1
    assert changed(session, scene.walking(), "UPDATE clock_word SET seconds = 0") == 0, "the word is others'"


def test_a_guard_sees_the_own_ways_and_nobody_elses(session: Session, scene: Scene) -> None:
    guard = Scope(person=scene.walker, districts={HERE: {"guard": (scene.village,)}})
    found = seen(session, guard)
    assert (found["patrol"], found["fix"], found["quarantine"], found["coverage_task"]) == (1, 3, 1, 1)
    gone = Scope(person=scene.walker)
    assert seen(session, gone)["fix"] == 0, "the grant has ended"


def test_a_notice_to_a_person_is_theirs_alone(session: Session, scene: Scene) -> None:
    told = Notice(new_id(), "moved", "plan", makers.NOON, person=scene.walker)
    Stores(session, HERE).notices.add([told])
    theirs = Scope(person=scene.walker, districts={HERE: {"guard": None}})
    for scope, rows in ((theirs, 1), (SYSTEM_SCOPE, 3), *((scene.whole(role), 2) for role in STAFF)):
        assert seen(session, scope)["notice"] == rows
    assert changed(session, theirs, "UPDATE notice SET seen_at = now()") == 1


def test_the_service_has_the_rights_it_needs(session: Session, scene: Scene) -> None:
    assert seen(session, SYSTEM_SCOPE) == {table: row[0] for table, row in SEEN.items()}
    reached = {statement: changed(session, SYSTEM_SCOPE, statement) for statement in CHANGED}
    assert all(reached.values()), reached


def test_taking_in_needs_no_role(session: Session, scene: Scene) -> None:
    as_web(session, Scope(everywhere=frozenset({"public"})))
    stores = Stores(session, HERE)
    assert count(session, "responsibility") == 0
    with stores.intake():
        assert stores.incidents.create(makers.incident(unit=scene.grids[0]))[1]
        assert count(session, "responsibility") == 2
        assert count(session, "fix") == 0
    assert count(session, "incident") == 0
    scope = scope_of(session)
    assert scope is not None
    assert INTAKE not in scope.everywhere


def test_a_role_for_a_step_ends_with_it_after_errors_too(session: Session, scene: Scene) -> None:
    as_web(session, PUBLIC_SCOPE)
    with pytest.raises(DBAPIError), session.begin_nested(), acting(session, AUDIT):
        session.execute(text("SELECT 1 / count(*) FROM audit_entry WHERE seq > 1"))
    assert count(session, "audit_entry") == 0
    with acting(session, AUDIT):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("SELECT 1 / 0"))
        assert count(session, "audit_entry") == 1
    assert count(session, "audit_entry") == 0
    with pytest.raises(DBAPIError), session.begin_nested():
        fail_within(session)
    assert count(session, "audit_entry") == 0


def fail_within(session: Session) -> None:
    with acting(session, AUDIT), session.begin_nested():
        assert count(session, "audit_entry") == 1
        session.execute(text("SELECT 1 / 0"))


def test_a_scope_ends_with_the_transaction_and_the_next_begins_with_it(session: Session) -> None:
    with Session(session.get_bind().engine) as fresh:
        enter(fresh, PUBLIC_SCOPE)
        for _ in range(2):
            assert fresh.execute(text("SHOW wardline.scope")).scalar_one() == PUBLIC_SCOPE.to_json()
            fresh.commit()
        assert fresh.connection().connection.driver_connection is not None
        fresh.rollback()
        with fresh.get_bind().connect() as connection:  # type: ignore[union-attr]
            assert not connection.execute(text("SELECT current_setting('wardline.scope', true)")).scalar_one()


def test_quotes_and_odd_characters_stay_inside_of_the_setting(session: Session, stores: Stores) -> None:
    odd = Scope(device="'; RESET ROLE; --\\ ü ' %s", districts={"9' OR '1": {"x": None}})
    enter(session, odd)
    assert session.execute(text("SHOW wardline.scope")).scalar_one() == odd.to_json()
    assert session.execute(text("SELECT scope_devices()")).scalar_one() == [odd.device]


def test_a_key_of_somebody_else_is_another_key(session: Session, scene: Scene) -> None:
    stores = Stores(session, HERE)
    as_web(session, scene.whole("coordinator"))
    assert stores.idempotency.claim("k", "one") is None
    stores.idempotency.finish("k", 201, {"body": 1})
    enter(session, scene.walking())
    assert stores.idempotency.claim("k", "two") is None, "neither answered nor refused by another's row"
    assert session.execute(text("SELECT count(*) FROM idempotency_key")).scalar_one() == 1
    enter(session, scene.whole("coordinator"))
    assert stores.idempotency.claim("k", "one") is not None


def test_a_conflict_with_a_hidden_row_is_never_silent(session: Session, scene: Scene) -> None:
    stores = Stores(session, HERE)
    hidden = makers.incident(unit=scene.grids[1], external_id="7")
    stores.incidents.create(hidden)
    as_web(session, scene.part("grid_worker"))
    with pytest.raises(Exception, match="already delivered"):
        stores.incidents.create(makers.incident(unit=scene.grids[0], external_id="7"))
    enter(session, Scope(person=scene.other, device="theirs", districts={HERE: {"reporter": None}}))
    with pytest.raises(Exception, match=r"no patrol|lets you write"), session.begin_nested():
        stores.patrols.add(makers.patrol("mine", "mine"))


def test_months_are_made_by_the_service_and_nothing_else_is(session: Session, scene: Scene) -> None:
    as_web(session, SYSTEM_SCOPE)
    session.execute(text("SELECT ensure_fix_months('{2031-05-01,1971-01-01,2031-05-07}')"))
    name = "^fix_block(_h.)?_2031_05$"
    made = text("SELECT count(*) FROM pg_class WHERE relname ~ :name AND relrowsecurity")
    assert session.execute(made, {"name": name}).scalar_one() in (1, 4)
    for statement in (
        "CREATE TABLE mine (a int)",
        "DROP TABLE fix_block",
        "ALTER TABLE fix_block DISABLE ROW LEVEL SECURITY",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), session.begin_nested():
            session.execute(text(statement))
    migrated = session.execute(text("SELECT current_schema()")).scalar_one() == "public"
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(f"TABLE {'fix_block_2025_03' if migrated else 'fix_block_h0_2025_03'}"))


def _conditions(plan: Mapping[str, object]) -> list[str]:
    found = [str(plan.get("Index Cond", ""))]
    for below in plan.get("Plans", ()):  # type: ignore[attr-defined]
        found += _conditions(below)
    return found


@pytest.mark.parametrize("role", ["planner", "guard", "public"])
def test_boxes_are_found_by_the_spatial_index(session: Session, scene: Scene, role: str) -> None:
    session.execute(
        text(
            "INSERT INTO marker SELECT :d, gen_random_uuid(), n::text, 'gate', '', ST_SetSRID(ST_MakePoint("
            " 120 + n % 100 / 100.0, 44 + n / 100 / 100.0), 4490), NULL, NULL, '{}', '[2025-01-01,)'"
            " FROM generate_series(100, 9999) AS n"
        ),
        {"d": HERE},
    )
    session.execute(text("ANALYZE marker"))
    as_web(session, scene.part(role))
    query = """
        EXPLAIN (FORMAT JSON) SELECT id FROM marker
        WHERE district = :d AND valid @> current_date
          AND geom && ST_MakeEnvelope(120.5, 44.5, 120.52, 44.52, 4490)
    """
    plan = session.execute(text(query), {"d": HERE}).scalar_one()[0]["Plan"]
    assert any("&&" in one and "geom" in one for one in _conditions(plan)), plan
