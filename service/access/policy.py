"""Who may use which route: one row for each, and nothing without a row is served.

A key is the method and the path template. ``roles`` are those of which one must be held. ``area`` says where:

- ``none``: anywhere;
- ``district``: in the district of the request; a district in which the caller holds nothing does not exist;
- ``subtree``: as ``district``, and of the things there only those at or below the units of the grants;
- ``own``: only what is the caller's own, which the route itself looks after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from layers.accounts import ADMINISTRATOR, GRANTED, PUBLIC_ROLE, REPORTER, ROLES
from service.access.helping import HELPING
from service.access.teams import TEAMS

Area = Literal["none", "district", "subtree", "own"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route, and where.

    Parameters
    ----------
    roles
        One of them must be held.
    area
        Where it must be held; see the module.
    anybody
        Whoever is signed in may, even without a grant in force.
    page
        It is a page: who is not signed in is led to the sign-in page.
    """

    roles: frozenset[str]
    area: Area = "none"
    anybody: bool = False
    page: bool = False

    @property
    def public(self) -> bool:
        """Whether nobody needs to sign in."""
        return PUBLIC_ROLE in self.roles


EVERYONE = frozenset(ROLES)
PEOPLE = frozenset(GRANTED)
OFFICE = frozenset({"coordinator", "planner", "reviewer", "supervisor", ADMINISTRATOR, "auditor"})
BORDER = OFFICE | {"guard"}
CASES = frozenset(
    {"grid_worker", "guard", "representative", "coordinator", "supervisor", ADMINISTRATOR, "auditor"}
)
HANDLING = CASES - {"auditor"}
WITHDRAWING = frozenset({"supervisor", ADMINISTRATOR})
STAFF = OFFICE | {"grid_worker", "representative"}
STAFFING = frozenset({"coordinator", ADMINISTRATOR})
WALKING = frozenset({"guard", "grid_worker", "coordinator", ADMINISTRATOR})
SENDING = frozenset({REPORTER})
LEADS = frozenset({"coordinator", "supervisor", ADMINISTRATOR, "auditor"})
KEEPERS = frozenset({"coordinator", ADMINISTRATOR})
COORDINATING = frozenset({"coordinator"})
SIGNING = KEEPERS | {"supervisor"}
PLANNING = frozenset({"planner", ADMINISTRATOR})
REVIEWING = frozenset({"reviewer", ADMINISTRATOR})
TRACKS = LEADS | WALKING
_DAY = "GET /api/v1/patrols/days/{person}/{day}"
ADMINISTRATION = frozenset({ADMINISTRATOR})
OVERSIGHT = frozenset({ADMINISTRATOR, "auditor"})
DEVICE_KEEPERS = STAFFING
DEVICE_READERS = DEVICE_KEEPERS | {"auditor"}

_OPEN = Rule(EVERYONE)
_EVERYONE_THERE = Rule(EVERYONE, "district")
_PEOPLE_THERE = Rule(PEOPLE, "district")

_THERE: Mapping[str, Rule] = {"everyone": _EVERYONE_THERE, "people": _PEOPLE_THERE} | {
    who: Rule(roles, "district", page=who == "page")
    for who, roles in (("page", STAFF), ("staff", STAFF), ("leads", LEADS), ("keepers", KEEPERS))
}

