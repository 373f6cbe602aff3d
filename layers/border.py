"""The border: measured segments with a legal line, a patrol route and an owner, each for a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

from shapely.geometry import LineString
from sqlalchemy import CheckConstraint, Column, Double, Index, Integer, Row, Text, func, select, update
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

from geo.errors import N_
from layers.base import identifier, in_district, one_at_a_time, shard_table
from layers.errors import NotFound
from layers.geometry import from_shape, geometry_type, period, to_shape
from layers.heads import Heads
from layers.ids import new_id
from layers.storage import Store

border_segment = shard_table(
    "border_segment",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("from_m", Double, nullable=False),
    Column("to_m", Double, nullable=False),
    Column("length_m", Double, nullable=False),
    Column("geom", geometry_type("LINESTRING"), nullable=False),
    Column("route", geometry_type("LINESTRING")),
    Column("owner", Text),
    Column("due_days", Integer),
    Column("valid", DATERANGE, nullable=False),
    Column("attributes", JSONB, nullable=False),
    in_district(),
    one_at_a_time("ex_border_segment_code", "code"),
    CheckConstraint("to_m > from_m", name="measures"),
    CheckConstraint("length_m > 0", name="length_m"),
    CheckConstraint("due_days > 0", name="due_days"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class BorderSegment:
    """A stretch of border.

    ``from_m`` and ``to_m`` are its chainage on the whole line, ``length_m`` the length of what is
    patrolled, in metres. ``geom`` is the legal line, ``route`` the line that is walked (None: the legal
    one), both LineStrings in lon, lat degrees in the direction of the measures. ``due_days`` is the
    longest allowed interval between two visits.
    """

    id: UUID
    code: str
    name: str
    seq: int
    from_m: float
    to_m: float
    length_m: float
    geom: LineString
    valid_from: date | None
    route: LineString | None = None
    owner: str | None = None
    due_days: int | None = None
    valid_to: date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> LineString:
        """The line that is patrolled: the route, or the legal line where there is none."""
        return self.geom if self.route is None else self.route


class Border(Store):
    """The border segments of one district."""

    def add(self, segments: Sequence[BorderSegment]) -> None:
        """Store new segments.

        Raises
        ------
        Overlap
            A segment of the same code is valid in the same period.
        InvalidAttribute
            A measure, length or interval is not positive.
        """
        self._insert(border_segment, [_row(segment) for segment in segments])
        Heads(self._session, self.district).raise_head("border")

    def replace(self, segments: Sequence[BorderSegment], effective_on: date) -> tuple[BorderSegment, ...]:
        """Make these segments the border from a day on, and end all others on it.

        A segment that began on that very day is corrected under its id, so that importing a file twice
        leaves one border; one that goes on from an earlier day gets a new id, since what was walked then
        was walked on the line of then. Returns the segments as they are stored.

        Raises
        ------
        InUse
            A segment that began on the day or later is not among the new ones but others refer to it.
        """
        self._lock("border")
        new = {segment.code for segment in segments}
        begun = {
            row.code: row.id
            for row in self._all(
                select(border_segment.c.id, border_segment.c.code).where(
                    border_segment.c.district == self.district,
                    func.lower(border_segment.c.valid) >= effective_on,
                    border_segment.c.code == func.any(list(new)),
                )
            )
        }
        self._write(
            border_segment.delete().where(
                border_segment.c.district == self.district,
                func.lower(border_segment.c.valid) >= effective_on,
                border_segment.c.id != func.all(list(begun.values())),
            )
        )
        self._write(
            update(border_segment)
            .where(
                border_segment.c.district == self.district,
                border_segment.c.valid.contains(effective_on),
                border_segment.c.id != func.all(list(begun.values())),
            )
            .values(valid=func.daterange(func.lower(border_segment.c.valid), effective_on))
        )
        taken = self._stored([segment.id for segment in segments])
        added = []
        for segment in segments:
            row = {**_row(segment), "valid": period(effective_on, segment.valid_to)}
            known = begun.get(segment.code)
            if known is None:
                row["id"] = new_id() if segment.id in taken else segment.id
                added.append(row)
                continue
            del row["id"]
            self._write(
                update(border_segment)
                .where(border_segment.c.district == self.district, border_segment.c.id == known)
                .values(**row)
            )
        self._insert(border_segment, added)
        Heads(self._session, self.district).raise_head("border")
        return tuple(segment for segment in self.all(effective_on) if segment.code in new)

    def all(self, as_of: date) -> tuple[BorderSegment, ...]:
        """Return the segments of a day in the order of the border."""
        rows = self._all(
            select(border_segment)
            .where(border_segment.c.district == self.district, border_segment.c.valid.contains(as_of))
            .order_by(border_segment.c.seq, border_segment.c.code)
        )
        return tuple(_segment(row) for row in rows)

    def during(self, first: date, last: date) -> tuple[BorderSegment, ...]:
        """Return every segment valid on a day of [first, last), in the order of the border, then of time."""
        rows = self._all(
            select(border_segment)
            .where(
                border_segment.c.district == self.district,
                border_segment.c.valid.overlaps(period(first, last)),
            )
            .order_by(border_segment.c.seq, border_segment.c.code, border_segment.c.valid)
        )
        return tuple(_segment(row) for row in rows)

    def get(self, identifier: UUID) -> BorderSegment:
        """Return a segment by its id.

        Raises
        ------
        NotFound
            The district has no such segment.
        """
        row = self._first(
            select(border_segment).where(
                border_segment.c.district == self.district, border_segment.c.id == identifier
            )
        )
        if row is None:
            raise self._missing(str(identifier), "")
        return _segment(row)

    def by_code(self, code: str, as_of: date) -> BorderSegment:
        """Return the segment of a code on a day.

        Raises
        ------
        NotFound
            No segment of this code is valid on the day; the message names those that are.
        """
        row = self._first(
            select(border_segment).where(
                border_segment.c.district == self.district,
                border_segment.c.code == code,
                border_segment.c.valid.contains(as_of),
            )
        )
        if row is None:
            raise self._missing(code, ", ".join(one.code for one in self.all(as_of)[:20]))
        return _segment(row)

    def set_owner(self, identifier: UUID, owner: str | None, due_days: int | None) -> BorderSegment:
        """Set who owns a segment and how many days may pass between two visits."""
        self._write(
            update(border_segment)
            .where(border_segment.c.district == self.district, border_segment.c.id == identifier)
            .values(owner=owner, due_days=due_days)
        )
        Heads(self._session, self.district).raise_head("border")
        return self.get(identifier)

    def _stored(self, ids: list[UUID]) -> set[UUID]:
        rows = self._all(
            select(border_segment.c.id).where(
                border_segment.c.district == self.district, border_segment.c.id == func.any(ids)
            )
        )
        return {row.id for row in rows}

    def _missing(self, name: str, known: str) -> NotFound:
        return NotFound(
            N_("District {district} has no border segment {segment}; there are: {known}."),
            mend=N_("Name a segment by its code, or import the border first."),
            where={"segment": name},
            district=self.district,
            segment=name,
            known=known or "–",
        )


def _row(segment: BorderSegment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "code": segment.code,
        "name": segment.name,
        "seq": segment.seq,
        "from_m": segment.from_m,
        "to_m": segment.to_m,
        "length_m": segment.length_m,
        "geom": from_shape(segment.geom),
        "route": from_shape(segment.route),
        "owner": segment.owner,
        "due_days": segment.due_days,
        "valid": period(segment.valid_from, segment.valid_to),
        "attributes": dict(segment.attributes),
    }


def _segment(row: Row[Any]) -> BorderSegment:
    return BorderSegment(
        id=row.id,
        code=row.code,
        name=row.name,
        seq=row.seq,
        from_m=row.from_m,
        to_m=row.to_m,
        length_m=row.length_m,
        geom=cast("LineString", to_shape(row.geom)),
        valid_from=row.valid.lower,
        route=to_shape(row.route),
        owner=row.owner,
        due_days=row.due_days,
        valid_to=row.valid.upper,
        attributes=row.attributes,
    )
