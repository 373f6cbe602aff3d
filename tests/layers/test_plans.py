"""Plans: versions, undoing and doing again, and the way to a publication."""

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from layers.errors import Conflict, InvalidAttribute, NotFound, StaleVersion, WrongPerson
from layers.ids import new_id
from layers.plan_steps import Person, Plan
from layers.plan_tables import STATUSES, STEPS, PlanStatus
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY

ANN, BEN = Person(new_id(), "Ann"), Person(new_id(), "Ben")
LATER = DAY + timedelta(days=90)


def op(number: int) -> dict[str, object]:
    return {"type": "rename", "unit": str(number), "name": f"名 {number}"}


@pytest.fixture
def draft(stores: Stores) -> Plan:
    makers.with_grids(stores)
    return makers.plan(stores, ANN.id)


def walk(stores: Stores, plan: Plan, *steps: PlanStatus) -> Plan:
    for step in steps:
        by = BEN if STEPS[step].by == "reviewer" else ANN
        plan = stores.plans.set_status(plan.id, plan.version, step, by, release=plan.base, effective_on=LATER)
    return plan


def with_op(stores: Stores, plan: Plan) -> Plan:
    return stores.plans.add_ops(plan, [op(1)], ANN.id)[0]


def test_a_draft_tells_what_it_was_given(stores: Stores, draft: Plan) -> None:
    scope = {new_id(), new_id()}
    made = stores.plans.create("grids", draft.base, ANN, "题目", note="why", scope=scope, effective_on=LATER)
    assert (made.number, made.version, made.status) == (2, 1, "draft")
    assert (made.title, made.note, set(made.scope), made.effective_on) == ("题目", "why", scope, LATER)
    assert (made.author, made.author_name) == (ANN.id, "Ann")
    assert stores.plans.get(made.id) == made


def test_plans_are_listed_newest_first(stores: Stores, draft: Plan) -> None:
    others = [makers.plan(stores, BEN.id) for _ in range(3)]
    page = stores.plans.page(limit=3)
    assert [one.number for one in page.items] == [4, 3, 2]
    assert [one.number for one in stores.plans.page(cursor=page.cursor).items] == [1]
    assert stores.plans.page(author=ANN.id).items == (draft,)
    assert stores.plans.page(layer="beats").items == ()
    stores.plans.add_ops(others[0], [op(1)], BEN.id)
    submitted = stores.plans.set_status(others[0].id, 2, "submitted", Person(BEN.id, "Ben"))
    assert stores.plans.page(statuses=["submitted", "approved"]).items == (submitted,)


def test_what_changes_raises_the_version(stores: Stores, draft: Plan) -> None:
    after = stores.plans.change(draft.id, 1, title="new", effective_on=LATER)
    assert (after.version, after.title, after.effective_on) == (2, "new", LATER)
    with pytest.raises(StaleVersion, match="at version 2; the change was made from version 1") as refusal:
        stores.plans.change(draft.id, 1, title="newer")
    assert refusal.value.where["version"] == 2
    assert stores.plans.get(draft.id).title == "new"
    with pytest.raises(ValueError, match="status"):
        stores.plans.change(draft.id, 2, status="published")


def test_an_unknown_plan_is_refused(stores: Stores, draft: Plan) -> None:
    with pytest.raises(NotFound, match="no plan"):
        stores.plans.get(new_id())
    with pytest.raises(NotFound):
        stores.plans.create("nope", draft.base, ANN, "")


def test_undone_operations_come_back_until_a_new_one_is_added(stores: Stores, draft: Plan) -> None:
    plan, added = stores.plans.add_ops(draft, [op(1), op(2)], ANN.id)
    assert [one.seq for one in added] == [1, 2]
    plan, undone = stores.plans.undo_last(plan)
    assert (undone.seq, undone.undone) == (2, True)
    assert [one.op for one in stores.plans.ops(plan.id)] == [op(1)]
    plan, again = stores.plans.redo(plan)
    assert (again.seq, again.undone) == (2, False)
    plan, _ = stores.plans.undo_last(plan)
    plan, added = stores.plans.add_ops(plan, [op(3)], BEN.id)
    assert [one.op for one in stores.plans.ops(plan.id, undone=True)] == [op(1), op(3)]
    assert added[0].author == BEN.id
    with pytest.raises(Conflict, match="none to do again"):
        stores.plans.redo(plan)
    for _ in range(2):
        plan, _ = stores.plans.undo_last(plan)
    with pytest.raises(Conflict, match="no operation to undo"):
        stores.plans.undo_last(plan)
    with pytest.raises(StaleVersion):
        stores.plans.redo(replace(plan, version=plan.version - 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["add", "undo", "redo"]), max_size=12))
