"""Who is to see and to change how much of the scene: a table by itself, which the policies are held to."""

from collections.abc import Iterable

from tests.layers.row_scene import ROLES

OFFICE = {"coordinator", "planner", "reviewer", "supervisor", "administrator", "auditor"}
LEADS = {"coordinator", "supervisor", "administrator", "auditor"}
CASES = {"grid_worker", "guard", "representative", *LEADS}
BORDER = OFFICE | {"guard"}
STAFF = OFFICE | {"grid_worker", "representative"}
KEEPERS = {"coordinator", "administrator"}

# Of each table: the rows, those anybody sees; who sees all with a role in the whole district; what those
# with a role in the first village see, and who they are.
SEEN: dict[str, tuple[int, int, Iterable[str], int, Iterable[str]]] = {
    "unit_version": (5, 5, ROLES, 5, ROLES),
    "border_segment": (1, 0, BORDER | {"grid_worker"}, 1, BORDER | {"grid_worker"}),
    "marker": (2, 1, BORDER | {"grid_worker"}, 2, BORDER | {"grid_worker"}),
    "representative": (2, 0, STAFF, 1, STAFF),
    "responsibility": (2, 0, STAFF, 1, STAFF),
    "incident": (3, 0, CASES, 1, CASES),
    "incident_event": (3, 0, CASES, 1, CASES),
    "incident_action": (3, 0, CASES, 1, CASES),
    "incident_request": (3, 0, CASES, 1, CASES),
    "incident_reminder": (3, 0, CASES, 1, CASES),
    "incident_rules": (1, 1, ROLES, 1, ROLES),
    "patrol": (2, 0, LEADS, 0, ()),
    "fix": (6, 0, LEADS, 0, ()),
    "coverage_line": (2, 0, BORDER, 2, BORDER),
    "quarantine": (2, 0, LEADS, 0, ()),
    "due_rule": (1, 0, BORDER, 1, BORDER),
    "due_suspension": (1, 0, BORDER, 1, BORDER),
    "coverage_report": (1, 0, BORDER, 1, BORDER),
    "coverage_task": (2, 0, LEADS, 0, ()),
    "outreach": (2, 0, CASES, 1, CASES),
    "outreach_opinion": (2, 0, CASES, 1, CASES),
    "outreach_problem": (2, 0, CASES, 1, CASES),
    "outreach_action": (2, 0, CASES, 1, CASES),
    "outreach_request": (2, 0, CASES, 1, CASES),
    "period_plan": (1, 0, CASES, 1, CASES),
    "period_task": (1, 0, CASES, 1, CASES),
    "period_item": (2, 0, CASES, 1, CASES),
    "period_event": (2, 0, CASES, 1, CASES),
    "reminder_letter": (2, 0, CASES, 1, CASES),
    "reminder_item": (2, 0, CASES, 1, CASES),
    "monitoring_point": (1, 0, CASES, 1, CASES),
    "demonstration_household": (2, 0, STAFF, 1, STAFF),
    "leader": (1, 0, STAFF, 1, STAFF),
    "staffing_proposal": (1, 0, OFFICE, 0, ()),
    "service_stop": (1, 1, ROLES, 1, ROLES),
    "audit_entry": (1, 0, {"administrator", "auditor"}, 0, ()),
    "plan": (1, 0, OFFICE, 1, OFFICE),
    "plan_op": (1, 0, OFFICE, 1, OFFICE),
    "lineage": (1, 0, ROLES, 1, ROLES),
    "notice": (2, 0, STAFF, 1, STAFF),
    "road_edge": (1, 1, ROLES, 1, ROLES),
    "road_closure": (1, 1, ROLES, 1, ROLES),
    "line_feature": (1, 1, ROLES, 1, ROLES),
    "dwelling": (1, 0, STAFF, 1, STAFF),
}

