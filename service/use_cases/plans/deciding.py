"""The life of a plan up to its publication: submitted, decided by somebody else, taken back, withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from layers.ids import new_id
from layers.notices import Notice
from layers.plan_steps import Plan
from layers.plan_tables import PlanStatus
from layers.stores import Stores
from service.use_cases.plans.drafting import Planner, at_version


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan's life: the status after it, what it is about, and whether its author is told."""

    status: PlanStatus
    about: str
    tells_author: bool = False


STEPS: Mapping[str, Step] = {
    "submit": Step("submitted", "Give a draft to the reviewers; it cannot be edited meanwhile."),
    "approve": Step("approved", "Approve somebody else's plan.", tells_author=True),
    "reject": Step("rejected", "Reject somebody else's plan, with the reason.", tells_author=True),
    "withdraw": Step("withdrawn", "Take one's own plan out of the way; it can be taken up again."),
    "reopen": Step("draft", "Take one's own plan back to a draft, to edit it."),
}


def step(
    stores: Stores, planner: Planner, identifier: UUID, name: str, version: int | None, note: str
) -> Plan:
    """Take a plan a step on.

    Raises
    ------
    WrongPerson
        The step is the author's and another takes it, or a reviewer's and the author does.
    Conflict, StaleVersion
        The plan's status does not allow it, or it was changed since ``version``.
    """
    wanted = STEPS[name]
    plan = at_version(stores, identifier, version)
    changed = stores.plans.set_status(identifier, plan.version, wanted.status, planner.person, note=note)
    stores.audit.record(
        f"plan.{name}", "plan", plan.id, before=plan.status, after=changed.status, version=changed.version
    )
    if wanted.tells_author:
        stores.notices.add(
            [
                Notice(
                    new_id(),
                    f"plan-{wanted.status}",
                    str(plan.id),
                    datetime.now(UTC),
                    person=plan.author,
                    body={
                        "number": plan.number,
                        "title": plan.title,
                        "note": note,
                        "by": planner.person.name,
                    },
                )
            ]
        )
    return changed
