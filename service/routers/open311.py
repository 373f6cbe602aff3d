"""Open311 GeoReport v2: others report incidents and follow their own, with the token of a device as key."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from geo.errors import N_, WardlineError
from layers import districts
from layers.errors import NotFound
from layers.row_security import INTAKE, acting
from layers.stores import Stores
from service import i18n
from service.access.identity import Identity
from service.dependencies import (
    GuardedRoute,
    IdentityDep,
    LanguageDep,
    ServiceDep,
    SessionDep,
    present_ground,
)
from service.errors import InvalidInput, MalformedBody, SignInRequired, status_of
from service.indexes.snapshots import choose_district
from service.keys import KeyRing
from service.schemas.open311 import FORMS, written
from service.schemas.times import Instant
from service.use_cases import contacts, incidents
from service.use_cases.incidents import open311
from service.use_cases.incidents.open311_attributes import definition_json, given_answers

PREFIX = "/open311/v2"
_LARGEST = 64 * 1024
_STATUSES = {401: 403, 409: 400, 413: 400, 422: 400}
"""What GeoReport answers where ours would be another."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class Open311Route(GuardedRoute):
    """A route whose refusals are in the form that was asked for."""

    def handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, its refusals told as GeoReport does."""
        handle = super().handler()

        async def told(request: Request) -> Response:
            language = i18n.negotiate(request.headers.get("accept-language", ""))
            try:
                _require_form(request.path_params["form"])
                return await handle(request)
            except WardlineError as refusal:
                status = status_of(type(refusal))
                text = refusal.text(i18n.translator(language))
            except (RequestValidationError, ValidationError) as refusal:
                status = 400
                text = "; ".join(str(one["msg"]) for one in refusal.errors())
            status = _STATUSES.get(status, status)
            return _answer(
                str(request.path_params["form"]), "errors", [{"code": status, "description": text}], status
            )

        return told


Form = Annotated[str, Path(max_length=16, description="json or xml.")]
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "GeoReport's list of errors: a code and a description each.",
        "content": {kind.split(";")[0]: {"schema": {}} for kind in FORMS.values()},
    }
    for status in (400, 403, 404, 410, 503)
}
router = APIRouter(prefix=PREFIX, tags=["open311"], route_class=Open311Route, responses=_ERRORS)


def _require_form(form: str) -> None:
    if form not in FORMS:
        raise NotFound(
            N_("There is no form {form}."),
            mend=N_("Ask for json or xml."),
            where={"parameter": "form"},
            form=form[:16],
        )


async def use_key(request: Request, service: ServiceDep) -> None:
    """Find out whose key a request has, among its fields or in its address, and keep the fields."""
    pairs = request.query_params.multi_items()
    if request.method == "POST":
        body = await request.body()
        if len(body) > _LARGEST:
            raise InvalidInput(N_("The form is larger than 64 KB."), mend=N_("Send less text."))
        try:
            pairs += parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
        except ValueError as error:
            raise MalformedBody(
                N_("The form cannot be read."), mend=N_("Send it URL-encoded, in UTF-8.")
            ) from error
    fields = {name: value for name, value in pairs if not name.startswith("attribute")}
    request.state.fields = fields
    request.state.pairs = pairs
    key = fields.pop("api_key", "")
    if key:
        kept = [one for one in request.scope["headers"] if one[0] not in (b"authorization", b"cookie")]
        bearer = (b"authorization", b"Bearer " + key.encode("ascii", "replace"))
        request.state.identity = await service.access.identify({**request.scope, "headers": [*kept, bearer]})


KEY = Depends(use_key)


def get_fields(request: Request) -> dict[str, str]:
    """Return the fields of a request."""
    found: dict[str, str] = request.state.fields
    return found


FieldsDep = Annotated[dict[str, str], Depends(get_fields)]


def get_answers(request: Request) -> dict[str, list[str]]:
    """Return the answers to what a service asks for, by the code of what it asks."""
    return given_answers(request.state.pairs)


AnswersDep = Annotated[dict[str, list[str]], Depends(get_answers)]


def get_place(session: SessionDep, service: ServiceDep, fields: FieldsDep) -> Stores:
    """Return the stores of the district that ``jurisdiction_id`` names."""
    codes = [one.code for one in districts.every(session)]
    named = fields.get("jurisdiction_id") or None
    if named is not None and named not in codes:
        raise NotFound(
            N_("There is no jurisdiction {district} here."),
            mend=N_("Leave it out, or name another one."),
            where={"parameter": "jurisdiction_id"},
            district=named[:64],
        )
    default = service.settings.district if service.settings.district in codes else None
    return Stores(session, choose_district(codes, named, default))


PlaceDep = Annotated[Stores, Depends(get_place, scope="function")]


def require_key(identity: Identity, stores: Stores) -> None:
    """Refuse whoever has no key of the district: single incidents are not public.

    Raises
    ------
    SignInRequired
        There is no key.
    """
    if not identity.signed_in or not identity.reaches(stores.district):
        raise SignInRequired(
            N_("Requests need a key of this jurisdiction."),
            mend=N_("Send api_key, the token of a device; administrators give them."),
        )


@router.get("/discovery.{form}", dependencies=[KEY])
def get_discovery(request: Request, form: Form, service: ServiceDep) -> Response:
    """Return where the interface is and what it speaks."""
    base = (service.settings.public_url or str(request.base_url)).rstrip("/")
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": f"{base}{PREFIX}",
        "changeset": "2026-11-26T00:00:00Z",
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    told = {
        "changeset": endpoint["changeset"],
        "contact": "",
        "key_service": f"{base}/admin",
        "endpoints": [endpoint],
    }
    return _answer(form, "discovery", told)


@router.get("/services.{form}", dependencies=[KEY])
def get_services(form: Form, stores: PlaceDep, language: LanguageDep) -> Response:
    """Return what may be reported."""
    known = open311.services(stores, i18n.translator(language))
    return _answer(form, "services", [open311.service_json(*one) for one in known.items()])


@router.get("/services/{service_code}.{form}", dependencies=[KEY])
def get_service_definition(
    form: Form, service_code: str, stores: PlaceDep, language: LanguageDep
) -> Response:
    """Return what a service asks for besides the request itself."""
    known = open311.services(stores, i18n.translator(language))
    service = open311.require_service(known, service_code)
    return _answer(form, "service_definition", definition_json(service_code, service.asked))


@router.post("/requests.{form}", status_code=201, dependencies=[KEY])
def post_request(
    form: Form,
    fields: FieldsDep,
    answers: AnswersDep,
    stores: PlaceDep,
    service: ServiceDep,
    identity: IdentityDep,
    language: LanguageDep,
) -> Response:
    """Take in a request. What names the device or account of the reporter is not kept."""
    require_key(identity, stores)
    known = open311.services(stores, i18n.translator(language))
    report, told = open311.report_of(fields, answers, known)
    with acting(stores.session, INTAKE):
        ground = present_ground(service, stores)
        value, _ = incidents.receive(stores, ground, report, person=identity.person)
        open311.keep_form(stores, value, told)
    if report.contact is not None:
        contacts.keep(stores, KeyRing(service.settings.home), value.id, report.contact, value.received_at)
    contacts.give_receipt(stores, value.id, value.received_at, identity.person)
    answer = {"service_request_id": str(value.id), "service_notice": None, "account_id": None}
    return _answer(form, "service_requests", [answer], 201)


@router.get("/requests.{form}", dependencies=[KEY])
def get_requests(
    form: Form,
    fields: FieldsDep,
    stores: PlaceDep,
    identity: IdentityDep,
    language: LanguageDep,
) -> Response:
    """Return the requests of the key's owner, the newest first; of the last 90 days if no dates are given."""
    require_key(identity, stores)
    named = fields.get("service_request_id", "")
    statuses = {one for one in fields.get("status", "").split(",") if one}
    if statuses - {"open", "closed"}:
        raise InvalidInput(
            N_("A status is open or closed."), mend=N_("Send one of them."), where={"parameter": "status"}
        )
    wanted = open311.Wanted(
        person=identity.person,
        ids=[_id(one) for one in named.split(",")[: open311.MOST_PAGE]] if named else None,
        services=[one for one in fields.get("service_code", "").split(",") if one] or None,
        status=statuses.pop() if len(statuses) == 1 else None,
        start=_instant(fields, "start_date"),
        end=_instant(fields, "end_date"),
        page=_count(fields, "page", 1, open311.MOST_PAGES),
        size=_count(fields, "page_size", 50, open311.MOST_PAGE),
        extended=_extended(fields),
    )
    return _told(form, stores, wanted, language)


