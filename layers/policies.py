"""The policies of row security: which rows of each table the scope of a transaction may read and write.

One row for each table. A rule is an SQL condition over the table's columns; a command without a rule is not
even granted. The second wall behind ``service/access/policy.py``, which says the same of routes: what is
decided here holds whatever a route forgets. Lists of districts, units and devices come from subselects that
no column takes part in, so each is made once a statement and compared as an array.

The owner, who migrates and repairs, is named by a policy of each; without one it shows nobody anything.
``statements`` is the source of migration 0005, of what later ones add to it, and of the partitioned schema.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from geo.shift import LONGEST_SHIFT_H
from layers.accounts import GRANTED, REPORTER
from layers.policy_rules import Rules
from layers.policy_rules import everywhere as _everywhere
from layers.policy_rules import holds as _holds
from layers.policy_rules import part as _part
from layers.policy_rules import quoted as _list
from layers.policy_rules import reach as _reach
from layers.policy_rules import same as _same
from layers.policy_rules import whole as _whole
from layers.row_security import AUDIT, INTAKE, SETTLING, SYSTEM
from layers.storage import read_sql

WEB_ROLE = "wardline_web"
"""The role the service works as: it owns nothing and no policy is lifted for it."""

OFFICE = ("coordinator", "planner", "reviewer", "supervisor", "administrator", "auditor")
BORDER = (*OFFICE, "guard")
LEADS = ("coordinator", "supervisor", "administrator", "auditor")
KEEPERS = ("coordinator", "administrator")
SIGNING = ("coordinator", "supervisor", "administrator")
PLANNING = ("planner", "reviewer", "administrator")
GROUND = ("planner", "administrator")
REVIEWING = ("reviewer", "administrator")
STAFF = (*OFFICE, "grid_worker", "representative")
STAFFING = ("coordinator", "administrator")
WITHDRAWING = ("supervisor", "administrator")
HANDLING = ("grid_worker", "guard", "representative", "coordinator", "supervisor", "administrator")
CASES = (*HANDLING, "auditor")
OVERSIGHT = ("administrator", "auditor")
WALKING = ("guard", "grid_worker", "coordinator", "administrator", REPORTER)
OWN = (*GRANTED, REPORTER)

_OF_OWNER = (
    "scope_devices()",
    "scope_walkers()",
    "plan_follows(text, uuid, uuid, uuid, text)",
    "ensure_fix_months(date[])",
    "drop_fix_months(timestamptz)",
    "merge_fix_blocks(text, uuid, integer)",
)
_COMMANDS = {"read": "SELECT", "insert": "INSERT", "change": "UPDATE", "remove": "DELETE"}


def _kept(read: str) -> Rules:
    """Return the rules of what the keepers of a district write and nobody removes."""
    return Rules(read, _whole(*KEEPERS), _whole(*KEEPERS), _everywhere(SYSTEM))


ENTERED = "(SELECT scope_entered())"
_SYSTEM = _everywhere(SYSTEM)
_ME = "person = (SELECT scope_person())"
_MY_DEVICE = f"{_part(*OWN)} AND device = ANY ((SELECT scope_devices())::text[])"
_MINE = f"{_part(*OWN)} AND {_ME}"
_MY_PATROL = f"{_part(*OWN)} AND person = (SELECT scope_person())::text"
_MY_INCIDENT = (
    f"{_part(REPORTER)} AND EXISTS (SELECT FROM field_incident AS mine"
    " WHERE mine.district = incident.district AND mine.incident = incident.id"
    " AND mine.person = (SELECT scope_person()))"
)


# Whom a report complains about, and the people of a unit that it complains about, have no part in it.
_IMPARTIAL = (
    "(about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[]))"
    " AND (about_representative IS NULL"
    " OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[]))"
)


def _of_incident(table: str, column: str = "incident") -> str:
    """Return the rule that the incident of a row may be read."""
    of = f"one.district = {table}.district AND one.id = {table}.{column}"
    return f"EXISTS (SELECT FROM incident AS one WHERE {of})"


def _came_of(table: str, *, change: str = "false") -> Rules:
    """Return the rules of what came of a meeting or visit: read with it, written with one's own."""
    of = f"one.district = {table}.district AND one.id = {table}.outreach"
    seen = f"EXISTS (SELECT FROM outreach AS one WHERE {of})"
    mine = f"{_whole(*KEEPERS)} OR one.author = (SELECT scope_person())"
    own = f"{_part(*HANDLING, REPORTER)} AND EXISTS (SELECT FROM outreach AS one WHERE {of} AND ({mine}))"
    return Rules(seen, own, f"{change} AND {seen}", _everywhere(SYSTEM))


