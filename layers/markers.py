"""Markers: everything that stands at a point, of a known kind with typed attributes, for a period."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    Index,
    Row,
    Text,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

from geo.errors import N_
from layers.base import identifier, in_district, link, one_at_a_time, shard_table
from layers.errors import NotFound
from layers.geometry import Box, from_shape, geometry_type, period, to_shape
from layers.heads import Heads
from layers.ids import new_id
from layers.marker_kinds import KINDS, MarkerAttributes, read_attributes
from layers.paging import Page
from layers.storage import Store, read_sql

marker = shard_table(
    "marker",
    identifier(),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    identifier("segment", nullable=True),
    Column("measure_m", Double),
    Column("attributes", JSONB, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    in_district(),
    link("border_segment", "segment"),
    one_at_a_time("ex_marker_code", "code"),
    CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in sorted(KINDS))), name="kind"),
    CheckConstraint("(segment IS NULL) = (measure_m IS NULL)", name="measure"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index(None, "district", "segment", "measure_m"),
    Index(None, "district", "kind"),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker at ``lon``, ``lat`` in degrees; ``measure_m`` runs from the start of its segment.

    ``attributes`` are those of its kind; see :mod:`layers.marker_kinds`.
    """

    id: UUID
    code: str
    name: str
    lon: float
    lat: float
    attributes: MarkerAttributes
    valid_from: date | None
    valid_to: date | None = None
    segment: UUID | None = None
    measure_m: float | None = None

    @property
    def kind(self) -> str:
        """The kind of the marker, such as ``gate``."""
        return self.attributes.kind


@dataclass(frozen=True, slots=True)
class MarkerPlace:
    """Where a marker stands, in lon, lat degrees, and what of it decides whether a patrol came to it."""

    id: UUID
    kind: str
    lon: float
    lat: float
    radius_m: float | None
    side: str | None
    valid_from: date | None
    valid_to: date | None


