"""Tracks as tables of text: CSV as receivers, spreadsheets and rangers' programs write it.

The separator, the encoding and the line of the head are found by looking for a head that names a time, a
longitude and a latitude. Tables that were joined have a head again where the next begins.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from operator import itemgetter
from typing import Any

from geo.errors import N_
from geo.track import Mode
from service.errors import MalformedBody
from service.readers.track_clocks import joined
from service.readers.track_file import MOST_FIXES, ReadFault, TrackBuilder, TrackFile, too_many
from service.readers.track_heads import ALIASES, HEAD_WORDS, Head, head_of, is_head, resembles_head
from service.readers.track_places import doubts, places_of

_SEPARATORS = ",;\t|"
_LONGEST_CELL = 10_000
_EMPTY_LINES = 1_000
"""A table may have a head and some empty lines besides its fixes."""
_HEAD_WITHIN = 30
"""So many lines may stand above the head: titles, the program's name, when it was exported."""
_SAMPLE = 1 << 16
_BLOCK = 10_000
_NAMES = tuple(ALIASES)


def read_csv(
    content: bytes,
    *,
    zone: tzinfo | None = None,
    mode: Mode = Mode.FOOT,
    most: int = MOST_FIXES,
    day_first: bool | None = None,
) -> TrackFile:
    """Read a table with one fix a row; a change in its ``segment`` column begins another part.

    ``day_first`` says how to read dates such as 06/07/2025; None takes what other rows say.

    Raises
    ------
    MalformedBody
        The text is in no known encoding, or a row is not CSV.
    InvalidInput
        A column that is needed is missing or there twice.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    ends = max(content.count(b"\n"), content.count(b"\r"))
    empty = content.count(b"\n\n") + content.count(b"\n\r\n")
    if ends - empty > most + _EMPTY_LINES:
        raise too_many(most)
    encoding = encoding_of(content[:_SAMPLE])
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text, encoding = _decoded(content)
    if "\0" in text:
        raise _unreadable()
    table = Table(io.StringIO(text, newline=""), TrackBuilder("csv", zone, mode, most, day_first=day_first))
    for builder in table.blocks():
        if len(builder.rows) > most:
            raise too_many(most, builder.rows[most])
    return table.builder.file()


def csv_parts(lines: Iterator[str], builder: TrackBuilder, size: int) -> Iterator[TrackFile]:
    """Read a table in parts of about so many fixes.

    Raises
    ------
    MalformedBody, InvalidInput
        See :func:`read_csv`.
    """
    table = Table(lines, builder)
    for filled in table.blocks():
        while len(table.builder.rows) >= size:
            whole = table.builder
            table.builder = whole.cut(size)
            yield whole.file()
        del filled
    if len(table.builder.rows):
        yield table.builder.file()


def has_head(content: bytes) -> bool:
    """Say whether content is the text of a table with a head that we know."""
    try:
        text = content[:_SAMPLE].decode(encoding_of(content[:_SAMPLE]), errors="ignore")
    except (MalformedBody, LookupError):
        return False
    return "\0" not in text and _find_head(text.splitlines(keepends=True)[:_HEAD_WITHIN]) is not None


def encoding_of(sample: bytes) -> str:
    """Return the encoding of a table by how it begins.

    Raises
    ------
    MalformedBody
        It is in none that we know.
    """
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    pairs = sample[: len(sample) // 2 * 2]
    if pairs and pairs[1::2].count(0) * 4 > len(pairs):
        return "utf-16-le"
    if pairs and pairs[::2].count(0) * 4 > len(pairs):
        return "utf-16-be"
    # The sample may end within a letter.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    return _decoded(whole)[1]


def _decoded(content: bytes) -> tuple[str, str]:
    """Return content as text, and its encoding: where several fit, that in which it has a head."""
    found = []
    for encoding in ("utf-8-sig", "gb18030", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append((text, encoding))
        lines = text[:_SAMPLE].splitlines(keepends=True)[:_HEAD_WITHIN]
        if encoding == "utf-8-sig" or _find_head(lines) is not None:
            return text, encoding
    if not found:
        raise _unreadable()
    if found[0][1] == "cp1252":  # nearly any bytes are text in it, so that says nothing
        raise _unreadable()
    return found[0]


def _unreadable() -> MalformedBody:
    return MalformedBody(
        N_("The table is in none of the encodings UTF-8, UTF-16, GB 18030 and Windows 1252."),
        mend=N_("Save it as CSV in UTF-8."),
    )


def _find_head(lines: Sequence[str]) -> tuple[int, str] | None:
    """Return the number of the line that is a head and its separator."""
    for number, line in enumerate(lines):
        for separator in _SEPARATORS:
            if separator in line and is_head(_cells(line, separator)):
                return number, separator
    return None


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


@dataclass(slots=True)
class Table:
    """Reads the rows of a table into builders."""

    lines: Iterator[str]
    builder: TrackBuilder
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _NAMES})
    head: Head | None = None
    before: str | None = None

    def blocks(self) -> Iterator[TrackBuilder]:
        """Yield the builder after each block of rows; whoever takes it away gives another.

        Raises
        ------
        MalformedBody, InvalidInput
            See :func:`read_csv`.
        """
        csv.field_size_limit(_LONGEST_CELL)
        reader = self._begin()
        rows = enumerate(reader, 1)
        line = 0
        try:
            while block := list(itertools.islice(rows, _BLOCK)):
                if reader.line_num - line > len(block):  # some row goes over several lines
                    self._require_closed(block, reader.dialect.delimiter)
                line = reader.line_num
                self._take(block)
                yield self.builder
        except csv.Error as error:
            raise MalformedBody(
                N_("Line {line} of the table is not CSV: {reason}."),
                mend=N_("Save the table as CSV in UTF-8."),
                where={"row": max(line, reader.line_num)},
                line=max(line, reader.line_num),
                reason=str(error),
            ) from error

    def _require_closed(self, block: list[tuple[int, list[str]]], separator: str) -> None:
        """Refuse a quote that nothing closes: the rows below it would be a part of its cell, and lost."""
        for number, row in block:
            below = itertools.chain.from_iterable(cell.splitlines()[1:] for cell in row)
            if any(map(self._is_fix, (_cells(line, separator) for line in below))):
                raise MalformedBody(
                    N_("A quote in row {row} is not closed: it takes up the rows below."),
                    mend=N_("Close the quote or take it out, or save the table as CSV anew."),
                    where={"row": number},
                    row=number,
                )

    def _is_fix(self, cells: Sequence[str]) -> bool:
        """Say whether cells are a row with a longitude and a latitude."""
        if self.head is None or len(cells) < self.head.width:
            return False
        places = [self.head.places[name] for name in ("lon", "lat", "position") if name in self.head.places]
        return all(any(map(str.isdigit, cells[place])) for place in places)

    def _begin(self) -> Any:
        first = list(itertools.islice(self.lines, _HEAD_WITHIN))
        found = _find_head(first)
        if found is None:
            filled = [line for line in first if line.strip()] or [""]
            named = [(_cells(line, one), one) for line in filled for one in _SEPARATORS]
            cells = next((cells for cells, _ in named if resembles_head(cells)), None)
            if cells is None:
                cells = _cells(filled[0], max(_SEPARATORS, key=filled[0].count))
            self._set_head(cells)
            return csv.reader([])
        number, separator = found
        self._set_head(_cells(first[number], separator))
        if number:
            self.builder.notes.append(N_("Lines above the head of the table were left out."))
        return csv.reader(itertools.chain(first[number + 1 :], self.lines), delimiter=separator)

    def _set_head(self, cells: Sequence[str]) -> None:
        self.head = head_of(cells)
        self.builder.reading.factors |= self.head.factors
        zone = self.head.zone
        if zone is not None and self.builder.zone is not zone:
            self.builder.zone = zone
            utc = N_("The head of the table says that its times are in UTC.")
            other = N_("The head of the table says in which zone its times are.")
            self.builder.notes.append(utc if zone is UTC else other)

    def _take(self, block: Sequence[tuple[int, list[str]]]) -> None:
        """Put rows into the builder, column by column."""
        builder, head = self.builder, self._known()
        names, pick, width, lon = self._picker(head)
        taken: list[tuple[str, ...]] = []
        for row, cells in block:
            word = cells[lon] if lon < len(cells) else ""
            if word.strip().lower() in HEAD_WORDS and is_head(cells):
                self._put(names, taken)
                taken = []
                self._another_head(cells)
                head = self._known()
                names, pick, width, lon = self._picker(head)
                continue
            if len(cells) != width:
                if not any(map(str.strip, cells)):
                    continue
                if len(cells) > width and any(map(str.strip, cells[width:])):
                    builder.faults[len(builder.rows)] = ReadFault.CELLS_DIFFER
                cells = (cells + [""] * width)[:width]  # noqa: PLW2901
            if not word.strip() and not any(map(str.strip, cells)):
                continue
            builder.rows.append(row)
            taken.append(pick(cells))
        self._put(names, taken)

    def _another_head(self, cells: Sequence[str]) -> None:
        note = N_("The table has several heads; each holds for the rows below it.")
        factors, zone = dict(self.builder.reading.factors), self._known().zone
        self._set_head(cells)
        if self._known().zone != zone:  # times are read all together
            raise MalformedBody(
                N_("The table has several heads, with times in different zones."),
                mend=N_("Save the parts as tables of their own."),
                where={"row": self.builder.rows[-1] + 1 if self.builder.rows else 1},
            )
        if self.builder.reading.factors != factors and self.builder.rows:
            raise MalformedBody(
                N_("The table has several heads, with different units."),
                mend=N_("Save the parts as tables of their own."),
                where={"row": self.builder.rows[-1] + 1},
            )
        if note not in self.builder.notes:
            self.builder.notes.append(note)

    def _known(self) -> Head:
        assert self.head is not None  # noqa: S101 - it is found before the first row
        return self.head

    @staticmethod
    def _picker(head: Head) -> tuple[list[str], Callable[[list[str]], tuple[str, ...]], int, int]:
        """Return our columns in a table, what takes them from a row, its width, and where places are."""
        names = [name for name in _NAMES if name in head.places]
        place = head.places["lon" if "lon" in head.places else "position"]
        return names, itemgetter(*(head.places[name] for name in names)), head.width, place

    def _put(self, names: Sequence[str], taken: Sequence[tuple[str, ...]]) -> None:
        if not taken:
            return
        builder = self.builder
        got: dict[str, Sequence[str]] = dict.fromkeys(_NAMES, ("",) * len(taken))
        got |= dict(zip(names, zip(*taken, strict=True), strict=True))
        start = len(builder.rows) - len(taken)
        if "position" in names:
            got["lon"], got["lat"] = places_of(got["position"])
        if "valid" in names or "datum" in names:
            for place, fault in doubts(got["valid"], got["datum"], start):
                builder.faults.setdefault(place, fault)
        times = list(map(joined, got["date"], got["time"])) if "date" in names else got["time"]
        builder.columns["time"].extend(times)
        for name in ("lon", "lat", "accuracy", "speed", "course", "hdop"):
            builder.columns[name].extend(got[name])
        self._put_others(got)
        self._put_parts(got["segment"], start)

    def _put_others(self, got: Mapping[str, Sequence[str]]) -> None:
        builder = self.builder
        known = len(builder.rows) - len(got["lon"])
        if builder.modes is None and any(got["mode"]):
            builder.modes = [""] * known
        if builder.devices is None and any(got["device"]):
            builder.devices = [""] * known
        for many, name in ((builder.modes, "mode"), (builder.devices, "device")):
            if isinstance(many, list):
                many.extend(got[name])
        for name in ("lon", "lat"):
            side = builder.reading.sides.get(name)
            if side is None and any(got[f"{name}_side"]):
                side = builder.reading.sides[name] = [""] * known
            if isinstance(side, list):
                side.extend(got[f"{name}_side"])

    def _put_parts(self, parts: Sequence[str], start: int) -> None:
        builder = self.builder
        if self.before is None or any(parts) or self.before:
            for place, part in enumerate(map(str.strip, parts), start):
                if part != self.before:
                    self.before = part
                    builder.segments.append(part or "rows")
                    builder.starts.append(place)
