"""Plans by SQL alone: their authors write them, others decide them, and nobody decides their own."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers.errors import OutOfReach, WrongPerson
from layers.ids import new_id
from layers.plan_steps import Person, Plan
from layers.row_security import Scope
from layers.stores import Stores
from tests.layers import makers
from tests.layers.row_scene import ELSEWHERE, HERE, as_web

ANN, BEN = new_id(), new_id()
OPS = [{"type": "rename", "unit": "u", "name": "n"}]
APPROVE = "status = 'approved', reviewer = :reviewer, reviewer_name = '', decided_at = now()"


@pytest.fixture
def draft(stores: Stores) -> Plan:
    makers.with_grids(stores)
    plan = makers.plan(stores, ANN)
    return stores.plans.add_ops(plan, OPS, ANN)[0]


def holding(person: UUID, *roles: str, district: str = HERE) -> Scope:
    return Scope(person=person, districts={district: dict.fromkeys(roles)})


def attempt(session: Session, scope: Scope, change: str, reviewer: UUID | None = None) -> int | str:
    """Return how many plans an UPDATE changed, ``refused`` by a policy or ``impossible`` by a rule."""
    with session.begin_nested() as undone:
        as_web(session, scope)
        try:
            done = session.execute(
                text(f"UPDATE plan SET {change} WHERE district = :district"),  # noqa: S608
                {"district": HERE, "reviewer": reviewer} if ":reviewer" in change else {"district": HERE},
            )
        except DBAPIError as error:
            return "refused" if "row-level security" in str(error.orig) else "impossible"
        else:
            return int(done.rowcount)  # type: ignore[attr-defined]
        finally:
            undone.rollback()


def to(stores: Stores, plan: Plan, *steps: str) -> Plan:
    """Take a plan through steps as the owner, by those whose they are."""
    for step in steps:
        by = Person(BEN if step in ("approved", "rejected") else plan.author, "somebody")
        plan = stores.plans.set_status(plan.id, plan.version, step, by)  # type: ignore[arg-type]
    return plan


def test_only_its_author_writes_a_draft(session: Session, draft: Plan) -> None:
    change = "title = 'x'"
    assert attempt(session, holding(ANN, "planner"), change) == 1
    assert attempt(session, holding(ANN, "administrator"), change) == 1
    assert attempt(session, holding(BEN, "planner", "reviewer", "administrator"), change) == 0
    assert attempt(session, holding(ANN, "coordinator", "supervisor"), change) == 0
    assert attempt(session, holding(ANN, "planner", district=ELSEWHERE), change) == 0


def test_nobody_decides_a_plan_of_their_own(session: Session, stores: Stores, draft: Plan) -> None:
    to(stores, draft, "submitted")
    both = holding(ANN, "planner", "reviewer", "administrator")
    assert attempt(session, both, APPROVE, ANN) in ("refused", "impossible")
    # … nor in the name of another, nor by giving it to another first.
    assert attempt(session, both, APPROVE, BEN) == "refused"
    assert attempt(session, both, "author = gen_random_uuid()") == "refused"
    assert attempt(session, both, f"author = gen_random_uuid(), {APPROVE}", ANN) == "refused"
    assert attempt(session, holding(BEN, "reviewer"), APPROVE, BEN) == 1
    assert attempt(session, holding(BEN, "administrator"), APPROVE, BEN) == 1
    assert attempt(session, holding(BEN, "reviewer"), APPROVE, new_id()) == "refused"
    assert attempt(session, holding(BEN, "planner"), APPROVE, BEN) == 0


def test_the_table_itself_refuses_it(session: Session, stores: Stores, draft: Plan) -> None:
    to(stores, draft, "submitted")
    with pytest.raises(DBAPIError, match="two_people"), session.begin_nested():
        session.execute(text(f"UPDATE plan SET {APPROVE}"), {"reviewer": ANN})  # noqa: S608
    with pytest.raises(DBAPIError, match="reviewed"), session.begin_nested():
        session.execute(text("UPDATE plan SET status = 'approved'"))


def test_an_author_goes_on_from_the_decision_and_makes_none(
    session: Session, stores: Stores, draft: Plan
) -> None:
    me = holding(ANN, "planner", "reviewer")
    published = "status = 'published', effective_on = '2030-01-01', release = base"
    assert attempt(session, me, published) == "refused"
    plan = to(stores, draft, "submitted", "rejected")
    assert attempt(session, me, "status = 'approved'") == "refused"
    assert attempt(session, me, published) == "refused"
    again = "status = 'draft', reviewer = NULL, reviewer_name = NULL, decided_at = NULL"
    assert attempt(session, me, again) == 1
    to(stores, plan, "draft", "submitted", "approved")
    assert attempt(session, me, published) == 1
    assert attempt(session, holding(BEN, "reviewer"), published) == "refused"
    # What was withdrawn keeps who decided it, and is not decided by that.
    assert attempt(session, me, "status = 'withdrawn'") == 1
    session.execute(text("UPDATE plan SET status = 'withdrawn'"))
    assert attempt(session, me, "status = 'approved'") == "refused"
    assert attempt(session, me, published) == "refused"


def test_what_is_being_decided_is_not_changed_meanwhile(
    session: Session, stores: Stores, draft: Plan
) -> None:
    add = text(
        "INSERT INTO plan_op SELECT district, plan, seq + 1, op, author, at, undone FROM plan_op"
        " WHERE district = :district"
    )
    for status in ("draft", "submitted"):
        if status == "submitted":
            to(stores, draft, "submitted")
        with session.begin_nested() as undone:
            as_web(session, holding(ANN, "planner", "administrator"))
            if status == "draft":
                assert session.execute(add, {"district": HERE}).rowcount == 1  # type: ignore[attr-defined]
            else:
                with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
                    session.execute(add, {"district": HERE})
            undone.rollback()


def test_the_stores_say_so_too(session: Session, stores: Stores, draft: Plan) -> None:
    as_web(session, holding(BEN, "planner"))
    with pytest.raises(WrongPerson, match="not yours"):
        stores.plans.change(draft.id, draft.version, title="mine now")
    with pytest.raises(OutOfReach), session.begin_nested():
        stores.plans.create("grids", draft.base, Person(ANN, "Ann"), "in her name")
    assert stores.plans.create("grids", draft.base, Person(BEN, "Ben"), "mine").number == 2
    as_web(session, holding(ANN, "planner"))
    submitted = stores.plans.set_status(draft.id, draft.version, "submitted", Person(ANN, "Ann"))
    as_web(session, holding(BEN, "reviewer"))
    approved = stores.plans.set_status(draft.id, submitted.version, "approved", Person(BEN, "Ben"))
    assert approved.reviewer == BEN
