"""What the phone apps OwnTracks and Overland send, as points of tracks.

Neither numbers its points nor names a track. A track is a device's day (in UTC), and a point's number is the
second of that day in one of eleven rows, chosen by the place: so the same point is the same number however
often it comes, and two places within a second are nearly always two.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite, isinf
from operator import itemgetter
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput
from service.readers import overland_points, owntracks_points, plain_points, strict_json
from service.readers.field_batch import MOST_POINTS, Unreadable
from service.readers.field_faults import Fault, canonical
from service.readers.field_points import MOST_NUMBER, TrackPart, read_moments, read_track
from service.readers.plain_points import DAY_S, ROWS

App = Literal["owntracks", "overland"]

_PLAIN_TIME = re.compile(r"[0-9T:.Z+-]{1,40}")
_KMH = 3.6
_MODES = {"driving": "car", "cycling": "bicycle"}
_IGNORED = frozenset(
    (
        "transition",
        "waypoint",
        "waypoints",
        "lwt",
        "status",
        "card",
        "cmd",
        "steps",
        "beacon",
        "configuration",
    )
)
"""Messages of OwnTracks that say nothing of where the device was on its way."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What an app sent: parts of tracks, what is no point at all, and the kinds that are left aside."""

    parts: tuple[TrackPart, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    ignored: tuple[str, ...] = ()


class Encrypted(InvalidInput):
    """OwnTracks encrypted its message with a key that we do not have."""

    code = "payload-encrypted"


def read_owntracks(body: bytes, device: str, mode: str) -> Logged:
    """Read a message of OwnTracks in HTTP mode, or a list of them; an empty one says nothing.

    Raises
    ------
    MalformedBody
        It is not JSON.
    Encrypted
        It is encrypted.
    InvalidInput
        It is no message of OwnTracks.
    ContentTooLarge
        The list has more than 5,000.
    """
    if not body.strip():
        return Logged()
    columns = owntracks_points.columns(body, mode)
    if columns is not None:
        return _owntracks_columns(columns, device)
    value = strict_json.parse(body)
    if isinstance(value, list) and value:
        return _owntracks_messages(value, device, mode)
    point = _owntracks_point(value)
    if isinstance(point, str):
        return Logged(ignored=(point,))
    return Logged(tuple(_tracks("owntracks", device, [(mode, point)])))


def _owntracks_messages(values: Sequence[Any], device: str, mode: str) -> Logged:
    """Read several messages, as a phone or a relay sends them that was out of reach; each by itself."""
    _require_few(values)
    columns = owntracks_points.columns_of(values, mode)
    if columns is not None:
        return _owntracks_columns(columns, device)
    points: list[tuple[str, dict[str, Any]]] = []
    unreadable, ignored = [], []
    for value in values:
        try:
            point = _owntracks_point(value)
        except Encrypted:
            raise
        except InvalidInput:
            unreadable.append(Unreadable("?", value, Fault.of("not-an-object")))
            continue
        if isinstance(point, str):
            ignored.append(point)
        else:
            points.append((mode, point))
    return Logged(tuple(_tracks("owntracks", device, points)), tuple(unreadable), tuple(ignored))


def _owntracks_columns(columns: plain_points.Columns, device: str) -> Logged:
    _require_few(columns.given)
    return Logged(tuple(plain_points.tracks("owntracks", device, columns, _owntracks_location)))


def _owntracks_point(value: Any) -> dict[str, Any] | str:
    """Return the point of a location, or the kind of a message that has none."""
    kind = value.get("_type") if isinstance(value, dict) else None
    if kind == "location":
        return _owntracks_location(value)
    if kind == "encrypted":
        raise Encrypted(
            N_("OwnTracks encrypted this message, and its key is not here."),
            mend=N_("Switch off payload encryption in OwnTracks; HTTPS protects the way."),
            where={"pointer": "/_type"},
        )
    if isinstance(kind, str) and kind in _IGNORED:
        return kind
    raise InvalidInput(
        N_("This is no message of OwnTracks."),
        mend=N_("Send its JSON with _type, such as location."),
        where={"pointer": "/_type"},
    )


def _owntracks_location(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": _owntracks_time(value.get("tst")),
        "lon": value.get("lon"),
        "lat": value.get("lat"),
        "accuracy_m": value.get("acc"),
        "speed_ms": _scaled(value.get("vel"), 1 / _KMH),
        "course": value.get("cog"),
    }


def read_overland(body: bytes, device: str) -> Logged:
    """Read what Overland sends: ``locations``, a list of GeoJSON features.

    Raises
    ------
    MalformedBody
        It is not JSON.
    InvalidInput
        It has no list ``locations``.
    ContentTooLarge
        It has more than 5,000.
    """
    columns = overland_points.columns(body, _mode)
    if columns is not None:
        _require_few(columns.given)
        return Logged(tuple(plain_points.tracks("overland", device, columns, _plain_location)))
    value = strict_json.parse(body)
    found = value.get("locations") if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise InvalidInput(
            N_("There is no list “locations”."),
            mend=N_("Send what Overland sends: an object with locations, a list of GeoJSON features."),
            where={"pointer": "/locations"},
        )
    _require_few(found)
    points: list[tuple[str, dict[str, Any]]] = []
    unreadable, ignored = [], []
    for feature in found:
        read = _overland_point(feature)
        if read is None:
            unreadable.append(Unreadable("?", feature, Fault.of("not-an-object")))
        elif isinstance(read, str):
            ignored.append(read)
        else:
            points.append(read)
    return Logged(tuple(_tracks("overland", device, points)), tuple(unreadable), tuple(ignored))


def _require_few(found: Sequence[Any]) -> None:
    if len(found) > MOST_POINTS:
        raise ContentTooLarge(
            N_("There are more than {most} locations."),
            mend=N_("Send them in several requests; Overland has a setting for the points of a batch."),
            most=MOST_POINTS,
        )


def _overland_point(feature: Any) -> tuple[str, dict[str, Any]] | str | None:
    """Return the mode and point of a feature, the kind of one that is no point, or None if unreadable."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return None
    if isinstance(properties.get("type"), str) and properties["type"] in ("trip", "visit"):
        return str(properties["type"])
    geometry = feature.get("geometry")
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(place, list) or len(place) < 2:
        return None
    motion = properties.get("motion")
    mode = _mode(tuple(motion)) if isinstance(motion, list) and set(map(type, motion)) <= {str} else _mode(())
    return mode, _overland_location(properties, place)


def _plain_location(feature: overland_points.Feature) -> dict[str, Any]:
    return _overland_location(feature.properties, feature.geometry.coordinates)


def _overland_location(properties: dict[str, Any], place: Sequence[Any]) -> dict[str, Any]:
    return {
        "at": properties.get("timestamp"),
        "lon": place[0],
        "lat": place[1],
        "accuracy_m": properties.get("horizontal_accuracy"),
        "speed_ms": _known(properties.get("speed")),
        "course": _known(properties.get("course")),
    }


@lru_cache(maxsize=64)
def _mode(motion: tuple[str, ...]) -> str:
    return next((_MODES[one] for one in motion if one in _MODES), "foot")


def _tracks(app: App, device: str, points: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[TrackPart]:
    """Yield the points of each mode and day as a part of a track, numbered."""
    given = [point["at"] for _, point in points]
    t = read_moments(given, {})
    numbers = _numbers([point for _, point in points], t)
    days = np.floor(np.where(np.isfinite(t), t, -np.inf) / DAY_S).tolist()
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for (mode, point), number, day in zip(points, numbers, days, strict=True):
        numbered = {"seq": number, **point}
        if None in numbered.values():
            numbered = {name: value for name, value in numbered.items() if value is not None}
        groups.setdefault((mode, day), []).append(numbered)
    for (mode, day), members in sorted(groups.items(), key=itemgetter(0)):
        said = "" if isinf(day) else datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()
        name = uuid5(NAMESPACE_OID, "/".join((app, device, mode, said)))
        yield read_track({"track": str(name), "mode": mode, "name": app, "points": members})


def _numbers(points: Sequence[dict[str, Any]], t: npt.NDArray[np.float64]) -> list[int]:
    """Return the number of each point: its second in the day, in a row that its time and place choose."""
    places = np.fromiter(map(_checksum, points), dtype=np.int64, count=len(points))
    known = np.isfinite(t)
    seconds = np.where(known, t, 0.0).astype(np.int64) % DAY_S
    found: list[int] = np.where(known, places % ROWS * DAY_S + seconds, places % MOST_NUMBER).tolist()
    return found


def _checksum(point: dict[str, Any]) -> int:
    at, lon, lat = point["at"], point["lon"], point["lat"]
    # What JSON would write of them, without asking it: half of the time of a batch.
    plain = type(lon) is float and type(lat) is float and isfinite(lon) and isfinite(lat)
    if plain and type(at) is str and _PLAIN_TIME.fullmatch(at):
        return zlib.crc32(f'["{at}",{lon!r},{lat!r}]'.encode())
    return zlib.crc32(canonical([at, lon, lat]).encode())


def _owntracks_time(value: Any) -> Any:
    """Return Unix seconds as ISO 8601; anything else as it is, to be found unreadable."""
    try:
        return datetime.fromtimestamp(value, UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None if value is None else str(value)


def _scaled(value: Any, factor: float) -> Any:
    known = _known(value)
    return known * factor if type(known) in (int, float) and abs(known) < MOST_NUMBER else known


def _known(value: Any) -> Any:
    """Return a number, or None where the phone says by −1 that it does not know."""
    return None if type(value) in (int, float) and value < 0 else value
