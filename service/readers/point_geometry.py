"""Points as geometries: the GeoParquet and GeoPackage sides of a table of points."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyproj import CRS

from geo.crs import STORAGE_CRS, transformer
from geo.errors import N_
from service.errors import InvalidRows, MalformedBody
from service.readers.point_table import (
    LAT_NAMES,
    LON_NAMES,
    SHOWN_ROWS,
    Floats,
    Format,
    PointTable,
    check,
    column,
    numbers,
    require_rows,
)
from service.readers.signatures import require_signature


def geometry_of(table: pa.Table) -> tuple[str, str | None] | None:
    """Return name and CRS of the primary geometry column of GeoParquet, None for a plain table."""
    raw = (table.schema.metadata or {}).get(b"geo")
    if raw is None:
        return None
    try:
        meta = json.loads(raw)
        name = meta["primary_column"]
        described = meta["columns"][name]
        if described.get("encoding", "WKB") != "WKB" or name not in table.column_names:
            raise ValueError(name)
        written = described.get("crs", "OGC:CRS84")
        crs = None if written is None else CRS.from_user_input(written).to_string()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedBody(
            N_("The geometry column of the GeoParquet file cannot be read."),
            mend=N_("Write it with WKB geometries and a CRS."),
        ) from error
    return str(name), crs


def from_wkb(values: pa.ChunkedArray, name: str, crs: str | None) -> tuple[Floats, Floats]:
    """Return lon, lat in degrees of a column of WKB points in a CRS; rows that are none are refused.

    Raises
    ------
    InvalidRows
        Rows without a point on the globe; the first ten are named.
    """
    raw = np.array(values.to_pylist(), dtype=object)
    points = shapely.from_wkb(raw, on_invalid="ignore")
    wrong = np.flatnonzero((shapely.get_type_id(points) != 0) | shapely.is_empty(points))
    if len(wrong):
        rows = [{"row": int(row) + 1, "column": name, "value": None} for row in wrong[:SHOWN_ROWS]]
        raise InvalidRows(
            N_("{count} rows have no point on the globe; the first is row {row}, column {column}."),
            mend=N_("Correct or remove them and send the table again; nothing was done."),
            where={"row": rows[0]["row"], "column": name},
            extra={"rows": rows},
            count=len(wrong),
            row=rows[0]["row"],
            column=name,
        )
    x, y = shapely.get_x(points), shapely.get_y(points)
    if crs is not None and not _is_storage(crs):
        x, y = transformer(crs, STORAGE_CRS).transform(x, y)
    check(x, y, name, name)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _is_storage(crs: str) -> bool:
    return crs.upper() in {"OGC:CRS84", "EPSG:4326", "EPSG:4490"}


def read_geopackage(path: Path, lon: str | None, lat: str | None) -> PointTable:
    """Read the first layer of a GeoPackage; its points are its geometries unless columns are named.

    Raises
    ------
    MalformedBody
        The file is no GeoPackage.
    InvalidInput, InvalidRows, ContentTooLarge
        As :func:`service.readers.points.read`.
    """
    require_signature(path, path.name)
    try:
        meta, table = pyogrio.read_arrow(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise MalformedBody(
            N_("{file} cannot be read: {reason}."),
            mend=N_("Check that it is a GeoPackage with a layer of points."),
            where={"file": str(path)},
            file=path.name,
            reason=str(error)[:200],
        ) from error
    require_rows(table.num_rows)
    name = meta["geometry_name"] or "wkb_geometry"
    if lon or lat or name not in table.column_names:
        lon_name, lat_name = column(table, lon, LON_NAMES, "lon"), column(table, lat, LAT_NAMES, "lat")
        x, y = numbers(table.column(lon_name)), numbers(table.column(lat_name))
        check(x, y, lon_name, lat_name)
    else:
        x, y = from_wkb(table.column(name), name, meta["crs"])
    return PointTable(table, x, y, name, meta["crs"])


def write_geopackage(table: PointTable, path: Path, layer: str) -> None:
    """Write a table as a layer of points in the CRS it came in, EPSG:4490 where it had none."""
    written = table.table
    name = table.geometry
    crs = table.crs
    if name is None or name not in written.column_names:
        name, crs = "geometry", STORAGE_CRS
        shapes = shapely.to_wkb(shapely.points(table.lon, table.lat))
        written = written.append_column(name, pa.array(shapes.tolist(), pa.binary()))
    options: dict[str, Any] = {"driver": "GPKG", "layer": layer, "geometry_type": "Point"}
    pyogrio.write_arrow(written, path, geometry_name=name, crs=crs or STORAGE_CRS, **options)


def for_format(table: PointTable, kind: Format) -> PointTable:
    """Return the table with its geometry as the format wants it: columns for CSV, metadata for GeoParquet."""
    if table.geometry is None or table.geometry not in table.table.column_names:
        return table
    if kind == "csv":
        bare = replace(table, table=table.table.drop_columns([table.geometry]), geometry=None)
        placed = bare.with_columns({"lon": pa.array(table.lon), "lat": pa.array(table.lat)})
        return replace(placed, answers=table.answers)
    known = table.table.schema.metadata or {}
    if kind == "parquet" and b"geo" not in known:
        described = {"encoding": "WKB", "geometry_types": ["Point"]}
        crs = json.loads(CRS.from_user_input(table.crs or STORAGE_CRS).to_json())
        geo = {
            "version": "1.0.0",
            "primary_column": table.geometry,
            "columns": {table.geometry: {**described, "crs": crs}},
        }
        written = table.table.replace_schema_metadata({**known, b"geo": json.dumps(geo).encode()})
        return replace(table, table=written)
    return table
