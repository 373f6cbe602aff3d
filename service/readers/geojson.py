"""GeoJSON looked at as text, before the driver: it would close rings and drop duplicates without a word."""

import json
import math
from pathlib import Path
from typing import Any

from geo.errors import N_
from service.errors import MalformedBody
from service.readers.faults import RowFault, refuse_rows
from service.readers.strict_json import repeated

_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_PLAIN = N_("Write it anew as GeoJSON (RFC 7946) in UTF-8.")


def check_geojson(path: Path, file: str) -> int:
    """Check a GeoJSON file as it is written and return how many features it has.

    ``file`` is its name for the user.

    Raises
    ------
    MalformedBody
        Not UTF-8, not JSON, a name twice in one object, NaN, or not a collection of features.
    InvalidRows
        Rows whose coordinates are malformed, not finite, or whose rings are not closed.
    """
    value = _parse(path, file)
    features = _features(value, file)
    faults = []
    for row, feature in enumerate(features, start=1):
        fault = _feature_fault(feature)
        if fault is not None:
            message, mend = fault
            faults.append(RowFault(row, message, mend, _code(feature)))
    name = value.get("name")
    refuse_rows(file, name if isinstance(name, str) else path.stem, faults)
    return len(features)


def _parse(path: Path, file: str) -> Any:
    """Return the JSON value of a file, or refuse it."""
    try:
        return json.loads(
            path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise _malformed(
            file, N_("{file} is not UTF-8: byte {byte} does not fit."), byte=error.start
        ) from error
    except json.JSONDecodeError as error:
        raise _malformed(
            file,
            N_("{file} is not JSON: {reason} in line {line}, column {column}."),
            reason=error.msg,
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise _malformed(file, N_("{file} is nested too deep.")) from error
    except _Refused as error:
        raise _malformed(file, error.args[0], name=error.args[1]) from error
    except ValueError as error:
        raise _malformed(file, N_("{file} has a number of too many digits.")) from error


class _Refused(Exception):
    """A text of the refusal and the name it is about."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = repeated(name for name, _ in pairs)
        raise _Refused(N_("{file} has the name “{name}” twice in one object."), twice[:80])
    return found


def _no_constant(name: str) -> None:
    raise _Refused(N_("{file} has {name}, which is not a number of JSON."), name)


def _features(value: Any, file: str) -> list[Any]:
    """Return the features of a collection, or the one feature."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "Feature":
        return [value]
    features = value.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list):
        raise _malformed(file, N_("{file} is not a GeoJSON FeatureCollection."))
    return features


def _feature_fault(feature: Any) -> tuple[str, str] | None:
    """Return what is wrong with a feature as it is written, and how to mend it."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return N_("It is not a GeoJSON Feature."), _PLAIN
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        return N_("Its properties are not an object."), _PLAIN
    for name, value in (properties or {}).items():
        if _bad_text(name) or (isinstance(value, str) and _bad_text(value)):
            return N_("A text of it has a NUL or half a surrogate pair."), N_("Write the text anew.")
    geometry = feature.get("geometry")
    return None if geometry is None else _geometry_fault(geometry)


def _geometry_fault(geometry: Any) -> tuple[str, str] | None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        # Its type is refused later, by name.
        return None
    if kind not in _DEPTH:
        return N_("Its geometry has no type that GeoJSON knows."), _PLAIN
    depth = _DEPTH[kind]
    fault = _coordinate_fault(geometry.get("coordinates"), depth)
    if fault is None and kind in ("Polygon", "MultiPolygon"):
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        return next(filter(None, (_ring_fault(ring) for polygon in polygons for ring in polygon)), None)
    return fault


def _coordinate_fault(value: Any, depth: int) -> tuple[str, str] | None:
    """Return what is wrong with coordinates nested ``depth`` times."""
    if not isinstance(value, list):
        return N_("Its coordinates are not nested as its type says."), _PLAIN
    if depth > 0:
        return next(filter(None, (_coordinate_fault(part, depth - 1) for part in value)), None)
    if not value:
        # An empty point; that nothing is there is said later.
        return None
    if not 2 <= len(value) <= 3 or not all(type(number) in (int, float) for number in value):
        return N_("One of its coordinates is not a pair of numbers, with a height or without."), _PLAIN
    if not all(math.isfinite(number) for number in value):
        return N_("One of its coordinates is not finite."), N_("Give finite decimal degrees.")
    return None


def _ring_fault(ring: list[Any]) -> tuple[str, str] | None:
    if not ring:
        return None
    if ring[0] != ring[-1]:
        return (
            N_("One of its rings is not closed: its last coordinate is not its first."),
            N_("End each ring with its first coordinate."),
        )
    if len(ring) < 4:
        return N_("One of its rings has fewer than four coordinates."), N_("Draw it or remove it.")
    return None


def _code(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    value = properties.get("code") if isinstance(properties, dict) else None
    return value[:80] if isinstance(value, str) else ""


def _bad_text(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _malformed(file: str, message: str, **params: Any) -> MalformedBody:
    where: dict[str, Any] = {
        "file": file,
        **{name: params[name] for name in ("line", "column") if name in params},
    }
    return MalformedBody(message, mend=_PLAIN, where=where, file=file, **params)
