"""Who may use which route: every route asked as every caller, on a real database.

``TABLE`` says who may, written down here by itself: it is compared with what the service does, and with what
``service.access.policy`` says, so a slip in the policy is seen. A route without a row fails.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Device, Devices
from service.access import tokens
from service.access.credentials import PLAIN_COOKIE
from service.access.policy import LAYERS, POLICY, Rule, key_of
from service.settings import Settings
from tests.fixtures.accounts import NOW, add_person, open_session
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import DISTRICT, County, publish
from tests.service.access_rows import (
    ALL,
    BORDER,
    CASES,
    DIGEST,
    ELSEWHERE,
    HANDLING,
    NO_ID,
    OFFICE,
    OTHER,
    PEOPLE,
    ROLES,
    STAFF,
    WALKING,
    Row,
    there,
)
from tests.service.board_rows import BOARD
from tests.service.case_rows import CASE_ROWS
from tests.service.chain_rows import CHAIN
from tests.service.due_rows import DUE
from tests.service.outreach_rows import OUTREACH
from tests.service.period_rows import PERIODS
from tests.service.plan_rows import PLANS
from tests.service.staffing_rows import STAFFING

LOCATED = "lon=131.005&lat=46.005"
INCIDENT = "/api/v1/incidents/{incident}"
TABLE: dict[str, Row] = {
    "GET /healthz": Row(ALL, path="/healthz"),
    "GET /readyz": Row(ALL, path="/readyz"),
    "GET /docs": Row(ALL, path="/docs"),
    "GET /openapi.json": Row(ALL, path="/openapi.json"),
    "GET /favicon.ico": Row(ALL, path="/favicon.ico"),
    "GET /assets/basemap.json": Row(ALL, path="/assets/basemap.json?bbox=130,45,132,47&home=131,46"),
    "GET /assets/{path:path}": Row(ALL, path="/assets/web/tokens.css"),
    "GET /sw.js": Row(ALL, path="/sw.js"),
    "GET /manifest.webmanifest": Row(ALL, path="/manifest.webmanifest"),
    "GET /": Row(ALL, path=there("/")),
    "GET /stations": Row(ALL, path=there("/stations")),
    "GET /signin": Row(ALL, path="/signin"),
    "POST /signin": Row(ALL, path="/signin"),
    "POST /signout": Row(ALL, path="/signout"),
    "POST /api/v1/session": Row(ALL, path="/api/v1/session", body={}),
    **{f"{method} /api/v1/session": Row(ALL, path="/api/v1/session") for method in ("GET", "DELETE")},
    "GET /api/v1/locate": Row(ALL, path=there(f"/api/v1/locate?{LOCATED}")),
    "GET /api/v1/stations": Row(ALL, path=there("/api/v1/stations")),
    "GET /api/v1/stations/nearest": Row(ALL, path=there(f"/api/v1/stations/nearest?{LOCATED}")),
    "POST /api/v1/stations/nearest": Row(PEOPLE, "district", there("/api/v1/stations/nearest"), {}),
    "GET /api/v1/roads/closures": Row(ALL, path=there("/api/v1/roads/closures")),
    "POST /api/v1/roads/closures": Row("ca", "district", there("/api/v1/roads/closures"), {}),
    "DELETE /api/v1/roads/closures/{closure}": Row(
        "ca", "district", there(f"/api/v1/roads/closures/{NO_ID}"), found=404
    ),
    "POST /api/v1/incidents": Row(ALL, path=there("/api/v1/incidents"), body={}),
    "GET /report": Row(ALL, path=there("/report")),
    "GET /visit": Row(ALL, path=there("/visit")),
    "GET /meeting": Row(ALL, path=there("/meeting")),
    "GET /api/v1/receipts/{receipt}": Row(ALL, path=there("/api/v1/receipts/nothing"), found=404),
    "GET /api/v1/public/incidents": Row(ALL, path=there("/api/v1/public/incidents")),
    "GET /signin/oidc": Row(ALL, path="/signin/oidc", found=404),
    "GET /signin/oidc/callback": Row(ALL, path="/signin/oidc/callback", found=404),
    "GET /patrol": Row(ALL, path=there("/patrol")),
    "GET /quarantine": Row("csau", "district", there("/quarantine"), page=True),
    "GET /incidents": Row(CASES, "district", there("/incidents"), page=True),
    "GET /meetings": Row(CASES, "district", there("/meetings"), page=True),
    "GET /notices": Row(PEOPLE, "district", there("/notices"), page=True),
    "GET /admin": Row("au", path="/admin", page=True),
    "GET /api/v1/audit": Row("au", "district", there("/api/v1/audit")),
    "GET /api/v1/audit/chain": Row("au", "district", there("/api/v1/audit/chain")),
    "POST /api/v1/audit/proof": Row("au", "district", there("/api/v1/audit/proof")),
    "GET /api/v1/retention": Row("au", "district", there("/api/v1/retention")),
    "PUT /api/v1/retention/{subject}": Row("a", "district", there("/api/v1/retention/fixes"), {}),
    "GET /api/v1/incidents/{incident}/contact": Row(HANDLING, "district", there(INCIDENT + "/contact")),
    "GET /api/v1/patrols": Row("wgcsau", "district", there("/api/v1/patrols")),
    "GET /api/v1/patrols/{patrol}/fixes": Row(
        "wgcsau", "district", there(f"/api/v1/patrols/{NO_ID}/fixes"), found=404
    ),
    "GET /api/v1/fix-exports": Row("csau", "district", there("/api/v1/fix-exports")),
    "POST /api/v1/fix-exports": Row("csa", "district", there("/api/v1/fix-exports"), {}),
    "POST /api/v1/fix-exports/{export}/approval": Row(
        "sa", "district", there(f"/api/v1/fix-exports/{NO_ID}/approval"), found=404
    ),
    "GET /api/v1/fix-exports/{export}/file": Row(
        "csa", "district", there(f"/api/v1/fix-exports/{NO_ID}/file"), found=404
    ),
    "GET /api/v1/quarantine": Row("csau", "district", there("/api/v1/quarantine")),
    "POST /api/v1/quarantine/{item}/release": Row(
        "ca", "district", there(f"/api/v1/quarantine/{NO_ID}/release"), found=404
    ),
    "POST /api/v1/quarantine/{item}/discard": Row(
        "ca", "district", there(f"/api/v1/quarantine/{NO_ID}/discard"), found=404
    ),
    "PUT /api/v1/devices/{device}/batches/{batch}": Row(
        "d", path=there(f"/api/v1/devices/phone/batches/{NO_ID}"), body={}
    ),
    "PUT /api/v1/devices/{device}/files/{sha256}": Row(
        "d", path=there(f"/api/v1/devices/phone/files/{DIGEST}")
    ),
    "GET /api/v1/devices/{device}/files/{sha256}": Row(
        "d" + CASES, "district", there(f"/api/v1/devices/phone/files/{DIGEST}"), found=404
    ),
    "POST /api/v1/tracks/owntracks": Row("d", path=there("/api/v1/tracks/owntracks"), body={}),
    "POST /api/v1/tracks/overland": Row("d", path=there("/api/v1/tracks/overland"), body={}),
    "PUT /api/v1/people/{person}/provider": Row("a", path=f"/api/v1/people/{NO_ID}/provider", body={}),
    "GET /api/v1/me": Row("dn" + PEOPLE, path="/api/v1/me"),
    "POST /api/v1/me/password": Row("dn" + PEOPLE, path="/api/v1/me/password", body={}),
    "POST /signin/password": Row("dn" + PEOPLE, path="/signin/password"),
    "GET /grids": Row(PEOPLE, "district", there("/grids"), page=True),
    "GET /redraw": Row(OFFICE, "district", there("/redraw"), page=True),
    "GET /coverage": Row(BORDER, "district", there("/coverage"), page=True),
    "GET /maps/{view}.html": Row(BORDER, "district", there("/maps/coverage.html"), page=True),
    "POST /api/v1/locate": Row(PEOPLE, "district", there("/api/v1/locate"), {"lon": [], "lat": []}),
    "GET /api/v1/districts": Row(PEOPLE, path="/api/v1/districts"),
    "GET /api/v1/units/{code}": Row(PEOPLE, "district", there("/api/v1/units/G00")),
    "GET /api/v1/layers": Row(PEOPLE, "district", there("/api/v1/layers")),
    "GET /api/v1/layers/{layer}/items": Row(PEOPLE, "list", there("/api/v1/layers/grids/items")),
    "GET /api/v1/layers/{layer}/items/{item}": Row(
        PEOPLE, "district", there("/api/v1/layers/grids/items/{unit}")
    ),
    "GET /tiles/{layer}.json": Row(PEOPLE, "district", there("/tiles/grids.json")),
    "GET /tiles/{layer}/style.json": Row(PEOPLE, "district", there("/tiles/grids/style.json")),
    "GET /tiles/{layer}/units.json": Row(PEOPLE, "district", there("/tiles/grids/units.json?level=0")),
    "GET /tiles/{layer}/{z}/{x}/{y}.mvt": Row(PEOPLE, "list", there("/tiles/grids/0/0/0.mvt")),
    **PLANS,
    **STAFFING,
    **DUE,
    **OUTREACH,
    **PERIODS,
    **BOARD,
    "GET /api/v1/coverage/segments": Row(BORDER, "district", there("/api/v1/coverage/segments")),
    "GET /api/v1/coverage/segments.geojson": Row(
        BORDER, "district", there("/api/v1/coverage/segments.geojson")
    ),
    "GET /api/v1/coverage/segments.csv": Row(BORDER, "district", there("/api/v1/coverage/segments.csv")),
    "GET /api/v1/coverage/segments/{code}": Row(BORDER, "district", there("/api/v1/coverage/segments/B1")),
    **{
        f"GET /api/v1/coverage/{what}": Row(BORDER, "district", there(f"/api/v1/coverage/{what}"))
        for of in ("grids", "markers")
        for what in (of, f"{of}.geojson", f"{of}.csv")
    },
    "POST /api/v1/tracks": Row(WALKING, "district", there("/api/v1/tracks?device=x")),
    "GET /api/v1/incidents": Row(CASES, "list", there("/api/v1/incidents")),
    "GET /api/v1/incidents/{incident}": Row(CASES, "thing", there("/api/v1/incidents/{incident}")),
    "PATCH /api/v1/incidents/{incident}": Row(HANDLING, "thing", there(INCIDENT), {"title": "Lamp out"}),
    # A reason without words: asked after the incident was found, and nothing is withdrawn.
    "DELETE /api/v1/incidents/{incident}": Row("sa", "thing", there(INCIDENT + "?reason=--")),
    "POST /api/v1/incidents/{incident}/events": Row(
        HANDLING, "thing", there("/api/v1/incidents/{incident}/events"), {"kind": "comment", "text": "seen"}
    ),
    **CASE_ROWS,
    **CHAIN,
    "GET /api/v1/representatives": Row(STAFF, "list", there("/api/v1/representatives")),
    "GET /api/v1/representatives/{code}": Row(STAFF, "thing", there("/api/v1/representatives/R1")),
    "POST /api/v1/representatives": Row("ca", "list", there("/api/v1/representatives"), {}),
    "POST /api/v1/representatives/batch": Row("ca", "list", there("/api/v1/representatives/batch"), {}),
    "GET /api/v1/people": Row("au", path="/api/v1/people"),
    "GET /api/v1/people/{person}": Row("au", path=f"/api/v1/people/{NO_ID}", found=404),
    "POST /api/v1/people": Row("a", path="/api/v1/people", body={}),
    "PATCH /api/v1/people/{person}": Row("a", path=f"/api/v1/people/{NO_ID}", body={"name": ""}),
    "POST /api/v1/people/{person}/password": Row("a", path=f"/api/v1/people/{NO_ID}/password", found=404),
    "POST /api/v1/people/{person}/grants": Row("a", path=f"/api/v1/people/{NO_ID}/grants", body={}),
    "DELETE /api/v1/people/{person}/grants/{grant}": Row(
        "a", path=f"/api/v1/people/{NO_ID}/grants/{NO_ID}", found=404
    ),
    "GET /api/v1/devices": Row(PEOPLE, path="/api/v1/devices"),
    "POST /api/v1/devices": Row(PEOPLE, path="/api/v1/devices", body={}),
    "POST /api/v1/devices/{device}/token": Row(PEOPLE, path="/api/v1/devices/none/token", found=404),
    "DELETE /api/v1/devices/{device}": Row(PEOPLE, path="/api/v1/devices/none", found=404),
}
# Layers that every district has are for some only; to others they do not exist.
for layer, who in {
    "stations": PEOPLE,
    "lines": PEOPLE,
    "cover": PEOPLE,
    "dwellings": STAFF,
    "border": "w" + BORDER,
    "markers": "w" + BORDER,
    "incidents": CASES,
    "representatives": STAFF,
}.items():
    for template, path in {
        "GET /api/v1/layers/{layer}/items": "/api/v1/layers/@/items",
        "GET /tiles/{layer}.json": "/tiles/@.json",
        "GET /tiles/{layer}/{z}/{x}/{y}.mvt": "/tiles/@/0/0/0.mvt",
    }.items():
        TABLE[f"{template}#{layer}"] = Row(
            who, "list", there(path.replace("@", layer)), hidden=True, policy=False
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks: a letter of the table, where they hold that role, and what they send."""

    letter: str
    where: str
    headers: dict[str, str]


