"""A district with a row or two in every table that people differ in, and the scopes that look at it."""

from dataclasses import dataclass
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import column, func, select, text
from sqlalchemy import table as table_of
from sqlalchemy.orm import Session

from layers.coverage_days import CoverageDays
from layers.ids import new_id
from layers.lineage import LineageEdge
from layers.notices import Notice
from layers.period_records import LetterItem
from layers.policies import WEB_ROLE
from layers.projects import Post, Site, TeamMember
from layers.row_security import Scope, enter
from layers.stores import Stores
from layers.units import UnitDraft
from tests.layers import makers

HERE, ELSEWHERE = "990101", "990102"
ROLES = (
    "grid_worker",
    "guard",
    "representative",
    "coordinator",
    "planner",
    "reviewer",
    "supervisor",
    "administrator",
    "auditor",
)
PERSON = new_id()
AUDIT_ENTRY = """
    INSERT INTO audit_entry
    VALUES (:district, :seq, now(), 'system', NULL, '', '', '', '', NULL, NULL, '{}', '', '')
"""
_OF_PEOPLE = (
    "INSERT INTO person VALUES (:person, :device, '', NULL, false, NULL, NULL, NULL, now())",
    "INSERT INTO device VALUES (:id, :device, '', :person, uuid_send(:id), NULL, now(), NULL, NULL)",
    """
    INSERT INTO quarantine
    VALUES (:d, :id, 'point', :device, :person, NULL, 'r', 'g', 'why', '{}', '', now(), 'waiting',
            NULL, NULL, NULL, NULL)
    """,
)
_COVERED = """
    INSERT INTO coverage_line
    SELECT :d, :id, id, :device, '2025-03-01', :patrol, 3, 0, 9, now(), now(), NULL, 0
    FROM border_segment
    WHERE district = :d
"""
_SAID = """
    INSERT INTO coverage_declaration
    VALUES (:d, :id, 'S', 0, 9, now() - interval '1 hour', now(), :person, 'why', now(), 'x', NULL, NULL, '')
"""
_CLOCK = (
    "INSERT INTO clock_sample VALUES (:d, :device, now(), '2025-03-01', 7200, now())",
    "INSERT INTO clock_skew VALUES (:d, :device, '2025-03-01', 7200, 3, NULL, NULL, now())",
    "INSERT INTO clock_word VALUES (:d, :device, '2025-03-01', 7200, 'why', 'keeper', now())",
)
_GONE = """
    INSERT INTO track_withdrawal
    VALUES (:d, :id, :patrol, :device, NULL, NULL, NULL, 'why', now(), 'x', NULL, NULL, '')
"""
_LOOKED = "INSERT INTO coverage_area VALUES (:d, :id, :device, '2025-03-01', now(), now(), '')"


_TASK = """
    INSERT INTO coverage_task
    VALUES (:d, :id, 'marker', 'M1', NULL, NULL, NULL, 3, now(), :person, NULL, '', 'open', NULL, NULL, NULL,
            '', now(), 'keeper', 1)
"""
_DUE = (
    """
    INSERT INTO due_rule
    VALUES (:d, :id, 'segment', 'S', NULL, false, NULL, NULL, 'routine', 3, 14, 1, 1, NULL, NULL,
            '2025-01-01', NULL, 'standing', NULL, '', now(), 'keeper')
    """,
    """
    INSERT INTO due_suspension
    VALUES (:d, :id, 'everything', '', NULL, NULL, NULL, now(), NULL, 'snow', '', now(), 'keeper')
    """,
    """
    INSERT INTO road_edge
    VALUES (:d, 1, 0, '', 'track', 1, 2, 9, 15, 0, ST_GeomFromText('LINESTRING(120 44,120.1 44)', 4490))
    """,
    """
    INSERT INTO sight_barrier
    VALUES (:d, :id, 'W1', 'wall', '', '', ST_GeomFromText('LINESTRING(120 44,120.1 44)', 4490),
            '[2025-01-01,)')
    """,
    "INSERT INTO road_closure VALUES (:d, :id, 1, 120, 44, 3, '[2025-01-01,)', 'flood')",
    """
    INSERT INTO staffing_proposal
    VALUES (:d, :id, 'grids', '2025-03-01', '{}', '{}', '{}', :id, 'keeper', now(), 'proposed', NULL, NULL,
            NULL, '')
    """,
    """
    INSERT INTO volunteer
    VALUES (:d, :id, 'V', 'Helper', NULL, ST_GeomFromText('POINT(120 44)', 4490), 900, '{}', '{}',
            '2025-01-01', now(), 'keeper', 1)
    """,
    """
    INSERT INTO duty
    VALUES (:d, :id, 'S1', :id, NULL, 'Helper', 1, NULL, 480, 720, '[2025-01-01,)', '{}', now(), 'keeper', 1)
    """,
    "INSERT INTO aid_contact VALUES (:d, :id, 'k', '', '', now())",
    "INSERT INTO leader VALUES (:d, :id, NULL, 'leader', 'title', '2025-01-01', NULL)",
    """
    INSERT INTO help_request
    SELECT :d, :id, 'breakdown', '', '', ST_GeomFromText('POINT(120 44)', 4490), id, 'web', now(), 'offered',
           '{}', NULL, '', ''
    FROM unit WHERE district = :d ORDER BY id LIMIT 1
    """,
    """
    INSERT INTO help_offer
    SELECT :d, :id, id, :id, NULL, NULL, 'Helper', 1, 9, 'straight', now(), now() + interval '1 minute',
           'offered', NULL, NULL, 1
    FROM help_request WHERE district = :d
    """,
    "INSERT INTO coverage_report VALUES (:d, :id, '2025-02-01', now(), 'keeper', '', repeat('0', 64), '{}')",
)


