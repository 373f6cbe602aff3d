"""Incidents that may be one: suggestions, merging and separating, and several reporters of one."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response

from service.access.identity import Identity
from service.dependencies import IdentityDep, OnceDep, Reply, StoresDep, VersionDep
from service.dependencies import router as make_router
from service.schemas.cases import MergeIn, ReceiptGivenOut, SeparateIn, SimilarsOut
from service.schemas.incidents import IncidentOut, incident_json
from service.use_cases import contacts, incidents
from service.use_cases.refusing import noted

router = make_router("incidents")

_GONE: dict[int | str, dict[str, Any]] = {410: {"description": "It was withdrawn: when, by whom and why."}}


@router.get("/incidents/similar", response_model=SimilarsOut)
def get_similar(
    stores: StoresDep,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    class_: Annotated[str, Query(alias="class", min_length=1, max_length=64)],
    asset: Annotated[str | None, Query(max_length=64, description="The marker that it is about.")] = None,
) -> Response:
    """Return at most five incidents that a report at a place may be about, before it is taken in."""
    return _json(incidents.similar(stores, lon, lat, class_, asset=asset))


@router.get("/incidents/{incident}/duplicates", response_model=SimilarsOut, responses=_GONE)
def get_duplicates(incident: UUID, stores: StoresDep) -> Response:
    """Return at most five incidents that may be the same as this one; nothing is merged by itself.

    They are of its group of classes, open or closed within 14 days, and about the same marker, or within the
    radius of its class, or within 200 m along the same segment of the border.
    """
    value = stores.incidents.get(incident)
    return _json(incidents.similar(stores, value.lon, value.lat, value.class_, of=value))


@router.post("/incidents/{incident}/merge", response_model=IncidentOut, responses=_GONE)
def post_merge(
    incident: UUID,
    given: MergeIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Merge an incident into another, which is returned: it goes on with the earlier deadline of both."""

    def act() -> Reply:
        value = incidents.merge(stores, incident, given.into, given.reason, _who(identity), version=version)
        return Reply(200, incident_json(value), {"ETag": f'"{value.version}"'})

    with noted(stores, "merge", incident):
        return once(stores, act)


@router.post("/incidents/{incident}/separate", response_model=IncidentOut, responses=_GONE)
def post_separate(
    incident: UUID,
    given: SeparateIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Separate a merged incident again; it goes on from where it was."""

    def act() -> Reply:
        value = incidents.separate(stores, incident, given.reason, _who(identity), version=version)
        return Reply(200, incident_json(value), {"ETag": f'"{value.version}"'})

    with noted(stores, "separate", incident):
        return once(stores, act)


@router.post("/incidents/{incident}/follow", response_model=ReceiptGivenOut, status_code=201, responses=_GONE)
def post_follow(incident: UUID, stores: StoresDep, identity: IdentityDep, once: OnceDep) -> Response:
    """Note that one more person reported it, and return a receipt for them; it is shown once."""

    def act() -> Reply:
        value = incidents.follow(stores, incident, _who(identity))
        receipt = contacts.give_receipt(stores, value.id, datetime.now(UTC), identity.person)
        return Reply(201, {"receipt": receipt})

    return once(stores, act)


def _who(identity: Identity) -> incidents.Who:
    return incidents.Who(identity.person, identity.name)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
