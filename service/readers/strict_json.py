"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it: no duplicate names, no NaN, no text that is not Unicode.

Python's own reader accepts all of those, and what it lets pass is stored as something else than was sent.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from geo.errors import N_
from service.errors import InvalidInput, MalformedBody

MOST_NESTED = 64
SMALLEST_TOO_LARGE = 2**63
"""JSONB keeps larger integers, and neither our answers nor most readers can hold them."""
_NESTED = frozenset((dict, list))
_DIGITS = bytes(ord("0") if chr(code) in "0123456789" else ord(" ") for code in range(256))
_MANY_DIGITS = b"0" * 19
"""Beyond 64 bits the fast reader takes a whole number for a double."""
_STRIDE = len(_MANY_DIGITS) // 2
_PLAIN_JSON = N_("Send plain JSON in UTF-8 (RFC 8259).")


def loads(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    MalformedBody
        Not UTF-8, not JSON, nested deeper than 64, a name twice in one object, thousands of digits.
    InvalidInput
        A number that is not finite, an integer of more than 64 bits, or a text with a NUL or half a
        surrogate pair; names the place.
    """
    found, value = _plainly(body)
    if not found:
        value = _read(body)
        check(value)
    return value


def parse(body: bytes) -> Any:
    """Return the value of a JSON text whose parts are checked one by one, with :func:`check`.

    Raises
    ------
    MalformedBody
        As :func:`loads`: what is wrong with the text is wrong with the whole of it.
    """
    found, value = _plainly(body)
    if found:
        return value
    value = _read(body)
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_NESTED + 1):
        if not level:
            return value
        members = (part.values() if isinstance(part, dict) else part for part in level)
        level = [one for part in members for one in part if isinstance(one, (dict, list))]
    raise _too_deep()


def _plainly(body: bytes) -> tuple[bool, Any]:
    """Return whether a text is so plain that a fast reader reads it as we do, and its value."""
    most = plain_marks(body)
    if most is None:
        return False, None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False, None
    found = count(value, most.parts)
    return found is not None and found.names == most.names, value


@dataclass(frozen=True, slots=True)
class Count:
    """How many names of members there are, and how many ``parts``: objects and lists."""

    names: int
    parts: int


def plain_marks(body: bytes) -> Count | None:
    """Return how many names and parts a text holds at most; None where it is not plain.

    Without a backslash no text holds a NUL or half a surrogate pair, and each quote followed by a colon ends
    a name, unless a text begins with a colon: where as many names were read as stand there, none came twice.
    """
    marks = np.frombuffer(body, dtype=np.uint8)
    if b"\\" in body or _has_many_digits(body, marks):
        return None
    colons = np.flatnonzero(marks == ord(":"))
    before = marks[colons[colons > 0] - 1]
    if (before <= ord(" ")).any():
        return None
    names = int(np.count_nonzero(before == ord('"')))
    return Count(names, int(np.count_nonzero((marks == ord("{")) | (marks == ord("[")))))


def _has_many_digits(body: bytes, marks: npt.NDArray[np.uint8]) -> bool:
    """Return whether somewhere stand as many digits as a whole number may not have."""
    # So many leave a digit at two places one after the other of which only every ninth is looked at.
    is_digit = (marks[::_STRIDE] - ord("0")) < 10
    places = np.flatnonzero(is_digit[1:] & is_digit[:-1]) * _STRIDE
    for further in range(1, _STRIDE):
        places = places[(marks[places + further] - ord("0")) < 10]
    return len(places) > 0 and _MANY_DIGITS in body.translate(_DIGITS)


def count(value: Any, most_parts: int) -> Count | None:
    """Return what a value holds that has no more than so many parts; None if nested deeper than 64."""
    names, parts = 0, 0
    level = [value] if type(value) in _NESTED else []
    for _ in range(MOST_NESTED):
        objects = [one for one in level if type(one) is dict]
        names += sum(map(len, objects))
        parts += len(level)
        if parts == most_parts:
            return Count(names, parts)  # There can be no others, so nothing more has to be looked into.
        lists = (one for one in level if type(one) is list)
        members = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(lists))
        level = [one for one in members if type(one) in _NESTED]
        if not level:
            return Count(names, parts)
    return None


def _read(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise MalformedBody(
            N_("The body is not UTF-8: byte {byte} does not fit."),
            mend=_PLAIN_JSON,
            where={"byte": error.start},
            byte=error.start,
        ) from error
    except json.JSONDecodeError as error:
        raise MalformedBody(
            N_("The body is not JSON: {reason} in line {line}, column {column}."),
            mend=_PLAIN_JSON,
            where={"line": error.lineno, "column": error.colno},
            reason=error.msg,
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise MalformedBody(
            N_("The body has a number of too many digits."), mend=_PLAIN_JSON, where={"part": "body"}
        ) from error


def repeated(names: Iterable[str]) -> str:
    """Return the first name that comes a second time; there is one."""
    seen: set[str] = set()
    return next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = repeated(name for name, _ in pairs)
        raise MalformedBody(
            N_("The body has the name “{name}” twice in one object."),
            mend=N_("Send every name once."),
            where={"name": twice},
            name=twice,
        )
    return found


def check(value: Any) -> None:
    """Walk a value without recursion and refuse what cannot be stored as it was sent.

    Raises
    ------
    MalformedBody, InvalidInput
        As :func:`loads`.
    """
    open_parts: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while open_parts:
        part, path = open_parts.pop()
        if isinstance(part, str):
            _check_text(part, path)
        elif isinstance(part, (int, float)):
            _check_number(part, path)
        elif isinstance(part, (dict, list)):
            if len(path) >= MOST_NESTED:
                raise _too_deep()
            members = part.items() if isinstance(part, dict) else enumerate(part)
            for name, member in members:
                if isinstance(name, str):
                    _check_text(name, path)
                open_parts.append((member, (*path, name)))


def _check_number(number: float, path: tuple[str | int, ...]) -> None:
    if isinstance(number, int):
        if not -SMALLEST_TOO_LARGE <= number < SMALLEST_TOO_LARGE:
            raise InvalidInput(
                N_("{pointer} is an integer of more than 64 bits."),
                mend=N_("Send it as a text, or as a number with a fraction."),
                where={"pointer": pointer(path)},
                pointer=pointer(path),
            )
    elif not math.isfinite(number):
        raise InvalidInput(
            N_("{pointer} is not a finite number."),
            mend=N_("Send a number that fits a double."),
            where={"pointer": pointer(path)},
            pointer=pointer(path),
        )


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    if "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise InvalidInput(
            N_("{pointer} has a NUL or half a surrogate pair."),
            mend=N_("Send text that is valid Unicode, without NUL."),
            where={"pointer": pointer(path)},
            pointer=pointer(path) or "/",
        )


def _too_deep() -> MalformedBody:
    return MalformedBody(
        N_("The body is nested deeper than {most} levels."),
        mend=_PLAIN_JSON,
        where={"part": "body"},
        most=MOST_NESTED,
    )


def pointer(path: tuple[str | int, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a path, lone surrogates replaced so that it can be sent."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts).encode("utf-8", "replace").decode()