_CASE = (
    "INSERT INTO incident_action VALUES (:d, :id, :one, 'mend', '', NULL, NULL, 'open', '', '', now(), NULL)",
    """
    INSERT INTO incident_request
    VALUES (:d, :id, :one, 'suspend', 'parts', NULL, NULL, now(), NULL, NULL, NULL, '')
    """,
    "INSERT INTO incident_reminder VALUES (:d, :one, 0, 'green', 50, now())",
    "INSERT INTO incident_receipt VALUES (:d, :one, uuid_send(:one), NULL, now())",
)
_RULES = "INSERT INTO incident_rules VALUES (:d, '{}', now(), 'keeper', 1)"


@dataclass(frozen=True, slots=True)
class Scene:
    """Ids of what is there: two villages of one grid each, and two people with a device each."""

    village: UUID
    grids: tuple[UUID, UUID]
    walker: UUID
    other: UUID

    def whole(self, role: str, district: str = HERE) -> Scope:
        """Return the scope of somebody with a role in a whole district, who sent nothing."""
        return Scope(person=PERSON, districts={district: {role: None}})

    def part(self, role: str) -> Scope:
        """Return the scope of somebody with a role in the first village."""
        return Scope(person=PERSON, districts={HERE: {role: (self.village,)}})

    def walking(self) -> Scope:
        """Return the scope of the device of the first person."""
        return Scope(person=self.walker, device="mine", districts={HERE: {"reporter": None}})


def lay(session: Session) -> Scene:
    """Store the scene as the owner."""
    stores, elsewhere = Stores(session, HERE), Stores(session, ELSEWHERE)
    town, first, second = new_id(), new_id(), new_id()
    grids = new_id(), new_id()
    drafts = [
        UnitDraft(town, "T", "Town", 0, None, makers.square(0, width=2)),
        UnitDraft(first, "V1", "First", 1, town, makers.square(0)),
        UnitDraft(second, "V2", "Second", 1, town, makers.square(1)),
        UnitDraft(grids[0], "G1", "First", 2, first, makers.square(0), 1),
        UnitDraft(grids[1], "G2", "Second", 2, second, makers.square(1), 1),
    ]
    stores.layers.create("grids", name="网格", level_names=("township", "village", "grid"))
    stores.grids.publish("grids", makers.DAY, drafts)
    people = [makers.representative("R1"), makers.representative("R2")]
    stores.representatives.add(people)
    stores.representatives.assign([(people[0].id, first), (people[1].id, second)], makers.DAY)
    for place in (stores, elsewhere):
        place.border.add([makers.segment()])
        place.markers.add([makers.marker()])
    stores.markers.add([makers.marker("S1", "service-station", attributes={"role": "hub"})])
    for unit in (*grids, None):
        _incident(session, stores, unit)
    _incident(session, elsewhere, None)
    _redraw(stores, grids)
    _hear(stores, grids)
    _plan(stores, grids)
    _build(stores)
    walker, other = new_id(), new_id()
    for person, device in ((walker, "mine"), (other, "theirs")):
        _walk(session, person, device)
    session.execute(text(_RULES), {"d": HERE})
    session.execute(text(AUDIT_ENTRY), {"district": HERE, "seq": 1})
    for statement in _DUE:
        session.execute(text(statement), {"d": HERE, "id": new_id()})
    return Scene(first, grids, walker, other)


