"""Signed monthly reports: frozen, with who and what for, and what late data changed since."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers.policies import WEB_ROLE
from layers.row_security import Scope, enter
from layers.stores import Stores
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import Phone, batch, visit
from tests.service.routers.test_coverage_tasks import walk
from tests.service.routers.test_due import add
from tests.service.routers.test_tracks import BORDER

REPORTS = "/api/v1/coverage/reports"
JUNE = f"{REPORTS}/2025-06"


@pytest.fixture
def walked(client: TestClient, county: County, engine: Engine) -> TestClient:
    """The border, due every ten days, walked from 500 to 2,500 m on 15 June, and a marker cleaned."""
    with Session(engine) as session:
        Stores(session, DISTRICT).border.set_owner(county.segment, "guard-1", 10)
        session.commit()
    walk(client, 500.0, 2_500.0)
    add(client, kind="marker", code="D1", within_days=7.0)
    Phone(client).put(batch(visits=[visit(at="2025-06-20T02:00:00+00:00", action="cleaned", note="moss")]))
    return client


def sign(client: TestClient, **members: Any) -> Any:
    reply = client.post(JUNE, json={"note": "checked with the log", **members})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_draft_tells_the_month_as_it_is_known(walked: TestClient) -> None:
    body = walked.get(f"{JUNE}/draft").json()
    assert (body["month"], body["over"]) == ("2025-06", True)
    figures = body["figures"]
    (segment,) = figures["segments"]
    assert segment["covered_m"] == pytest.approx(2_000.0, abs=2.0)
    assert segment["covered_m"] + segment["inferred_m"] + segment["gap_m"] == pytest.approx(
        BORDER.length_m, abs=0.1
    )
    # Never walked: overdue all month. Walked on the 15th: overdue until then, and again from the 25th.
    never = (BORDER.length_m - segment["covered_m"]) / 1000.0 * 30.0
    again = segment["covered_m"] / 1000.0 * (14.97 + 5.03)
    assert segment["debt_km_days"] == pytest.approx(never + again, rel=0.005)
    assert figures["total"]["debt_km_days"] == segment["debt_km_days"]
    assert figures["markers"] == {"with_rule": 1, "overdue": 1, "visited": 1}
    assert figures["actions"] == {"cleaned": 1}
    assert (figures["from"], figures["to"]) == ("2025-06-01T00:00:00+08:00", "2025-07-01T00:00:00+08:00")


def test_a_signed_month_stays_and_late_data_are_told_beside_it(walked: TestClient, engine: Engine) -> None:
    signed = sign(walked)
    with Session(engine) as session:
        kept = session.execute(text("SELECT figures FROM coverage_report")).scalar_one()
        entry = session.execute(
            text("SELECT subject, detail FROM audit_entry WHERE action = 'report.sign'")
        ).one()
    assert signed["digest"] == hashlib.sha256(kept.encode()).hexdigest()
    assert (entry.subject, entry.detail["digest"]) == ("2025-06", signed["digest"])
    before = walked.get(JUNE).json()
    assert (before["state"], before["intact"], before["delta"]) == ("unchanged", True, [])
    walk(walked, 2_400.0, 3_500.0, "late", 1_750_200_000.0)
    after = walked.get(JUNE).json()
    assert after["figures"] == before["figures"]
    assert (after["state"], after["intact"], after["digest"]) == ("changed", True, signed["digest"])
    changed = {(one["figure"], one["name"]): one["now"] - one["signed"] for one in after["delta"]}
    assert changed["segments/B1", "covered_m"] == pytest.approx(1_000.0, abs=3.0)
    assert changed["total", "gap_m"] == pytest.approx(-1_000.0, abs=3.0)
    assert changed["total", "walked_km"] == pytest.approx(1.1, abs=0.01)
    assert changed["total", "debt_km_days"] < 0.0
    assert changed["units", "visited"] > 0
    assert not {part for part, _ in changed} & {"markers", "actions"}
    assert [one["digest"] for one in walked.get(REPORTS).json()["items"]] == [signed["digest"]]


def test_a_month_is_signed_once_and_when_it_is_over(walked: TestClient) -> None:
    assert walked.get(JUNE).status_code == 404
    sign(walked)
    again = walked.post(JUNE, json={})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert walked.post(f"{REPORTS}/2199-12", json={}).status_code == 422
    assert walked.get(f"{REPORTS}/2199-12/draft").json()["over"] is False


@pytest.mark.parametrize("month", ["2025-6", "2025-13", "June", "1889-01", "2025-06-01", "２０２５-06"])
def test_months_that_are_none(client: TestClient, month: str) -> None:
    assert client.get(f"{REPORTS}/{month}/draft").status_code == 422


def test_a_repeated_request_is_one_signature(walked: TestClient, engine: Engine) -> None:
    first, again = (walked.post(JUNE, json={}, headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    with Session(engine) as session:
        assert session.execute(text("SELECT count(*) FROM coverage_report")).scalar_one() == 1


def test_nobody_changes_what_was_signed(callers: Callers, engine: Engine) -> None:
    chief = callers.role("chief", "supervisor", DISTRICT)
    assert sign(chief)["signed_by"] == "chief"
    assert callers.role("watch", "guard", DISTRICT).get(JUNE).json()["signed_by"] == "chief"
    assert callers.role("law", "auditor", DISTRICT).post(JUNE, json={}).status_code == 403
    for statement in ("UPDATE coverage_report SET note = 'x'", "DELETE FROM coverage_report"):
        with Session(engine) as session:
            session.execute(text(f"SET LOCAL ROLE {WEB_ROLE}"))
            enter(session, Scope(everywhere=frozenset({"administrator"})))
            with pytest.raises(DBAPIError, match="permission denied"):
                session.execute(text(statement))


def test_a_figure_that_was_tampered_with_is_seen(walked: TestClient, engine: Engine) -> None:
    sign(walked)
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE coverage_report SET figures = replace(figures, 'guard-1', 'guard-2')"))
    assert walked.get(JUNE).json()["intact"] is False
