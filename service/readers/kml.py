"""KML and TCX tracks, by the local names of their elements.

KML has times in ``<gx:Track>``, each a part, where ``<when>`` and ``<gx:coord>`` stand in pairs, and in
placemarks with a ``<TimeStamp>`` and a point. Lines without times are fixes without times. TCX has
trackpoints with a time and a position, each ``<Track>`` a part.
"""

from array import array
from collections import deque
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any, ClassVar

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput
from service.readers.track_file import MOST_FIXES, TrackBuilder, TrackFile, too_many
from service.readers.track_xml import fed, pieces

_MOST_NAMES = 1_000
_MOST_TEXT = 200

_Fix = tuple[int, str, str, str]
"""Where a fix stands, its time, longitude and latitude."""


def read_kml(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read the tracks, the points with a time and the lines of a KML file.

    Raises
    ------
    MalformedBody
        Not XML, or cut off.
    InvalidInput
        It has a document type, is not KML, or a track has another number of times than of places.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    return _read(content, _Kml(TrackBuilder("kml", zone, mode, most)))


def read_tcx(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read the tracks of a TCX file; a trackpoint without a position is a fix without a place.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        See :func:`read_kml`.
    """
    return _read(content, _Tcx(TrackBuilder("tcx", zone, mode, most)))


def _read(content: bytes, target: "_Target") -> TrackFile:
    for _ in fed(pieces(content), target):
        for _ in target.filled():
            pass
    return target.builder.file()


def kml_parts(chunks: Iterator[bytes], kind: str, builder: TrackBuilder, size: int) -> Iterator[TrackFile]:
    """Read a KML or TCX file in parts of so many fixes; of one ``<gx:Track>`` all texts are kept meanwhile.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        See :func:`read_kml`; the parts before are good.
    """
    target = _Kml(builder) if kind == "kml" else _Tcx(builder)
    for _ in fed(chunks, target):
        yield from target.filled(size)
    yield target.builder.file()


class _Target:
    """Receives elements and keeps the text of those whose names are asked for."""

    format: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(self, builder: TrackBuilder) -> None:
        self.builder = builder
        self.root = ""
        self.whole = 0
        self.line = 0
        self.parts = 0
        self._waiting: deque[str | Iterator[_Fix]] = deque()
        self._kinds: dict[str, str] = {}
        self._parser: Any = None
        self._text: list[str] = []
        self._values: dict[str, str] = {}

    def listen(self, parser: Any) -> None:
        """Take the elements straight from the parser, which forbids document types itself."""
        self._parser = parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.DefaultHandlerExpand = None

    def _start(self, tag: str, _: Any) -> None:
        self._text.clear()
        name = self._kind(tag)
        if not self.root:
            self.root = name
        self.line = self._parser.CurrentLineNumber
        self.begin(name)

    def _end(self, tag: str) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        self.end(self._kind(tag), text)

    def _kind(self, tag: str) -> str:
        known = self._kinds.get(tag)
        if known is None:
            known = tag.rpartition("}")[2].rpartition(":")[2]
            if len(self._kinds) < _MOST_NAMES:
                self._kinds[tag] = known
        return known

    def begin(self, name: str) -> None:
        """Take the beginning of an element."""
        raise NotImplementedError

    def end(self, name: str, text: str) -> None:
        """Take the end of an element and the text before it."""
        raise NotImplementedError

    def part(self, kind: str) -> None:
        """Begin a part."""
        self.parts += 1
        self._waiting.append(f"{kind} {self.parts} (line {self.line})")

    def add(self, *fixes: _Fix) -> None:
        """Add fixes."""
        self.add_all(iter(fixes))

    def add_all(self, fixes: Iterator[_Fix]) -> None:
        """Add fixes, which are made when they are asked for."""
        self._waiting.append(fixes)

    def filled(self, size: int = 1 << 62) -> Iterator[TrackFile]:
        """Put what was read into the builder, and yield a part of the file when it has more than so many."""
        while self._waiting:
            next_one = self._waiting.popleft()
            if isinstance(next_one, str):
                self.builder.segment(next_one)
                continue
            for row, time, lon, lat in next_one:
                self.builder.add(row, time=time[:_MOST_TEXT], lon=lon[:_MOST_TEXT], lat=lat[:_MOST_TEXT])
                self.whole += 1
                if len(self.builder.rows) > size:
                    part = self.builder
                    self.builder = part.cut(size)
                    yield part.file()


class _Kml(_Target):
    format = "KML"
    wanted = "kml"

    def __init__(self, builder: TrackBuilder) -> None:
        super().__init__(builder)
        self._in_track = self._in_points = False
        self._whens: deque[str] = deque()
        self._coords: deque[str] = deque()
        self._lines = array("q")
        self._when = ""
        self._place: tuple[int, str] | None = None

    def begin(self, name: str) -> None:
        if name == "Track":
            self._in_track, self._in_points = True, False
            self._whens, self._coords, self._lines = deque(), deque(), array("q")
            self.part("Track")
        elif name == "Placemark":
            self._when, self._place = "", None

    def end(self, name: str, text: str) -> None:
        if name == "when":
            if self._in_track:
                self._whens.append(text)
            else:
                self._when = text
        elif name == "coord" and self._in_track:
            self._coords.append(text)
            self._lines.append(self._parser.CurrentLineNumber)
            if len(self._coords) + len(self.builder.rows) > self.builder.most:
                raise too_many(self.builder.most, self.line)
        elif name == "coordinates":
            self._coordinates(text)
        elif name == "Track":
            self._end_track()
        elif name == "Placemark" and self._place is not None:
            self._end_point()
        elif name == "name" and text and not self.builder.name:
            self.builder.name = text[:_MOST_TEXT]

    def _coordinates(self, text: str) -> None:
        places = text.split()
        if len(places) == 1:
            self._place = (self.line, places[0])
        elif len(places) > 1:
            self._in_points = False
            self.part("line")
            self.add(*((self.line, "", *_pair(place.split(","))) for place in places))

    def _end_track(self) -> None:
        self._in_track = False
        if len(self._whens) != len(self._coords):
            raise InvalidInput(
                N_("The track that ends at line {line} has {positions} positions but {times} times."),
                mend=N_("Export it again: each <gx:coord> needs its <when>."),
                where={"row": self._parser.CurrentLineNumber},
                line=self._parser.CurrentLineNumber,
                positions=len(self._coords),
                times=len(self._whens),
            )
        self.add_all(_paired(self._whens, self._coords, self._lines))

    def _end_point(self) -> None:
        """Add a placemark with a time; those without are places that somebody marked, and no track."""
        if self._when and self._place is not None:
            if not self._in_points:
                self._in_points = True
                self.part("points")
            self.add((self._place[0], self._when, *_pair(self._place[1].split(","))))
        self._place = None


class _Tcx(_Target):
    format = "TCX"
    wanted = "TrainingCenterDatabase"

    def begin(self, name: str) -> None:
        if name == "Track":
            self.part("Track")
        elif name == "Trackpoint":
            self._values = {"row": str(self.line)}

    def end(self, name: str, text: str) -> None:
        if name in ("Time", "LongitudeDegrees", "LatitudeDegrees"):
            self._values[name] = text
        elif name == "Trackpoint":
            if not self.parts:
                self.part("Track")
            value = self._values.get
            places = (value("LongitudeDegrees", ""), value("LatitudeDegrees", ""))
            self.add((int(value("row", "0")), value("Time", ""), *places))
            self._values = {}


def _paired(whens: deque[str], coords: deque[str], lines: "array[int]") -> Iterator[_Fix]:
    """Yield the fixes of a track, and forget the texts of each: there may be millions."""
    for line in lines:
        yield (line, whens.popleft(), *_pair(coords.popleft().split()))


def _pair(numbers: list[str]) -> tuple[str, str]:
    return (numbers[0], numbers[1]) if len(numbers) > 1 else ("".join(numbers), "")
