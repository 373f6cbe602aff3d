"""PDF of a page that has everything inside: nothing is fetched, whatever it names."""

import logging
from threading import BoundedSemaphore
from typing import Any

from geo.errors import N_
from maps.errors import PdfUnavailable

_AT_ONCE = BoundedSemaphore(1)
"""One at a time: it is slow, and another at the same time would only make both slower."""
_IN_LINE = BoundedSemaphore(4)
"""Who waits keeps a thread of the service, so only few may."""
_PATIENCE_S = 60


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
            document = weasyprint.HTML(string=html, url_fetcher=_refuse(weasyprint)).render()
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


def _refuse(weasyprint: Any) -> Any:
    """Return a fetcher that fetches nothing."""

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - as the library calls it
            raise ValueError("a document has everything inside")

    return Nothing()