# Of each change: the rows it reaches with a role in the whole district, and in the first village.
CHANGED: dict[str, tuple[int, Iterable[str], int, Iterable[str]]] = {
    "UPDATE marker SET name = 'x'": (2, {"planner", "administrator"}, 0, ()),
    "DELETE FROM marker": (2, {"planner", "administrator"}, 0, ()),
    "UPDATE unit_version SET name = 'x'": (5, {"planner", "reviewer", "administrator"}, 0, ()),
    "UPDATE incident SET title = 'x'": (3, CASES - {"auditor"}, 1, CASES - {"auditor"}),
    "UPDATE incident SET merged_into = id": (3, CASES - {"auditor"}, 1, CASES - {"auditor"}),
    "UPDATE incident_action SET what = 'x'": (3, CASES - {"auditor"}, 1, CASES - {"auditor"}),
    "UPDATE incident_request SET note = 'x'": (3, CASES - {"auditor"}, 1, CASES - {"auditor"}),
    "UPDATE incident_reminder SET percent = 80": (0, (), 0, ()),
    "UPDATE incident_rules SET version = 2": (1, KEEPERS, 0, ()),
    "DELETE FROM incident_action": (0, (), 0, ()),
    "DELETE FROM incident_request": (0, (), 0, ()),
    "DELETE FROM incident_reminder": (0, (), 0, ()),
    "DELETE FROM incident_rules": (0, (), 0, ()),
    "DELETE FROM incident_receipt": (0, (), 0, ()),
    "DELETE FROM incident_event": (0, (), 0, ()),
    "DELETE FROM incident": (0, (), 0, ()),
    "UPDATE responsibility SET role = 'extra'": (2, KEEPERS, 1, KEEPERS),
    "DELETE FROM responsibility": (2, KEEPERS, 1, KEEPERS),
    "UPDATE fix SET part = 9": (6, KEEPERS, 0, ()),
    "DELETE FROM fix": (0, (), 0, ()),
    "DELETE FROM coverage_line": (2, KEEPERS, 0, ()),
    "UPDATE district SET name = 'x'": (0, (), 0, ()),
    "UPDATE due_rule SET within_days = 1": (1, KEEPERS, 0, ()),
    "DELETE FROM due_rule": (0, (), 0, ()),
    "UPDATE coverage_task SET state = 'done', settled_at = now()": (2, KEEPERS, 0, ()),
    "DELETE FROM coverage_task": (0, (), 0, ()),
    "UPDATE outreach_action SET closing = 'x'": (2, CASES - {"auditor"}, 1, CASES - {"auditor"}),
    "UPDATE outreach_request SET answer = 'x'": (2, KEEPERS, 0, ()),
    "DELETE FROM outreach": (0, (), 0, ()),
    "UPDATE period_plan SET title = 'x'": (1, KEEPERS, 0, ()),
    "UPDATE period_task SET title = 'x'": (1, KEEPERS, 0, ()),
    "DELETE FROM period_event": (0, (), 0, ()),
    "DELETE FROM reminder_item": (0, (), 0, ()),
    "UPDATE monitoring_point SET note = 'x'": (1, KEEPERS, 0, ()),
    "UPDATE demonstration_household SET label = 'x'": (2, KEEPERS, 1, KEEPERS),
    "DELETE FROM leader": (1, KEEPERS, 0, ()),
    "UPDATE staffing_proposal SET note = 'x'": (1, KEEPERS, 0, ()),
    "DELETE FROM staffing_proposal": (0, (), 0, ()),
    "UPDATE service_stop SET reason = 'x'": (1, KEEPERS, 0, ()),
    # A plan is its author's, and somebody else's only to decide.
    "UPDATE plan_op SET undone = true": (0, (), 0, ()),
    "DELETE FROM plan_op": (0, (), 0, ()),
    "DELETE FROM plan": (0, (), 0, ()),
    "UPDATE lineage SET share_area = 0": (0, (), 0, ()),
    "UPDATE notice SET seen_at = now()": (2, STAFF, 1, STAFF),
    "DELETE FROM notice": (0, (), 0, ()),
    "UPDATE dwelling SET households = 0": (1, {"planner", "administrator"}, 0, ()),
    "DELETE FROM line_feature": (1, {"planner", "administrator"}, 0, ()),
}
