"""Refusals of the service, and the one table that turns a class of error into an HTTP status.

    ServiceError
    ├── MalformedBody          the body cannot be read at all: not JSON, not UTF-8, nested too deep
    ├── InvalidInput           a value of the body or of a parameter is not allowed
    │   ├── UnknownParameter   a query parameter that the route does not have
    │   ├── DistrictNotNamed   there are several districts and the request names none
    │   ├── InvalidRows        rows of a table that are refused, the first ten named
    │   ├── OutsideDistrict    a point that no unit owns
    │   ├── DatumNotAllowed    a datum whose inverse the administrator has not enabled
    │   └── InvalidHours       an opening-hours text that nobody can evaluate
    ├── ContentTooLarge        more bytes or rows than are accepted at once
    ├── UnsupportedFormat      a content type or file that the service does not read or write
    ├── StaleCopy              an edit of a copy that somebody else has changed since
    ├── InvalidTransition      a step that the state of an incident does not allow
    ├── RulesInConflict        rules of a staffing that cannot be kept together
    ├── StaffingStale          a staffing of people or grids that have changed since
    ├── DutyClash              a duty at a time at which the same person has another
    ├── HelpSettled            a request for help that somebody else accepted, or that is over
    ├── NothingLate            a reminder about nothing
    ├── PlanConflict           a plan that collides with what was published since its base
    ├── SignInRequired         nobody in particular asks for what is not for everybody
    │   └── CredentialsRefused a password, session or token that is not or no longer good
    ├── NotAllowed             none of the caller's roles allows it
    │   └── PasswordChangeRequired   the password was given by somebody else and must be changed first
    ├── HostUnknown            the request is for a host that is not ours
    ├── ForeignOrigin          a change was sent by a page of another origin
    ├── TooManyRequests        a rate is exceeded
    └── NotReady               the service has not finished starting, or its database is away
        ├── TooSlow            the request took longer in the database than a request may
        └── Busy               somebody else changes the same thing, for longer than a request waits

A problem is a body after RFC 9457: ``type``, ``title``, ``status``, ``detail`` in the caller's language, the
stable ``code``, ``where`` the fault is, and whatever else the refusal carries.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from geo.errors import N_, GeoError, WardlineError
from layers.errors import Conflict, Gone, LayerError, NotFound, OutOfReach, UnknownLayer, WrongPerson
from maps.errors import AssetMissing, MapError, PdfUnavailable, TileOutOfRange, UnknownAsset, UnknownView

Translate = Callable[[str], str]


class ServiceError(WardlineError):
    """The service refused a request; ``extra`` holds further members of the problem body."""

    code = "refused"

    def __init__(
        self,
        message: str,
        /,
        *,
        mend: str = "",
        where: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        self.extra: dict[str, Any] = dict(extra or {})
        super().__init__(message, mend=mend, where=where, **params)


class MalformedBody(ServiceError):
    """The body cannot be read as what it says it is."""

    code = "body-malformed"


class InvalidInput(ServiceError):
    """A value of the body or of a parameter is not allowed."""

    code = "input-invalid"


class UnknownParameter(InvalidInput):
    """The route has no query parameter of this name."""

    code = "parameter-unknown"


class DistrictNotNamed(InvalidInput):
    """The request names no district and there is not exactly one."""

    code = "district-not-named"


class InvalidRows(InvalidInput):
    """Rows of a table are refused; nothing of the table was done."""

    code = "rows-invalid"


class OutsideDistrict(InvalidInput):
    """No unit owns the point."""

    code = "outside"


class DatumNotAllowed(InvalidInput):
    """The inverse of this datum is switched off."""

    code = "datum-inverse-disabled"


class InvalidHours(InvalidInput):
    """An opening-hours text cannot be evaluated."""

    code = "opening-hours-invalid"


class ContentTooLarge(ServiceError):
    """More bytes or rows than are accepted at once."""

    code = "content-too-large"


class UnsupportedFormat(ServiceError):
    """The content type or file suffix is not one the service reads or writes."""

    code = "format-unsupported"


class StaleCopy(ServiceError):
    """The edited copy is not the current one; ``extra["current"]`` is."""

    code = "stale-version"


class InvalidTransition(ServiceError):
    """The state of an incident does not allow this step."""

    code = "transition-invalid"


class PlanConflict(ServiceError):
    """A plan collides with what was published since its base; ``extra["features"]`` are the places."""

    code = "plan-conflict"


class RulesInConflict(ServiceError):
    """Rules of a staffing cannot be kept together; ``extra["conflict"]`` are those to blame."""

    code = "staffing-conflict"


class StaffingStale(ServiceError):
    """A staffing was proposed of other people or grids than there are; ``extra["changed"]`` says which."""

    code = "staffing-stale"


class NothingLate(ServiceError):
    """There is nothing that a reminder could be about."""

    code = "nothing-late"


class DutyClash(ServiceError):
    """A duty at a time at which the same person has another; ``extra["other"]`` is that."""

    code = "duty-clash"


class HelpSettled(ServiceError):
    """A request for help is accepted by somebody else, or over; ``extra["state"]`` is its state."""

    code = "help-settled"


class SignInRequired(ServiceError):
    """Nobody in particular asks for what is not for everybody."""

    code = "sign-in-required"


class CredentialsRefused(SignInRequired):
    """A password, session or token is not good, or no longer."""

    code = "credentials-refused"


class NotAllowed(ServiceError):
    """None of the caller's roles allows it."""

    code = "not-allowed"


