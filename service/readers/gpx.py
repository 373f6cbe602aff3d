"""GPX 1.0 and 1.1 tracks, whatever their namespace: each ``<trkseg>`` is a part of its own.

Elements are known by their local names, so that extensions of every maker answer: ``speed``, ``course`` and
``accuracy`` wherever they stand in a ``<trkpt>``, and ``hdop``, which is turned into metres. A document type
is refused, and with it every entity bomb and outside file.
"""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, MalformedBody
from service.readers.track_file import (
    GPX_ZONE,
    METRES_PER_HDOP,
    MOST_FIXES,
    TrackBuilder,
    TrackFile,
    too_many,
)

_CHUNK = 1 << 16
_WANTED = frozenset({"time", "hdop", "speed", "course", "accuracy"})
_MOST_TEXT = 200


def read_gpx(
    content: bytes,
    *,
    zone: tzinfo | None = None,
    mode: Mode = Mode.FOOT,
    most: int = MOST_FIXES,
    salvage: bool = False,
) -> TrackFile:
    """Read the tracks of a GPX file; routes and waypoints are not tracks and are left out.

    Parameters
    ----------
    zone
        Time zone of times that name none; UTC, as GPX says, where it is not given.
    most
        How many fixes are accepted.
    salvage
        Take the whole fixes of a file that is cut off, instead of refusing it.

    Raises
    ------
    MalformedBody
        Not XML, or cut off; names line and column.
    InvalidInput
        It has a document type, or is not GPX.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    if content.count(b"trkpt") > 2 * most:  # a point names it once or twice
        raise too_many(most)
    target = _Target(TrackBuilder("gpx", zone, mode, most))
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.line = _line_of(parser)
    try:
        for start in range(0, len(content), _CHUNK):
            parser.feed(content[start : start + _CHUNK])
        parser.close()
    except DefusedXmlException as error:
        raise InvalidInput(
            N_("The GPX file has a document type or entities, which are not read."),
            mend=N_("Remove the <!DOCTYPE …> part; GPX needs none."),
        ) from error
    except ParseError as error:
        _refuse_broken(error, target, salvage=salvage)
    except (LookupError, ValueError) as error:
        raise MalformedBody(
            N_("The GPX file names an encoding that is not known."), mend=N_("Save it in UTF-8.")
        ) from error
    if target.root != "gpx":
        raise InvalidInput(
            N_("The file is XML but not GPX: its root is <{root}>."),
            mend=N_("Export the track as GPX, GeoJSON or CSV."),
            root=target.root[:64],
        )
    target.builder.read_naive_as(GPX_ZONE, N_("Times name no zone; they were read as UTC, as GPX says."))
    return target.builder.file()


def _line_of(parser: Any) -> Callable[[], int]:
    return lambda: int(parser.parser.CurrentLineNumber)


def _refuse_broken(error: ParseError, target: "_Target", *, salvage: bool) -> None:
    """Refuse XML that is broken, or take what was whole where that was asked for."""
    line, column = error.position
    whole = len(target.builder.times)
    if salvage and whole:
        target.builder.notes.append(N_("The file is cut off; the fixes that were whole were taken."))
        return
    raise MalformedBody(
        N_("The GPX file breaks off or is not XML at line {line}, column {column}, after {whole} fixes."),
        mend=N_("Export it again; or take the fixes before that with salvage."),
        where={"row": line, "column": column},
        line=line,
        column=column,
        whole=whole,
    ) from error


class _Target:
    """Receives the elements of a GPX file from the parser and builds no tree."""

    def __init__(self, builder: TrackBuilder) -> None:
        self.builder = builder
        self.root = ""
        self.line: Callable[[], int] = lambda: 0
        self._tracks = 0
        self._in_track = False
        self._in_metadata_name = False
        self._point: dict[str, str] | None = None
        self._row = 0
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take note of an element that begins."""
        name = tag.rpartition("}")[2]
        if not self.root:
            self.root = name
        if name == "trkpt":
            if not self.builder.segments:
                self._begin_segment()
            self._point = dict(attributes)
            self._row = self.line()
        elif name in _WANTED and self._point is not None:
            self._text = []
        elif name == "trkseg":
            self._begin_segment()
        elif name == "trk":
            self._tracks += 1
            self._in_track = True
        elif name == "name" and self._in_track and self._point is None and not self.builder.name:
            self._text = []

    def data(self, text: str) -> None:
        """Take note of text inside an element that matters."""
        if self._text is not None and len(self._text) < _MOST_TEXT:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Take note of an element that ends."""
        name = tag.rpartition("}")[2]
        if name == "trkpt":
            self._add_point()
        elif name == "trk":
            self._in_track = False
        elif self._text is not None and (name in _WANTED or name == "name"):
            text = "".join(self._text).strip()[:_MOST_TEXT]
            self._text = None
            if self._point is not None:
                self._point.setdefault(f" {name}", text)
            elif name == "name":
                self.builder.name = text

    def close(self) -> None:
        """End; the builder has it all."""

    def _begin_segment(self) -> None:
        self.builder.segment(f"trkseg {len(self.builder.segments) + 1} (line {self.line()})")

    def _add_point(self) -> None:
        point, self._point = self._point or {}, None
        accuracy: str | float | None = point.get(" accuracy")
        if not accuracy:
            accuracy = _metres(point.get(" hdop"))
        self.builder.add(
            self._row,
            point.get(" time", ""),
            point.get("lon"),
            point.get("lat"),
            accuracy,
            point.get(" speed"),
            point.get(" course"),
        )


def _metres(hdop: str | None) -> float | None:
    """Return the accuracy that a dilution of precision stands for; None where it says nothing."""
    try:
        value = float(hdop) if hdop else 0.0
    except ValueError:
        return None
    return value * METRES_PER_HDOP if 0.0 < value < 100.0 else None
