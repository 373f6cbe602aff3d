"""Roads for finding the way: edges between junctions with who may use them, and closures for a period.

Edges come whole from one file and are replaced whole. A closure names the way and a place on it, not an edge,
so it still holds when the roads were read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Integer, Row, SmallInteger, Text, select
from sqlalchemy.dialects.postgresql import DATERANGE

from geo.errors import N_
from layers.base import identifier, in_district, shard_table
from layers.errors import NotFound
from layers.geometry import from_wkbs, geometry_type, period, to_ewkbs
from layers.heads import Heads
from layers.storage import Store

ROADS, CLOSURES = "roads", "road-closures"
"""The heads of the edges and of the closures."""

MODES = ("foot", "car")
"""Ways of going about, by the place of their bits."""

road_edge = shard_table(
    "road_edge",
    Column("way", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tail", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("length_m", Double, nullable=False),
    # Bits: on foot onward and backward, by car onward and backward.
    Column("uses", SmallInteger, nullable=False),
    # Bits: the tail barred on foot and by car, the head barred on foot and by car.
    Column("barred", SmallInteger, nullable=False),
    Column("geom", geometry_type("LINESTRING"), nullable=False),
    in_district(),
    CheckConstraint("uses BETWEEN 1 AND 15", name="uses"),
    CheckConstraint("barred BETWEEN 0 AND 15", name="barred"),
    CheckConstraint("length_m > 0", name="length"),
    key=("way", "part"),
)

road_closure = shard_table(
    "road_closure",
    identifier(),
    Column("way", BigInteger, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    # Bits: on foot, by car.
    Column("modes", SmallInteger, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("reason", Text, nullable=False),
    in_district(),
    CheckConstraint("modes BETWEEN 1 AND 3", name="modes"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
)


@dataclass(frozen=True, slots=True, eq=False)
class RoadTable:
    """Edges in columns of equal length, lines in lon, lat degrees; the bits are those of the table."""

    way: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    name: npt.NDArray[Any]
    kind: npt.NDArray[Any]
    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    length_m: npt.NDArray[np.float64]
    uses: npt.NDArray[np.int64]
    barred: npt.NDArray[np.int64]
    geom: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.way)

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[Any, ...]]) -> "RoadTable":
        """Return the table of rows that have the columns in this order."""
        columns = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
        made = []
        for values, kind in zip(columns, _TYPES.values(), strict=True):
            array: npt.NDArray[Any] = np.empty(len(values), dtype=kind)
            array[:] = values
            made.append(array)
        return cls(*made)


_TYPES: dict[str, type] = {
    "way": np.int64,
    "part": np.int64,
    "name": object,
    "kind": object,
    "tail": np.int64,
    "head": np.int64,
    "length_m": np.float64,
    "uses": np.int64,
    "barred": np.int64,
    "geom": object,
}


@dataclass(frozen=True, slots=True)
class Closure:
    """A road that is closed for ``modes`` from ``valid_from`` to the day before ``valid_to``.

    ``lon``, ``lat`` in degrees name which edge of the way it is: the nearest.
    """

    id: UUID
    way: int
    lon: float
    lat: float
    modes: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    reason: str

    def holds(self, day: date) -> bool:
        """Say whether the road is closed on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Roads(Store):
    """The roads of one district."""

    def replace(self, table: RoadTable) -> None:
        """Store these edges in place of all that there are."""
        self._lock(ROADS)
        self._write(road_edge.delete().where(road_edge.c.district == self.district))
        names = [one.name for one in fields(RoadTable)]
        columns = [getattr(table, name).tolist() for name in names[:-1]]
        columns.append(to_ewkbs(table.geom).tolist())
        self._copy(road_edge, names, zip(*columns, strict=True))
        Heads(self._session, self.district).raise_head(ROADS)

    def table(self) -> RoadTable:
        """Return all edges by way and part."""
        columns = [road_edge.c[name] for name in _TYPES]
        rows = self._all(
            select(*columns)
            .where(road_edge.c.district == self.district)
            .order_by(road_edge.c.way, road_edge.c.part)
        )
        lines = from_wkbs([bytes.fromhex(str(row.geom)) for row in rows])
        return RoadTable.of_rows([(*row[:-1], line) for row, line in zip(rows, lines, strict=True)])

    def close(self, closure: Closure) -> None:
        """Close a road."""
        row = {
            "id": closure.id,
            "way": closure.way,
            "lon": closure.lon,
            "lat": closure.lat,
            "modes": sum(1 << MODES.index(one) for one in closure.modes),
            "valid": period(closure.valid_from, closure.valid_to),
            "reason": closure.reason,
        }
        self._insert(road_closure, [row])
        Heads(self._session, self.district).raise_head(CLOSURES)

    def closures(self) -> tuple[Closure, ...]:
        """Return all closures, those that were made first first."""
        rows = self._all(
            select(road_closure).where(road_closure.c.district == self.district).order_by(road_closure.c.id)
        )
        return tuple(_closure(row) for row in rows)

    def open(self, identifier: UUID) -> None:
        """Take a closure away.

        Raises
        ------
        NotFound
            There is no such closure.
        """
        gone = road_closure.delete().where(
            road_closure.c.district == self.district, road_closure.c.id == identifier
        )
        if not self._write(gone).rowcount:
            raise NotFound(
                N_("District {district} has no closed road {closure}."),
                mend=N_("List the closed roads; somebody may have opened it."),
                where={"closure": str(identifier)},
                district=self.district,
                closure=str(identifier),
            )
        Heads(self._session, self.district).raise_head(CLOSURES)


def _closure(row: Row[Any]) -> Closure:
    modes = tuple(name for place, name in enumerate(MODES) if row.modes >> place & 1)
    valid = row.valid
    return Closure(row.id, row.way, row.lon, row.lat, modes, valid.lower, valid.upper, row.reason)
