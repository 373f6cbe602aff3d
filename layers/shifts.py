"""Shifts that run: who is on patrol at this moment, and the last place of each, for their coordinator alone.

A row is there from the first part of a track that names when its shift began. It holds one place, the last,
which goes when the shift ends; that it ended stays until it would have been over by itself, so that a part
that comes late does not revive it. The tables are unlogged: neither the archived log nor a backup, dump or
replica ever holds where somebody was just then. After a crash nobody is shown until they send again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Row,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert

from geo.shift import LONGEST_SHIFT_H
from layers.base import identifier, in_district, link, shard_table
from layers.row_security import scope_of
from layers.storage import Store

LONGEST = timedelta(hours=LONGEST_SHIFT_H)

shift = shard_table(
    "shift",
    identifier("person"),
    identifier("track"),
    # None before anything of the track is stored.
    identifier("patrol", nullable=True),
    Column("mode", Text, nullable=False),
    # By the device's clock, but never later than it was told of.
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("at", DateTime(timezone=True)),
    Column("lon", Double),
    Column("lat", Double),
    Column("accuracy_m", Double),
    in_district(),
    CheckConstraint("(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (at IS NULL)", name="place"),
    CheckConstraint("NOT ended OR lon IS NULL", name="ended"),
    Index(None, "district", "patrol"),
    Index(None, "district", "began_at"),
    key=("person", "track"),
    prefixes=["UNLOGGED"],
)

# Whose place was looked at by whom in which hour: each is in the audit, once.
shift_look = shard_table(
    "shift_look",
    identifier("person"),
    identifier("track"),
    identifier("viewer"),
    Column("hour", DateTime(timezone=True), nullable=False),
    link("shift", "person", "track", to=("person", "track"), ondelete="CASCADE"),
    key=("person", "track", "viewer", "hour"),
    prefixes=["UNLOGGED"],
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was last: when (not after it was told), degrees, metres of error or None."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class Shift:
    """The shift of a track; ``place`` is None where none is known, and always once it ended."""

    person: UUID
    track: UUID
    mode: str
    began_at: datetime
    ended: bool = False
    patrol: UUID | None = None
    place: Place | None = None

    def after(self, known: "Shift") -> "Shift":
        """Return the shift as it stands when this is told after what was known, in whatever order it was."""
        ended = self.ended or known.ended
        places = [one.place for one in (known, self) if one.place is not None]
        return replace(
            self,
            began_at=min(self.began_at, known.began_at),
            ended=ended,
            patrol=self.patrol or known.patrol,
            place=None if ended else max(places, key=lambda one: one.at, default=None),
        )


_PLACE = tuple(one.name for one in fields(Place))


class Shifts(Store):
    """The shifts of one district that run, or would."""

    def keep(self, told: Shift) -> None:
        """Keep what a person's own device tells of a shift; whoever calls holds the person.

        Where nobody in particular sends, as with open access, nobody is on a shift.
        """
        scope = scope_of(self._session)
        if scope is None or scope.person != told.person:
            return
        known = self._find(told.person, told.track)
        value = told if known is None else told.after(known)
        place = value.place
        row = {
            "patrol": value.patrol,
            "mode": value.mode,
            "began_at": value.began_at,
            "ended": value.ended,
            **{name: None if place is None else getattr(place, name) for name in _PLACE},
        }
        key = {"district": self.district, "person": value.person, "track": value.track}
        statement = insert(shift).values(**key, **row)
        self._write(statement.on_conflict_do_update(index_elements=list(key), set_=row))

    def live(self) -> tuple[Shift, ...]:
        """Return the shifts that run now, of those the caller may watch: the newest place of each.

        Row security says who they are; one's own is not among them.
        """
        scope = scope_of(self._session)
        mine = None if scope is None else scope.person
        rows = self._all(
            select(shift)
            .ext(distinct_on(shift.c.person))
            .where(
                shift.c.district == self.district,
                shift.c.lon.is_not(None),
                shift.c.began_at > func.now() - LONGEST,
                shift.c.person.is_distinct_from(mine),
            )
            .order_by(shift.c.person, shift.c.at.desc(), shift.c.track)
        )
        return tuple(_shift(row) for row in rows)

    def look(self, seen: Sequence[Shift], viewer: UUID, at: datetime) -> list[Shift]:
        """Note that somebody looks at places; return those of which it is the first look of the hour."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        rows = [{"person": one.person, "track": one.track, "viewer": viewer, "hour": hour} for one in seen]
        key = ("district", "person", "track", "viewer", "hour")
        new = self._insert_new(shift_look, rows, key, told="track")
        return [one for one in seen if one.track in new]

    def began(self) -> dict[UUID, datetime]:
        """Return since when people are on a shift that runs now, as far as the caller may know."""
        rows = self._all(
            select(shift.c.person, func.min(shift.c.began_at).label("began_at"))
            .where(shift.c.district == self.district, ~shift.c.ended, shift.c.began_at > func.now() - LONGEST)
            .group_by(shift.c.person)
        )
        return {row.person: row.began_at for row in rows}

    def runs(self, patrol: UUID) -> bool:
        """Say whether a patrol is somebody's shift that runs now, as far as the caller may know."""
        statement = select(literal(1)).where(
            shift.c.district == self.district,
            shift.c.patrol == patrol,
            ~shift.c.ended,
            shift.c.began_at > func.now() - LONGEST,
        )
        return self._first(statement.limit(1)) is not None

    def _find(self, person: UUID, track: UUID) -> Shift | None:
        row = self._first(
            select(shift).where(
                shift.c.district == self.district, shift.c.person == person, shift.c.track == track
            )
        )
        return None if row is None else _shift(row)


def _shift(row: Row[Any]) -> Shift:
    place = None if row.lon is None else Place(row.at, row.lon, row.lat, row.accuracy_m)
    return Shift(row.person, row.track, row.mode, row.began_at, row.ended, row.patrol, place)