def expected(row: Row, caller: Caller) -> int | None:
    """Return the status of a refusal, None where the caller is let in."""
    if "0" in row.who:
        return None
    if caller.letter == "0":
        return 303 if row.page else 401
    if caller.letter not in row.who:
        # To people a layer they may not see does not exist.
        return 404 if row.hidden and caller.letter in PEOPLE else 403
    outside = row.area in ("district", "list", "thing") and caller.where == "other district"
    beyond = row.area == "thing" and caller.where == "other part"
    return 404 if outside or beyond else None


def by_policy(rule: Rule, caller: Caller) -> str:
    """Return what the policy itself means for a caller: let in, or the kind of refusal."""
    role = {"0": "public", "d": "reporter", "n": None}.get(caller.letter, ROLES.get(caller.letter))
    if "public" in rule.roles or (rule.anybody and caller.letter != "0"):
        return "in"
    if caller.letter == "0":
        return "sign in"
    return "in" if role in rule.roles else "no"


@pytest.fixture
def incident(
    accounts_settings: Settings, county: County, engine: Engine
) -> Iterator[tuple[TestClient, UUID]]:
    """A service with accounts, two districts and an incident in V00 of the first."""
    with Session(engine) as session, session.begin():
        publish(session, OTHER)
    off = {f"limit_{name}": "off" for name in ("requests", "uploads", "reports", "sign_ins", "guesses")}
    with running(accounts_settings.model_copy(update=off)) as client:
        client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
        root = open_session(engine, add_person(engine, "root", [("administrator", None, None)]))
        made = client.post(
            there("/api/v1/incidents"),
            json={"channel": "web", "class": "road", "title": "Lamp", "lon": 131.005, "lat": 46.005},
            headers={"Cookie": f"{PLAIN_COOKIE}={root}"},
        )
        assert made.status_code == 201, made.text
        yield client, UUID(made.json()["id"])


