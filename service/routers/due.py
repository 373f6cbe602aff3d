"""What is due: the list of it, and the rules, requests and suspensions that say so."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from service import i18n
from service.dependencies import IdentityDep, LanguageDep, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.hardening.cells import table
from service.schemas.due import (
    CSV_COLUMNS,
    DueListOut,
    DueThing,
    RuleIn,
    RuleOut,
    RulesOut,
    SuspensionIn,
    SuspensionOut,
    SuspensionsOut,
    features_json,
    list_json,
    rows_of,
    rule_json,
    suspension_json,
)
from service.schemas.times import NearDay, NearInstant
from service.use_cases import due

router = make_router("due")

GEOJSON = "application/geo+json"
_PRIVATE = {"Cache-Control": "no-store"}


class Asked:
    """What a reader of the list asks for, and what there is."""

    def __init__(
        self,
        stores: StoresDep,
        language: LanguageDep,
        at: Annotated[
            NearInstant | None, Query(description="The instant to answer for; now if left out.")
        ] = None,
        kind: Annotated[Literal["segment", "unit", "marker"] | None, Query()] = None,
        owner: Annotated[str | None, Query(max_length=64)] = None,
        every: Annotated[bool, Query(alias="all", description="What is not due as well.")] = False,
    ) -> None:
        self.at = at or datetime.now(UTC)
        self.found = due.due_things(stores, self.at)
        self.shown = due.shown(self.found, kind=kind, owner=owner, every=every)
        self.where: Callable[[DueThing], str] = due.where_in(i18n.translator(language))


AskedDep = Annotated[Asked, Depends()]


@router.get("/coverage/due", response_model=DueListOut, summary="What is overdue or due soon")
def get_due(asked: AskedDep) -> Response:
    """Return stretches, units and markers that are overdue or due soon, the latest first."""
    return _json(list_json(asked.found, asked.shown, asked.at, asked.where))


@router.get("/coverage/due.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_table(asked: AskedDep) -> Response:
    """Return a row for each thing that is overdue or due soon."""
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="due.csv"'}
    text = table(CSV_COLUMNS, rows_of(asked.shown, asked.where))
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/coverage/due.geojson", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_features(asked: AskedDep) -> Response:
    """Return a line for each stretch and a point for each unit and marker that is overdue or due soon."""
    return _json(features_json(asked.shown, asked.where), media_type=GEOJSON)


@router.get("/coverage/due/rules", response_model=RulesOut)
def get_rules(
    stores: StoresDep,
    since: Annotated[NearDay | None, Query(description="In force on this day or later; today.")] = None,
) -> Response:
    """Return the rules and requests that are or will be in force."""
    day = since or stores.districts.current().today(datetime.now(UTC))
    return _json({"items": [rule_json(one) for one in stores.due_rules.all(day)]})


@router.post("/coverage/due/rules", response_model=RuleOut, status_code=201)
def post_rule(given: RuleIn, stores: StoresDep, identity: IdentityDep, once: OnceDep) -> Response:
    """Set how often something is to be visited, for good, in a season, or because somebody asked."""

    def act() -> Reply:
        made = due.add_rule(stores, given, identity.name, datetime.now(UTC))
        return Reply(201, rule_json(made), {"Location": f"/api/v1/coverage/due/rules/{made.id}"})

    return once(stores, act)


@router.get("/coverage/due/rules/{rule}", response_model=RuleOut)
def get_rule(rule: UUID, stores: StoresDep) -> Response:
    """Return a rule, in force or not."""
    return _json(rule_json(stores.due_rules.get(rule)))


@router.delete("/coverage/due/rules/{rule}", response_model=RuleOut)
def delete_rule(rule: UUID, stores: StoresDep) -> Response:
    """End a rule today; it is kept, so that what was due before can still be told."""
    return _json(rule_json(due.end_rule(stores, rule, datetime.now(UTC))))


@router.get("/coverage/due/suspensions", response_model=SuspensionsOut)
def get_suspensions(
    stores: StoresDep,
    since: Annotated[NearInstant | None, Query(description="Not over at this instant; now.")] = None,
) -> Response:
    """Return the suspensions that are not over."""
    found = stores.due_rules.suspensions(since or datetime.now(UTC))
    return _json({"items": [suspension_json(one) for one in found]})


@router.post("/coverage/due/suspensions", response_model=SuspensionOut, status_code=201)
def post_suspension(given: SuspensionIn, stores: StoresDep, identity: IdentityDep, once: OnceDep) -> Response:
    """Stop the clock of something for a reason, such as a flood."""

    def act() -> Reply:
        made = due.suspend(stores, given, identity.name, datetime.now(UTC))
        return Reply(201, suspension_json(made), {"Location": f"/api/v1/coverage/due/suspensions/{made.id}"})

    return once(stores, act)


@router.delete("/coverage/due/suspensions/{suspension}", response_model=SuspensionOut)
def delete_suspension(suspension: UUID, stores: StoresDep) -> Response:
    """Let the clock run again from now on."""
    return _json(suspension_json(due.lift(stores, suspension, datetime.now(UTC))))


def _json(body: Any, media_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body), headers=_PRIVATE, media_type=media_type)
