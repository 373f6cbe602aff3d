"""Points with columns: CSV with lon and lat, or any vector file of points, in one form."""

from pathlib import Path

import numpy as np
import shapely

from service.errors import ServiceError
from service.readers.point_table import LAT_NAMES, LON_NAMES
from service.readers.points import read_file
from service.readers.vector import Features, read_vector


def read_places(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> Features:
    """Read the points of a file with their columns; in a CSV all columns are text.

    Raises
    ------
    InvalidInput, InvalidRows, MalformedBody, UnsupportedFormat, ContentTooLarge
        As :func:`service.readers.vector.read_vector` and :func:`service.readers.points.read_file`.
    """
    if path.suffix.lower() != ".csv":
        return read_vector(path, "point", layer=layer, crs=crs, encoding=encoding)
    try:
        table = read_file(path)
    except ServiceError as error:
        # A table that came over the wire has no name; this one does.
        error.where = {"file": path.name, **error.where}
        raise
    names = [name for name in table.table.column_names if name.strip().lower() not in LON_NAMES + LAT_NAMES]
    columns = {name: np.array(table.table.column(name).to_pylist(), dtype=object) for name in names}
    points = np.asarray(shapely.points(table.lon, table.lat), dtype=object)
    return Features(path.name, path.stem, "EPSG:4326", points, columns)
