"""How a refusal is answered: the RFC 9457 body of ``service.errors`` in the caller's language."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from geo.errors import WardlineError
from service import errors, i18n

PROBLEM = "application/problem+json"


def problem_response(
    body: Mapping[str, Any], headers: Mapping[str, str] | None = None, language: str = "en"
) -> Response:
    """Return an answer that carries a problem."""
    return Response(
        orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY),
        status_code=int(body["status"]),
        headers={"Content-Language": language, "Vary": "Accept-Language", **(headers or {})},
        media_type=PROBLEM,
    )


def refusal(error: WardlineError, language: str) -> Response:
    """Return the answer to a refused request; it says when to come again, where the refusal knows."""
    return problem_response(errors.problem(error, i18n.translator(language)), _headers(error), language)


def _headers(error: WardlineError) -> dict[str, str]:
    if isinstance(error, (errors.TooManyRequests, errors.NotReady)):
        return {"Retry-After": str(error.wait_s)}
    return {}
