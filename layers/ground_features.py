"""What lies on the ground: incidents, dwellings, stations, markers and representatives within boxes.

Read for whoever redraws boundaries: all kinds in one statement, packed, so that a million points cost no
object each. Incidents are only counted by whoever asks here, so they are read as the intake, which sees all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.geometry import SRID
from layers.incident_tables import SETTLED
from layers.row_security import INTAKE, acting
from layers.storage import Store, read_sql

Kind = Literal["incident", "dwelling", "station", "marker", "representative"]
_WKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("lon", "<f8"), ("lat", "<f8")])


@dataclass(frozen=True, slots=True, eq=False)
class PackedPoints:
    """Things of one kind: ``word`` is the class of incidents, the kind of markers, empty for others.

    ``lon``, ``lat`` float64 (n,) degrees; ``households`` int64 (n,), 0 but for dwellings; ``ids`` the UUIDs
    as 16 bytes each, (n,). ``open`` is false for incidents that are settled.
    """

    kind: Kind
    word: str
    open: bool
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    households: NDArray[np.int64]
    ids: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.lon)

    def id(self, position: int) -> UUID:
        """Return the id of a thing by its position."""
        return UUID(bytes=self.ids[position].tobytes())


class GroundFeatures(Store):
    """What lies on the ground of one district."""

    def within(self, boxes: Sequence[tuple[float, float, float, float]], day: date) -> list[PackedPoints]:
        """Return what lies within boxes on a day, edges included.

        Parameters
        ----------
        boxes
            West, south, east, north in degrees; they must not meet, or what lies in two is found twice.
        day
            Markers and stations are those of this day; incidents, dwellings and people are those known now.
        """
        if not boxes:
            return []
        shapes = shapely.set_srid(shapely.box(*np.asarray(boxes, dtype=np.float64).T), SRID)
        parameters = {
            "district": self.district,
            "day": day,
            "settled": sorted(SETTLED),
            "boxes": list(shapely.to_wkb(shapes, include_srid=True)),
        }
        with acting(self._session, INTAKE), self._driver().cursor(binary=True) as cursor:
            rows = cursor.execute(read_sql("ground_points").encode(), parameters).fetchall()
        return [_unpack(*row) for row in rows]

    def names(self, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
        """Return code and name of markers, stations and representatives by id."""
        if not ids:
            return {}
        parameters = {"district": self.district, "ids": list(ids)}
        with self._driver().cursor(binary=True) as cursor:
            rows = cursor.execute(read_sql("ground_names").encode(), parameters).fetchall()
        return {identifier: (code, name) for identifier, code, name in rows}


def _unpack(kind: Any, word: str, open_: bool, points: bytes, households: bytes, ids: bytes) -> PackedPoints:
    places = np.frombuffer(points, dtype=_WKB_POINT)
    return PackedPoints(
        kind,
        word,
        open_,
        np.ascontiguousarray(places["lon"]),
        np.ascontiguousarray(places["lat"]),
        np.frombuffer(households, dtype=">i4").astype(np.int64),
        np.frombuffer(ids, dtype="V16"),
    )