def test_undoing_is_that_of_two_stacks(session: Session, turns: list[str]) -> None:
    with session.begin_nested() as savepoint:
        stores = Stores(session, "990103")
        stores.districts.create("丙县")
        makers.with_grids(stores)
        plan = makers.plan(stores, ANN.id)
        done: list[dict[str, object]] = []
        undone: list[dict[str, object]] = []
        for number, turn in enumerate(turns):
            if turn == "add":
                plan, _ = stores.plans.add_ops(plan, [op(number)], ANN.id)
                done, undone = [*done, op(number)], []
            elif (turn == "undo" and done) or (turn == "redo" and undone):
                step = stores.plans.undo_last if turn == "undo" else stores.plans.redo
                plan, _ = step(plan)
                source, target = (done, undone) if turn == "undo" else (undone, done)
                target.append(source.pop())
            assert [one.op for one in stores.plans.ops(plan.id)] == done
        savepoint.rollback()


def test_the_way_to_a_publication(stores: Stores, draft: Plan) -> None:
    plan = walk(stores, with_op(stores, draft), "submitted")
    assert plan.submitted_at is not None
    plan = stores.plans.set_status(plan.id, plan.version, "approved", BEN, note="good")
    assert (plan.reviewer, plan.reviewer_name, plan.decision_note) == (BEN.id, "Ben", "good")
    plan = walk(stores, plan, "scheduled")
    assert (plan.release, plan.effective_on) == (plan.base, LATER)
    assert stores.plans.due(LATER) == stores.plans.later("grids", DAY) == (plan,)
    assert stores.plans.due(LATER - timedelta(days=1)) == stores.plans.later("grids", LATER) == ()
    plan = stores.plans.set_status(plan.id, plan.version, "published", None)
    assert (plan.status, plan.release) == ("published", plan.base)
    assert stores.plans.due(LATER) == ()


def test_a_rejected_plan_is_kept_and_can_be_mended(stores: Stores, draft: Plan) -> None:
    plan = walk(stores, with_op(stores, draft), "submitted")
    plan = stores.plans.set_status(plan.id, plan.version, "rejected", BEN, note="too small")
    with pytest.raises(Conflict, match="only a draft"):
        stores.plans.add_ops(plan, [op(2)], ANN.id)
    plan = walk(stores, plan, "draft")
    assert (plan.reviewer, plan.decided_at, plan.decision_note) == (None, None, "too small")
    assert len(stores.plans.ops(plan.id)) == 1


def test_nobody_decides_their_own_and_nobody_submits_anothers(stores: Stores, draft: Plan) -> None:
    plan = with_op(stores, draft)
    with pytest.raises(WrongPerson, match="not yours"):
        stores.plans.set_status(plan.id, plan.version, "submitted", BEN)
    plan = walk(stores, plan, "submitted")
    for status in ("approved", "rejected"):
        with pytest.raises(WrongPerson, match="of their own"):
            stores.plans.set_status(plan.id, plan.version, status, ANN)
    assert stores.plans.get(plan.id) == plan


def test_an_empty_plan_is_not_submitted(stores: Stores, draft: Plan) -> None:
    with pytest.raises(InvalidAttribute, match="changes nothing"):
        walk(stores, draft, "submitted")


PATHS: dict[PlanStatus, tuple[PlanStatus, ...]] = {
    "draft": (),
    "submitted": ("submitted",),
    "approved": ("submitted", "approved"),
    "scheduled": ("submitted", "approved", "scheduled"),
    "published": ("submitted", "approved", "published"),
    "rejected": ("submitted", "rejected"),
    "withdrawn": ("withdrawn",),
}


@pytest.mark.parametrize("status", STATUSES)
def test_no_step_beside_the_table(stores: Stores, draft: Plan, status: PlanStatus) -> None:
    plan = walk(stores, with_op(stores, draft), *PATHS[status])
    assert plan.status == status
    for to, step in STEPS.items():
        by = BEN if step.by == "reviewer" else ANN
        if status not in step.sources:
            with pytest.raises(Conflict, match="cannot become"):
                stores.plans.set_status(plan.id, plan.version, to, by)
    assert STEPS.keys() == set(get_args(PlanStatus)) == set(STATUSES)


def test_a_plan_is_drawn_from_another_release(stores: Stores, draft: Plan) -> None:
    found = stores.plans.change(draft.id, 1, conflict={"features": []})
    assert found.conflict == {"features": []}
    made = stores.grids.publish("grids", LATER, makers.strip())
    after = stores.plans.rebase(draft.id, 2, made.id)
    assert (after.base, after.conflict, after.version) == (made.id, None, 3)
    with pytest.raises(NotFound):
        stores.plans.rebase(draft.id, 3, new_id())


def test_what_became_of_a_plan_is_whole(stores: Stores, draft: Plan) -> None:
    plan = walk(stores, with_op(stores, draft), "submitted", "approved")
    with pytest.raises(ValueError, match="a release and a day"):
        stores.plans.set_status(plan.id, plan.version, "published", ANN, effective_on=date(2030, 1, 1))
    again = walk(stores, plan, "draft", "submitted")
    with pytest.raises(ValueError, match="somebody"):
        stores.plans.set_status(draft.id, again.version, "rejected", None)
