"""GPX 1.0 and 1.1 tracks, whatever their namespace: each ``<trkseg>`` is a part of its own.

Elements are known by their local names, so that extensions of every maker answer: ``speed``, ``course`` and
``accuracy`` wherever they stand in a ``<trkpt>``, and ``hdop``, which is turned into metres (OsmAnd writes
metres there). A document type is refused, and with it every entity bomb and outside file.
"""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, ClassVar

from geo.errors import N_
from geo.track import Mode
from service.readers.track_file import GPX_ZONE, MOST_FIXES, TrackBuilder, TrackFile, too_many
from service.readers.track_xml import fed, pieces

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
    builder = TrackBuilder("gpx", zone, mode, most)
    target = _Target(builder)
    for _ in fed(pieces(content), target, salvage=salvage):
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
    for _ in fed(chunks, target, salvage=salvage):
        while len(target.builder.rows) >= size:
            whole = target.builder
            target.builder = whole.cut(size)
            yield whole.file()
    if len(target.builder.rows):
        yield target.builder.file()


class _Target:
    """Receives the elements of a GPX file from the parser and builds no tree."""

    format: ClassVar[str] = "GPX"
    wanted: ClassVar[str] = "gpx"

    def __init__(self, builder: TrackBuilder) -> None:
        self.root = ""
        self.whole = 0
        self._segments = 0
        self.builder = builder
        builder.read_naive_as(GPX_ZONE, _NOTE)
        self._kinds: dict[str, str] = {}
        self._parser: Any = None
        self._in_track = False
        self._metres = False
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
            self._metres = attributes.get("creator", "").startswith("OsmAnd")

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
        hdop = value(" hdop", "")
        columns["accuracy"].append(value(" accuracy", "") or (hdop if self._metres else ""))
        columns["speed"].append(value(" speed", ""))
        columns["course"].append(value(" course", ""))
        columns["hdop"].append(hdop)
        self.whole += 1
