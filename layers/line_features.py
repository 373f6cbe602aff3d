"""Lines on the ground: roads, rivers and tracks that boundaries are drawn along."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from shapely.geometry import LineString
from sqlalchemy import CheckConstraint, Column, Index, Row, Text, UniqueConstraint, select

from layers.base import identifier, in_district, shard_table
from layers.coded import CodedStore
from layers.geometry import SRID, Box, from_shape, geometry_type, to_shape

LineKind = Literal["road", "river", "track", "other"]
LINE_KINDS: tuple[LineKind, ...] = ("road", "river", "track", "other")

line_feature = shard_table(
    "line_feature",
    identifier(),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("geom", geometry_type("LINESTRING"), nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
    CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in LINE_KINDS)), name="kind"),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class LineFeature:
    """A road, river, track or other line in lon, lat degrees."""

    id: UUID
    code: str
    kind: LineKind
    name: str
    line: LineString


class LineFeatures(CodedStore[LineFeature]):
    """The lines of one district."""

    table = line_feature
    layer = "lines"

    def all(self, *, bbox: Box | None = None, kinds: Sequence[LineKind] = ()) -> tuple[LineFeature, ...]:
        """Return the lines by code, within a box and of some kinds where they are given."""
        statement = select(line_feature).where(line_feature.c.district == self.district)
        if bbox is not None:
            statement = statement.where(bbox.intersects(line_feature.c.geom))
        if kinds:
            statement = statement.where(line_feature.c.kind.in_(kinds))
        return tuple(self._value(row) for row in self._all(statement.order_by(line_feature.c.code)))

    def within(self, box: Box, kind: LineKind) -> tuple[bytes, ...]:
        """Return the lines of a kind within a box that does not cross the antimeridian, by code, as WKB."""
        (west, south, east, north), *_ = box.parts()
        asked = {"west": west, "south": south, "east": east, "north": north, "srid": SRID, "kind": kind}
        return tuple(one for (one,) in self._asked("lines_within", {"district": self.district, **asked}))

    @staticmethod
    def _row(value: LineFeature) -> dict[str, Any]:
        return {
            "id": value.id,
            "code": value.code,
            "kind": value.kind,
            "name": value.name,
            "geom": from_shape(value.line),
        }

    @staticmethod
    def _value(row: Row[Any]) -> LineFeature:
        line = cast("LineString", to_shape(row.geom))
        return LineFeature(row.id, row.code, cast("LineKind", row.kind), row.name, line)
