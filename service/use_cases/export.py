"""Export a stored layer: GeoJSON as the database writes it, other formats through GDAL, CSV made inert."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from geo.crs import STORAGE_CRS
from geo.errors import N_
from layers.stores import Stores
from service.errors import InvalidInput, UnsupportedFormat
from service.hardening.cells import inert
from service.readers.whole_file import whole_file

DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf"}
SUFFIXES = (".geojson", ".json", ".csv", *DRIVERS)
_PAGE = 5_000


def require_format(path: Path) -> None:
    """Refuse a file whose suffix names no format of an export.

    Raises
    ------
    UnsupportedFormat
        The suffix is none of ours.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnsupportedFormat(
            N_("“{file}” names no format of an export."),
            mend=N_("Use one of {known}."),
            where={"file": str(path)},
            file=path.name,
            known=", ".join(SUFFIXES),
        )


def export_layer(stores: Stores, layer: str, path: Path, day: date, level: int | None = None) -> int:
    """Write a layer as of a day to a file and return how many features it has.

    The file appears whole or not at all. Coordinates are lon, lat in degrees, EPSG:4490.

    Raises
    ------
    UnknownLayer
        The district has no such layer.
    InvalidInput
        It has no feature on that day.
    UnsupportedFormat
        The suffix names no format of an export.
    """
    require_format(path)
    features = list(_features(stores, layer, day, level))
    if not features:
        raise InvalidInput(
            N_("Layer {layer} has nothing on {day}."),
            mend=N_("Choose another day or level, or import the layer first."),
            where={"layer": layer},
            layer=layer,
            day=day.isoformat(),
        )
    suffix = path.suffix.lower()
    with whole_file(path) as temporary:
        if suffix in (".geojson", ".json"):
            body = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
            temporary.write_text(body, encoding="utf-8")
        else:
            shapes, columns = _columns(features)
            if suffix == ".csv":
                temporary.write_text(_csv(shapes, columns), encoding="utf-8")
            else:
                _write(shapes, columns, temporary, path.stem, DRIVERS[suffix])
    return len(features)


def _features(stores: Stores, layer: str, day: date, level: int | None) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = stores.items.page(layer, day, level=level, limit=_PAGE, cursor=cursor)
        yield from page.features
        cursor = page.cursor
        if cursor is None:
            return


def _columns(features: list[str]) -> tuple[Any, dict[str, list[Any]]]:
    """Return the shapes and the properties in columns; the attributes become columns of their own."""
    parsed = [json.loads(feature) for feature in features]
    # Representatives may have no place: Shapely takes None for no geometry, not the text null.
    texts = [None if one["geometry"] is None else json.dumps(one["geometry"]) for one in parsed]
    shapes = shapely.from_geojson(np.array(texts, dtype=object))
    rows = []
    for feature in parsed:
        properties = dict(feature["properties"])
        attributes = properties.pop("attributes", None) or {}
        row = {"id": feature["id"], **properties}
        row.update(
            {name if name not in row else f"attribute_{name}": value for name, value in attributes.items()}
        )
        rows.append({name: _plain(value) for name, value in row.items()})
    names = list(dict.fromkeys(name for row in rows for name in row))
    return shapes, {name: [row.get(name) for row in rows] for name in names}


def _plain(value: Any) -> Any:
    """Return a value that a column can hold: lists of texts joined, other nested values as JSON."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _csv(shapes: Any, columns: dict[str, list[Any]]) -> str:
    """Return a CSV: points as lon and lat, other shapes as WKT, every text inert in a spreadsheet."""
    placed: dict[str, list[Any]]
    kinds = set(shapely.get_type_id(shapes).tolist()) - {-1}
    if kinds == {0}:
        placed = {"lon": shapely.get_x(shapes).tolist(), "lat": shapely.get_y(shapes).tolist()}
    else:
        placed = {"wkt": shapely.to_wkt(shapes, rounding_precision=7).tolist()}
    written = columns | placed
    sink = io.StringIO(newline="")
    # A byte order mark lets spreadsheets read the text as UTF-8.
    sink.write("\ufeff")
    writer = csv.writer(sink)
    writer.writerow([inert(name) for name in written])
    for row in zip(*written.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return sink.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return ""
    return inert(value) if isinstance(value, str) else value


def _write(shapes: Any, columns: dict[str, list[Any]], path: Path, layer: str, driver: str) -> None:
    arrays = {name: _array(values) for name, values in columns.items()}
    binary = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    # FlatGeobuf cannot index what has no place.
    options = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" and None in shapes else {}
    pyogrio.write_arrow(
        pa.table({**arrays, "geometry": binary}),
        path,
        driver=driver,
        layer=layer,
        geometry_name="geometry",
        geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
        crs=STORAGE_CRS,
        layer_options=options,
    )


def _array(values: list[Any]) -> pa.Array:
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        found = pa.array([None if one is None else str(one) for one in values])
    # A column without any value has no type that a file could keep.
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found
