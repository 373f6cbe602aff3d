"""Dwellings: places with a number of households. Nobody's name is stored with them."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point
from sqlalchemy import CheckConstraint, Column, Index, Integer, Row, Text, UniqueConstraint, func, select

from layers.base import identifier, in_district, shard_table
from layers.coded import CodedStore
from layers.geometry import Box, from_shape, geometry_type, to_shape

dwelling = shard_table(
    "dwelling",
    identifier(),
    Column("code", Text, nullable=False),
    Column("geom", geometry_type("POINT"), nullable=False),
    Column("households", Integer, nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
    CheckConstraint("households >= 0", name="households"),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class Dwelling:
    """A place at ``lon``, ``lat`` in degrees with a number of households."""

    id: UUID
    code: str
    lon: float
    lat: float
    households: int


@dataclass(frozen=True, slots=True, eq=False)
class DwellingTable:
    """Dwellings in columns, in the order of their ids; ``lons``, ``lats`` in degrees."""

    ids: tuple[UUID, ...]
    lons: NDArray[np.float64]
    lats: NDArray[np.float64]
    households: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


class Dwellings(CodedStore[Dwelling]):
    """The dwellings of one district."""

    table = dwelling
    layer = "dwellings"

    def within(self, *boxes: Box) -> DwellingTable:
        """Return the dwellings in some boxes in columns, or all of them where no box is given."""
        columns = dwelling.c
        statement = select(
            columns.id, func.ST_X(columns.geom), func.ST_Y(columns.geom), columns.households
        ).where(columns.district == self.district)
        if boxes:
            met = boxes[0].intersects(columns.geom)
            for box in boxes[1:]:
                met |= box.intersects(columns.geom)
            statement = statement.where(met)
        rows = self._all(statement.order_by(columns.id))
        ids, lons, lats, households = zip(*rows, strict=True) if rows else ((),) * 4
        return DwellingTable(
            tuple(ids),
            np.array(lons, dtype=np.float64),
            np.array(lats, dtype=np.float64),
            np.array(households, dtype=np.int64),
        )

    @staticmethod
    def _row(value: Dwelling) -> dict[str, Any]:
        return {
            "id": value.id,
            "code": value.code,
            "geom": from_shape(Point(value.lon, value.lat)),
            "households": value.households,
        }

    @staticmethod
    def _value(row: Row[Any]) -> Dwelling:
        place = cast("Point", to_shape(row.geom))
        return Dwelling(row.id, row.code, place.x, place.y, row.households)
