"""PDF of a page that has everything inside: nothing is fetched, whatever it names."""

import gc
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from geo.errors import N_
from maps.errors import PdfUnavailable

_AT_ONCE = BoundedSemaphore(1)
"""One at a time: it is slow, and another at the same time would only make both slower."""
_IN_LINE = BoundedSemaphore(4)
"""Who waits keeps a thread of the service, so only few may."""
_PATIENCE_S = 60
_UNCOLLECTED = 500_000
_MAP = re.compile(r'<svg xmlns="[^"]*"([^>]*) role="img" aria-label="([^"]*)">.*?</svg>', re.DOTALL)
"""A map as ``drawing.svg`` writes it; stored text has no tags, so it neither begins nor ends one."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def require_pdf() -> Any:
    """Return the library that makes PDF.

    Raises
    ------
    PdfUnavailable
        Pango, which it draws text with, is not installed.
    """
    try:
        import weasyprint  # noqa: PLC0415 - its import takes a second and fails without Pango
    except (ImportError, OSError) as error:
        raise PdfUnavailable(
            N_("PDF cannot be made here: Pango is not installed."),
            mend=N_(
                "Install Pango (libpangoft2-1.0-0 on Debian), or print the HTML document from a browser."
            ),
        ) from error
    # It warns of every rule that is only for screens.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def pdf(html: str) -> bytes:
    """Return the PDF of a self-contained page.

    Raises
    ------
    PdfUnavailable
        Pango is not installed, or others keep us from it for too long.
    """
    return bytes(rendered(html, wait_s=_PATIENCE_S)[1])


def rendered(html: str, *, wait_s: float = _PATIENCE_S) -> tuple[Any, bytes]:
    """Return the pages of a document as WeasyPrint laid them out, and the PDF."""
    weasyprint = require_pdf()
    if not _IN_LINE.acquire(blocking=False):
        raise _busy()
    try:
        if not _AT_ONCE.acquire(timeout=wait_s):
            raise _busy()
        try:
            with _rarely_collected():
                html, maps = _taken_out(html)
                document = weasyprint.HTML(string=html, url_fetcher=_only(weasyprint, maps)).render()
                return document, document.write_pdf()
        finally:
            _AT_ONCE.release()
    finally:
        _IN_LINE.release()


def _busy() -> PdfUnavailable:
    return PdfUnavailable(
        N_("Other documents are being made; this one cannot be made now."),
        mend=N_("Try again in a minute, or open the HTML document."),
    )


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let the collector of cycles look less often: a layout is one growing cycle, of which nothing goes."""
    was = gc.get_threshold()
    gc.set_threshold(_UNCOLLECTED, *was[1:])
    try:
        yield
    finally:
        gc.set_threshold(*was)


def _taken_out(html: str) -> tuple[str, Mapping[str, str]]:
    """Return a page that names its maps, and the maps: as XML they are read many times as fast as in HTML."""
    maps: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        address = f"map:{len(maps)}"
        maps[address] = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", found[0])
        return f'<img src="{address}" alt="{found[2]}">'

    return _MAP.sub(name, html), maps


def _only(weasyprint: Any, maps: Mapping[str, str]) -> Any:
    """Return a fetcher that knows the maps of a page and fetches nothing."""

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - as the library calls it
            if url not in maps:
                raise ValueError("a document has everything inside")
            kind = {"Content-Type": "image/svg+xml"}
            return weasyprint.urls.URLFetcherResponse(url, maps[url].encode(), kind)

    return Nothing()
