"""Coverage of the border as a file: rows for a spreadsheet, lines for a map program."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pyogrio
import shapely

from geo.crs import STORAGE_CRS
from geo.errors import N_
from maps import style
from maps.qgis import LineRule, line_style
from service.errors import UnsupportedFormat
from service.hardening.cells import table
from service.schemas.coverage import (
    CSV_COLUMNS,
    FIGURES,
    Period,
    SegmentCoverage,
    features_json,
    figures_of,
    rows_of,
)

_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
    f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
    description TEXT, owner TEXT, ui TEXT, update_time DATETIME DEFAULT CURRENT_TIMESTAMP
)
"""
"""The table in which QGIS looks for the style of a layer."""

_KNOWN = """
INSERT INTO gpkg_contents (table_name, data_type, identifier)
VALUES ('layer_styles', 'attributes', 'layer_styles')
"""

_STYLE = """
INSERT INTO layer_styles (
    f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault
) VALUES ('', '', 'coverage', 'geometry', 'coverage', ?, '', 1)
"""

SUFFIXES = (".html", ".geojson", ".csv", ".gpkg")


def require_format(path: Path) -> None:
    """Refuse a file whose suffix names no format of a coverage report.

    Raises
    ------
    UnsupportedFormat
        The suffix is none of ours.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnsupportedFormat(
            N_("“{file}” names no format of a coverage report."),
            mend=N_("Use one of {known}."),
            where={"file": str(path)},
            file=path.name,
            known=", ".join(SUFFIXES),
        )


def table_text(found: Sequence[SegmentCoverage], period: Period) -> str:
    """Return CSV with a row for each stretch; no text in it can act as a formula."""
    return table(CSV_COLUMNS, rows_of(found, period))


def write(found: Sequence[SegmentCoverage], period: Period, path: Path, page: str = "") -> None:
    """Write coverage in the format of the file's suffix; ``page`` is what an .html file holds.

    The file appears whole or not at all. Lines are in lon, lat degrees, EPSG:4490.

    Raises
    ------
    UnsupportedFormat
        The suffix is none of ours.
    """
    require_format(path)
    suffix = path.suffix.lower()
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if suffix == ".csv":
            temporary.write_text(table_text(found, period), encoding="utf-8")
        elif suffix == ".geojson":
            temporary.write_bytes(orjson.dumps(features_json(found, period)))
        elif suffix == ".gpkg":
            _write_geopackage(found, period, temporary)
        else:
            temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def geopackage(
    found: Sequence[SegmentCoverage], period: Period, translate: Callable[[str], str] = str
) -> bytes:
    """Return coverage as a GeoPackage; its lines are in lon, lat degrees, EPSG:4490.

    The layer ``coverage`` has the stretches, with the classes of the map as its style in QGIS; the layer
    ``segments`` has the figures of each segment.
    """
    with TemporaryDirectory(prefix="wardline-coverage-") as folder:
        path = Path(folder) / "coverage.gpkg"
        _write_geopackage(found, period, path, translate)
        return path.read_bytes()


def _write_geopackage(
    found: Sequence[SegmentCoverage], period: Period, path: Path, translate: Callable[[str], str] = str
) -> None:
    stretches = [
        (row, stretch.from_m, stretch.to_m, one)
        for one in found
        for row, stretch in zip(rows_of([one], period), one.stretches, strict=True)
    ]
    _write_layer(path, "coverage", CSV_COLUMNS, stretches)
    figures = [
        (row, 0.0, one.length_m, one) for one, row in zip(found, figures_of(found, period), strict=True)
    ]
    _write_layer(path, "segments", FIGURES, figures)
    rules = [LineRule(step, translate(step.label), chosen) for step, chosen in _classes()]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLES)
        database.execute(_KNOWN)
        database.execute(_STYLE, (line_style(rules),))


def _write_layer(
    path: Path,
    name: str,
    heads: Sequence[str],
    rows: Sequence[tuple[Sequence[Any], float, float, SegmentCoverage]],
) -> None:
    """Add a layer of parts of segments between two measures, with a row of columns each."""
    lines = [shapely.LineString(one.line.cut(low, high)) for _, low, high, one in rows]
    columns = {head: _array([row[k] for row, *_ in rows]) for k, head in enumerate(heads)}
    pyogrio.write_arrow(
        pa.table({**columns, "geometry": pa.array(shapely.to_wkb(lines).tolist(), pa.binary())}),
        path,
        driver="GPKG",
        layer=name,
        geometry_name="geometry",
        geometry_type="LineString",
        crs=STORAGE_CRS,
        append=path.exists(),
    )


def _classes() -> list[tuple[style.MapClass, str]]:
    """Return the classes of stretches, and what chooses them in QGIS."""
    ages = [
        (
            step,
            f"state = 'covered' AND age_days >= {step.low or 0:g}"
            + (f" AND age_days < {step.high:g}" if step.high else ""),
        )
        for step in style.AGES
    ]
    return [*ages, (style.INFERRED, "state = 'inferred'"), (style.GAP, "state = 'gap'")]


def _array(values: list[Any]) -> pa.Array:
    """Return a column; an empty text among numbers is nothing, and so is a number that nobody knows."""
    texts = [value for value in values if isinstance(value, str)]
    if values and len(texts) < len(values):
        numbers = [None if isinstance(value, str) else value for value in values]
        known = any(value is not None for value in numbers)
        return pa.array(numbers) if known else pa.array(numbers, pa.float64())
    return pa.array(values, pa.string())