def _of_case(table: str) -> Rules:
    """Return the rules of what is done about an incident: for those who handle it."""
    of = _of_incident(table)
    written = f"{_whole(INTAKE)} OR {_part(*HANDLING)} AND {of}"
    return Rules(f"{_whole(INTAKE)} OR {_part(*CASES)} AND {of}", written, written, _SYSTEM)


def _withdrawn(table: str, column: str) -> str:
    """Return the rule that the incident of a row is withdrawn, and that the caller may know."""
    of = f"gone.district = {table}.district AND gone.incident = {table}.{column}"
    return f"EXISTS (SELECT FROM incident_withdrawal AS gone WHERE {of})"


_AS_IT_IS = (
    "EXISTS (SELECT FROM incident AS one WHERE one.district = incident_withdrawal.district"
    " AND one.id = incident_withdrawal.incident AND one.unit IS NOT DISTINCT FROM incident_withdrawal.unit"
    " AND one.about_unit IS NOT DISTINCT FROM incident_withdrawal.about_unit"
    " AND one.about_representative IS NOT DISTINCT FROM incident_withdrawal.about_representative)"
)
_OF_PATROL = (
    "EXISTS (SELECT FROM patrol AS one WHERE one.district = fix_quarantine.district"
    " AND one.id = fix_quarantine.patrol)"
)
_OF_OUTREACH = (
    "EXISTS (SELECT FROM outreach AS one WHERE one.district = field_photo.district"
    " AND one.id = field_photo.subject)"
)
_OF_LETTER = (
    "EXISTS (SELECT FROM reminder_letter AS one WHERE one.district = reminder_item.district"
    " AND one.id = reminder_item.letter)"
)
_OF_PHOTO = (
    "EXISTS (SELECT FROM field_photo AS one WHERE one.district = field_file.district"
    " AND one.person = field_file.person AND one.sha256 = field_file.sha256)"
)
_DRAFTS = f"{_part(*GROUND)} AND author = (SELECT scope_person())"
# The author goes on from what is stored; whether it was decided is not theirs to write.
_OF_AUTHOR = f"{_DRAFTS} AND plan_follows(district, id, author, reviewer, status)"
_OF_REVIEWER = (
    f"{_part(*REVIEWING)} AND author <> (SELECT scope_person())"
    " AND plan_follows(district, id, author, NULL, 'submitted')"
    " AND (status = 'submitted' OR status IN ('approved', 'rejected') AND reviewer = (SELECT scope_person()))"
)
_OF_DRAFT = (
    f"{_SYSTEM} OR {_part(*GROUND)} AND EXISTS (SELECT FROM plan AS one WHERE one.district = plan_op.district"
    " AND one.id = plan_op.plan AND one.author = (SELECT scope_person()) AND one.status = 'draft')"
)
_TOLD = f"{_SYSTEM} OR {_MINE} OR unit IS NOT NULL AND ({_reach('unit', *STAFF)})"
_WALKED = f"{_whole(*KEEPERS)} OR {_MY_DEVICE}"
_CLOCKS = f"{_whole(*LEADS, SETTLING)} OR {_MY_DEVICE}"
_COVERED = _same(
    f"{_whole(*KEEPERS, SETTLING)} OR {_MY_DEVICE}",
    read=f"{_part(*BORDER)} OR {_MY_DEVICE} OR {_whole(SETTLING)}",
)
_DUE = _kept(_part(*BORDER))
_PUBLISHED = _same(_whole(*PLANNING), read=ENTERED, remove=_SYSTEM)
_SENT = _same(f"{_whole(*KEEPERS)} OR {_MINE}", read=f"{_whole(*LEADS)} OR {_MINE}")
# What was heard on the ground: by unit, and one's own, from a device too.
_HEARD = f"{_reach('unit', *CASES)} OR {_part(*HANDLING, REPORTER)} AND author = (SELECT scope_person())"
_HEARING = f"{_whole(*KEEPERS)} OR {_part(*HANDLING, REPORTER)} AND author = (SELECT scope_person())"
# Where somebody is at this moment: for the coordinator whose area their grant lies in, while the shift runs.
_WATCHED = (
    f"{_part('coordinator')} AND NOT ended AND began_at > now() - interval '{LONGEST_SHIFT_H} hours'"
    " AND district || ' ' || person = ANY ((SELECT scope_walkers())::text[])"
)
_OF_SHIFT = "(district, person, track) IN (SELECT one.district, one.person, one.track FROM shift AS one)"
_MY_LOOK = f"{_part('coordinator')} AND viewer = (SELECT scope_person())"
_MY_KEY = "starts_with(key, (SELECT scope_actor()) || ' ')"