POLICY: Mapping[str, Rule] = {
    # Nothing of a district.
    "GET /healthz": _OPEN,
    "GET /readyz": _OPEN,
    "GET /docs": _OPEN,
    "GET /openapi.json": _OPEN,
    "GET /favicon.ico": _OPEN,
    "GET /signin/oidc": _OPEN,
    "GET /signin/oidc/callback": _OPEN,
    "PUT /api/v1/people/{person}/provider": Rule(ADMINISTRATION),
    "GET /assets/basemap.json": _OPEN,
    "GET /assets/{path:path}": _OPEN,
    # Pages.
    "GET /": Rule(EVERYONE, page=True),
    "GET /stations": Rule(EVERYONE, page=True),
    # The shells of the field pages hold nothing; what they send is asked for at its own routes.
    "GET /patrol": _OPEN,
    "GET /report": _OPEN,
    "GET /visit": _OPEN,
    "GET /meeting": _OPEN,
    "GET /sw.js": _OPEN,
    "GET /manifest.webmanifest": _OPEN,
    "GET /grids": Rule(PEOPLE, "district", page=True),
    "GET /redraw": Rule(OFFICE, "district", page=True),
    "GET /coverage": Rule(BORDER, "district", page=True),
    "GET /meetings": Rule(CASES, "district", page=True),
    "GET /incidents": Rule(CASES, "district", page=True),
    "GET /quarantine": Rule(LEADS, "district", page=True),
    "GET /reports": Rule(LEADS, "district", page=True),
    "GET /chain": Rule(STAFF, "district", page=True),
    "GET /staffing": Rule(OFFICE, "district", page=True),
    "GET /teams": Rule(OFFICE, "district", page=True),
    "GET /notices": Rule(PEOPLE, "district", page=True),
    "GET /maps/{view}.html": Rule(BORDER, "district", page=True),
    "GET /admin": Rule(OVERSIGHT, page=True),
    # Oneself.
    "GET /signin": _OPEN,
    "POST /signin": _OPEN,
    "POST /signin/password": Rule(PEOPLE, "own", anybody=True),
    "POST /signout": _OPEN,
    "POST /api/v1/session": _OPEN,
    "GET /api/v1/session": _OPEN,
    "DELETE /api/v1/session": _OPEN,
    "GET /api/v1/me": Rule(PEOPLE | {REPORTER}, "own", anybody=True),
    "POST /api/v1/me/password": Rule(PEOPLE, "own", anybody=True),
    # Others.
    "GET /api/v1/people": Rule(OVERSIGHT),
    "GET /api/v1/people/{person}": Rule(OVERSIGHT),
    "POST /api/v1/people": Rule(ADMINISTRATION),
    "PATCH /api/v1/people/{person}": Rule(ADMINISTRATION),
    "POST /api/v1/people/{person}/password": Rule(ADMINISTRATION),
    "POST /api/v1/people/{person}/grants": Rule(ADMINISTRATION),
    "DELETE /api/v1/people/{person}/grants/{grant}": Rule(ADMINISTRATION),
    "GET /api/v1/devices": Rule(PEOPLE, "own"),
    "POST /api/v1/devices": Rule(PEOPLE, "own"),
    "POST /api/v1/devices/{device}/token": Rule(PEOPLE, "own"),
    "DELETE /api/v1/devices/{device}": Rule(PEOPLE, "own"),
    # What anybody may ask.
    "GET /api/v1/locate": _EVERYONE_THERE,
    "GET /api/v1/stations": _EVERYONE_THERE,
    "GET /api/v1/stations/nearest": _EVERYONE_THERE,
    # The rota of the stations, volunteers and help.
    **{key: _THERE[who] for key, who in (*HELPING.items(), *TEAMS.items())},
    "GET /api/v1/roads/closures": _EVERYONE_THERE,
    "POST /api/v1/roads/closures": Rule(KEEPERS, "district"),
    "DELETE /api/v1/roads/closures/{closure}": Rule(KEEPERS, "district"),
    "POST /api/v1/stations/nearest": _PEOPLE_THERE,
    "POST /api/v1/incidents": _EVERYONE_THERE,
    "GET /api/v1/receipts/{receipt}": _EVERYONE_THERE,
    "POST /api/v1/receipts/{receipt}/feedback": _EVERYONE_THERE,
    "GET /api/v1/public/incidents": _EVERYONE_THERE,
    # Open311: requests ask for a key themselves, since it may be a part of a form.
    "GET /open311/v2/discovery.{form}": _OPEN,
    "GET /open311/v2/services.{form}": _OPEN,
    "GET /open311/v2/services/{service_code}.{form}": _OPEN,
    "GET /open311/v2/requests.{form}": _OPEN,
    "POST /open311/v2/requests.{form}": _OPEN,
    "GET /open311/v2/requests/{request_id}.{form}": _OPEN,
    "GET /open311/v2/tokens/{token}.{form}": _OPEN,
    # The ground.
    "POST /api/v1/locate": _PEOPLE_THERE,
    "GET /api/v1/districts": Rule(PEOPLE),
    "GET /api/v1/units/{code}": _PEOPLE_THERE,
    "GET /api/v1/layers": _PEOPLE_THERE,
    "GET /api/v1/layers/{layer}/items": Rule(PEOPLE, "subtree"),
    "GET /api/v1/layers/{layer}/items/{item}": Rule(PEOPLE, "subtree"),
    "GET /tiles/{layer}.json": _PEOPLE_THERE,
    "GET /tiles/{layer}/style.json": _PEOPLE_THERE,
    "GET /tiles/{layer}/units.json": _PEOPLE_THERE,
    "GET /tiles/{layer}/{z}/{x}/{y}.mvt": Rule(PEOPLE, "subtree"),
    # Plans: the office reads them, planners draw, reviewers decide; whose a plan is, it says itself.
    "GET /api/v1/releases": _PEOPLE_THERE,
    "GET /api/v1/releases/{release}/exchange.gpkg": Rule(OFFICE, "district"),
    "GET /api/v1/lineage": _PEOPLE_THERE,
    "GET /api/v1/crosswalk": _PEOPLE_THERE,
    "GET /api/v1/crosswalk.csv": _PEOPLE_THERE,
    "GET /api/v1/notices": _PEOPLE_THERE,
    "POST /api/v1/notices/{notice}/seen": _PEOPLE_THERE,
    "GET /api/v1/watches": _PEOPLE_THERE,
    "PUT /api/v1/watches/{unit}": _PEOPLE_THERE,
    "DELETE /api/v1/watches/{unit}": _PEOPLE_THERE,
    "GET /api/v1/plans": Rule(OFFICE, "district"),
    "POST /api/v1/plans": Rule(PLANNING, "district"),
    "GET /api/v1/plans/{plan}": Rule(OFFICE, "district"),
    "PATCH /api/v1/plans/{plan}": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/ops": Rule(PLANNING, "district"),
    "DELETE /api/v1/plans/{plan}/ops/last": Rule(PLANNING, "district"),
    "DELETE /api/v1/plans/{plan}/ops/{seq}": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/ops/redo": Rule(PLANNING, "district"),
    "GET /api/v1/plans/{plan}/exchange.gpkg": Rule(OFFICE, "district"),
    "POST /api/v1/plans/exchange": Rule(PLANNING, "district"),
    "GET /api/v1/plans/{plan}/impact": Rule(OFFICE, "district"),
    "GET /api/v1/plans/{plan}/units": Rule(OFFICE, "district"),
    "GET /api/v1/plans/{plan}/changes": Rule(OFFICE, "district"),
    "GET /api/v1/plans/{plan}/conflicts": Rule(OFFICE, "district"),
    "POST /api/v1/plans/{plan}/balance": Rule(PLANNING, "district"),
    "GET /api/v1/plans/{plan}/document.html": Rule(OFFICE, "district"),
    "GET /api/v1/plans/{plan}/document.pdf": Rule(OFFICE, "district"),
    "POST /api/v1/plans/{plan}/submit": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/withdraw": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/reopen": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/approve": Rule(REVIEWING, "district"),
    "POST /api/v1/plans/{plan}/reject": Rule(REVIEWING, "district"),
    "POST /api/v1/plans/{plan}/rebase": Rule(PLANNING, "district"),
    "POST /api/v1/plans/{plan}/publish": Rule(PLANNING, "district"),
    # The border.
    "GET /api/v1/coverage/segments": Rule(BORDER, "district"),
    "GET /api/v1/coverage/segments.geojson": Rule(BORDER, "district"),
    "GET /api/v1/coverage/weaker.geojson": Rule(BORDER, "district"),
    "GET /api/v1/coverage/segments.csv": Rule(BORDER, "district"),
    "GET /api/v1/coverage/segments/{code}": Rule(BORDER, "district"),
    "GET /api/v1/coverage/timeline": Rule(BORDER, "district"),
    # Where people are now: for their own coordinator and nobody else, however far another role reaches.
    "GET /api/v1/coverage/live": Rule(COORDINATING, "district"),
    "GET /api/v1/coverage/sheet.html": Rule(BORDER, "district"),
    "GET /api/v1/coverage/sheet.pdf": Rule(BORDER, "district"),
    "GET /api/v1/coverage/segments.gpkg": Rule(BORDER, "district"),
    **{
        f"GET /api/v1/coverage/{name}{end}": Rule(BORDER, "district")
        for name in ("grids", "markers", "due")
        for end in ("", ".geojson", ".csv")
    },
    "GET /api/v1/coverage/barriers": Rule(BORDER, "district"),
    "POST /api/v1/coverage/barriers": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/barriers/{barrier}": Rule(BORDER, "district"),
    "POST /api/v1/coverage/barriers/{barrier}/end": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/clocks": Rule(LEADS, "district"),
    "GET /api/v1/coverage/declarations": Rule(BORDER, "district"),
    "POST /api/v1/coverage/declarations": Rule(WALKING, "district"),
    "GET /api/v1/coverage/declarations/{declaration}": Rule(BORDER, "district"),
    "POST /api/v1/coverage/declarations/{declaration}/withdraw": Rule(WALKING, "district"),
    "GET /api/v1/coverage/due/rules": Rule(BORDER, "district"),
    "GET /api/v1/coverage/due/rules/{rule}": Rule(BORDER, "district"),
    "POST /api/v1/coverage/due/rules": Rule(KEEPERS, "district"),
    "DELETE /api/v1/coverage/due/rules/{rule}": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/due/suspensions": Rule(BORDER, "district"),
    "POST /api/v1/coverage/due/suspensions": Rule(KEEPERS, "district"),
    "DELETE /api/v1/coverage/due/suspensions/{suspension}": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/markers/{code}/actions": Rule(BORDER, "district"),
    "POST /api/v1/coverage/markers/{code}/actions": Rule(WALKING, "district"),
    "PUT /api/v1/coverage/photos/{sha256}": Rule(WALKING, "district"),
    "GET /api/v1/coverage/photos/{sha256}": Rule(WALKING, "district"),
    "GET /api/v1/coverage/reports": Rule(BORDER, "district"),
    "GET /api/v1/coverage/reports/{month}": Rule(BORDER, "district"),
    "GET /api/v1/coverage/reports/{month}/draft": Rule(BORDER, "district"),
    "POST /api/v1/coverage/reports/{month}": Rule(SIGNING, "district"),
    "GET /api/v1/coverage/tasks": Rule(TRACKS, "district"),
    "POST /api/v1/coverage/tasks": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/tasks/assignees": Rule(KEEPERS, "district"),
    "GET /api/v1/coverage/tasks/{task}": Rule(TRACKS, "district"),
    "PATCH /api/v1/coverage/tasks/{task}": Rule(KEEPERS, "district"),
    "POST /api/v1/coverage/tasks/{task}/close": Rule(KEEPERS, "district"),
    "POST /api/v1/tracks": Rule(WALKING, "district"),
    # What devices send, and what of it could not be stored. A device sends for itself alone.
    "PUT /api/v1/devices/{device}/batches/{batch}": Rule(SENDING, "own"),
    "PUT /api/v1/devices/{device}/clocks/{day}": Rule(KEEPERS, "district"),
    "PUT /api/v1/devices/{device}/files/{sha256}": Rule(SENDING, "own"),
    "GET /api/v1/devices/{device}/files/{sha256}": Rule(CASES | SENDING, "district"),
    "POST /api/v1/tracks/owntracks": Rule(SENDING, "own"),
    "POST /api/v1/tracks/overland": Rule(SENDING, "own"),
    "GET /api/v1/quarantine": Rule(LEADS, "district"),
    "POST /api/v1/quarantine/{item}/release": Rule(KEEPERS, "district"),
    "POST /api/v1/quarantine/{item}/discard": Rule(KEEPERS, "district"),
    "GET /api/v1/patrols": Rule(TRACKS, "district"),
    "GET /api/v1/patrols/{patrol}/fixes": Rule(TRACKS, "district"),
    "GET /api/v1/patrols/{patrol}/withdrawals": Rule(TRACKS, "district"),
    "POST /api/v1/patrols/{patrol}/withdrawals": Rule(WALKING, "district"),
    "POST /api/v1/patrols/{patrol}/withdrawals/{withdrawal}/restore": Rule(WALKING, "district"),
    **{f"{_DAY}{end}": Rule(TRACKS, "district") for end in ("", "/sheet.html", "/sheet.pdf")},
    "GET /api/v1/fix-exports": Rule(LEADS, "district"),
    "POST /api/v1/fix-exports": Rule(LEADS - {"auditor"}, "district"),
    "POST /api/v1/fix-exports/{export}/approval": Rule(frozenset({"supervisor", ADMINISTRATOR}), "district"),
    "GET /api/v1/fix-exports/{export}/file": Rule(LEADS - {"auditor"}, "district"),
    "GET /api/v1/audit": Rule(OVERSIGHT, "district"),
    "GET /api/v1/audit/chain": Rule(OVERSIGHT, "district"),
    "POST /api/v1/audit/proof": Rule(OVERSIGHT, "district"),
    "GET /api/v1/retention": Rule(OVERSIGHT, "district"),
    "PUT /api/v1/retention/{subject}": Rule(ADMINISTRATION, "district"),
    # Incidents and representatives.
    "GET /api/v1/incidents": Rule(CASES, "subtree"),
    "GET /api/v1/incidents/channels": Rule(CASES, "subtree"),
    "POST /api/v1/incidents/import": Rule(KEEPERS, "district"),
    "GET /api/v1/incidents/{incident}": Rule(CASES, "subtree"),
    "PATCH /api/v1/incidents/{incident}": Rule(HANDLING, "subtree"),
    # Nothing brings it back, so it is not for those whose case it is.
    "DELETE /api/v1/incidents/{incident}": Rule(WITHDRAWING, "subtree"),
    "POST /api/v1/incidents/{incident}/events": Rule(HANDLING, "subtree"),
    "GET /api/v1/incidents/key-supervision": Rule(CASES, "subtree"),
    "GET /api/v1/incidents/rules": Rule(CASES, "district"),
    "PUT /api/v1/incidents/rules": Rule(KEEPERS, "district"),
    "GET /api/v1/incidents/indicators": Rule(LEADS, "subtree"),
    "GET /api/v1/incidents/indicators/{count}": Rule(LEADS, "subtree"),
    "GET /api/v1/incidents/{incident}/case": Rule(CASES, "subtree"),
    "GET /api/v1/incidents/similar": Rule(CASES, "subtree"),
    "GET /api/v1/incidents/{incident}/duplicates": Rule(CASES, "subtree"),
    "POST /api/v1/incidents/{incident}/merge": Rule(SIGNING, "subtree"),
    "POST /api/v1/incidents/{incident}/separate": Rule(SIGNING, "subtree"),
    "POST /api/v1/incidents/{incident}/follow": Rule(HANDLING, "subtree"),
    "POST /api/v1/incidents/{incident}/colour": Rule(HANDLING, "subtree"),
    "POST /api/v1/incidents/{incident}/requests": Rule(HANDLING, "subtree"),
    "POST /api/v1/incidents/{incident}/requests/{request_id}/decision": Rule(SIGNING, "subtree"),
    "POST /api/v1/incidents/{incident}/actions": Rule(HANDLING, "subtree"),
    "PATCH /api/v1/incidents/{incident}/actions/{action}": Rule(HANDLING, "subtree"),
    # Who else tries is refused by the route, which notes it.
    "POST /api/v1/incidents/{incident}/reopen": _PEOPLE_THERE,
    "GET /api/v1/incidents/{incident}/contact": Rule(HANDLING, "subtree"),
    # Meetings, visits and the stops of the mobile service.
    "GET /api/v1/outreach": Rule(CASES, "subtree"),
    "POST /api/v1/outreach": Rule(HANDLING, "district"),
    "GET /api/v1/outreach/{outreach_id}": Rule(CASES, "subtree"),
    "GET /api/v1/outreach/figures": Rule(CASES, "subtree"),
    "GET /api/v1/outreach/problems": Rule(CASES, "subtree"),
    "GET /api/v1/outreach/duties": Rule(CASES, "subtree"),
    "GET /api/v1/outreach/actions": Rule(CASES, "subtree"),
    "POST /api/v1/outreach/actions/{action}/done": Rule(HANDLING, "subtree"),
    "GET /api/v1/outreach/requests": Rule(CASES, "subtree"),
    "POST /api/v1/outreach/requests/{request}/answer": Rule(KEEPERS, "district"),
    "GET /api/v1/stops": _EVERYONE_THERE,
    "GET /api/v1/stops/{stop}": _EVERYONE_THERE,
    "POST /api/v1/stops": Rule(KEEPERS, "district"),
    "PATCH /api/v1/stops/{stop}": Rule(KEEPERS, "district"),
    # Reports: of what the caller sees.
    "GET /api/v1/reports/figures": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/months": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/comparison": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/rows/{figure}": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/report.html": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/report.pdf": Rule(LEADS, "subtree"),
    "GET /api/v1/reports/report.xlsx": Rule(LEADS, "subtree"),
    # Plans of periods: offices submit tasks, keepers merge, publish and issue letters.
    "GET /api/v1/periods": Rule(CASES, "district"),
    "POST /api/v1/periods": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/supervisors": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/{period}": Rule(CASES, "district"),
    "POST /api/v1/periods/{period}/publish": Rule(KEEPERS, "district"),
    "POST /api/v1/periods/{period}/reopen": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/{period}/tasks": Rule(CASES, "district"),
    "POST /api/v1/periods/{period}/tasks": Rule(SIGNING, "district"),
    "POST /api/v1/periods/{period}/merges": Rule(KEEPERS, "district"),
    "POST /api/v1/periods/{period}/merges/{merge}/undo": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/{period}/items": Rule(CASES, "district"),
    "GET /api/v1/periods/{period}/units": Rule(CASES, "district"),
    "GET /api/v1/periods/{period}/map.geojson": Rule(CASES, "district"),
    "GET /api/v1/periods/{period}/events": Rule(CASES, "subtree"),
    "POST /api/v1/periods/{period}/events": Rule(HANDLING, "district"),
    "GET /api/v1/periods/{period}/points": Rule(CASES, "district"),
    "POST /api/v1/periods/{period}/points": Rule(KEEPERS, "district"),
    "DELETE /api/v1/periods/{period}/points/{point}": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/{period}/letters": Rule(CASES, "district"),
    "POST /api/v1/periods/{period}/letters": Rule(KEEPERS, "district"),
    "GET /api/v1/periods/{period}/letters/{letter}": Rule(CASES, "district"),
    "GET /api/v1/periods/{period}/letters/{letter}/document.html": Rule(CASES, "district"),
    "GET /api/v1/periods/{period}/letters/{letter}/document.pdf": Rule(CASES, "district"),
    "GET /api/v1/representatives": Rule(STAFF, "subtree"),
    "GET /api/v1/representatives/{code}": Rule(STAFF, "subtree"),
    "POST /api/v1/representatives": Rule(STAFFING, "subtree"),
    "POST /api/v1/representatives/batch": Rule(STAFFING, "subtree"),
    # The chain of responsibility.
    "GET /api/v1/chain": Rule(STAFF, "subtree"),
    "GET /api/v1/chain/households": Rule(STAFF, "subtree"),
    "POST /api/v1/chain/households": Rule(STAFFING, "subtree"),
    "POST /api/v1/chain/households/import": Rule(STAFFING, "subtree"),
    "POST /api/v1/chain/households/{code}/end": Rule(STAFFING, "subtree"),
    "GET /api/v1/chain/leaders": Rule(STAFF, "district"),
    "POST /api/v1/chain/leaders": Rule(STAFFING, "district"),
    "POST /api/v1/chain/leaders/{leader}/end": Rule(STAFFING, "district"),
    "GET /api/v1/staffing/duties.html": Rule(STAFF, "subtree"),
    "GET /api/v1/staffing/duties.pdf": Rule(STAFF, "subtree"),
    "GET /api/v1/staffing/duties/{code}/sheet.html": Rule(STAFF, "subtree"),
    "GET /api/v1/staffing/duties/{code}/sheet.pdf": Rule(STAFF, "subtree"),
    "GET /api/v1/staffing/proposals": Rule(OFFICE, "district"),
    "POST /api/v1/staffing/proposals": Rule(STAFFING | PLANNING, "district"),
    "GET /api/v1/staffing/proposals/{proposal}": Rule(OFFICE, "district"),
    "POST /api/v1/staffing/proposals/{proposal}/approve": Rule(STAFFING, "district"),
    "POST /api/v1/staffing/proposals/{proposal}/reject": Rule(STAFFING, "district"),
}
"""The row of every route."""

LAYERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("stations", "lines", "cover"), PEOPLE),
    "dwellings": STAFF,
    "border": BORDER | WALKING,
    "markers": BORDER | WALKING,
    "incidents": CASES,
    "representatives": STAFF,
}
"""Who may see a layer that every district has, as items or tiles; area layers are for all people there."""


def key_of(method: str, template: str) -> str:
    """Return the key of a route; HEAD is answered by what answers GET."""
    return f"{'GET' if method == 'HEAD' else method} {template}"


def without_row(keys: Iterable[str]) -> list[str]:
    """Return which of the routes have no row."""
    return sorted(set(keys) - POLICY.keys())
