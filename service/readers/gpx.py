"""GPX 1.0 and 1.1 tracks, whatever their namespace: each ``<trkseg>`` is a part of its own.

Elements are known by their local names, so that extensions of every maker answer: ``speed``, ``course`` and
``accuracy`` wherever they stand in a ``<trkpt>``, and ``hdop``, which is turned into metres. A document type
is refused, and with it every entity bomb and outside file.
"""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, MalformedBody
from service.readers.track_file import GPX_ZONE, MOST_FIXES, TrackBuilder, TrackFile, too_many

_CHUNK = 1 << 16
_VALUES = ("time", "hdop", "speed", "course", "accuracy")
_MOST_TEXT = 200
_MOST_NAMES = 1_000
"""So many different names of elements are remembered; a file of another million is no track."""
_NOTE = N_("Times name no zone; they were read as UTC, as GPX says.")


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
    chunks = (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))
    builder = TrackBuilder("gpx", zone, mode, most)
    target = _Target(builder)
    for _ in _fed(chunks, target, salvage=salvage):
        if len(builder.rows) > most:
            raise too_many(most, builder.rows[most])
    return builder.file()


def gpx_parts(
    chunks: Iterator[bytes], builder: TrackBuilder, size: int, *, salvage: bool = False
) -> Iterator[TrackFile]:
    """Read a GPX file in parts of so many fixes.

    Raises
    ------
    MalformedBody, InvalidInput
        See :func:`read_gpx`; the parts before are good.
    """
    target = _Target(builder)
    for _ in _fed(chunks, target, salvage=salvage):
        while len(target.builder.rows) >= size:
            whole = target.builder
            target.builder = whole.cut(size)
            yield whole.file()
    if len(target.builder.rows):
        yield target.builder.file()


def _fed(chunks: Iterator[bytes], target: "_Target", *, salvage: bool) -> Iterator[None]:
    """Read a file piece by piece and yield after each, with the fixes so far in the builder."""
    parser: Any = DefusedXMLParser(forbid_dtd=True)
    target.listen(parser.parser)
    try:
        for chunk in chunks:
            parser.parser.Parse(chunk, False)  # noqa: FBT003
            yield
        parser.parser.Parse(b"", True)  # noqa: FBT003
        yield
    except DefusedXmlException as error:
        raise InvalidInput(
            N_("The GPX file has a document type or entities, which are not read."),
            mend=N_("Remove the <!DOCTYPE …> part; GPX needs none."),
        ) from error
    except ExpatError as error:
        _refuse_broken(error, target, salvage=salvage)
        yield
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


def _refuse_broken(error: ExpatError, target: "_Target", *, salvage: bool) -> None:
    """Refuse XML that is broken, or take what was whole where that was asked for."""
    line, column = error.lineno, error.offset
    whole = target.whole
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
        self.root = ""
        self.whole = 0
        self._segments = 0
        self.builder = builder
        builder.read_naive_as(GPX_ZONE, _NOTE)
        self._kinds: dict[str, str] = {}
        self._parser: Any = None
        self._in_track = False
        self._point: dict[str, str] | None = None
        self._row = 0
        self._wanted = ""
        self._text: list[str] = []

    def listen(self, parser: Any) -> None:
        """Take the elements straight from the parser, which forbids document types itself."""
        self._parser = parser
        parser.buffer_text = True
        parser.ordered_attributes = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append  # no call of Python for the blanks between elements
        parser.DefaultHandlerExpand = None

    def _kind(self, tag: str) -> str:
        kind = tag.rpartition("}")[2]
        if len(self._kinds) < _MOST_NAMES:
            self._kinds[tag] = kind
        return kind

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        name = self._kinds.get(tag) or self._kind(tag)
        if name == "trkpt":
            if not self.builder.segments:
                self._begin_segment()
            self._point = attributes
            self._row = self._parser.CurrentLineNumber
        elif self._point is not None:
            if name in _VALUES:
                self._wanted = name
        elif name == "trkseg":
            self._begin_segment()
        elif name == "trk":
            self._in_track = True
        elif name == "name" and self._in_track and not self.builder.name:
            self._wanted = name
        if not self.root:
            self.root = name

    def _end(self, tag: str) -> None:
        name = self._kinds.get(tag) or self._kind(tag)
        if name == self._wanted:
            self._wanted = ""
            text = "".join(self._text).strip()[:_MOST_TEXT]
            if self._point is not None:
                self._point.setdefault(f" {name}", text)  # no attribute begins with a blank
            else:
                self.builder.name = text
        elif name == "trkpt":
            self._add_point()
        elif name == "trk":
            self._in_track = False
        self._text.clear()

    def _begin_segment(self) -> None:
        self._segments += 1
        self.builder.segment(f"trkseg {self._segments} (line {self._parser.CurrentLineNumber})")

    def _add_point(self) -> None:
        point, self._point = self._point or {}, None
        columns, value = self.builder.columns, point.get
        self.builder.rows.append(self._row)
        columns["time"].append(value(" time", ""))
        columns["lon"].append(value("lon", ""))
        columns["lat"].append(value("lat", ""))
        columns["accuracy"].append(value(" accuracy", ""))
        columns["speed"].append(value(" speed", ""))
        columns["course"].append(value(" course", ""))
        columns["hdop"].append(value(" hdop", ""))
        self.whole += 1