_OFFERED = (
    "EXISTS (SELECT FROM help_offer AS one WHERE one.district = {table}.district"
    " AND one.request = {table}.{column} AND one.person = (SELECT scope_person()){more})"
)
_NOT_DECLINED = " AND one.state <> 'declined'"
_ASKED = f"{_part(*OWN)} AND {_OFFERED.format(table='help_request', column='id', more=_NOT_DECLINED)}"
_HELPS = f"{_part(*OWN)} AND " + _OFFERED.format(
    table="aid_contact", column="subject", more=" AND one.state = 'accepted'"
)

RULES: Mapping[str, Rules] = {
    # The ground: outlines and names of units are public, border and markers are not.
    "district": _same(_everywhere("administrator"), read=ENTERED, remove=_SYSTEM),
    "layer": _PUBLISHED,
    "release": _PUBLISHED,
    "unit": _PUBLISHED,
    "unit_version": _PUBLISHED,
    "unit_outline": _PUBLISHED,
    "lineage": Rules(_part(*GRANTED), _whole(*PLANNING), _SYSTEM, _SYSTEM),
    # Plans: read by the office, written by their authors, decided by others.
    "plan": Rules(
        read=_part(*OFFICE),
        insert=f"{_SYSTEM} OR {_DRAFTS} AND status = 'draft'",
        change=f"{_SYSTEM} OR {_OF_AUTHOR} OR {_OF_REVIEWER}",
        remove=_SYSTEM,
    ),
    "plan_op": _same(_OF_DRAFT, read=_part(*OFFICE)),
    "watch": _same(f"{_MINE} OR {_SYSTEM}", read=f"{_MINE} OR {_SYSTEM}"),
    "notice": Rules(_TOLD, _part(*OFFICE), _TOLD, _SYSTEM),
    # What stands on the ground: lines are public, dwellings are not.
    "line_feature": _same(_whole(*GROUND), read=ENTERED),
    "ground_cover": _same(_whole(*GROUND), read=ENTERED),
    # What patrols see is made anew with it, which is for those who keep the ledgers.
    "sight_barrier": _same(_whole(*KEEPERS), read=_part(*BORDER, *WALKING)),
    "dwelling": _same(_whole(*GROUND), read=_part(*STAFF)),
    "head": _same(_part(*PLANNING, *STAFFING), read=ENTERED, remove=_SYSTEM),
    # Roads are public; closing one is for those who keep the district.
    "road_edge": _same(_whole(*GROUND), read=ENTERED),
    "road_closure": _same(_whole(*KEEPERS), read=ENTERED),
    "border_segment": _same(_whole(*GROUND), read=_part(*BORDER, *WALKING)),
    "marker": _same(
        _whole(*GROUND), read=f"{_part(*BORDER, *WALKING)} OR kind = 'service-station' AND {ENTERED}"
    ),
    # People on the ground, by unit.
    "representative": _same(
        _part(*STAFFING),
        read=f"{_whole(*STAFF, INTAKE)} OR {_part(*STAFF)}"
        f" AND id = ANY ((SELECT scope_representatives({_list(STAFF)}))::uuid[])",
        remove=_SYSTEM,
    ),
    "responsibility": _same(_reach("unit", *STAFFING), read=_reach("unit", *STAFF, also=(INTAKE,))),
    # Places, by the small grid they lie in, and offices that the public knows.
    "demonstration_household": _same(_reach("unit", *STAFFING), read=_reach("unit", *STAFF)),
    "leader": _same(_whole(*STAFFING), read=_part(*STAFF)),
    # Proposed by the office for the whole district, decided by somebody else.
    "staffing_proposal": Rules(
        read=_whole(*OFFICE),
        insert=f"{_whole('planner', *STAFFING)} AND author = (SELECT scope_person()) AND state = 'proposed'",
        change=f"{_SYSTEM} OR {_whole(*STAFFING)} AND author <> (SELECT scope_person())"
        " AND (state = 'proposed' OR decided_by = (SELECT scope_person()))",
        remove=_SYSTEM,
    ),
    # Incidents, by unit; those of no unit belong to the whole district.
    "incident": Rules(
        read=f"{_whole(INTAKE)} OR ({_reach('unit', *CASES)}) AND {_IMPARTIAL} OR {_MY_INCIDENT}",
        insert=_part(*CASES, REPORTER, INTAKE),
        change=f"{_whole(INTAKE)} OR ({_reach('unit', *HANDLING)}) AND {_IMPARTIAL} OR {_MY_INCIDENT}",
        remove=f"({_reach('unit', *WITHDRAWING)}) AND {_IMPARTIAL} AND {_withdrawn('incident', 'id')}"
        f" OR {_SYSTEM}",
    ),
    # Left of an incident that is there and that the caller sees; whoever saw the incident may know.
    "incident_withdrawal": Rules(
        read=f"{_whole(INTAKE)} OR ({_reach('unit', *CASES)}) AND {_IMPARTIAL}",
        insert=f"({_reach('unit', *WITHDRAWING)}) AND {_IMPARTIAL} AND {_AS_IT_IS}",
    ),
    "incident_event": Rules(
        read=f"{_whole(*CASES, INTAKE)} OR {_of_incident('incident_event')}",
        insert=f"{_whole(*HANDLING, INTAKE)} OR {_part(*HANDLING, REPORTER)}"
        f" AND {_of_incident('incident_event')}",
        change=_SYSTEM,
        remove=_SYSTEM,
    ),
    "incident_action": _of_case("incident_action"),
    "incident_request": _of_case("incident_request"),
    "incident_reminder": _same(
        _SYSTEM, read=f"{_SYSTEM} OR {_part(*CASES)} AND {_of_incident('incident_reminder')}"
    ),
    "incident_rules": _same(_whole(*KEEPERS), read=ENTERED, remove=_SYSTEM),
    "incident_contact": Rules(
        read=f"{_whole(INTAKE)} OR {_part(*HANDLING)} AND {_of_incident('incident_contact')}",
        insert=_part(*CASES, INTAKE),
        change=_whole(INTAKE),
        remove=_whole(INTAKE),
    ),
    "incident_receipt": _same(_whole(INTAKE), read=_whole(INTAKE)),
    # Where people were: their own, and those who lead.
    # Whoever sees fixes, and so makes a ledger of them, sees which of them count no more.
    **dict.fromkeys(
        ("patrol", "track_withdrawal"),
        _same(_WALKED, read=f"{_whole(*LEADS)} OR {_MY_DEVICE} OR {_MY_PATROL}", remove=_SYSTEM),
    ),
    "fix_block": _same(_WALKED, read=f"{_whole(*LEADS)} OR {_MY_DEVICE}", remove=_SYSTEM),
    "late_fix": _same(_WALKED, read=f"{_whole(*LEADS)} OR {_MY_DEVICE}", remove=_SYSTEM),
    # How far clocks are off is measured with what they send; a word on it is for those who keep the ledgers.
    **dict.fromkeys(("clock_sample", "clock_skew"), _same(_WALKED, read=_CLOCKS, remove=_SYSTEM)),
    "clock_word": _same(_whole(*KEEPERS), read=_CLOCKS),
    "shift": Rules(f"{_SYSTEM} OR {_MINE} OR {_WATCHED}", _MINE, f"{_SYSTEM} OR {_MINE}", _SYSTEM),
    "shift_look": Rules(f"{_SYSTEM} OR {_MINE} OR {_MY_LOOK}", f"{_MY_LOOK} AND {_OF_SHIFT}", None, _SYSTEM),
    "fix_quarantine": Rules(read=_OF_PATROL, insert=_OF_PATROL, change=_SYSTEM, remove=_SYSTEM),
    **dict.fromkeys(
        ("coverage_line", "coverage_day", "coverage_grid", "coverage_marker", "coverage_area"), _COVERED
    ),
    # What is due: nothing of it is ever removed.
    **dict.fromkeys(("due_rule", "due_suspension"), _DUE),
    "coverage_report": Rules(_part(*BORDER), _whole(*SIGNING)),
    "coverage_declaration": Rules(
        read=f"{_part(*BORDER)} OR {_MINE} OR {_whole(SETTLING)}",
        insert=f"{_whole(*KEEPERS)} OR {_MINE}",
        change=f"{_whole(*KEEPERS)} OR {_MINE}",
        remove=_SYSTEM,
    ),
    "coverage_task": Rules(
        read=f"{_whole(*LEADS, SETTLING)} OR {_part(*OWN)} AND assignee = (SELECT scope_person())",
        insert=_whole(*KEEPERS),
        change=_whole(*KEEPERS, SETTLING),
        remove=_SYSTEM,
    ),
    # Meetings and visits, and what came of them; nothing of them is ever removed.
    "outreach": Rules(_HEARD, _HEARING, _SYSTEM, _SYSTEM),
    "outreach_opinion": _came_of("outreach_opinion"),
    "outreach_problem": _came_of("outreach_problem"),
    "outreach_action": _came_of("outreach_action", change=_part(*HANDLING)),
    "outreach_request": _came_of("outreach_request", change=_whole(*KEEPERS)),
    "service_stop": _kept(ENTERED),
    # Project teams, whose names are for those who hold something in the district.
    **dict.fromkeys(("project", "project_site", "team_member"), _kept(_part(*GRANTED))),
    "project_post": _same(_whole(*KEEPERS), read=_part(*GRANTED)),
    # Who has duty and who helps: the staff and they themselves. How to reach them is for fewer still.
    "duty": _same(_whole(*KEEPERS), read=f"{_part(*STAFF)} OR {_MINE}"),
    "volunteer": _same(_whole(*KEEPERS), read=f"{_whole(*LEADS, INTAKE)} OR {_MINE}"),
    # Of who asks for help: also whoever has accepted it.
    "aid_contact": _same(_whole(*KEEPERS, INTAKE), read=f"{_whole(*KEEPERS, INTAKE)} OR {_HELPS}"),
    # Help is asked for and dispatched by the service itself; whoever is asked sees what they are asked.
    "help_request": _same(_SYSTEM, read=f"{_whole(*LEADS)} OR {_ASKED}"),
    "help_offer": _same(_SYSTEM, read=f"{_whole(*LEADS)} OR {_MINE}"),
    # Plans of periods: offices submit, keepers merge and issue letters; what is asked and done lies in units.
    **dict.fromkeys(("period_plan", "monitoring_point"), _kept(_part(*CASES))),
    "period_task": Rules(_part(*CASES), _part(*SIGNING), _whole(*KEEPERS), _SYSTEM),
    "period_item": Rules(_reach("unit", *CASES), _part(*SIGNING), None, _SYSTEM),
    "period_event": Rules(_reach("unit", *CASES), _reach("unit", *HANDLING), None, _SYSTEM),
    "reminder_letter": Rules(_reach("unit", *CASES), _whole(*KEEPERS), None, _SYSTEM),
    "reminder_item": Rules(_OF_LETTER, _whole(*KEEPERS), None, _SYSTEM),
    # What devices sent, by person.
    **dict.fromkeys(("field_batch", "field_track", "field_number"), _SENT),
    "visit": _same(
        f"{_whole(*KEEPERS)} OR {_MINE}", read=f"{_part(*BORDER)} OR {_MINE} OR {_whole(SETTLING)}"
    ),
    "field_incident": _SENT,
    "field_photo": _same(
        f"{_whole(*KEEPERS)} OR {_MINE}",
        read=f"{_whole(*CASES)} OR {_MINE} OR kind = 'incident' AND {_of_incident('field_photo', 'subject')}"
        f" OR kind = 'outreach' AND {_OF_OUTREACH}",
        remove=f"{_whole(*KEEPERS)} OR {_MINE}"
        f" OR {_part(*WITHDRAWING)} AND kind = 'incident' AND {_withdrawn('field_photo', 'subject')}",
    ),
    "field_file": _same(f"{_whole(*KEEPERS)} OR {_MINE}", read=f"{_whole(*CASES)} OR {_MINE} OR {_OF_PHOTO}"),
    "quarantine": _SENT,
    "idempotency_key": Rules(_MY_KEY, _MY_KEY, _MY_KEY, _SYSTEM),
    # Records.
    "fix_export": _same(_whole(*LEADS), read=_whole(*LEADS), remove=_SYSTEM),
    "fix_horizon": _same(_SYSTEM, read=ENTERED),
    "retention_period": _same(_whole("administrator"), read=_whole(*OVERSIGHT)),
    "retention_run": Rules(_whole(*OVERSIGHT), _whole("administrator"), None, _SYSTEM),
    "audit_entry": Rules(_whole(*OVERSIGHT, AUDIT), _whole(AUDIT)),
    "audit_central": Rules(_everywhere(*OVERSIGHT, AUDIT), _everywhere(AUDIT)),
    # Accounts span districts.
    "person": Rules(
        f"id = (SELECT scope_person()) OR {_holds(*OVERSIGHT)} OR {_everywhere(SETTLING)}",
        _holds("administrator"),
        f"id = (SELECT scope_person()) OR {_holds('administrator')}",
        _everywhere("administrator"),
    ),
    "role_grant": _same(
        f"{_everywhere('administrator')} OR {_whole('administrator')}",
        read=f"{_ME} OR {_holds(*OVERSIGHT)} OR {_everywhere(SETTLING)}",
    ),
    "sign_in": _same(f"{_ME} OR {_holds('administrator')}", read=f"{_ME} OR {_holds('administrator')}"),
    "device": _same(
        _holds("administrator"),
        read=f"code = ANY ((SELECT scope_devices())::text[]) OR {_holds(*KEEPERS, 'auditor')}",
    ),
    "access_head": _same(_holds("administrator"), read=ENTERED),
}
"""The rules of every table. Partitions have none: nobody but the owner has any right to them."""


