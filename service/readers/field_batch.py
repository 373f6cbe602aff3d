"""A batch from the field as JSON: its outer shape is strict, its items are taken one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput
from service.readers import strict_json
from service.readers.field_faults import Fault
from service.readers.field_points import TrackPart, read_moment, read_track

MOST_POINTS = 5_000
MOST_BYTES = 2_000_000
MOST_THINGS = 1_000
"""So many visits, meetings and incidents fit a batch: each is looked up, assigned and logged by itself."""

_MEMBERS = ("sent_at", "tracks", "visits", "outreach", "incidents")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part that is no track at all: what it is called, as it was sent, and what is wrong."""

    ref: str
    raw: Any
    fault: Fault


@dataclass(frozen=True, slots=True, eq=False)
class FieldBatch:
    """What a device sent: parts of tracks in columns, visits, meetings and incidents as they are."""

    sent_at: datetime | None
    tracks: tuple[TrackPart, ...]
    unreadable: tuple[Unreadable, ...]
    visits: Sequence[Any]
    outreach: Sequence[Any]
    incidents: Sequence[Any]


def read_batch(body: bytes) -> FieldBatch:
    """Read a batch.

    Raises
    ------
    ContentTooLarge
        More than 5,000 points, 1,000 visits, meetings and incidents, or 2 MB.
    MalformedBody
        It is not JSON.
    InvalidInput
        Its outer shape is not that of a batch; what is wrong with single items is not refused here.
    """
    if len(body) > MOST_BYTES:
        raise _too_large()
    value = strict_json.parse(body)
    if not isinstance(value, dict):
        raise InvalidInput(
            N_("The batch is not an object."),
            mend=N_("Send an object with tracks, visits, outreach and incidents."),
        )
    for name in value.keys() - set(_MEMBERS):
        raise InvalidInput(
            N_("A batch has no member “{member}”."),
            mend=N_("There are: {known}."),
            where={"pointer": strict_json.pointer((name,))},
            member=strict_json.pointer((name,))[1:65],
            known=", ".join(_MEMBERS),
        )
    tracks, visits, outreach, incidents = (_list(value, name) for name in _MEMBERS[1:])
    whole = [one for one in tracks if isinstance(one, dict) and isinstance(one.get("points"), list)]
    if (
        sum(len(one["points"]) for one in whole) > MOST_POINTS
        or len(tracks) > MOST_THINGS
        or len(visits) + _things(outreach) + len(incidents) > MOST_THINGS
    ):
        raise _too_large()
    return FieldBatch(
        _sent_at(value.get("sent_at")),
        tuple(read_track(one) for one in whole),
        tuple(_unreadable(one) for one in tracks if not any(one is known for known in whole)),
        visits,
        outreach,
        incidents,
    )


def _things(outreach: Sequence[Any]) -> int:
    """Return how many meetings there are, with their problems: each of those may be an incident."""
    problems = [one["problems"] for one in outreach if isinstance(one, dict) and "problems" in one]
    return len(outreach) + sum(len(one) for one in problems if isinstance(one, list))


def _unreadable(value: Any) -> Unreadable:
    name = value.get("track") if isinstance(value, dict) else None
    ref = name if isinstance(name, str) and len(name) <= 36 and name.isascii() and name.isprintable() else "?"
    return Unreadable(ref, value, Fault.of("not-an-object"))


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    if found is None:
        return []
    if isinstance(found, list):
        return found
    raise InvalidInput(
        N_("{pointer} is not a list."),
        mend=N_("Send a list, or leave it out."),
        where={"pointer": f"/{name}"},
        pointer=f"/{name}",
    )


def _sent_at(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = read_moment(value)
    if isinstance(moment, Fault):
        raise InvalidInput(
            N_("/sent_at is not a time with its offset from UTC."),
            mend=N_("Write the device's time as 2025-06-30T09:00:00+08:00, or leave it out."),
            where={"pointer": "/sent_at"},
        )
    return datetime.fromtimestamp(moment, UTC)


def _too_large() -> ContentTooLarge:
    return ContentTooLarge(
        N_("A batch takes {points} points, {things} visits, meetings and incidents, and {megabytes} MB."),
        mend=N_("Split it: send its parts as batches of their own, each with a new UUID."),
        points=MOST_POINTS,
        things=MOST_THINGS,
        megabytes=MOST_BYTES // 1_000_000,
    )
