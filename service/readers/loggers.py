"""What the phone apps OwnTracks and Overland send, as points of tracks.

Neither numbers its points nor names a track. A track is a device's day (in UTC), and a point's number is the
second of that day in one of eleven rows, chosen by the place: so the same point is the same number however
often it comes, and two places within a second are nearly always two.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput
from service.readers import strict_json
from service.readers.field_batch import MOST_POINTS, Unreadable
from service.readers.field_faults import Fault, canonical
from service.readers.field_points import MOST_NUMBER, TrackPart, read_moment, read_track

App = Literal["owntracks", "overland"]

_DAY_S = 86_400
_ROWS = 11
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
    """Read a message of OwnTracks in HTTP mode; an empty one says nothing.

    Raises
    ------
    MalformedBody
        It is not JSON.
    Encrypted
        It is encrypted.
    InvalidInput
        It is no message of OwnTracks.
    """
    if not body.strip():
        return Logged()
    value = strict_json.parse(body)
    kind = value.get("_type") if isinstance(value, dict) else None
    if kind == "encrypted":
        raise Encrypted(
            N_("OwnTracks encrypted this message, and its key is not here."),
            mend=N_("Switch off payload encryption in OwnTracks; HTTPS protects the way."),
            where={"pointer": "/_type"},
        )
    if isinstance(kind, str) and kind in _IGNORED:
        return Logged(ignored=(kind,))
    if kind != "location":
        raise InvalidInput(
            N_("This is no message of OwnTracks."),
            mend=N_("Send its JSON with _type, such as location."),
            where={"pointer": "/_type"},
        )
    point = {
        "at": _owntracks_time(value.get("tst")),
        "lon": value.get("lon"),
        "lat": value.get("lat"),
        "accuracy_m": value.get("acc"),
        "speed_ms": _scaled(value.get("vel"), 1 / _KMH),
        "course": value.get("cog"),
    }
    return Logged((_track("owntracks", device, mode, _day(point), [point]),))


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
    value = strict_json.parse(body)
    found = value.get("locations") if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise InvalidInput(
            N_("There is no list “locations”."),
            mend=N_("Send what Overland sends: an object with locations, a list of GeoJSON features."),
            where={"pointer": "/locations"},
        )
    if len(found) > MOST_POINTS:
        raise ContentTooLarge(
            N_("There are more than {most} locations."),
            mend=N_("Set fewer points per batch in Overland."),
            most=MOST_POINTS,
        )
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    unreadable = []
    ignored = []
    for feature in found:
        read = _overland_point(feature)
        if read is None:
            unreadable.append(Unreadable("?", feature, Fault.of("not-an-object")))
        elif isinstance(read, str):
            ignored.append(read)
        else:
            groups.setdefault((read[0], _day(read[1])), []).append(read[1])
    parts = [_track("overland", device, mode, day, points) for (mode, day), points in sorted(groups.items())]
    return Logged(tuple(parts), tuple(unreadable), tuple(ignored))


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
    said = [one for one in motion if isinstance(one, str)] if isinstance(motion, list) else []
    mode = next((_MODES[one] for one in said if one in _MODES), "foot")
    point = {
        "at": properties.get("timestamp"),
        "lon": place[0],
        "lat": place[1],
        "accuracy_m": properties.get("horizontal_accuracy"),
        "speed_ms": _known(properties.get("speed")),
        "course": _known(properties.get("course")),
    }
    return mode, point


def _track(app: App, device: str, mode: str, day: str, points: Sequence[dict[str, Any]]) -> TrackPart:
    name = uuid5(NAMESPACE_OID, "/".join((app, device, mode, day)))
    numbered = [
        {"seq": _number(one), **{member: value for member, value in one.items() if value is not None}}
        for one in points
    ]
    return read_track({"track": str(name), "mode": mode, "name": app, "points": numbered})


def _day(point: dict[str, Any]) -> str:
    """Return the day in UTC of a point's time, nothing where that cannot be read."""
    moment = read_moment(point["at"])
    return "" if isinstance(moment, Fault) else datetime.fromtimestamp(moment, UTC).date().isoformat()


def _number(point: dict[str, Any]) -> int:
    place = zlib.crc32(canonical([point["at"], point["lon"], point["lat"]]).encode())
    moment = read_moment(point["at"])
    if isinstance(moment, Fault):
        return place % MOST_NUMBER
    return place % _ROWS * _DAY_S + int(moment) % _DAY_S


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