def statements(schema: str = "public") -> Iterator[str]:
    """Yield the statements that secure the tables of a schema, whose owner runs them.

    The role of the service must exist. Every name is that of the schema, whatever the search path.
    """
    yield f"GRANT USAGE ON SCHEMA {schema} TO {WEB_ROLE}"
    yield read_sql("row_security").replace("{schema}", schema)
    for name in _OF_OWNER:
        yield f"REVOKE ALL ON FUNCTION {schema}.{name} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {schema}.{name} TO {WEB_ROLE}"
    yield read_sql("fix_view").replace("{schema}", schema)
    yield f"GRANT SELECT ON {schema}.fix TO {WEB_ROLE}"
    yield f"SET LOCAL search_path = {schema}, pg_catalog"
    for table, rules in RULES.items():
        yield from _secure(f"{schema}.{table}", rules)


def secure(connection: Connection, schema: str) -> None:
    """Secure the tables of a schema; the search path is as it was afterwards."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    path = connection.exec_driver_sql("SHOW search_path").scalar_one()
    for statement in statements(schema):
        driver.execute(statement)
    connection.exec_driver_sql(f"SET LOCAL search_path = {path}")


def _secure(table: str, rules: Rules) -> Iterator[str]:
    found = {kind: getattr(rules, kind) for kind in _COMMANDS if getattr(rules, kind) is not None}
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    yield f"GRANT {', '.join(_COMMANDS[kind] for kind in found)} ON {table} TO {WEB_ROLE}"
    yield f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true)"
    for kind, rule in found.items():
        condition = f"WITH CHECK ({rule})" if kind == "insert" else f"USING ({rule})"
        yield f"CREATE POLICY {kind} ON {table} FOR {_COMMANDS[kind]} {condition}"
