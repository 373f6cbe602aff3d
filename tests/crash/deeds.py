"""What the clients send: each deed has an identity of its own, and everything in it can be counted."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.fixtures.county import DISTRICT, SIDE, SOUTH, WEST
from tests.fixtures.field import jpeg, sha256

FIXES = 40
# Days on which the county's marker stands and that have passed; a device walks again after so many of them.
_BEGIN = datetime(2024, 2, 1, tzinfo=UTC)
_DAYS = 600


@dataclass(frozen=True, slots=True)
class Deed:
    """A request that is repeated with the same bytes until it is answered.

    ``name`` is in its content; ``ids`` are the client's own ids of what is in it, by kind.
    """

    kind: str
    name: str
    device: str
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    ids: Mapping[str, UUID] = field(default_factory=dict)


def incident(device: str, number: int, chance: random.Random) -> Deed:
    """Return a report that is told from a repetition by its Idempotency-Key alone."""
    name = f"incident {device} {number}"
    lon, lat = _place(chance)
    body = {"class": "waste", "title": name, "lon": lon, "lat": lat}
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    path = f"/api/v1/incidents?district={DISTRICT}"
    return Deed("incident", name, device, "POST", path, json.dumps(body).encode(), headers)


def track(device: str, number: int, chance: random.Random) -> Deed:
    """Return a track as a file; each is of a day of its own."""
    name = f"track-{device}-{number}"
    lines = ["time,lon,lat,accuracy"]
    lines += [f"{at.isoformat()},{lon},{lat},5" for at, lon, lat in _walk(number, chance)]
    path = f"/api/v1/tracks?district={DISTRICT}&device={device}&name={name}"
    headers = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    return Deed("track", name, device, "POST", path, "\n".join(lines).encode(), headers)


def batch(device: str, number: int, chance: random.Random) -> Deed:
    """Return a batch as phones send it: a track, a visit and an incident, each with an id of its own."""
    ids = {kind: uuid4() for kind in ("batch", "track", "visit", "incident")}
    name = f"batch {device} {number}"
    walked = _walk(number, chance)
    points = [
        {"seq": seq, "at": at.isoformat(), "lon": lon, "lat": lat, "accuracy_m": 5.0}
        for seq, (at, lon, lat) in enumerate(walked)
    ]
    at, lon, lat = walked[-1]
    body = {
        "sent_at": at.isoformat(),
        "tracks": [
            {
                "track": str(ids["track"]),
                "mode": "foot",
                "started_at": walked[0][0].isoformat(),
                "ended_at": at.isoformat(),
                "name": name,
                "points": points,
            }
        ],
        "visits": [
            {
                "id": str(ids["visit"]),
                "marker": "D1",
                "at": at.isoformat(),
                "lon": lon,
                "lat": lat,
                "action": "inspected",
                "note": name,
                "photos": [],
            }
        ],
        "incidents": [
            {
                "id": str(ids["incident"]),
                "class": "road",
                "title": name,
                "description": "",
                "lon": lon,
                "lat": lat,
                "accuracy_m": 5.0,
                "occurred_at": at.isoformat(),
                "photos": [],
                "version": None,
            }
        ],
    }
    path = f"/api/v1/devices/{device}/batches/{ids['batch']}?district={DISTRICT}"
    headers = {"Content-Type": "application/json"}
    return Deed("batch", name, device, "PUT", path, json.dumps(body).encode(), headers, ids)


def photo(device: str, number: int, chance: random.Random) -> Deed:
    """Return a photo of a few pages; it is called by the digest of its content."""
    content = jpeg() + f"photo {device} {number}".encode() + chance.randbytes(chance.randrange(40_000))
    name = sha256(content)
    path = f"/api/v1/devices/{device}/files/{name}?district={DISTRICT}"
    return Deed("photo", name, device, "PUT", path, content, {"Content-Type": "image/jpeg"})


KINDS = {"incident": incident, "track": track, "batch": batch, "photo": photo}


def _place(chance: random.Random) -> tuple[float, float]:
    return (
        round(WEST + chance.uniform(0.1, 5.9) * SIDE, 7),
        round(SOUTH + chance.uniform(0.1, 3.9) * SIDE, 7),
    )


def _walk(number: int, chance: random.Random) -> list[tuple[datetime, float, float]]:
    """Return a walk along the border of the county, at an hour of its own."""
    lon, lat = WEST + chance.uniform(0.1, 5.0) * SIDE, SOUTH + 4 * SIDE - 0.0001
    start = _BEGIN + timedelta(days=number % _DAYS, hours=number // _DAYS)
    return [(start + timedelta(seconds=5 * k), round(lon + 8e-5 * k, 7), round(lat, 7)) for k in range(FIXES)]
