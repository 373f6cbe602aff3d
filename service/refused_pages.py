"""Refusals that a person reads in a browser: a page instead of the problem that programs get.

Only what a browser shows by itself is a page: a page's address, or one that nothing has, where the request
asks for ``text/html``. Everything else keeps ``application/problem+json``, whatever it asks for.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import SQLAlchemyError

from geo.errors import WardlineError
from maps import refused, shell
from service.access.identity import PUBLIC, Identity
from service.access.policy import Rule
from service.errors import NotAllowed, status_of
from service.hardening.headers import nonce
from service.page_dependencies import get_reader, may_open, page_headers, remember_language

_FORBIDDEN, _NOT_FOUND, _REFUSED_INPUT = 403, 404, 422
_AS_PAGES = frozenset({_FORBIDDEN, _NOT_FOUND, _REFUSED_INPUT})


def wants_page(request: Request) -> bool:
    """Say whether a request would rather have HTML than JSON, as a browser does that opens an address."""
    if request.method not in ("GET", "HEAD"):
        return False
    wanted = _qualities(request.headers.get("accept", ""))
    html = wanted.get("text/html", 0.0)
    return html > max(wanted.get(kind, 0.0) for kind in ("application/json", "application/problem+json"))


def of_refusal(request: Request, error: WardlineError) -> HTMLResponse | None:
    """Return the page for a page that was refused to a person, None where a problem is the answer."""
    rule: Rule | None = getattr(request.state, "rule", None)
    status = status_of(type(error))
    if rule is None or not rule.page or status not in _AS_PAGES or not wants_page(request):
        return None
    reader = get_reader(request)
    if isinstance(error, NotAllowed):
        told = refused.not_allowed(reader, request.url.path, rule.roles)
    else:
        told = refused.nothing_there(reader, request.url.path, error.text(reader.translate))
    return _page(request, reader, told, request.state.identity, status)


async def of_nothing(request: Request) -> HTMLResponse:
    """Return the page for an address that nothing has."""
    reader = get_reader(request)
    told = refused.nothing_there(reader, request.url.path)
    return _page(request, reader, told, await _identity(request), _NOT_FOUND)


async def _identity(request: Request) -> Identity:
    # A name and password are not looked at where nothing is: it would be a place to try them uncounted.
    if "authorization" in request.headers:
        return PUBLIC
    try:
        identity: Identity = await request.app.state.service.access.identify(request.scope)
    except (WardlineError, SQLAlchemyError):
        return PUBLIC
    return identity


def _page(
    request: Request, reader: shell.Reader, told: tuple[str, str, str], identity: Identity, status: int
) -> HTMLResponse:
    path = request.url.path
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    text = refused.page(
        reader,
        told,
        may_open(identity, None) - {path.strip("/")},
        name=identity.name if identity.signed_in else "",
        next_="/" if status != _FORBIDDEN else f"{quote(path)}?{urlencode(others)}".rstrip("?"),
        kept=f"&{urlencode(others)}" if others else "",
    )
    headers = page_headers(nonce(request.scope), reader) | {"Vary": "Accept, Accept-Language, Cookie"}
    response = HTMLResponse(text, status, headers)
    remember_language(request, response, reader)
    return response


def _qualities(accept: str) -> Mapping[str, float]:
    """Return how much each media type of an ``Accept`` header (RFC 9110) is wanted."""
    found: dict[str, float] = {}
    for part in accept[:500].split(","):
        kind, *parameters = (one.strip().lower() for one in part.split(";"))
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            found[kind] = float(quality)
        except ValueError:
            found[kind] = 0.0
    return found