def callers(engine: Engine, county: County) -> Iterator[Caller]:
    yield Caller("0", "", {})
    nothing = add_person(engine, "nothing")
    yield Caller("n", "", {"Cookie": f"{PLAIN_COOKIE}={open_session(engine, nothing)}"})
    for letter, role in ROLES.items():
        for where, district, unit in (
            ("own district", DISTRICT, None),
            ("own part", DISTRICT, county.units["V00"]),
            ("other part", DISTRICT, county.units["T1"]),
            ("other district", OTHER, None),
        ):
            person = add_person(engine, f"{role}-{where.replace(' ', '-')}", [(role, district, unit)])
            yield Caller(letter, where, {"Cookie": f"{PLAIN_COOKIE}={open_session(engine, person)}"})
            if (letter, where) == ("g", "own district"):
                yield Caller("d", "own district", {"Authorization": f"Bearer {add_device(engine, person)}"})


def add_device(engine: Engine, person: UUID) -> str:
    token = tokens.new_token(tokens.DEVICE)
    with Session(engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        Devices(session).add(Device(new_id(), "phone", "Phone", person, None, NOW), tokens.digest(token))
    return token


def ask(client: TestClient, key: str, row: Row, caller: Caller, known: dict[str, str]) -> httpx.Response:
    method = key.partition(" ")[0]
    client.cookies.clear()
    return client.request(  # type: ignore[no-any-return]
        method, row.path.format(**known), json=row.body, headers=caller.headers, follow_redirects=False
    )


def judged(answer: httpx.Response, row: Row) -> int | None:
    """Return the status of a refusal, None for an answer that only who is let in gets."""
    if answer.status_code == 303 and answer.headers["location"].startswith("/signin?next="):
        return 303
    if answer.status_code in (401, 403):
        problem = answer.json()["code"]
        assert problem == {401: "sign-in-required", 403: "not-allowed"}[answer.status_code]
        return answer.status_code
    # A district of others is refused as one that is not there: by the parameter that names it.
    unknown = answer.status_code == 422 and answer.json()["code"] == "district-unknown"
    if unknown or (answer.status_code == 404 and row.found != 404):
        return 404
    assert answer.status_code < 500, answer.text
    return None


def test_every_cell(incident: tuple[TestClient, UUID], county: County, engine: Engine) -> None:
    client, identifier = incident
    known = {"incident": str(identifier), "unit": str(county.units["G00"])}
    wrong = []
    cells = 0
    for caller in callers(engine, county):
        for key, row in TABLE.items():
            # A session that a route ends is needed again by the next one.
            if key in ("DELETE /api/v1/session", "POST /signout") and caller.headers:
                continue
            got = judged(ask(client, key, row, caller, known), row)
            cells += 1
            if got != expected(row, caller):
                wrong.append(
                    f"{key} as {caller.letter} in {caller.where}: {got}, not {expected(row, caller)}"
                )
    assert wrong == [], Counter(
        one.replace(" as ", ":").split(":")[0] + one.rpartition(":")[2] for one in wrong
    )
    assert cells > 2000


def test_the_policy_says_the_same(incident: tuple[TestClient, UUID], county: County, engine: Engine) -> None:
    for caller in callers(engine, county):
        for key, row in TABLE.items():
            if row.policy:
                said = by_policy(POLICY[key], caller)
                meant = expected(row, Caller(caller.letter, "own district", {}))
                assert said == {None: "in", 303: "sign in", 401: "sign in", 403: "no"}[meant], (
                    key,
                    caller.letter,
                )


def test_every_route_is_in_the_table(incident: tuple[TestClient, UUID]) -> None:
    client, _ = incident
    served = {
        key_of(method, str(context.path))
        for context in iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
        for method in context.methods or ()
    }
    assert served - {key.partition("#")[0] for key in TABLE} - ELSEWHERE == set()
    assert served - POLICY.keys() == set()
    assert set(LAYERS) <= {key.partition("#")[2] for key in TABLE}
    document = client.get("/openapi.json").json()
    documented = {
        f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods
    }
    assert {key_of(*key.split(" ")) for key in documented} <= served


def test_lists_show_the_callers_area_alone(
    incident: tuple[TestClient, UUID], county: County, engine: Engine
) -> None:
    client, identifier = incident
    for where, unit, seen in (("inside", "V00", True), ("outside", "T1", False), ("above", "T0", True)):
        person = add_person(engine, where, [("coordinator", DISTRICT, county.units[unit])])
        headers = {"Cookie": f"{PLAIN_COOKIE}={open_session(engine, person)}"}
        for path in ("/api/v1/incidents", "/api/v1/layers/incidents/items"):
            text = client.get(there(path), headers=headers).text
            assert (str(identifier) in text) is seen, (where, path)
        for path in ("/api/v1/representatives", "/api/v1/layers/representatives/items"):
            text = client.get(there(path), headers=headers).text
            assert ("R1" in text) is seen, (where, path)
        tile = client.get(there("/tiles/incidents/14/14154/5833.mvt"), headers=headers)
        item = client.get(there(f"/api/v1/layers/incidents/items/{identifier}"), headers=headers)
        assert (item.status_code == 200) is seen
        assert tile.status_code == 200


def test_districts_of_others_are_not_listed(
    incident: tuple[TestClient, UUID], county: County, engine: Engine
) -> None:
    client, _ = incident
    person = add_person(engine, "one", [("auditor", OTHER, None)])
    headers = {"Cookie": f"{PLAIN_COOKIE}={open_session(engine, person)}"}
    listed = client.get("/api/v1/districts", headers=headers).json()["items"]
    assert [one["code"] for one in listed] == [OTHER]
    # Who holds something in one district alone need not name it.
    assert client.get("/api/v1/layers", headers=headers).status_code == 200
