"""Ground cover: polygons of scrub, forest, water and closed ground; all else is open."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from shapely.geometry import Polygon
from sqlalchemy import Column, Index, Row, Text, UniqueConstraint, select

from geo.visits import Cover
from layers.base import among, identifier, in_district, shard_table
from layers.coded import CodedStore
from layers.geometry import Box, from_shape, geometry_type, to_shape

COVER_KINDS: tuple[str, ...] = tuple(one.name.lower() for one in Cover)

ground_cover = shard_table(
    "ground_cover",
    identifier(),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("geom", geometry_type("POLYGON"), nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
    among("kind", COVER_KINDS),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class CoverArea:
    """A polygon in lon, lat degrees, and what covers its ground."""

    id: UUID
    code: str
    kind: Cover
    name: str
    area: Polygon


class GroundCover(CodedStore[CoverArea]):
    """The ground cover of one district."""

    table = ground_cover
    layer = "cover"

    def all(self, bbox: Box | None = None) -> tuple[CoverArea, ...]:
        """Return the polygons by code, within a box where one is given."""
        statement = select(ground_cover).where(ground_cover.c.district == self.district)
        if bbox is not None:
            statement = statement.where(bbox.intersects(ground_cover.c.geom))
        return tuple(self._value(row) for row in self._all(statement.order_by(ground_cover.c.code)))

    @staticmethod
    def _row(value: CoverArea) -> dict[str, Any]:
        return {
            "id": value.id,
            "code": value.code,
            "kind": value.kind.name.lower(),
            "name": value.name,
            "geom": from_shape(value.area),
        }

    @staticmethod
    def _value(row: Row[Any]) -> CoverArea:
        return CoverArea(
            row.id, row.code, Cover[row.kind.upper()], row.name, cast("Polygon", to_shape(row.geom))
        )
