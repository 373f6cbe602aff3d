"""Tracks as GeoJSON (RFC 7946): lines with a list of times, or points with a time each.

A LineString has its times in the property ``coordTimes``, ``times`` or ``coordinateProperties.times``, a
MultiLineString a list of such lists. Points have a property ``time``. Times are ISO 8601 texts or Unix
milliseconds. An object without a type and with lists of longitudes and latitudes is a table in columns, and
a list of objects with a place and a time is one in rows.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Any

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, MalformedBody
from service.readers import strict_json
from service.readers.track_columns import is_columns, read_columns
from service.readers.track_file import MOST_FIXES, TrackBuilder, TrackFile, too_many
from service.readers.track_heads import lenient
from service.readers.track_places import doubts
from service.readers.track_records import as_list, columns_of, features_of, require_lines

_LINE_TIMES = ("coordTimes", "times", "timestamps")
_POINT_TIMES = ("time", "timestamp", "at", "t", "datetime")
_VALUES_OF_A_FIX = 10
"""Longitude, latitude, height, time, and properties where each fix is a feature."""
_OTHERS = 10_000
"""Lists and values of a file that belong to no fix."""
_MOST_NAMES, _LONGEST_NAME = 100, 64
_STORAGE = ("CRS84", "4326", "4490")


def read_geojson(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read a FeatureCollection, a Feature or a geometry; each line is a part, all points are one.

    Raises
    ------
    MalformedBody
        Not JSON.
    InvalidInput
        Not GeoJSON, in another reference system, or a line whose times do not fit its positions; names the
        JSON pointer.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    given, content = content, as_list(content)
    # Counting bytes costs nothing; a value of Python costs fifty times the memory of its two bytes of text.
    if content.count(b"],") > most + _OTHERS or content.count(b",") > _VALUES_OF_A_FIX * most + _OTHERS:
        raise too_many(most)
    value = features_of(_bare(_loaded(content, given)))
    columns = value if is_columns(value) else columns_of(value)
    if columns is not None:
        return read_columns(columns, zone=zone, mode=mode, most=most)
    collected = Collector(TrackBuilder("geojson", zone, mode, most))
    for pointer, feature in _features(value):
        collected.take(pointer, feature)
    return collected.file()


class Collector:
    """Collects the fixes of features in a builder; may be cut into parts as that is."""

    def __init__(self, builder: TrackBuilder) -> None:
        self.builder = builder
        self._modes: list[str | None] = []
        self._devices: list[Any] = []
        self._points_open = False
        self._parts = 0

    def take(self, pointer: str, feature: Mapping[str, Any]) -> None:
        """Take a feature, which stands at a JSON pointer; one without a geometry has no fixes."""
        geometry = feature.get("geometry")
        properties = feature.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        if not isinstance(geometry, Mapping):
            return
        kind = geometry.get("type")
        if not self.builder.name:
            self.builder.name = str(properties.get("name") or "")
        if kind == "Point":
            if not self._points_open:
                self._parts += 1
                self.builder.segment("points")
            self._points_open = True
            _add_point(self.builder, self._modes, self._devices, pointer, geometry, properties)
        elif kind in ("LineString", "MultiLineString"):
            self._points_open = False
            self._parts = _add_lines(self.builder, pointer, geometry, properties, self._parts)

    def cut(self, size: int) -> TrackFile:
        """Return about so many of the first fixes as a part of the file, and keep the others."""
        part, place = self.builder, len(self.builder.rows)
        self.builder = part.cut(size)
        place -= len(self.builder.rows)
        part.modes, part.devices = (_for_all(one[:place], part) for one in (self._modes, self._devices))
        self._modes, self._devices = self._modes[place:], self._devices[place:]
        return part.file()

    def file(self) -> TrackFile:
        """Return what was collected."""
        self.builder.modes = _for_all(self._modes, self.builder)
        self.builder.devices = _for_all(self._devices, self.builder)
        return self.builder.file()


def _loaded(content: bytes, given: bytes) -> Any:
    """Return the value of JSON, which was ``given`` as lines perhaps: then the line that is none is named."""
    try:
        return strict_json.loads(content)
    except MalformedBody:
        if content is not given:
            require_lines(given)
        raise


def _for_all(values: list[Any], builder: TrackBuilder) -> list[Any] | None:
    """Return what points named, for all fixes; None where none named it."""
    if all(one is None for one in values):
        return None
    return [*values, *[None] * (len(builder.rows) - len(values))]


@lru_cache(maxsize=64)
def _known(names: tuple[str, ...]) -> dict[str, str]:
    return lenient(names)


def _bare(value: Any) -> Any:
    """Return the GeoJSON that an answer of EarthRanger holds under ``data``; any other value as it is."""
    inner = value.get("data") if isinstance(value, Mapping) and "type" not in value else None
    return inner if isinstance(inner, Mapping) and "type" in inner else value


def _features(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return each feature with its pointer."""
    if not isinstance(value, Mapping):
        raise _not_geojson("")
    require_storage(value)
    kind = value.get("type")
    if kind == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list):
            raise _not_geojson("/features")
        for k, feature in enumerate(features):
            if not isinstance(feature, Mapping):
                raise _not_geojson(f"/features/{k}")
            yield f"/features/{k}", feature
    elif kind == "Feature":
        yield "", value
    elif kind in ("LineString", "MultiLineString", "Point"):
        yield "", {"geometry": value, "properties": value.get("properties")}
    else:
        raise _not_geojson("/type")