class NamedPlace(NamedTuple):
    """What of a marker names the places round it on its border segment."""

    measure_m: float
    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a marker stands on a border segment; both None where it belongs to none."""

    marker: UUID
    segment: UUID | None
    measure_m: float | None


class Markers(Store):
    """The markers of one district."""

    def add(self, markers: Sequence[Marker]) -> None:
        """Store new markers.

        Raises
        ------
        Overlap
            A marker of the same code is valid in the same period.
        NotFound
            A segment is not stored.
        """
        self._insert(marker, [_row(value) for value in markers])
        Heads(self._session, self.district).raise_head("markers")

    def replace(self, markers: Sequence[Marker], effective_on: date) -> None:
        """Make these markers stand from a day on in place of those with the same codes.

        Others stay; a marker that began on that very day is corrected under its id; one that goes on from
        an earlier day is stored under a new id.
        """
        self._lock("markers")
        codes = [value.code for value in markers]
        same = marker.c.code == func.any(codes)
        begun = {
            row.code: row.id
            for row in self._all(
                select(marker.c.id, marker.c.code).where(
                    marker.c.district == self.district, same, func.lower(marker.c.valid) == effective_on
                )
            )
        }
        self._write(
            update(marker)
            .where(
                marker.c.district == self.district,
                same,
                marker.c.valid.contains(effective_on),
                marker.c.id != func.all(list(begun.values())),
            )
            .values(valid=func.daterange(func.lower(marker.c.valid), effective_on))
        )
        taken = {
            row.id
            for row in self._all(
                select(marker.c.id).where(
                    marker.c.district == self.district,
                    marker.c.id == func.any([value.id for value in markers]),
                )
            )
        }
        added = []
        for value in markers:
            row = {**_row(value), "valid": period(effective_on, value.valid_to)}
            if value.code not in begun:
                row["id"] = new_id() if value.id in taken else value.id
                added.append(row)
                continue
            row["id"] = begun[value.code]
            self._write(
                update(marker)
                .where(marker.c.district == self.district, marker.c.id == row["id"])
                .values(**row)
            )
        self._insert(marker, added)
        Heads(self._session, self.district).raise_head("markers")

    def end(self, identifier: UUID, on: date) -> None:
        """End a marker's period: ``on`` is the first day it stands no more.

        Raises
        ------
        NotFound
            The district has no such marker.
        InvalidAttribute
            It began on that day or later.
        """
        found = self.get(identifier)
        self._write(
            update(marker)
            .where(marker.c.district == self.district, marker.c.id == identifier)
            .values(valid=period(found.valid_from, on))
        )
        Heads(self._session, self.district).raise_head("markers")

    def place(self, placements: Sequence[Placement]) -> None:
        """Set where markers stand on the border, after the border or the markers changed."""
        if not placements:
            return
        self._write(
            update(marker)
            .where(marker.c.district == self.district, marker.c.id == bindparam("at_id"))
            .values(segment=bindparam("at_segment"), measure_m=bindparam("at_measure")),
            [
                {"at_id": one.marker, "at_segment": one.segment, "at_measure": one.measure_m}
                for one in placements
            ],
        )
        Heads(self._session, self.district).raise_head("markers")

    def all(self, as_of: date, kind: str | None = None) -> tuple[Marker, ...]:
        """Return the markers that stand on a day, of one kind or of all, by code."""
        statement = select(marker).where(marker.c.district == self.district, marker.c.valid.contains(as_of))
        if kind is not None:
            statement = statement.where(marker.c.kind == kind)
        return tuple(_marker(row) for row in self._all(statement.order_by(marker.c.code)))

    def places(self, first: date, last: date) -> tuple[MarkerPlace, ...]:
        """Return the places of all markers that stand on a day of [first, last), by id."""
        rows = self._all(
            select(
                marker.c.id,
                marker.c.kind,
                func.ST_X(marker.c.geom),
                func.ST_Y(marker.c.geom),
                marker.c.attributes["radius_m"].as_float(),
                marker.c.attributes["side"].as_string(),
                func.lower(marker.c.valid),
                func.upper(marker.c.valid),
            )
            .where(marker.c.district == self.district, marker.c.valid.overlaps(period(first, last)))
            .order_by(marker.c.id)
        )
        return tuple(MarkerPlace(*tuple(row)) for row in rows)

    def along(self, segment: UUID, as_of: date) -> tuple[Marker, ...]:
        """Return the markers of a border segment on a day, ordered by measure, then by code."""
        return self.along_each((segment,), as_of).get(segment, ())

    def along_each(self, segments: Sequence[UUID], as_of: date) -> dict[UUID, tuple[Marker, ...]]:
        """Return the markers of several segments as :meth:`along` does; a segment without any is left out."""
        rows = self._all(
            select(marker)
            .where(
                marker.c.district == self.district,
                marker.c.segment.in_(segments),
                marker.c.valid.contains(as_of),
            )
            .order_by(marker.c.measure_m, marker.c.code)
        )
        found: dict[UUID, list[Marker]] = {}
        for row in rows:
            found.setdefault(row.segment, []).append(_marker(row))
        return {segment: tuple(every) for segment, every in found.items()}

    def names_along(self, segments: Sequence[UUID], as_of: date) -> dict[UUID, list[NamedPlace]]:
        """Return what names places of several segments on a day, in the order of :meth:`along`."""
        rows = self._driver().execute(
            read_sql("marker_names").encode(),
            {"district": self.district, "segments": list(segments), "day": as_of},
        )
        found: dict[UUID, list[NamedPlace]] = {}
        for segment, *told in rows:
            found.setdefault(segment, []).append(NamedPlace(*told))
        return found

    def get(self, identifier: UUID) -> Marker:
        """Return a marker by its id.

        Raises
        ------
        NotFound
            The district has no such marker.
        """
        row = self._first(select(marker).where(marker.c.district == self.district, marker.c.id == identifier))
        return self._found(row, str(identifier))

    def by_code(self, code: str, as_of: date) -> Marker:
        """Return the marker of a code on a day.

        Raises
        ------
        NotFound
            No marker of this code stands on the day.
        """
        row = self._first(
            select(marker).where(
                marker.c.district == self.district,
                marker.c.code == code,
                marker.c.valid.contains(as_of),
            )
        )
        return self._found(row, code)

    def by_codes(self, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], Marker]:
        """Return the markers of some codes, each on a day; where none of the code stands it is left out."""
        if not wanted:
            return {}
        days = [day for _, day in wanted]
        between = period(min(days), max(days) + timedelta(days=1))
        rows = self._all(
            select(marker).where(
                marker.c.district == self.district,
                marker.c.code.in_({code for code, _ in wanted}),
                marker.c.valid.overlaps(between),
            )
        )
        found: dict[str, list[Marker]] = {}
        for row in rows:
            found.setdefault(row.code, []).append(_marker(row))
        return {
            (code, day): one
            for code, day in wanted
            for one in found.get(code, ())
            if (one.valid_from or day) <= day and (one.valid_to is None or day < one.valid_to)
        }

    def page(
        self,
        as_of: date,
        *,
        kind: str | None = None,
        bbox: Box | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Marker]:
        """Return a page of markers by id, of one kind and within a box where they are given."""
        statement = select(marker).where(marker.c.district == self.district, marker.c.valid.contains(as_of))
        if kind is not None:
            statement = statement.where(marker.c.kind == kind)
        if bbox is not None:
            statement = statement.where(bbox.intersects(marker.c.geom))
        return self._page(statement, marker.c.id, _marker, limit, cursor)

    def _found(self, row: Row[Any] | None, name: str) -> Marker:
        if row is None:
            raise NotFound(
                N_("District {district} has no marker {marker}."),
                mend=N_("Check the code and the day."),
                where={"marker": name},
                district=self.district,
                marker=name,
            )
        return _marker(row)


def _row(value: Marker) -> dict[str, Any]:
    return {
        "id": value.id,
        "code": value.code,
        "kind": value.kind,
        "name": value.name,
        "geom": from_shape(Point(value.lon, value.lat)),
        "segment": value.segment,
        "measure_m": value.measure_m,
        "attributes": value.attributes.to_json(),
        "valid": period(value.valid_from, value.valid_to),
    }


def _marker(row: Row[Any]) -> Marker:
    place = cast("Point", to_shape(row.geom))
    return Marker(
        id=row.id,
        code=row.code,
        name=row.name,
        lon=place.x,
        lat=place.y,
        attributes=read_attributes(row.kind, row.attributes),
        valid_from=row.valid.lower,
        valid_to=row.valid.upper,
        segment=row.segment,
        measure_m=row.measure_m,
    )