@router.get("/requests/{request_id}.{form}", dependencies=[KEY])
def get_request(
    form: Form,
    request_id: str,
    fields: FieldsDep,
    stores: PlaceDep,
    identity: IdentityDep,
    language: LanguageDep,
) -> Response:
    """Return one request of the key's owner."""
    require_key(identity, stores)
    wanted = open311.Wanted(identity.person, [_id(request_id)], extended=_extended(fields))
    return _told(form, stores, wanted, language, request_id)


@router.get("/tokens/{token}.{form}", dependencies=[KEY])
def get_token(form: Form, token: str, stores: PlaceDep, identity: IdentityDep) -> Response:
    """Return the request of a token; requests have their ids at once, so that a token is the id."""
    require_key(identity, stores)
    found = open311.requests(stores, open311.Wanted(identity.person, [_id(token)]), {})
    if not found:
        raise _missing(token)
    told = {"service_request_id": found[0]["service_request_id"], "token": token}
    return _answer(form, "service_requests", [told])


def _told(
    form: str, stores: Stores, wanted: open311.Wanted, language: str, needed: str | None = None
) -> Response:
    found = open311.requests(stores, wanted, open311.services(stores, i18n.translator(language)))
    if needed is not None and not found:
        raise _missing(needed)
    return _answer(form, "service_requests", found)


def _missing(request_id: str) -> NotFound:
    return NotFound(
        N_("There is no request {id} of yours."),
        mend=N_("Check its id, and that the key is the one it was sent with."),
        where={"parameter": "service_request_id"},
        id=request_id[:64],
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise _missing(text) from None


def _extended(fields: dict[str, str]) -> bool:
    return fields.get("extensions", "").lower() in ("true", "1")


def _instant(fields: dict[str, str], name: str) -> datetime | None:
    text = fields.get(name)
    if not text:
        return None
    try:
        return _INSTANT.validate_python(text).astimezone(UTC)
    except ValidationError as error:
        raise InvalidInput(
            N_("{name} is no instant."),
            mend=N_("Send it such as 2026-05-01T00:00:00Z."),
            where={"parameter": name},
            name=name,
        ) from error


def _count(fields: dict[str, str], name: str, usual: int, most: int) -> int:
    text = fields.get(name) or str(usual)
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):
        raise InvalidInput(
            N_("{name} is a number from 1 to {most}."),
            mend=N_("Send another one."),
            where={"parameter": name},
            name=name,
            most=most,
        )
    return int(text)


def _answer(form: str, name: str, value: Any, status: int = 200) -> Response:
    form = form if form in FORMS else "json"
    return Response(written(name, value, form), status, media_type=FORMS[form])
