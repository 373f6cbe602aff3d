"""Tracks as tables: CSV with a header, in UTF-8 or GB 18030, separated by comma, semicolon or tab."""

import csv
import io
from datetime import tzinfo

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, MalformedBody
from service.readers.track_file import METRES_PER_HDOP, MOST_FIXES, TrackBuilder, TrackFile, too_many

ALIASES: dict[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "datetime", "date_time", "utc", "gpstime", "gps_time", "t", "at", "时间"),
    "lon": ("lon", "lng", "long", "longitude", "x", "经度"),
    "lat": ("lat", "latitude", "y", "纬度"),
    "accuracy": ("accuracy", "accuracy_m", "acc", "hacc", "horizontal_accuracy", "精度"),
    "hdop": ("hdop",),
    "speed": ("speed", "speed_ms", "velocity", "速度"),
    "course": ("course", "heading", "bearing", "course_deg", "方向"),
    "mode": ("mode", "activity", "方式"),
    "segment": ("segment", "part", "trkseg", "track_seg_id", "段"),
}
_NEEDED = ("time", "lon", "lat")
_SEPARATORS = ",;\t"
_LONGEST_CELL = 10_000
_EMPTY_LINES = 1_000
"""A table may have a header and some empty lines besides its fixes."""


def read_csv(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read a table with one fix a row; a change in its ``segment`` column begins another part.

    Raises
    ------
    MalformedBody
        The text is in no known encoding, or a row is not CSV.
    InvalidInput
        A column that is needed is missing or there twice.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    if content.count(b"\n") > most + _EMPTY_LINES:
        raise too_many(most)
    text = _decoded(content)
    first_line = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(_LONGEST_CELL)
    builder = TrackBuilder("csv", zone, mode, most)
    try:
        header = next(reader, [])
        columns = _columns(header)
        before: str | None = None
        for row, cells in enumerate(reader, 1):
            if not any(cells):
                continue
            got = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
            part = got.get("segment", "")
            if part != before:
                builder.segment(part or "rows")
                before = part
            builder.add(
                row,
                got["time"],
                got["lon"],
                got["lat"],
                got.get("accuracy") or _metres(got.get("hdop")),
                got.get("speed"),
                got.get("course"),
                got.get("mode"),
            )
    except csv.Error as error:
        raise MalformedBody(
            N_("Line {line} of the table is not CSV: {reason}."),
            mend=N_("Save the table as CSV in UTF-8."),
            where={"row": reader.line_num},
            line=reader.line_num,
            reason=str(error),
        ) from error
    return builder.file()


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise MalformedBody(
        N_("The table is neither in UTF-8 nor in GB 18030."), mend=N_("Save it as CSV in UTF-8.")
    )


def _columns(header: list[str]) -> dict[str, int]:
    """Return where each known column stands."""
    names = [name.strip().lower().replace(" ", "_") for name in header]
    found: dict[str, int] = {}
    for column, aliases in ALIASES.items():
        places = [k for k, name in enumerate(names) if name in aliases]
        if len(places) > 1:
            raise InvalidInput(
                N_("The table has two columns for {column}: “{first}” and “{second}”."),
                mend=N_("Keep one of them."),
                where={"row": 0, "column": header[places[1]]},
                column=column,
                first=header[places[0]],
                second=header[places[1]],
            )
        if places:
            found[column] = places[0]
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise InvalidInput(
            N_("The table has no column “{column}”; its columns are: {header}."),
            mend=N_("Name the columns time, lon and lat in the first row."),
            where={"row": 0, "column": missing[0]},
            column=missing[0],
            header=", ".join(header)[:300] or "–",
        )
    return found


def _metres(hdop: str | None) -> float | None:
    try:
        value = float(hdop) if hdop else 0.0
    except ValueError:
        return None
    return value * METRES_PER_HDOP if 0.0 < value < 100.0 else None
