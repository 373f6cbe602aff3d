"""What the pages share: their reader, the headers of a page, and the language a reader has chosen."""

from typing import Annotated

from fastapi import Depends, Request, Response

from maps import shell
from service import i18n
from service.access.identity import Identity
from service.access.policy import POLICY

COOKIE = "wardline_lang"
_YEAR_S = 31_536_000


def get_reader(request: Request) -> shell.Reader:
    """Return the reader: the language of ``?lang=``, of the cookie, or of the browser."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in i18n.LANGUAGES:
            return shell.Reader(wanted, i18n.catalogue(wanted))
    settings = request.app.state.settings
    language = i18n.negotiate(request.headers.get("accept-language", ""), settings.language)
    return shell.Reader(language, i18n.catalogue(language))


ReaderDep = Annotated[shell.Reader, Depends(get_reader)]


def account_of(request: Request) -> dict[str, str] | None:
    """Return who is signed in, for the bar; None where access is open, so that nobody signs in."""
    identity: Identity = request.state.identity
    is_open = request.app.state.service.access.open
    return None if is_open else {"name": identity.name if identity.signed_in else ""}


def may_open(identity: Identity, district: str | None) -> frozenset[str]:
    """Return the pages that a caller may open, in a district or before there is any."""
    there = identity.every_role() if district is None else identity.roles(district)
    pages = (*shell.VIEWS, *shell.OFFICES)
    rules = {page: POLICY[f"GET /{'' if page == 'home' else page}"] for page in pages}
    if identity.must_change:
        return frozenset(page for page, rule in rules.items() if rule.public)
    return frozenset(
        page
        for page, rule in rules.items()
        if rule.public or rule.roles & (identity.every_role() if rule.area == "none" else there)
    )


def page_headers(nonce: str, reader: shell.Reader) -> dict[str, str]:
    """Return the headers of a page whose policy has a nonce."""
    return {
        "Content-Security-Policy": shell.policy(nonce),
        "Content-Language": reader.lang,
        "Vary": "Accept-Language, Cookie",
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    }


def remember_language(request: Request, response: Response, reader: shell.Reader) -> None:
    """Keep the language that a reader has asked for by ``?lang=``."""
    if request.query_params.get("lang") in i18n.LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, reader.lang, _YEAR_S, httponly=True, samesite="lax", secure=secure)