def require_storage(value: Mapping[str, Any]) -> None:
    """Refuse a reference system other than longitude and latitude, which old GeoJSON could name."""
    crs = value.get("crs")
    if crs is None or any(name in str(crs) for name in _STORAGE):
        return
    raise InvalidInput(
        N_("The GeoJSON is in another reference system: {crs}."),
        mend=N_("Send longitude and latitude in degrees, as GeoJSON is defined."),
        where={"pointer": "/crs"},
        crs=str(crs)[:80],
    )


def _add_point(
    builder: TrackBuilder,
    modes: list[str | None],
    devices: list[Any],
    pointer: str,
    geometry: Mapping[str, Any],
    properties: Mapping[str, Any],
) -> None:
    lon, lat = _pair(geometry.get("coordinates"), f"{pointer}/geometry/coordinates")
    names = itertools.islice(properties, _MOST_NAMES)
    known = _known(tuple(name for name in names if len(name) <= _LONGEST_NAME))
    times = (*_POINT_TIMES, known.get("time", "time"))
    time = next((properties[name] for name in times if properties.get(name) is not None), "")
    given = properties.get("mode")
    builder.add(
        builder.before + len(builder.rows) + 1,
        time=str(time),
        lon=lon,
        lat=lat,
        accuracy=_number(properties, "accuracy", "accuracy_m", "horizontal_accuracy"),
        speed=_number(properties, "speed", "speed_ms"),
        course=_number(properties, "course", "heading", "bearing"),
    )
    for place, fault in doubts([properties.get(known.get("valid", "valid"))], (), len(builder.rows) - 1):
        builder.faults[place] = fault
    devices.extend([None] * (len(builder.rows) - 1 - len(devices)))
    devices.append(properties.get(known.get("device", "device")))
    modes.extend([None] * (len(builder.rows) - 1 - len(modes)))
    modes.append(given if isinstance(given, str) else None)


def _add_lines(
    builder: TrackBuilder,
    pointer: str,
    geometry: Mapping[str, Any],
    properties: Mapping[str, Any],
    parts: int,
) -> int:
    """Add the lines of a feature, before which the file had so many parts; return how many it has now."""
    place = f"{pointer}/geometry/coordinates"
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        raise _not_geojson(place)
    several = geometry.get("type") == "MultiLineString"
    lines = coordinates if several else [coordinates]
    times = _times_of(properties, lines, several=several, pointer=f"{pointer}/properties")
    for number, line in enumerate(lines):
        here = f"{place}/{number}" if several else place
        if not isinstance(line, list):
            raise _not_geojson(here)
        builder.segment(f"line {parts + number + 1} ({here})")
        stamps = times[number]
        if len(stamps) not in (0, len(line)):
            raise InvalidInput(
                N_("{pointer} has {positions} positions but {times} times."),
                mend=N_("Give one time for each position, in coordTimes."),
                where={"pointer": here},
                pointer=here,
                positions=len(line),
                times=len(stamps),
            )
        for k, position in enumerate(line):
            lon, lat = _pair(position, f"{here}/{k}")
            stamp = stamps[k] if stamps else ""
            row = builder.before + len(builder.rows) + 1
            builder.add(row, time="" if stamp is None else str(stamp), lon=lon, lat=lat)
    return parts + len(lines)


def _times_of(
    properties: Mapping[str, Any], lines: Sequence[Any], *, several: bool, pointer: str
) -> list[list[Any]]:
    """Return a list of times for each line; empty ones where the feature has none."""
    nested = properties.get("coordinateProperties")
    sources = [properties, nested if isinstance(nested, Mapping) else {}]
    found = next((s[name] for s in sources for name in _LINE_TIMES if s.get(name) is not None), None)
    if found is None:
        return [[] for _ in lines]
    if not isinstance(found, list):
        raise _not_geojson(pointer)
    if not several:
        return [found]
    if all(isinstance(part, list) for part in found) and len(found) == len(lines):
        return found
    sizes = [len(line) if isinstance(line, list) else 0 for line in lines]
    if any(isinstance(part, list) for part in found) or sum(sizes) != len(found):
        raise InvalidInput(
            N_("{pointer} has {positions} positions but {times} times."),
            mend=N_("Give one time for each position, in coordTimes."),
            where={"pointer": pointer},
            pointer=pointer,
            positions=sum(sizes),
            times=len(found),
        )
    ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
    return [found[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _pair(position: Any, pointer: str) -> tuple[float | None, float | None]:
    """Return lon and lat of a position, which may have a height, and some programs' fourth value, as well.

    None are those of an empty one, or of nulls: a fix whose receiver had no position.
    """
    if position is None or (isinstance(position, list) and all(one is None for one in position[:2])):
        return None, None
    good = isinstance(position, list) and 2 <= len(position) <= 4
    if not good or any(isinstance(v, bool) or not isinstance(v, int | float) for v in position[:2]):
        raise InvalidInput(
            N_("{pointer} is not a position."),
            mend=N_("A position is [longitude, latitude] in degrees."),
            where={"pointer": pointer},
            pointer=pointer,
        )
    return float(position[0]), float(position[1])


def _number(properties: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = properties.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _not_geojson(pointer: str) -> InvalidInput:
    return InvalidInput(
        N_("The file is not GeoJSON with lines or points, at “{pointer}”."),
        mend=N_("Send a FeatureCollection of LineStrings with coordTimes, or of Points with a time."),
        where={"pointer": pointer},
        pointer=pointer,
    )
