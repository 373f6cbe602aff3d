"""The API's own document, completed: every route may refuse, and every refusal has one shape.

FastAPI documents only what a route returns, and its own shape of a 422, which ours is not.
"""

import re
from functools import cache
from typing import Any

from starlette.routing import compile_path

from service.access.policy import POLICY
from service.errors import TITLES

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal after RFC 9457: what is wrong, where, and how to mend it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and how to mend it, in your language."},
        "code": {"type": "string", "description": "The kind of refusal; it stays the same for ever."},
        "where": {"type": "object", "description": "The place: a parameter, header, JSON pointer or row."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Every fault of a body."},
    },
}
_ANY = (400, 401, 403, 404, 422, 429, 503)
_CHANGES = (409, 410)
_BODIES = (413, 415)
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head"})


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the refusals of every operation."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for path in document["paths"].values():
        for method in _METHODS & path.keys():
            operation = path[method]
            _refusals(method, operation)
            if method == "head":
                _without_bodies(operation)
    return document


def methods_of(path: str) -> list[str]:
    """Return the methods that an address takes, by all of its routes."""
    return sorted({method for method, pattern in _patterns() if pattern.match(path)})


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    keys = (key.split(" ", 1) for key in POLICY)
    return tuple((method, compile_path(template)[0]) for method, template in keys)


def _refusals(method: str, operation: dict[str, Any]) -> None:
    """Add to an operation what it may refuse with."""
    statuses: tuple[int, ...] = _ANY if method in ("get", "head") else _ANY + _CHANGES
    statuses += _BODIES if "requestBody" in operation or method in ("put", "post", "patch") else ()
    answers = operation.setdefault("responses", {})
    statuses += tuple(int(one) for one in answers if one >= "400" and int(one) not in statuses)
    for status in statuses:
        refusal = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        said = answers.get(str(status), {})
        content = {
            kind: shape
            for kind, shape in said.get("content", {}).items()
            if "HTTPValidationError" not in str(shape)
        }
        # What FastAPI says of its own shape is not said of ours.
        described = said.get("description") if content or not said.get("content") else None
        answers[str(status)] = {
            **said,
            "description": described or TITLES[status],
            "content": {**content, **refusal},
        }


def _without_bodies(operation: dict[str, Any]) -> None:
    """Leave out bodies, which an answer to HEAD has not."""
    for answer in operation["responses"].values():
        answer.pop("content", None)
