"""What is refused of every request: parameters nobody has or twice, bodies that are not what they say."""

import difflib
import email.message
from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request, params
from fastapi.routing import APIRoute

from geo.errors import N_
from service.errors import InvalidInput, UnknownParameter, UnsupportedFormat


def check_query(scope: Any, known: dict[str, bool]) -> None:
    """Refuse query parameters that the route does not have, that come twice, or that hold a NUL.

    ``known`` maps each name to whether it may be repeated.
    """
    seen: set[str] = set()
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise _unknown_parameter(name, list(known))
        if name in seen and not known[name]:
            raise InvalidInput(
                N_("The parameter {parameter} is given twice."),
                mend=N_("Give it once."),
                where={"parameter": name},
                parameter=name,
            )
        seen.add(name)
        _refuse_nul(value, {"parameter": name})
    for name, value in scope.get("path_params", {}).items():
        _refuse_nul(str(value), {"parameter": name})


def _unknown_parameter(name: str, known: list[str]) -> UnknownParameter:
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    if not nearest:
        return UnknownParameter(
            N_("There is no parameter “{parameter}” here."),
            mend=N_("This route has no parameters."),
            where={"parameter": name[:64]},
            parameter=name[:64],
        )
    return UnknownParameter(
        N_("There is no parameter “{parameter}” here."),
        mend=N_("The nearest is {nearest}; there are: {known}."),
        where={"parameter": name[:64]},
        parameter=name[:64],
        nearest=nearest[0],
        known=", ".join(sorted(known)),
    )


def _refuse_nul(value: str, where: dict[str, Any]) -> None:
    if "\0" in value:
        raise InvalidInput(N_("A text has a NUL byte."), mend=N_("Send text without NUL."), where=where)


def require_json(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    header = email.message.Message()
    header["content-type"] = request.headers.get("content-type", "")
    kind = header.get_content_subtype()
    if header.get_content_maintype() != "application" or not (kind == "json" or kind.endswith("+json")):
        raise UnsupportedFormat(
            N_("This route takes JSON, and the body says it is “{type}”."),
            mend=N_("Send the header Content-Type: application/json."),
            where={"header": "Content-Type"},
            type=request.headers.get("content-type", "")[:80],
        )


def takes_json(route: APIRoute) -> bool:
    """Say whether a route reads a body of JSON."""
    field = route.body_field
    info = None if field is None else field.field_info
    return isinstance(info, params.Body) and not isinstance(info, params.Form)


def takes_many(annotation: Any) -> bool:
    """Say whether a parameter of this type may be repeated."""
    return get_origin(annotation) in (list, set, tuple) or any(map(takes_many, get_args(annotation)))
