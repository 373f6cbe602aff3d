"""Bodies that phones send, and changes of their structure."""

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from service.readers.field_batch import read_batch
from service.readers.loggers import read_overland, read_owntracks
from tests.fixtures.county import centre

LON, LAT = centre(0, 0)
AT = "2026-06-01T09:00:00+08:00"
OWNTRACKS = {"_type": "location", "tst": 1_780_000_000, "lon": LON, "lat": LAT, "acc": 5, "vel": 4, "cog": 90}
OVERLAND = {
    "locations": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [LON, LAT]},
            "properties": {
                "timestamp": AT,
                "horizontal_accuracy": 5,
                "speed": 1.5,
                "course": -1,
                "motion": ["walking", "driving"],
            },
        },
        {"type": "Feature", "properties": {"type": "trip", "timestamp": AT}},
    ],
    "current": {},
}
BATCH = {
    "sent_at": AT,
    "tracks": [
        {
            "track": "0197f0a0-0000-7000-8000-000000000001",
            "mode": "foot",
            "started_at": AT,
            "ended_at": None,
            "name": "a",
            "points": [
                {"seq": 0, "at": AT, "lon": LON, "lat": LAT, "accuracy_m": 5.0, "speed_ms": 1, "course": 0},
                {"seq": 1, "at": "2026-06-01T01:00:05Z", "lon": LON, "lat": LAT},
            ],
        }
    ],
    "visits": [
        {
            "id": "0197f0a0-0000-7000-8000-000000000002",
            "marker": "D1",
            "at": AT,
            "lon": LON,
            "lat": LAT,
            "action": "inspected",
            "note": "",
            "photos": ["0" * 64],
        }
    ],
    "incidents": [
        {
            "id": "0197f0a0-0000-7000-8000-000000000003",
            "class": "road",
            "title": "a",
            "description": "",
            "lon": LON,
            "lat": LAT,
            "accuracy_m": 5,
            "occurred_at": AT,
            "photos": [],
            "version": None,
        }
    ],
}
BODIES: dict[str, tuple[Callable[[bytes], Any], dict[str, Any], str, str]] = {
    "owntracks": (
        lambda body: read_owntracks(body, "d", "foot"),
        OWNTRACKS,
        "POST",
        "/api/v1/tracks/owntracks",
    ),
    "overland": (lambda body: read_overland(body, "d"), OVERLAND, "POST", "/api/v1/tracks/overland"),
    "batch": (read_batch, BATCH, "PUT", "/api/v1/devices/d/batches/"),
}
"""What reads a body, a valid one, and where it is sent."""

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    -0.0,
    float("nan"),
    float("inf"),
    2**31,
    2**63,
    10**400,
    "",
    "\0",
    "\ud800",
    "＋１",
    "1",
    "x" * 5_000,
    "location",
    "encrypted",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "2026-02-30T00:00:00Z",
    "2026-W01-1",
    AT,
    [],
    [[]],
    [None],
    {},
    {"": {}},
    {"type": []},
    [LON, LAT, "x"],
]
VALUES = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["replace", "replace", "remove", "twice", "wrap", "add"]), st.integers(0, 999), VALUES
    ),
    max_size=4,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every part of a value as what holds it and its key there."""
    found: list[tuple[Any, Any]] = []
    held = [value]
    for one in held:
        for key in list(one) if isinstance(one, dict) else range(len(one)):
            found.append((one, key))
            if isinstance(one[key], (dict, list)):
                held.append(one[key])
    return found


def changed(valid: dict[str, Any], changes: list[tuple[str, int, Any]]) -> bytes:
    """Return a valid body as JSON, with changes at its parts by number."""
    whole = copy.deepcopy(valid)
    for how, number, odd in changes:
        found = places(whole)
        if not found:
            break
        holder, key = found[number % len(found)]
        if how == "replace":
            holder[key] = copy.deepcopy(odd)
        elif how == "remove":
            del holder[key]
        elif how == "wrap":
            holder[key] = [holder[key]]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key] if how == "twice" else odd))
        elif how == "add":
            holder[f"x{number}"] = copy.deepcopy(odd)
    return json.dumps(whole).encode()
