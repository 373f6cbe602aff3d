"""KML and TCX tracks, by the local names of their elements.

KML has times in ``<gx:Track>``, each a part, where ``<when>`` and ``<gx:coord>`` stand in pairs, and in
placemarks with a ``<TimeStamp>`` and a point. Lines without times are fixes without times. TCX has
trackpoints with a time and a position, each ``<Track>`` a part.
"""

from datetime import tzinfo
from typing import Any, ClassVar

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput
from service.readers.track_file import MOST_FIXES, TrackBuilder, TrackFile, too_many
from service.readers.track_xml import fed, pieces

_MOST_NAMES = 1_000
_MOST_TEXT = 200


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
        pass
    return target.builder.file()


class _Target:
    """Receives elements and keeps the text of those whose names are asked for."""

    format: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(self, builder: TrackBuilder) -> None:
        self.builder = builder
        self.root = ""
        self.whole = 0
        self.line = 0
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
        self.builder.segment(f"{kind} {len(self.builder.segments) + 1} (line {self.line})")

    def add(self, row: int, time: str, lon: str, lat: str) -> None:
        """Add a fix."""
        self.builder.add(row, time=time[:_MOST_TEXT], lon=lon[:_MOST_TEXT], lat=lat[:_MOST_TEXT])
        self.whole += 1


class _Kml(_Target):
    format = "KML"
    wanted = "kml"

    def __init__(self, builder: TrackBuilder) -> None:
        super().__init__(builder)
        self._in_track = self._in_points = False
        self._whens: list[str] = []
        self._coords: list[tuple[int, str]] = []
        self._when = ""
        self._place: tuple[int, str] | None = None

    def begin(self, name: str) -> None:
        if name == "Track":
            self._in_track, self._in_points = True, False
            self._whens, self._coords = [], []
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
            self._coords.append((self._parser.CurrentLineNumber, text))
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
            for place in places:
                self.add(self.line, "", *_pair(place.split(",")))

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
        for when, (line, place) in zip(self._whens, self._coords, strict=True):
            self.add(line, when, *_pair(place.split()))

    def _end_point(self) -> None:
        """Add a placemark with a time; those without are places that somebody marked, and no track."""
        if self._when and self._place is not None:
            if not self._in_points:
                self._in_points = True
                self.part("points")
            self.add(self._place[0], self._when, *_pair(self._place[1].split(",")))
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
            if not self.builder.segments:
                self.part("Track")
            value = self._values.get
            places = (value("LongitudeDegrees", ""), value("LatitudeDegrees", ""))
            self.add(int(value("row", "0")), value("Time", ""), *places)
            self._values = {}


def _pair(numbers: list[str]) -> tuple[str, str]:
    return (numbers[0], numbers[1]) if len(numbers) > 1 else ("".join(numbers), "")
