"""Reports, tracks and points as honest callers send them, to be spoilt by the tests."""

import json
from typing import Any

from tests.fixtures.county import centre

LON, LAT = centre(0, 0)
INCIDENTS, REPRESENTATIVES = "/api/v1/incidents", "/api/v1/representatives"
TRACKS, LOCATE, NEAREST = "/api/v1/tracks", "/api/v1/locate", "/api/v1/stations/nearest"
JSON = {"Content-Type": "application/json"}
GEOJSON = {"Content-Type": "application/geo+json"}
GPX = {"Content-Type": "application/gpx+xml"}
CSV = {"Content-Type": "text/csv"}
REPORT = {"class": "waste", "title": "x", "lon": LON, "lat": LAT}
TIMES = ["2025-06-15T01:00:00Z", "2025-06-15T01:00:05Z"]


def report(**changes: Any) -> bytes:
    """Return a report of an incident with some members changed."""
    given = {("class" if name == "class_" else name): value for name, value in changes.items()}
    return json.dumps({**REPORT, **given}).encode()


def spoilt(member: str, raw: str) -> bytes:
    """Return a report of which one member has a value that is written in JSON as given, valid or not."""
    others = json.dumps({name: value for name, value in REPORT.items() if name != member})
    return f'{others[:-1]}, "{member}": {raw}}}'.encode("utf-8", "surrogatepass")


def line(coordinates: Any, **members: Any) -> bytes:
    """Return a recorded line as GeoJSON; ``coordinates`` may be JSON text."""
    written = coordinates if isinstance(coordinates, str) else json.dumps(coordinates)
    head = json.dumps({"type": "Feature", "properties": {"coordTimes": TIMES}, **members})
    return f'{head[:-1]}, "geometry": {{"type": "LineString", "coordinates": {written}}}}}'.encode()


def gpx(points: str) -> bytes:
    """Return a GPX file round some points."""
    space = "http://www.topografix.com/GPX/1/1"
    return (
        f'<gpx version="1.1" creator="t" xmlns="{space}"><trk><trkseg>{points}</trkseg></trk></gpx>'.encode()
    )
