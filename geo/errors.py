"""Errors of the geometry, and the base class that every package's errors share.

    WardlineError
    └── GeoError            refused by an algorithm
        ├── NotFinite       a coordinate is NaN or infinite
        ├── OutOfRange      a coordinate is not on the globe (often swapped axes)
        └── InvalidGeometry a geometry that has no meaning here

A refusal says what is wrong, where it is and how to mend it. The texts are translation keys: they are
marked with ``N_`` and filled with ``params`` only when they are shown, in the reader's language.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark a text for translation and return it unchanged."""
    return text


class WardlineError(Exception):
    """A refusal with a stable code, a text that can be translated and the place of the fault.

    Parameters
    ----------
    message
        What is wrong: an English format string, the key of its translations.
    mend
        How to mend it, likewise.
    where
        The place in the input: any of ``file``, ``row``, ``column``, ``pointer``, ``lon``, ``lat``.
    params
        The values of the format strings.
    """

    code: ClassVar[str] = "wardline-error"

    def __init__(
        self, message: str, /, *, mend: str = "", where: Mapping[str, Any] | None = None, **params: Any
    ) -> None:
        self.message = message
        self.mend = mend
        self.where: dict[str, Any] = dict(where or {})
        self.params = params
        super().__init__(self.text())

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return message and mend in one line, each passed through ``translate`` and filled in."""
        parts = (translate(part).format(**self.params) for part in (self.message, self.mend) if part)
        return " ".join(parts)


class GeoError(WardlineError):
    """An algorithm of ``geo`` refused its input."""

    code = "geometry-refused"


class NotFinite(GeoError):
    """A coordinate is NaN or infinite."""

    code = "coordinate-not-finite"


class OutOfRange(GeoError):
    """A coordinate does not lie on the globe."""

    code = "coordinate-out-of-range"


class InvalidGeometry(GeoError):
    """A geometry is of the wrong type, empty, unclosed or crosses itself."""

    code = "geometry-invalid"
