"""What those who oversee are told of retention and of the audit's chain, and what they may set."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.accounts import ADMINISTRATOR
from layers.audit import AuditFilter
from layers.fixes import FixTable
from layers.ids import new_id
from layers.patrols import Patrol
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.settings import Settings
from service.use_cases import audit
from service.use_cases.retention import Kept, forget
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County

PATH = "/api/v1/retention"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"keep_fixes_days": 30})


@pytest.fixture
def old_fixes(engine: Engine, county: County) -> int:
    with Session(engine) as session, session.begin():
        stores = Stores(session, DISTRICT)
        at = (datetime.now(UTC) - timedelta(days=40)).timestamp() + np.arange(7)
        patrol, _ = stores.patrols.add(Patrol(new_id(), "d1", "foot", "", "api", "x", datetime.now(UTC)))
        stores.patrols.add_fixes(patrol, FixTable.of(at, np.full(7, 131.0), np.full(7, 46.0)))
        stores.idempotency.claim("key", "digest")
        session.execute(text("UPDATE idempotency_key SET created_at = created_at - interval '9 days'"))
    return 7


def test_a_dry_run_counts_what_the_service_would_forget_whoever_asks(
    old_fixes: int, callers: Callers, administrator: TestClient, engine: Engine
) -> None:
    for client in (administrator, callers.role("looks", "auditor", DISTRICT)):
        told = client.get(PATH).json()
        counted = {one["table"]: one["rows"] for one in told["today"]["steps"] if one["rows"]}
        # A key is seen by nobody but who sent it, and by the service.
        assert counted == {"fix": old_fixes, "idempotency_key": 1}
        assert told["last"] is None
        assert told["backups_days"] == 0
        assert {one["subject"]: (one["days"], one["source"]) for one in told["periods"]} == {
            "fixes": (30, "settings"),
            "contacts": (365, "settings"),
            "drafts": (30, "settings"),
            "replies": (90, "settings"),
            "keys": (7, "settings"),
        }
    with Session(engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        report = forget(Stores(session, DISTRICT), Kept(), datetime.now(UTC))
    assert report is not None
    told = administrator.get(PATH).json()
    assert told["last"]["steps"] == [one.to_json() for one in report.done]
    assert told["last"]["fixes_before"] == report.limits.fixes.isoformat().replace("+00:00", "Z")
    assert not any(one["rows"] for one in told["today"]["steps"])


def test_own_days_are_set_by_an_administrator_as_by_the_command(
    callers: Callers, administrator: TestClient, engine: Engine, county: County
) -> None:
    told = administrator.put(f"{PATH}/fixes", json={"days": 14})
    assert told.status_code == 200, told.text
    assert told.json()["periods"][0] == {"subject": "fixes", "days": 14, "source": "district"}
    for path, body in (
        (f"{PATH}/fixes", {"days": 7}),
        (f"{PATH}/fixes", {"days": 0}),
        (f"{PATH}/people", {"days": 9}),
        (f"{PATH}/backups", {"days": 9}),
        (f"{PATH}/fixes", {"days": 9, "more": 1}),
    ):
        assert administrator.put(path, json=body).status_code == 422, (path, body)
    assert "backups hold them for 7" in administrator.put(f"{PATH}/fixes", json={"days": 7}).json()["detail"]
    assert (
        callers.role("looks", "auditor", DISTRICT).put(f"{PATH}/fixes", json={"days": 9}).status_code == 403
    )
    part = callers.role("part", ADMINISTRATOR, DISTRICT, county.units["T0"])
    assert part.put(f"{PATH}/fixes", json={"days": 9}).status_code == 403
    with Session(engine) as session:
        enter(session, SYSTEM_SCOPE)
        (entry,) = Stores(session, DISTRICT).audit.latest(AuditFilter(action="retention.set"))
    assert (entry.actor_kind, entry.detail) == ("person", {"what": "fixes", "days": 14})


def test_the_chain_tells_when_it_was_proven(
    callers: Callers, administrator: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = callers.role("looks", "auditor", DISTRICT)
    administrator.put(f"{PATH}/fixes", json={"days": 14})
    before = looking.get("/api/v1/audit/chain").json()
    assert (before["entries"] > 0, before["proven"]) == (True, None)
    proven = looking.post("/api/v1/audit/proof").json()
    assert (proven["proven"]["entries"], proven["proven"]["faults"]) == (before["entries"], 0)
    assert proven["entries"] == before["entries"] + 1
    assert looking.get("/api/v1/audit/chain").json() == proven
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET subject = 'y' WHERE seq = 1"))
    assert looking.post("/api/v1/audit/proof").json()["proven"]["faults"] == 1
    monkeypatch.setattr(audit, "MOST_PROVEN", 2)
    refused = looking.post("/api/v1/audit/proof")
    assert (refused.status_code, "too many to be proven" in refused.json()["detail"]) == (422, True)