def _hear(stores: Stores, grids: tuple[UUID, UUID]) -> None:
    """Store a meeting and a demonstration household in each grid, and a stop of the mobile service."""
    stores.demonstrations.add([makers.household(unit) for unit in grids])
    for unit in grids:
        heard = makers.gathering(unit)
        stores.outreach.begin(heard)
        stores.outreach.add_parts(heard)
    stores.stops.add(makers.stop(grids[0]))


def _plan(stores: Stores, grids: tuple[UUID, UUID]) -> None:
    """Store the plan of a month with a task for both grids, what was done, a letter to each, and a point."""
    plan, task = makers.period_plan(), makers.period_task
    stores.periods.add_plan(plan)
    stores.periods.add_task(asked := task(plan.id))
    stores.periods.add_items(asked.id, [(new_id(), unit) for unit in grids])
    stores.periods.add_events([makers.period_event(asked.id, unit) for unit in grids])
    stores.periods.add_point(makers.monitoring_point(plan.id, grids[0]))
    for number, unit in enumerate(grids, 1):
        letter = makers.letter(plan.id, unit, number)
        stores.letters.add(letter)
        stores.letters.cite([LetterItem(new_id(), letter.id, asked.id, unit, 0, makers.NOON, {})])


def _build(stores: Stores) -> None:
    """Store a project with a site, and somebody on it."""
    value, member = makers.project(), TeamMember(new_id(), "M1", "Member", "Works")
    stores.projects.add(value)
    stores.projects.put_sites([Site(new_id(), value.id, "S1", "Site", Point(120.005, 44.005))])
    stores.projects.put_members([member])
    stores.projects.add_posts([Post(new_id(), value.id, member.id, "lead", makers.DAY, None)])


def _redraw(stores: Stores, grids: tuple[UUID, UUID]) -> None:
    """Store a plan of somebody, what an earlier one did, whom it was told to, and what is on the ground."""
    plan = makers.plan(stores)
    stores.plans.add_ops(plan, [{"type": "rename"}], plan.author)
    stores.lineage.add(plan.base, [LineageEdge(*grids, "transfer", 0.5)])
    for unit in grids:
        stores.notices.add([Notice(new_id(), "moved", "plan", makers.NOON, unit=unit)])
    stores.dwellings.add([makers.dwelling()])
    stores.lines.add([makers.line()])
    stores.cover.add([makers.cover()])


def _incident(session: Session, stores: Stores, unit: UUID | None) -> None:
    """Store an incident with all that is done about one."""
    value, _ = stores.incidents.create(makers.incident(unit=unit))
    stores.incidents.record(value.id, makers.NOON, "received", "test")
    for statement in _CASE:
        session.execute(text(statement), {"d": stores.district, "id": new_id(), "one": value.id})


def _walk(session: Session, person: UUID, device: str) -> None:
    values = {"d": HERE, "person": person, "device": device, "id": new_id()}
    stores = Stores(session, HERE)
    for statement in (*_OF_PEOPLE, _TASK):
        session.execute(text(statement), values)
    patrol, _ = stores.patrols.add(makers.patrol(device, device))
    stores.patrols.add_fixes(patrol, makers.fixes(3))
    for statement in (_COVERED, _GONE):
        session.execute(text(statement), {**values, "patrol": patrol.id})
    for statement in (_LOOKED, _SAID, *_CLOCK):
        session.execute(text(statement), values)
    CoverageDays(session, HERE).make(device, makers.DAY)


def as_web(session: Session, scope: Scope | None) -> None:
    """Go on as the role of the service, for a scope; for none where it is None."""
    session.execute(text(f"SET LOCAL ROLE {WEB_ROLE}"))
    if scope is None:
        session.info.clear()
        session.execute(text("SET LOCAL wardline.scope = ''"))
    else:
        enter(session, scope)


def count(session: Session, table: str, district: str = HERE) -> int:
    """Return how many rows of a district a table shows."""
    rows = table_of(table, column("district"))
    query = select(func.count()).select_from(rows).where(rows.c.district == district)
    return int(session.execute(query).scalar_one())
