"""Tracks of watches and handhelds in FIT: its records, in parts where the timer was started again."""

import io
import struct
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

import fitdecode

from geo.errors import N_
from geo.track import Mode
from service.errors import MalformedBody
from service.readers.track_file import MOST_FIXES, TrackBuilder, TrackFile, too_many

MARK, MARK_AT = b".FIT", 8
"""How a file begins, behind its length, version and size."""

_RECORD, _EVENT, _SPORTS = 20, 21, (12, 18)
_DEGREES = 180.0 / 2**31
_OTHERS = 10_000
"""Messages of a file besides its records."""
_MODES = {
    "walking": Mode.FOOT,
    "hiking": Mode.FOOT,
    "running": Mode.FOOT,
    "mountaineering": Mode.FOOT,
    "snowshoeing": Mode.FOOT,
    "cross_country_skiing": Mode.SKI,
    "alpine_skiing": Mode.SKI,
    "cycling": Mode.BICYCLE,
    "e_biking": Mode.BICYCLE,
    "horseback_riding": Mode.HORSE,
    "driving": Mode.CAR,
    "boating": Mode.BOAT,
    "rowing": Mode.BOAT,
    "kayaking": Mode.BOAT,
}
_DAMAGES = (
    fitdecode.FitError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What the decoder raises for one damage or another."""


def read_fit(
    content: bytes,
    *,
    zone: tzinfo | None = None,
    mode: Mode = Mode.FOOT,
    most: int = MOST_FIXES,
    salvage: bool = False,
) -> TrackFile:
    """Read the records of a FIT file; one without a position is a fix without a place.

    Parameters
    ----------
    mode
        How the patrol moved, where the file names no sport that says so.
    salvage
        Take the whole records of a file that is cut off or damaged, instead of refusing it.

    Raises
    ------
    MalformedBody
        It is damaged or cut off.
    ContentTooLarge
        More messages than are accepted at once.
    """
    builder = TrackBuilder("fit", zone, mode, most)
    try:
        for frame in _messages(content, most):
            _take(builder, frame)
    except _DAMAGES as error:
        whole = len(builder.rows)
        if not (salvage and whole):
            raise MalformedBody(
                N_("The FIT file is damaged or cut off, after {whole} records: {reason}."),
                mend=N_("Copy it from the device again; or take the records before that with salvage."),
                where={"row": whole},
                whole=whole,
                reason=str(error)[:200] or type(error).__name__,
            ) from error
        builder.notes.append(N_("The file is cut off; the fixes that were whole were taken."))
    return builder.file()


def _messages(content: bytes, most: int) -> Iterator[Any]:
    """Yield the messages of a file."""
    handling, check = fitdecode.ErrorHandling.IGNORE, fitdecode.CrcCheck.RAISE
    with fitdecode.FitReader(io.BytesIO(content), check_crc=check, error_handling=handling) as frames:
        for count, frame in enumerate(frames):
            if count >= most + _OTHERS:
                raise too_many(most)
            if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                yield frame


def _take(builder: TrackBuilder, frame: Any) -> None:
    number = frame.global_mesg_num
    if number == _RECORD:
        if not builder.segments:
            builder.segment("timer 1")
        speed = _value(frame, "enhanced_speed")
        builder.add(
            len(builder.rows) + 1,
            time=_time(_value(frame, "timestamp")),
            lon=_angle(_value(frame, "position_long")),
            lat=_angle(_value(frame, "position_lat")),
            accuracy=_value(frame, "gps_accuracy"),
            speed=_value(frame, "speed") if speed is None else speed,
        )
    elif number == _EVENT and _value(frame, "event") == "timer":
        if _value(frame, "event_type") == "start" and len(builder.rows):
            builder.segment(f"timer {len(builder.segments) + 1}")
    elif number in _SPORTS:
        builder.mode = _MODES.get(str(_value(frame, "sport")), builder.mode)


def _value(frame: Any, name: str) -> Any:
    return frame.get_value(name, fallback=None)


def _time(value: Any) -> str:
    """Return a time as text; one that the device counted since it was switched on is a number."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _angle(value: Any) -> float | None:
    return None if value is None else round(value * _DEGREES, 9)
