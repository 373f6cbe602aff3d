"""An incident as a value, and as a row of its table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import Row

from geo.errors import N_
from layers.errors import InvalidAttribute
from layers.geometry import from_shape, to_shape


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident.

    ``lon``, ``lat`` are where it counts, in degrees; ``raw_lon``, ``raw_lat`` what was given in ``datum``.
    ``accuracy_m`` is the radius the given place is good for. ``assignment`` keeps how it came to its
    ``unit``, ``representative`` and border ``segment``; ``measure_m`` runs from the segment's start.
    ``about_representative`` and ``about_unit`` are whom it complains about; they neither see nor handle it.
    ``responsible`` is the account that answers until another accepts, ``named`` whom a red one names.
    ``filed_at`` to ``remind_at`` are what the log says, copied. ``merged_into`` is the one that it turned out
    to be, while it is merged. ``asset`` is the code of the marker that it is about. ``version`` counts
    its changes, from 1.
    """

    id: UUID
    channel: str
    class_: str
    title: str
    lon: float
    lat: float
    raw_lon: float
    raw_lat: float
    occurred_at: datetime
    received_at: datetime
    external_id: str | None = None
    description: str = ""
    datum: str = "wgs84"
    accuracy_m: float | None = None
    status: str = "received"
    colour: str = "green"
    unit: UUID | None = None
    assignment: Mapping[str, Any] = field(default_factory=dict)
    representative: UUID | None = None
    segment: UUID | None = None
    measure_m: float | None = None
    about_representative: UUID | None = None
    about_unit: UUID | None = None
    responsible: UUID | None = None
    named: UUID | None = None
    filed_at: datetime | None = None
    due_at: datetime | None = None
    suspended_at: datetime | None = None
    closed_at: datetime | None = None
    on_time: bool | None = None
    remind_at: datetime | None = None
    merged_into: UUID | None = None
    asset: str | None = None
    version: int = 1

    def digest(self) -> str:
        """Return the SHA-256 of what the reporter said: class, words, place, time and thing."""
        said = [
            self.class_,
            self.title,
            self.description,
            self.raw_lon,
            self.raw_lat,
            self.datum,
            self.accuracy_m,
            self.occurred_at.timestamp(),
            # Nothing of it where none is named: what was stored before had none.
            *([] if self.asset is None else [self.asset]),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


_PLAIN = tuple(one.name for one in fields(Incident) if one.name not in ("class_", "lon", "lat", "assignment"))


def row_of(value: Incident) -> dict[str, Any]:
    """Return an incident as a row, without its digest."""
    row = {name: getattr(value, name) for name in _PLAIN}
    for name in ("occurred_at", "received_at"):
        if row[name].tzinfo is None:
            raise InvalidAttribute(
                N_("The time {name} has no zone."),
                mend=N_("Give it with its offset, such as 2025-03-31T08:00:00+08:00."),
                where={"pointer": f"/{name}"},
                name=name,
            )
    row["class"] = value.class_
    row["geom"] = from_shape(Point(value.lon, value.lat))
    row["assignment"] = dict(value.assignment)
    return row


def incident_of(row: Row[Any]) -> Incident:
    """Return a row as an incident."""
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    place = cast("Point", to_shape(known["geom"]))
    return Incident(
        **{name: known[name] for name in _PLAIN},
        class_=known["class"],
        lon=place.x,
        lat=place.y,
        assignment=known["assignment"],
    )
