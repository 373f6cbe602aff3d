"""Where people are at this moment, by SQL alone: their own coordinator sees it, and nobody else does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.row_security import AUDIT, INTAKE, PUBLIC_SCOPE, SETTLING, SYSTEM_SCOPE, Scope
from layers.shifts import Place, Shift
from layers.stores import Stores
from tests.layers.row_scene import ELSEWHERE, HERE, PERSON, ROLES, Scene, as_web, count, lay

_GRANT = """
    INSERT INTO role_grant
    VALUES (gen_random_uuid(), :person, :role, :district, :unit, CAST(:valid AS daterange), NULL, now())
"""
_SHIFT = """
    INSERT INTO shift
    VALUES (:district, :person, :track, NULL, 'foot', now() - CAST(:ago AS interval), false,
            now(), 120, 44, 5)
"""
_LOOK = "INSERT INTO shift_look VALUES (:district, :person, :track, :viewer, now())"
ALWAYS = "[2020-01-01,)"


def grant(
    session: Session, person: UUID, role: str, district: str | None, unit: UUID | None, valid: str
) -> None:
    given = {"person": person, "role": role, "district": district, "unit": unit, "valid": valid}
    session.execute(text(_GRANT), given)


def begin(session: Session, person: UUID, ago: str = "1 hour", district: str = HERE) -> UUID:
    track = new_id()
    session.execute(text(_SHIFT), {"district": district, "person": person, "track": track, "ago": ago})
    return track


@pytest.fixture
def scene(stores: Stores) -> Scene:
    """Two people on shift: a guard of the first village, and a grid worker of a grid of the second."""
    made = lay(stores.session)
    grant(stores.session, made.walker, "guard", HERE, made.village, ALWAYS)
    grant(stores.session, made.other, "grid_worker", HERE, made.grids[1], ALWAYS)
    for person in (made.walker, made.other):
        begin(stores.session, person)
    return made


def seen(session: Session, scope: Scope | None, table: str = "shift", district: str = HERE) -> int:
    with session.begin_nested() as undone:
        as_web(session, scope)
        found = count(session, table, district)
        undone.rollback()
    return found


def refused(session: Session, scope: Scope, statement: str, **given: object) -> bool | int:
    """Say whether a statement is refused, else how many rows it reaches."""
    with session.begin_nested() as undone:
        as_web(session, scope)
        try:
            return session.execute(text(statement), given).rowcount  # type: ignore[attr-defined, no-any-return]
        except DBAPIError as error:
            if "row-level security" not in str(error.orig):
                raise
            return True
        finally:
            undone.rollback()


def everywhere(role: str) -> Scope:
    return Scope(person=PERSON, everywhere=frozenset({role}))


@pytest.mark.parametrize("role", ROLES)
def test_nobody_but_a_coordinator_sees_where_people_are(session: Session, scene: Scene, role: str) -> None:
    coordinates = role == "coordinator"
    assert seen(session, scene.whole(role)) == (2 if coordinates else 0)
    assert seen(session, scene.part(role)) == (1 if coordinates else 0)
    assert seen(session, everywhere(role)) == (2 if coordinates else 0)
    assert seen(session, scene.whole(role, ELSEWHERE)) == 0


def test_others_see_nothing_and_the_person_the_own(session: Session, scene: Scene) -> None:
    for scope in (None, PUBLIC_SCOPE, *(everywhere(one) for one in (AUDIT, INTAKE, SETTLING))):
        assert seen(session, scope) == 0
    assert seen(session, scene.walking()) == 1
    assert seen(session, Scope(person=scene.walker, districts={HERE: {"guard": None}})) == 1
    assert seen(session, SYSTEM_SCOPE) == 2


def test_each_coordinator_sees_those_of_the_own_area(session: Session, scene: Scene) -> None:
    grid = Scope(person=PERSON, districts={HERE: {"coordinator": (scene.grids[1],)}})
    assert seen(session, grid) == 1
    above = Scope(person=PERSON, districts={HERE: {"coordinator": (scene.grids[0],)}})
    assert seen(session, above) == 0, "the guard's grant reaches farther than this coordinator's"
    mixed = Scope(person=PERSON, districts={HERE: {"coordinator": (scene.grids[0],), "auditor": None}})
    assert seen(session, mixed) == 0, "another role adds nothing"


def change(session: Session, scene: Scene, statement: str) -> None:
    session.execute(text(statement), {"walker": scene.walker, "district": HERE})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shift SET ended = true, lon = NULL, lat = NULL, at = NULL WHERE person = :walker",
        "UPDATE shift SET began_at = now() - interval '12 hours' WHERE person = :walker",
        "UPDATE role_grant SET valid = '[2020-01-01,2021-01-01)' WHERE person = :walker",
        "UPDATE role_grant SET valid = '[2199-01-01,)' WHERE person = :walker",
        "UPDATE role_grant SET district = '990102', unit = NULL WHERE person = :walker",
        "UPDATE role_grant SET role = 'planner' WHERE person = :walker",
        "DELETE FROM role_grant WHERE person = :walker",
        "UPDATE person SET disabled_at = now() WHERE id = :walker",
    ],
)
def test_it_ends_with_the_shift_and_with_the_grant(session: Session, scene: Scene, statement: str) -> None:
    change(session, scene, statement)
    assert seen(session, scene.part("coordinator")) == 0
    assert seen(session, scene.whole("coordinator")) == 1


def test_who_is_granted_a_whole_district_has_its_coordinators_only(session: Session, scene: Scene) -> None:
    change(session, scene, "UPDATE role_grant SET unit = NULL WHERE person = :walker")
    assert seen(session, scene.part("coordinator")) == 0
    assert seen(session, scene.whole("coordinator")) == 2
    change(session, scene, "UPDATE role_grant SET district = NULL WHERE person = :walker")
    assert seen(session, scene.whole("coordinator")) == 1
    assert seen(session, everywhere("coordinator")) == 2


def test_a_grant_in_one_district_shows_no_shift_in_another(session: Session, scene: Scene) -> None:
    begin(session, scene.walker, district=ELSEWHERE)
    both = {HERE: {"coordinator": None}, ELSEWHERE: {"coordinator": None}}
    assert seen(session, Scope(person=PERSON, districts=both), district=ELSEWHERE) == 0


def test_nobody_writes_the_shift_of_another(session: Session, scene: Scene) -> None:
    track = new_id()
    given = {"district": HERE, "person": scene.walker, "track": track, "ago": "1 hour"}
    for scope in (scene.whole("coordinator"), everywhere("administrator")):
        assert refused(session, scope, _SHIFT, **given) is True
        assert refused(session, scope, "UPDATE shift SET lon = 0") == 0
        assert refused(session, scope, "DELETE FROM shift") == 0
    assert refused(session, scene.walking(), _SHIFT, **given) == 1
    assert refused(session, scene.walking(), _SHIFT, **{**given, "person": scene.other}) is True
    assert refused(session, scene.walking(), "DELETE FROM shift") == 0


def test_a_look_is_noted_in_the_own_name_of_what_is_seen(session: Session, scene: Scene) -> None:
    of = {"district": HERE, "person": scene.walker, "viewer": PERSON}
    of["track"] = session.execute(
        text("SELECT track FROM shift WHERE person = :person"), {"person": scene.walker}
    ).scalar_one()
    assert refused(session, scene.part("coordinator"), _LOOK, **of) == 1
    assert refused(session, scene.part("coordinator"), _LOOK, **{**of, "viewer": new_id()}) is True
    assert refused(session, scene.part("auditor"), _LOOK, **of) is True
    elsewhere = Scope(person=PERSON, districts={HERE: {"coordinator": (scene.grids[1],)}})
    assert refused(session, elsewhere, _LOOK, **of) is True


NOW = datetime.now(UTC)


def told(scene: Scene, track: UUID, minutes: Iterable[int] = (), *, ended: bool = False) -> list[Shift]:
    return [
        Shift(
            scene.walker,
            track,
            "foot",
            NOW - timedelta(hours=1),
            ended,
            place=None if ended else Place(NOW - timedelta(minutes=ago), 120 + ago / 100, 44, 5),
        )
        for ago in minutes
    ]


def test_only_the_last_place_is_kept_whatever_comes_first(session: Session, scene: Scene) -> None:
    track = new_id()
    as_web(session, scene.walking())
    shifts = Stores(session, HERE).shifts
    for one in told(scene, track, [9, 4, 7]):
        shifts.keep(one)
    (row,) = session.execute(text("SELECT lon FROM shift WHERE track = :track"), {"track": track})
    assert row.lon == 120.04
    assert count(session, "shift") == 2


def test_a_shift_that_ended_stays_so_and_has_no_place(session: Session, scene: Scene) -> None:
    track = new_id()
    as_web(session, scene.walking())
    shifts = Stores(session, HERE).shifts
    for one in (*told(scene, track, [9]), *told(scene, track, [5], ended=True), *told(scene, track, [4])):
        shifts.keep(one)
    (row,) = session.execute(text("SELECT ended, lon, at FROM shift WHERE track = :t"), {"t": track})
    assert tuple(row) == (True, None, None)


def test_of_two_devices_the_newest_place_is_told(session: Session, scene: Scene) -> None:
    as_web(session, scene.walking())
    session.execute(text("UPDATE shift SET at = now() - interval '1 hour', lon = 1"))
    for one in told(scene, new_id(), [3]):
        Stores(session, HERE).shifts.keep(one)
    as_web(session, scene.part("coordinator"))
    (one,) = Stores(session, HERE).shifts.live()
    assert one.place is not None
    assert one.place.lon == 120.03


def test_nobody_in_particular_is_on_no_shift(session: Session, scene: Scene) -> None:
    as_web(session, everywhere("administrator"))
    Stores(session, HERE).shifts.keep(*told(scene, new_id(), [3]))
    as_web(session, SYSTEM_SCOPE)
    assert count(session, "shift") == 2
