"""Two districts under one service with accounts, a caller for each role of the first, and ids that exist."""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from layers.accounts import PUBLIC_ROLE, REPORTER, ROLES
from service.access.demo import PASSWORD, PEOPLE
from service.demo.logins import add_logins
from tests.fixtures import field
from tests.fixtures.accounts import add_person
from tests.fixtures.county import DISTRICT, County, centre, publish
from tests.hostile.reports import INCIDENTS, JSON
from tests.hostile.served import RATES, serving
from tests.hostile.wire import Wire

OTHER = "230883"
DAY = "from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z"
LOGINS = {role: login for login, role in PEOPLE.items()}


@dataclass(frozen=True, slots=True)
class Realm:
    """The service, what each role sends to be known, and by district the ids of things in it.

    All callers hold their role in the first district; grid workers in its western township T0 alone, and
    representatives in its first village V00.
    """

    wire: Wire
    credentials: Mapping[str, Mapping[str, str]]
    known: Mapping[str, Mapping[str, str]]
    east: str
    """An incident of the first district in the eastern township T1."""

    def known_to(self, role: str) -> dict[str, str]:
        """Return ids of the first district; only the device knows itself, so nobody else takes its token."""
        own = {"device": f"phone-{DISTRICT}"} if role == REPORTER else {}
        return {**self.known[DISTRICT], **own, "district": DISTRICT}


def basic(login: str) -> dict[str, str]:
    """Return what a person of the demo sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()}


@contextmanager
def realm(url: str, home: Path) -> Iterator[Realm]:
    """Serve an empty migrated database with two districts; nobody is asked to wait."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        counties = {DISTRICT: publish(session), OTHER: publish(session, OTHER)}
        add_logins(session, DISTRICT)
    holders = {code: add_person(engine, f"walker-{code}", [("guard", code, None)]) for code in counties}
    others = {code: add_person(engine, f"other-{code}", [("guard", code, None)]) for code in counties}
    engine.dispose()
    rates = dict.fromkeys((f"limit_{name}" for name in RATES), "off")
    with serving(url, home, access="accounts", demo="true", **rates) as wire:
        made = {code: _furnish(wire, code, county, str(holders[code])) for code, county in counties.items()}
        credentials = {role: basic(LOGINS[role]) for role in ROLES if role in LOGINS}
        credentials |= {PUBLIC_ROLE: {}, REPORTER: {"Authorization": f"Bearer {made[DISTRICT][1]}"}}
        known = {code: {**one[0], "person": str(others[code])} for code, one in made.items()}
        yield Realm(wire, credentials, known, _report(wire, DISTRICT, 4))


def post(wire: Wire, path: str, given: Any, headers: Mapping[str, str], method: str = "POST") -> Any:
    """Send what must be taken, and return the answer."""
    answer = wire.send(method, path, json.dumps(given).encode(), {**JSON, **headers})
    assert answer.status in (200, 201), answer.content
    return answer.json()


def _furnish(wire: Wire, district: str, county: County, holder: str) -> tuple[dict[str, str], str]:
    """Put one of everything into a district; return the ids by the name of the parameter, and a token."""
    root = basic("administrator")
    device, there = f"phone-{district}", f"?district={district}"
    made = post(wire, "/api/v1/devices", {"code": device, "person": holder}, root)
    spare = f"spare-{district}"
    post(wire, "/api/v1/devices", {"code": spare, "person": holder}, root)
    own = {"Authorization": f"Bearer {made['token']}"}
    strange = field.visit(marker="nothing-has-this")
    content = field.batch(tracks=[field.track(field.points(5))], visits=[field.visit(), strange])
    post(wire, f"/api/v1/devices/{device}/batches/{uuid.uuid4()}{there}", content, own, "PUT")
    held = json.loads(wire.send("GET", f"/api/v1/quarantine{there}", headers=root).content)["items"]
    walks = wire.send("GET", f"/api/v1/patrols{there}&{DAY}", headers=root).json()
    known = {
        "incident": _report(wire, district, 0),
        "layer": "grids",
        "code": "G00",
        "device": spare,
        "item": held[0]["id"],
        "patrol": walks["items"][0]["id"],
        "unit": str(county.units["G00"]),
    }
    return known, made["token"]


def _report(wire: Wire, district: str, column: int) -> str:
    lon, lat = centre(column, 0)
    given = {"class": "waste", "title": "x", "lon": lon, "lat": lat, "contact": {"name": "y"}}
    made = post(wire, f"{INCIDENTS}?district={district}", given, basic("administrator"))
    return str(made["id"])
