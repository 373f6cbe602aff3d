"""Rows with a place from a file that somebody sends: CSV, or any vector file, with all that is wrong in it.

A CSV says where with ``lon`` and ``lat``, or with a shape as WKT in ``wkt`` or ``geometry``, in degrees. What
is wrong in a row is told and read on, so that all of a file can be mended at once.
"""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, MalformedBody
from service.readers.faults import RowFault
from service.readers.point_table import LAT_NAMES, LON_NAMES, column_of
from service.readers.vector import Features, Shape, read_vector

MOST_ROWS = 50_000
_SHAPES = ("wkt", "geometry")
_TYPES = {"point": ("Point",), "site": ("Point", "LineString", "MultiLineString")}
_LONGEST_CELL = 1_000_000


def read_rows(path: Path, shape: Shape) -> tuple[Features, list[RowFault]]:
    """Return the rows of a file, and what is wrong with places; such rows have no geometry.

    Raises
    ------
    UnsupportedFormat, MalformedBody, InvalidInput, ContentTooLarge
        The file as a whole cannot be read.
    RowsRefused
        Rows of a vector file have no place that can be read.
    """
    if path.suffix.lower() != ".csv":
        features = read_vector(path, shape)
        _require_few(path.name, len(features))
        return features, []
    head, rows = _table(path)
    shapes = [name for name in head if name.lower() in _SHAPES]
    lon, lat = (
        (None, None) if shapes else (column_of(head, LON_NAMES, "lon"), column_of(head, LAT_NAMES, "lat"))
    )
    faults: list[RowFault] = []
    places: list[Any] = []
    for row, cells in enumerate(rows, start=1):
        place: Any = None
        if len(cells) != len(head):
            params = {"count": len(cells), "wanted": len(head)}
            faults.append(
                RowFault(
                    row,
                    N_("It has {count} cells and the head {wanted}."),
                    N_("Quote cells with commas in them."),
                    params=params,
                )
            )
            cells.extend([""] * (len(head) - len(cells)))
        elif shapes:
            place = _shape(cells[head.index(shapes[0])], shape)
            if place is None:
                mend = N_("Write a place as WKT in degrees, such as POINT (116.1 44.2).")
                faults.append(
                    RowFault(row, N_("Its shape cannot be read."), mend, params={"field": shapes[0]})
                )
        else:
            place = _point(cells[head.index(str(lon))], cells[head.index(str(lat))])
            if place is None:
                mend = N_("Give longitude and latitude in degrees, as numbers with a point.")
                faults.append(
                    RowFault(row, N_("It has no place on the globe."), mend, params={"field": str(lon)})
                )
        places.append(place)
    columns = {
        name: np.array([cells[k].strip() or None for cells in rows], dtype=object)
        for k, name in enumerate(head)
        if name not in (lon, lat, *shapes)
    }
    return Features(path.name, path.stem, "EPSG:4326", _array(places), columns), faults


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a CSV, without lines that are empty."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(
            N_("{file} is no UTF-8 from byte {byte} on."),
            mend=N_("Save it as CSV in UTF-8."),
            where={"file": path.name},
            file=path.name,
            byte=error.start,
        ) from error
    first = text[: text.find("\n")]
    mark = max((",", ";", "\t"), key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        found = [cells for cells in csv.reader(StringIO(text, newline=""), delimiter=mark) if any(cells)]
    except csv.Error as error:
        raise MalformedBody(
            N_("{file} is no CSV: {reason}."),
            mend=N_("Save it as CSV in UTF-8."),
            where={"file": path.name},
            file=path.name,
            reason=str(error),
        ) from error
    if len(found) < 2:
        raise InvalidInput(
            N_("The table is empty."),
            mend=N_("Send a header and at least one row."),
            where={"file": path.name},
        )
    _require_few(path.name, len(found) - 1)
    head = [one.strip() for one in found[0]]
    twice = next((one for one in head if one and head.count(one) > 1), None)
    if twice is not None:
        raise InvalidInput(
            N_("The table has two columns “{column}”."),
            mend=N_("Keep one of them."),
            where={"file": path.name, "column": twice[:64]},
            column=twice[:64],
        )
    return head, found[1:]


def _require_few(file: str, rows: int) -> None:
    if rows > MOST_ROWS:
        raise ContentTooLarge(
            N_("{file} has {rows} rows; {most} are taken at once."),
            mend=N_("Split it into several files."),
            where={"file": file},
            file=file,
            rows=rows,
            most=MOST_ROWS,
        )


def _point(lon: str, lat: str) -> Any:
    try:
        place = float(lon), float(lat)
    except ValueError:
        return None
    return shapely.Point(place) if abs(place[0]) <= 180 and abs(place[1]) <= 90 else None


def _shape(text: str, shape: Shape) -> Any:
    found = shapely.from_wkt(text.strip() or None, on_invalid="ignore")
    if found is None or found.is_empty or found.geom_type not in _TYPES[shape]:
        return None
    west, south, east, north = found.bounds
    inside = west >= -180 and east <= 180 and south >= -90 and north <= 90
    return shapely.force_2d(found) if inside else None


def _array(places: Sequence[Any]) -> Any:
    found = np.empty(len(places), dtype=object)
    found[:] = places
    return found
