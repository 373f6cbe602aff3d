"""The doctor proves the audit and finds what should have been forgotten."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from layers.audit import Audit
from layers.fixes import FixTable
from layers.ids import new_id
from layers.patrols import Patrol
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.database import session_factory
from service.doctor import Patient, State
from service.doctor.records import check_audit, check_retention
from service.jobs import run
from service.settings import Settings
from service.use_cases.retention import kept_by
from tests.fixtures.county import DISTRICT
from tests.service.doctor.test_doctor import patient

__all__ = ["patient"]


def test_the_audit_is_proven_entry_by_entry(patient: Patient) -> None:
    with Session(patient.engine) as session:
        for number in range(4):
            Audit(session, DISTRICT).record("a.b", "x", number)
        session.commit()
    found = list(check_audit(patient))
    assert {one.state for one in found} == {State.WELL}
    assert found[-1].what.format(**found[-1].params) == f"the audit {DISTRICT} is whole: 4 entries"
    with patient.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET subject = 'y' WHERE seq = 2"))
    (bad,) = [one for one in check_audit(patient) if one.state is State.WRONG]
    assert bad.what.format(**bad.params) == f"{DISTRICT}: entry 2 was changed."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"keep_fixes_days": 30})


def test_what_should_have_been_forgotten_is_found(patient: Patient) -> None:
    assert [one.state for one in check_retention(patient)] == [State.WELL]
    with Session(patient.engine) as session:
        stores = Stores(session, DISTRICT)
        at = (datetime.now(UTC) - timedelta(days=40)).timestamp() + np.arange(7)
        value, _ = stores.patrols.add(Patrol(new_id(), "d1", "foot", "", "api", "x", datetime.now(UTC)))
        stores.patrols.add_fixes(value, FixTable.of(at, np.full(7, 131.0), np.full(7, 46.0)))
        session.commit()
    (found,) = check_retention(patient)
    assert (found.state, found.params["count"]) == (State.WARNING, 7)
    run(session_factory(patient.engine, SYSTEM_SCOPE), kept_by(patient.settings), datetime.now(UTC))
    assert [one.state for one in check_retention(patient)] == [State.WELL]
