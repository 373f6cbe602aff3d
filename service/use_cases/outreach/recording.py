"""Recording a meeting or a visit: whole and once, its open problems taken in as incidents."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from geo.errors import N_, WardlineError
from layers.errors import Conflict, Gone, NotFound
from layers.incidents import Incident
from layers.outreach import part_taken
from layers.outreach_records import Action, Gathering, Opinion, Problem, Request
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.ground import Ground
from service.indexes.locate import locate
from service.schemas.incidents import IncidentIn
from service.schemas.outreach import OutreachIn, ProblemIn
from service.use_cases.outreach.recorder import Recorder

Receive = Callable[[Sequence[IncidentIn]], Sequence[tuple[Incident, bool] | WardlineError]]
CHANNELS = {"bench-meeting": "meeting", "council": "meeting", "visit": "visit"}


def record(
    stores: Stores, ground: Ground, given: OutreachIn, by: Recorder, receive: Receive
) -> tuple[Gathering, bool]:
    """Store a meeting or visit; return it and whether it is new. The same content again changes nothing.

    Its problems that were not solved there and then become incidents, each under the problem's id.

    Raises
    ------
    InvalidInput
        Its parts do not fit together, or name what there is not; says which.
    OutsideDistrict
        No unit owns the place.
    Conflict
        The id was used before for another content, or by somebody else.
    """
    digest = _digest(given)
    if stores.outreach.known([given.id]):
        return _again(stores, given.id, digest, by)
    _check(given, by.now)
    value = _gathering(stores, ground, given, by, digest)
    # Whoever sends the same at the same time waits here, and nothing follows from it twice.
    if not stores.outreach.begin(value):
        return _again(stores, given.id, digest, by)
    incidents = _received(given, receive)
    value = replace(
        value, problems=tuple(replace(one, incident=incidents.get(one.id)) for one in value.problems)
    )
    stores.outreach.add_parts(value)
    stores.audit.record("outreach.record", value.kind, value.id, problems=len(value.problems))
    return stores.outreach.get(value.id), True


def _digest(given: OutreachIn) -> str:
    """Return the SHA-256 of what is recorded; who has no photos need not say so."""
    told = given.model_dump(mode="json")
    for one in (told, *told["problems"]):
        if not one.get("photos"):
            one.pop("photos", None)
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _gathering(stores: Stores, ground: Ground, given: OutreachIn, by: Recorder, digest: str) -> Gathering:
    """Return what is recorded with what it names looked up; its problems have no incidents yet."""
    unit = unit_at(ground, given.lon, given.lat)
    person = _representative(stores, given.representative, "/representative")
    return Gathering(
        **given.model_dump(
            include={"id", "kind", "at", "place", "lon", "lat", "duty", "served", "topic", "decision"}
        ),
        unit=unit,
        representative=person,
        options=tuple(given.options),
        attendance=given.attendance,
        note=given.note,
        author=by.person,
        recorded_by=by.name,
        recorded_at=by.now,
        digest=digest,
        opinions=tuple(Opinion(one.id, one.text) for one in given.opinions),
        problems=tuple(
            Problem(one.id, one.class_, one.title, one.solution, None, one.opinion) for one in given.problems
        ),
        actions=tuple(_actions(stores, ground, given)),
        requests=tuple(_requests(stores, ground, given, unit)),
    )


def _again(stores: Stores, identifier: UUID, digest: str, by: Recorder) -> tuple[Gathering, bool]:
    if stores.outreach.known([identifier]).get(identifier) == (digest, by.person):
        return stores.outreach.get(identifier), False
    raise Conflict(
        N_("The id {id} was used before for another meeting or visit, or for another content."),
        mend=N_("Record it under a new id; what is recorded is not changed."),
        where={"pointer": "/id"},
        id=str(identifier),
    )


def _check(given: OutreachIn, now: datetime) -> None:
    """Refuse parts that do not fit together."""
    visit = given.kind == "visit"
    if visit != (given.representative is not None):
        raise _unfit("/representative", N_("A visit has a representative, and a meeting has none."))
    if visit != (given.duty is not None):
        raise _unfit("/duty", N_("A visit has a duty, and a meeting has none."))
    if (given.kind == "council") != bool(given.topic):
        raise _unfit("/topic", N_("A council has a topic, and others have none."))
    if given.decision and given.options and given.decision not in given.options:
        raise _unfit("/decision", N_("The decision is none of the options."))
    if (given.at - now).total_seconds() > 86_400:
        raise _unfit("/at", N_("It lies more than a day in the future."))
    _check_parts(given)


def _check_parts(given: OutreachIn) -> None:
    """Refuse problems that name what there is not, and ids that two parts share."""
    opinions = {one.id for one in given.opinions}
    for place, one in enumerate(given.problems):
        if one.opinion is not None and one.opinion not in opinions:
            raise _unfit(f"/problems/{place}/opinion", N_("It is no opinion of this record."))
        if (one.lon is None) != (one.lat is None):
            raise _unfit(f"/problems/{place}/lat", N_("A place has both lon and lat."))
    seen: set[UUID] = set()
    for name in ("opinions", "problems", "actions", "requests"):
        for place, part in enumerate(getattr(given, name)):
            if part.id in seen:
                raise _unfit(f"/{name}/{place}/id", N_("Another part of this record has the same id."))
            seen.add(part.id)


def _unfit(pointer: str, text: str) -> InvalidInput:
    return InvalidInput(text, mend=N_("Mend it and send the record again."), where={"pointer": pointer})


def _received(given: OutreachIn, receive: Receive) -> dict[UUID, UUID]:
    """Take in the problems that were not solved as incidents; return their ids by problem."""
    left = [(place, one) for place, one in enumerate(given.problems) if one.solution is None]
    try:
        found = receive([_report(given, one) for _, one in left]) if left else []
    except Gone as error:
        # It was the incident of an earlier record, and is withdrawn.
        for place, one in left:
            if error.params.get("external_id") == str(one.id):
                raise part_taken("problems", place, one.id) from error
        raise
    made: dict[UUID, UUID] = {}
    for (place, one), result in zip(left, found, strict=True):
        if isinstance(result, WardlineError):
            result.where = {"pointer": f"/problems/{place}"}
            raise result
        if not result[1]:
            raise part_taken("problems", place, one.id)
        made[one.id] = result[0].id
    return made


def _report(given: OutreachIn, one: ProblemIn) -> IncidentIn:
    return IncidentIn.model_validate(
        {
            "channel": CHANNELS[given.kind],
            "external_id": str(one.id),
            "class": one.class_,
            "title": one.title,
            "description": one.description,
            "lon": given.lon if one.lon is None else one.lon,
            "lat": given.lat if one.lat is None else one.lat,
            "occurred_at": given.at,
            "actor": "staff",
        }
    )


def _actions(stores: Stores, ground: Ground, given: OutreachIn) -> Iterable[Action]:
    for place, one in enumerate(given.actions):
        at = f"/actions/{place}"
        if (one.unit is None) == (one.representative is None):
            raise _unfit(at, N_("An action has one owner: a unit or a representative."))
        yield Action(
            one.id,
            one.text,
            one.due_on,
            None if one.unit is None else _unit(stores, ground, one.unit, f"{at}/unit"),
            _representative(stores, one.representative, f"{at}/representative"),
        )


def _requests(stores: Stores, ground: Ground, given: OutreachIn, here: UUID) -> Iterable[Request]:
    for place, one in enumerate(given.requests):
        unit = here if one.unit is None else _unit(stores, ground, one.unit, f"/requests/{place}/unit")
        yield Request(one.id, one.kind, unit, one.text)


def _unit(stores: Stores, ground: Ground, code: str, pointer: str) -> UUID:
    layer = next(iter(ground.partitions))
    return _named(pointer, lambda: stores.grids.unit_by_code(layer, code, ground.day).id)


def _representative(stores: Stores, code: str | None, pointer: str) -> UUID | None:
    return None if code is None else _named(pointer, lambda: stores.representatives.by_code(code).id)


def _named(pointer: str, look: Callable[[], UUID]) -> UUID:
    """Return what a code names, or refuse the member that names nothing."""
    try:
        return look()
    except NotFound as error:
        where = {"pointer": pointer}
        raise InvalidInput(error.message, mend=error.mend, where=where, **error.params) from error


def unit_at(ground: Ground, lon: float, lat: float) -> UUID:
    """Return the grid of a place that a body names.

    Raises
    ------
    OutsideDistrict
        No unit owns it.
    """
    try:
        return locate(ground, lon, lat).chain[0].id
    except WardlineError as error:
        # The place is a part of the body here, not a parameter of the address.
        error.where = {"pointer": "/lon"}
        raise
