"""Feature collections of any length in parts: features are read one after another, never all of them.

Where a feature ends is found by reading it; what it says is read by :mod:`service.readers.strict_json`, some
thousands at once, as strictly as a file that is read as a whole.
"""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from geo.errors import N_
from service.errors import InvalidInput, MalformedBody
from service.readers import strict_json
from service.readers.track_file import TrackBuilder, TrackFile
from service.readers.track_geojson import Collector, require_storage

_FEATURES = re.compile(r'"features"\s*:\s*\[')
_FIRST, _NEXT = re.compile(r"\s*(?:(?=[^\s,])|$)"), re.compile(r"\s*(?:,\s*(?=[^\s,\]])|(?=\])|$)")
_AT_ONCE = 2_000
_LEAST = 1 << 20
"""So much is read on at least."""
_MOST_FEATURE = 256 << 20
"""So many letters of one feature."""


def begins_collection(begins: bytes) -> bool:
    """Say whether a file begins as a feature collection whose features stand after its type."""
    return _head_of(begins.decode("utf-8", "replace")) is not None


def geojson_parts(chunks: Iterator[bytes], builder: TrackBuilder, size: int) -> Iterator[TrackFile]:
    """Read a feature collection in parts of so many fixes.

    Raises
    ------
    MalformedBody
        It breaks off or is not JSON; names the feature. The parts before are good.
    InvalidInput
        As :func:`service.readers.track_geojson.read_geojson`.
    """
    collected, number, whole = Collector(builder), 0, True
    for features in _blocks(chunks):
        for feature in features:
            pointer = f"/features/{number}"
            if not isinstance(feature, Mapping):
                raise InvalidInput(
                    N_("The file is not GeoJSON with lines or points, at “{pointer}”."),
                    mend=N_(
                        "Send a FeatureCollection of LineStrings with coordTimes, or of Points with a time."
                    ),
                    where={"pointer": pointer},
                    pointer=pointer,
                )
            collected.take(pointer, feature)
            number += 1
        while len(collected.builder.rows) > size:
            whole = False
            yield collected.cut(size)
    if whole or len(collected.builder.rows):
        yield collected.file()


def _head_of(text: str) -> tuple[int, Mapping[str, Any]] | None:
    """Return where the features of a collection begin, and what stands before them."""
    found = _FEATURES.search(text)
    if found is None:
        return None
    try:
        head = json.loads(text[: found.end()] + "]}")
    except ValueError:
        return None
    return (found.end(), head) if head.get("type") == "FeatureCollection" else None


def _blocks(chunks: Iterator[bytes]) -> Iterator[list[Any]]:
    """Yield the features of a collection, some thousands at once."""
    text = _Text(chunks)
    while (head := _head_of(text.ahead)) is None:
        if not text.more():
            raise _broken(0)
    require_storage(head[1])
    text.at = head[0]
    found: list[str] = []
    count = 0
    while (feature := text.feature(count)) is not None:
        found.append(feature)
        count += 1
        if len(found) == _AT_ONCE:
            yield _read(found, count - len(found))
            found = []
    yield _read(found, count - len(found))
    require_storage(text.rest(count))


def _read(features: list[str], first: int) -> list[Any]:
    """Read the texts of features; a refusal names the feature, counted from ``first``."""
    try:
        value: list[Any] = strict_json.loads(f"[{','.join(features)}]".encode())
    except (InvalidInput, MalformedBody):
        for number, one in enumerate(features, first):
            try:
                strict_json.loads(one.encode())
            except (InvalidInput, MalformedBody) as error:
                error.where["pointer"] = f"/features/{number}{error.where.get('pointer', '')}"
                raise
        raise
    return value


class _Text:
    """A text that is read as far as it is needed; ``at`` is where the next feature begins in it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.ahead, self.at = "", 0
        self._chunks = chunks
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._scan = json.JSONDecoder().raw_decode

    def more(self) -> bool:
        """Read on, as far again as what is ahead; return whether there was anything."""
        parts, length = [self.ahead[self.at :]], 0
        least = max(_LEAST, len(parts[0]))
        try:
            while length < least and (chunk := next(self._chunks, None)) is not None:
                parts.append(self._decode(chunk))
                length += len(parts[-1])
        except UnicodeDecodeError as error:
            raise MalformedBody(
                N_("The body is not UTF-8: byte {byte} does not fit."),
                mend=N_("Send plain JSON in UTF-8 (RFC 8259)."),
                where={"byte": error.start},
                byte=error.start,
            ) from error
        self.ahead, self.at = "".join(parts), 0
        return length > 0

    def feature(self, number: int) -> str | None:
        """Return the text of the next feature, None at the end of the features."""
        between = _NEXT if number else _FIRST
        while True:
            gap = between.match(self.ahead, self.at)
            begin = len(self.ahead) if gap is None else gap.end()
            if self.ahead[begin : begin + 1] == "]":
                self.at = begin + 1
                return None
            try:
                _, end = self._scan(self.ahead, begin)
            except (ValueError, RecursionError):
                end = len(self.ahead)
            if end < len(self.ahead):  # a number could go on
                found = self.ahead[begin:end]
                self.at = end
                return found
            if len(self.ahead) - self.at > _MOST_FEATURE or not self.more():
                raise _broken(number)

    def rest(self, number: int) -> Mapping[str, Any]:
        """Return what stands after the features."""
        while self.more():
            pass
        try:
            value: Mapping[str, Any] = strict_json.loads(('{"features": []' + self.ahead[self.at :]).encode())
        except (InvalidInput, MalformedBody) as error:
            raise _broken(number) from error
        return value


def _broken(number: int) -> MalformedBody:
    return MalformedBody(
        N_("The GeoJSON breaks off or is no JSON after {count} features."),
        mend=N_("Export it again and load that: no fix is stored twice."),
        where={"pointer": f"/features/{number}"},
        count=number,
    )
