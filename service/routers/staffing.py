"""Staffing: proposals of who has which home grid, and their decision by somebody else."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from geo.staffing import StaffingRefused
from layers.staffing import StaffingProposal
from layers.stores import Stores
from service import i18n
from service.dependencies import Cursor, IdentityDep, LanguageDep, Limit, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.errors import InvalidInput, RulesInConflict
from service.schemas.staffing import DecisionIn, StaffingIn, StaffingOut, StaffingPage
from service.use_cases import staffing
from service.use_cases.plans.drafting import partition_of
from service.use_cases.refusing import noted
from service.use_cases.staffing import Decider, Translate

router = make_router("staffing")

_REFUSED = (RulesInConflict, StaffingRefused, InvalidInput)
"""Refusals that the audit keeps."""


def get_decider(identity: IdentityDep) -> Decider:
    """Return who proposes or decides."""
    return Decider.of(identity)


def get_translate(language: LanguageDep) -> Translate:
    """Return what puts texts into the caller's language."""
    return i18n.translator(language)


DeciderDep = Annotated[Decider, Depends(get_decider)]
TranslateDep = Annotated[Translate, Depends(get_translate)]


@router.post(
    "/staffing/proposals",
    response_model=StaffingOut,
    status_code=201,
    responses={409: {"description": "Rules cannot be kept together; `conflict` names them."}},
)
def post_proposal(
    given: StaffingIn, stores: StoresDep, by: DeciderDep, translate: TranslateDep, once: OnceDep
) -> Response:
    """Propose a home grid for every active representative, by rules; nothing changes until it is approved."""
    layer = partition_of(stores, given.layer)

    def act() -> Reply:
        made = staffing.propose_homes(stores, by, layer, given, translate)
        body = staffing.proposal_json(made, by, translate)
        return Reply(201, body, {"Location": f"/api/v1/staffing/proposals/{made.id}"})

    with noted(stores, "propose", layer.code, _REFUSED, kind="staffing"):
        return once(stores, act)


@router.get("/staffing/proposals", response_model=StaffingPage)
def get_proposals(
    stores: StoresDep, by: DeciderDep, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """Return the proposals, the oldest first, without their people."""
    page = stores.staffings.page(limit, cursor)
    return {"items": [staffing.head_json(one, by) for one in page.items], "cursor": page.cursor}


@router.get("/staffing/proposals/{proposal}", response_model=StaffingOut)
def get_proposal(
    proposal: UUID, stores: StoresDep, by: DeciderDep, translate: TranslateDep
) -> dict[str, Any]:
    """Return a proposal: each person's home before and after, the reason and the distances."""
    return staffing.proposal_json(stores.staffings.get(proposal), by, translate)


class Decision:
    """A proposal, and what somebody says of it, done once."""

    def __init__(
        self,
        proposal: UUID,
        given: DecisionIn,
        stores: StoresDep,
        by: DeciderDep,
        translate: TranslateDep,
        once: OnceDep,
    ) -> None:
        self._asked = (stores, by, proposal, given.note)
        self._translate = translate
        self._once = once

    def done(self, decide: Callable[[Stores, Decider, UUID, str], StaffingProposal]) -> Response:
        """Decide, and answer with the proposal as it is then."""

        def act() -> Reply:
            return Reply(200, staffing.proposal_json(decide(*self._asked), self._asked[1], self._translate))

        return self._once(self._asked[0], act)


DecisionDep = Annotated[Decision, Depends()]


@router.post(
    "/staffing/proposals/{proposal}/approve",
    response_model=StaffingOut,
    responses={409: {"description": "It was decided before, or is stale; `changed` says why."}},
)
def approve_proposal(decision: DecisionDep) -> Response:
    """Approve somebody else's proposal: the homes are set from its day on."""
    return decision.done(staffing.approve)


@router.post(
    "/staffing/proposals/{proposal}/reject",
    response_model=StaffingOut,
    responses={409: {"description": "It was decided before."}},
)
def reject_proposal(decision: DecisionDep) -> Response:
    """Reject somebody else's proposal."""
    return decision.done(staffing.reject)