class PasswordChangeRequired(NotAllowed):
    """The password was given by somebody else and must be changed first."""

    code = "password-change-required"


class HostUnknown(ServiceError):
    """The request is for a host that is not ours."""

    code = "host-unknown"


class ForeignOrigin(ServiceError):
    """A change was sent by a page of another origin."""

    code = "origin-foreign"


class TooManyRequests(ServiceError):
    """A rate is exceeded; ``wait_s`` says when to come again."""

    code = "too-many-requests"

    def __init__(
        self,
        message: str,
        /,
        *,
        mend: str = "",
        where: Mapping[str, Any] | None = None,
        wait_s: int = 1,
        **params: Any,
    ) -> None:
        self.wait_s = wait_s
        super().__init__(message, mend=mend, where=where, extra={"wait_s": wait_s}, wait_s=wait_s, **params)


class NotReady(ServiceError):
    """The service cannot answer yet, or not at the moment; ``wait_s`` says when to come again."""

    code = "not-ready"
    wait_s: ClassVar[int] = 1


class TooSlow(NotReady):
    """The database ended a request that took longer than a request may."""

    code = "too-slow"
    wait_s = 10


class Busy(NotReady):
    """The database gave up waiting for somebody else who changes the same thing."""

    code = "busy"
    wait_s = 2


STATUS: Mapping[type[WardlineError], int] = {
    WardlineError: 422,
    GeoError: 422,
    LayerError: 422,
    NotFound: 404,
    Gone: 410,
    UnknownLayer: 404,
    Conflict: 409,
    MapError: 422,
    UnknownAsset: 404,
    UnknownView: 404,
    TileOutOfRange: 404,
    AssetMissing: 503,
    PdfUnavailable: 503,
    ServiceError: 422,
    MalformedBody: 400,
    InvalidInput: 422,
    ContentTooLarge: 413,
    UnsupportedFormat: 415,
    StaleCopy: 409,
    InvalidTransition: 409,
    PlanConflict: 409,
    RulesInConflict: 409,
    StaffingStale: 409,
    DutyClash: 409,
    HelpSettled: 409,
    NothingLate: 422,
    SignInRequired: 401,
    NotAllowed: 403,
    OutOfReach: 403,
    WrongPerson: 403,
    HostUnknown: 400,
    ForeignOrigin: 403,
    TooManyRequests: 429,
    NotReady: 503,
}
"""The status of each class; a class that is not listed has that of its nearest listed parent."""

