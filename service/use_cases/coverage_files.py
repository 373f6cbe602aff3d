"""Coverage of the border as a file: rows for a spreadsheet, lines for a map program."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pyogrio
import shapely

from geo.crs import STORAGE_CRS
from geo.errors import N_
from service.errors import UnsupportedFormat
from service.hardening.cells import table
from service.schemas.coverage import CSV_COLUMNS, Period, SegmentCoverage, features_json, rows_of

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


def geopackage(found: Sequence[SegmentCoverage], period: Period) -> bytes:
    """Return coverage as a GeoPackage; its lines are in lon, lat degrees, EPSG:4490."""
    with TemporaryDirectory(prefix="wardline-coverage-") as folder:
        path = Path(folder) / "coverage.gpkg"
        _write_geopackage(found, period, path)
        return path.read_bytes()


def _write_geopackage(found: Sequence[SegmentCoverage], period: Period, path: Path) -> None:
    rows = rows_of(found, period)
    lines = [
        shapely.LineString(one.line.cut(stretch.from_m, stretch.to_m))
        for one in found
        for stretch in one.stretches
    ]
    columns = {name: _array([row[k] for row in rows]) for k, name in enumerate(CSV_COLUMNS)}
    pyogrio.write_arrow(
        pa.table({**columns, "geometry": pa.array(shapely.to_wkb(lines).tolist(), pa.binary())}),
        path,
        driver="GPKG",
        layer="coverage",
        geometry_name="geometry",
        geometry_type="LineString",
        crs=STORAGE_CRS,
    )


def _array(values: list[Any]) -> pa.Array:
    """Return a column; an empty text among numbers is nothing."""
    numbers = [value for value in values if not isinstance(value, str)]
    if numbers:
        return pa.array([None if isinstance(value, str) else value for value in values])
    return pa.array(values, pa.string())