TITLES: Mapping[int, str] = {
    400: N_("The request cannot be read"),
    401: N_("Signing in is needed"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    406: N_("No such representation"),
    409: N_("Conflict"),
    410: N_("Gone"),
    412: N_("The precondition does not hold"),
    413: N_("Too large"),
    415: N_("Unsupported format"),
    422: N_("Refused input"),
    429: N_("Too many requests"),
    500: N_("Internal error"),
    503: N_("Not available at the moment"),
}
"""What a status is called; every problem's ``title``."""


def status_of(error: type[WardlineError]) -> int:
    """Return the HTTP status of a class of refusals."""
    return next(STATUS[parent] for parent in error.__mro__ if parent in STATUS)


def problem(error: WardlineError, translate: Translate = str) -> dict[str, Any]:
    """Return the RFC 9457 body of a refusal, its texts passed through ``translate``."""
    status = status_of(type(error))
    extra = error.extra if isinstance(error, ServiceError) else {}
    body = plain_problem(status, error.code, error.text(translate), translate)
    if error.where:
        body["where"] = dict(error.where)
    # What a map draws of a refused operation; its class lies beside compiled code that no command waits for.
    if isinstance(error, GeoError) and hasattr(error, "features"):
        body["features"] = list(error.features)
    return {**extra, **body}


def plain_problem(status: int, code: str, detail: str, translate: Translate = str) -> dict[str, Any]:
    """Return an RFC 9457 body; ``detail`` is translated already."""
    title = TITLES.get(status, N_("Internal error") if status >= 500 else N_("Refused input"))
    return {
        "type": f"urn:wardline:problem:{code}",
        "title": translate(title),
        "status": status,
        "detail": detail,
        "code": code,
    }


VALIDATION: Mapping[str, str] = {
    "missing": N_("This value is required."),
    "extra_forbidden": N_("There is no such member here."),
    "float_parsing": N_("This must be a number."),
    "float_type": N_("This must be a number."),
    "finite_number": N_("This must be a finite number."),
    "int_parsing": N_("This must be a whole number."),
    "int_parsing_size": N_("This whole number is too large."),
    "int_type": N_("This must be a whole number."),
    "int_from_float": N_("This must be a whole number."),
    "bool_parsing": N_("This must be true or false."),
    "bool_type": N_("This must be true or false."),
    "string_type": N_("This must be a text."),
    "string_too_long": N_("This text must have at most {max_length} characters."),
    "string_too_short": N_("This text must have at least {min_length} characters."),
    "string_pattern_mismatch": N_("This text must match {pattern}."),
    "string_unicode": N_("This text is not valid Unicode."),
    "list_type": N_("This must be a list."),
    "dict_type": N_("This must be an object."),
    "model_attributes_type": N_("This must be an object."),
    "model_type": N_("This must be an object."),
    "too_long": N_("This list must have at most {max_length} items."),
    "too_short": N_("This list must have at least {min_length} items."),
    "greater_than": N_("This must be greater than {gt}."),
    "greater_than_equal": N_("This must be {ge} or more."),
    "less_than": N_("This must be less than {lt}."),
    "less_than_equal": N_("This must be {le} or less."),
    "literal_error": N_("This must be one of: {expected}."),
    "enum": N_("This must be one of: {expected}."),
    "uuid_parsing": N_("This must be a UUID."),
    "uuid_type": N_("This must be a UUID."),
    "date_parsing": N_("This must be a date such as 2025-06-30."),
    "date_type": N_("This must be a date such as 2025-06-30."),
    "date_from_datetime_parsing": N_("This must be a date such as 2025-06-30."),
    "date_from_datetime_inexact": N_("This must be a date such as 2025-06-30, without a time."),
    "datetime_type": N_("This must be a time such as 2025-06-30T09:00:00+08:00."),
    "datetime_parsing": N_("This must be a time such as 2025-06-30T09:00:00+08:00."),
    "datetime_from_date_parsing": N_("This must be a time such as 2025-06-30T09:00:00+08:00."),
    "datetime_object_invalid": N_("This must be a time such as 2025-06-30T09:00:00+08:00."),
    "timezone_aware": N_("This time must say its offset from UTC, such as +08:00 or Z."),
    "json_invalid": N_("The body is not JSON."),
}
"""Our words for the kinds of faults that the schema validator finds; its own words stand for the rest."""


def fault_text(kind: str, words: str, context: Mapping[str, Any], translate: Translate = str) -> str:
    """Return what is wrong with one value, in the reader's language where the kind is known."""
    known = VALIDATION.get(kind)
    if known is None:
        return words
    try:
        return translate(known).format(**context)
    except (KeyError, IndexError):
        return words
