"""Vector files: GeoPackage, Shapefile (zipped or not), GeoJSON and FlatGeobuf in any CRS, read as they are.

A file is read as a whole or refused as a whole. Every refusal names the file, the layer, and the row
(features are counted from 1 in the order of the file). Geometries come out in lon, lat degrees of the
storage CRS, without Z and M, not yet on the lattice.
"""

import difflib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geo.crs import STORAGE_CRS, parse_crs, reproject
from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, MalformedBody, UnsupportedFormat
from service.readers.archives import unpacked
from service.readers.dbf import encoding_of
from service.readers.faults import RowFault, refuse_rows
from service.readers.geojson import check_geojson
from service.readers.signatures import require_signature

Shape = Literal["area", "line", "point", "site", "barrier"]
MOST_BYTES = 4 << 30
MOST_ROWS = 1_000_000

_TYPES: dict[Shape, tuple[str, ...]] = {
    "area": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
    "site": ("Point", "LineString", "MultiLineString"),
    "barrier": ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
}
_SUFFIXES = (".gpkg", ".zip", ".shp", ".geojson", ".json", ".fgb")
_CURVES = (
    "CURVEPOLYGON",
    "MULTISURFACE",
    "COMPOUNDCURVE",
    "CIRCULARSTRING",
    "MULTICURVE",
    "SURFACE",
    "CURVE",
)
_MEND_CRS = N_("Name the coordinates' real CRS with --crs, such as --crs EPSG:4547.")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The rows of one layer: ``geometries`` (n,) in lon, lat degrees and ``columns`` by name, each (n,).

    ``crs`` is the system that the coordinates were read in. Null values are None, or NaN in number columns.
    """

    file: str
    layer: str
    crs: str
    geometries: npt.NDArray[Any]
    columns: dict[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.geometries)

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column by its name.

        Raises
        ------
        InvalidInput
            The layer has no such field; its fields and the nearest name are listed.
        """
        if name in self.columns:
            return self.columns[name]
        near = difflib.get_close_matches(name, self.columns, n=1, cutoff=0.5)
        raise InvalidInput(
            N_("{file}, layer {layer}, has no field “{field}”; it has: {known}."),
            mend=N_("Did you mean “{near}”?") if near else N_("Name one of them."),
            where={"file": self.file, "layer": self.layer, "field": name},
            file=self.file,
            layer=self.layer,
            field=name,
            known=", ".join(self.columns) or "–",
            near=near[0] if near else "",
        )


def read_vector(
    path: Path, shape: Shape, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> Features:
    """Read one layer of a vector file.

    Parameters
    ----------
    path
        A .gpkg, .zip (of a Shapefile or one other dataset), .shp, .geojson, .json or .fgb file.
    shape
        What every row must be: an area, a line or a point.
    layer
        Which layer, where there are several.
    crs
        The coordinates' system, where the file names none or a wrong one.
    encoding
        The encoding of a Shapefile's text, likewise.

    Raises
    ------
    UnsupportedFormat, MalformedBody, ContentTooLarge
        The file is of no known format, damaged, or too large.
    InvalidInput
        There is no such file or layer, the layer is empty or has no CRS.
    InvalidRows
        Rows without a geometry, of another type, unclosed, curved, not finite, or outside the CRS or the
        globe.
    UnknownCrs
        ``crs`` is not one.
    """
    with _dataset(path) as dataset:
        require_signature(dataset, path.name)
        # The driver reads GeoJSON more kindly than is good, so it comes second.
        rows = check_geojson(dataset, path.name) if dataset.suffix in (".geojson", ".json") else None
        chosen = _layer(dataset, path.name, layer)
        info = _opened(path.name, lambda: pyogrio.read_info(dataset, layer=chosen))
        _require_size(path.name, chosen, info["features"])
        text = encoding_of(dataset, path.name, encoding) if dataset.suffix == ".shp" else encoding
        source = _source_crs(path.name, chosen, info["crs"], crs)
        _refuse_curves(dataset, path.name, chosen, info["geometry_type"])
        meta, _, wkb, data = _opened(
            path.name, lambda: pyogrio.raw.read(dataset, layer=chosen, encoding=text)
        )
    if wkb is None or (rows is not None and rows != len(wkb)):
        raise _unreadable(path.name, "the driver did not read every row")
    columns = dict(zip((str(name) for name in meta["fields"]), data, strict=True))
    geometries = _geometries(path.name, chosen, wkb, shape)
    return Features(path.name, chosen, source, _to_lonlat(path.name, chosen, geometries, source), columns)


@contextmanager
def _dataset(path: Path) -> Iterator[Path]:
    """Yield the file to open: the path itself, or what a zip file holds."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UnsupportedFormat(
            N_("“{file}” is of no format that can be imported."),
            mend=N_("Use one of {known}."),
            where={"file": path.name},
            file=path.name,
            known=", ".join(_SUFFIXES),
        )
    if not path.is_file():
        raise InvalidInput(
            N_("There is no file {file}."),
            mend=N_("Check the path."),
            where={"file": str(path)},
            file=str(path),
        )
    size = path.stat().st_size
    if size == 0:
        raise _empty(path.name, "–")
    if size > MOST_BYTES:
        raise ContentTooLarge(
            N_("{file} is larger than {most} MB."),
            mend=N_("Split it into several files."),
            where={"file": path.name},
            file=path.name,
            most=MOST_BYTES >> 20,
        )
    if suffix == ".zip":
        with unpacked(path) as dataset:
            yield dataset
    else:
        yield path


def _layer(dataset: Path, file: str, wanted: str | None) -> str:
    """Return the layer to read, or refuse with the list of those there are."""
    listed = _opened(file, lambda: pyogrio.list_layers(dataset))
    names = [str(name) for name, kind in listed if kind is not None]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    near = difflib.get_close_matches(wanted or "", names, n=1, cutoff=0.5)
    message = N_("{file} has no layer “{layer}”; it has: {known}.")
    if wanted is None:
        message = (
            N_("{file} has several layers: {known}.") if names else N_("{file} has no layer with geometries.")
        )
    raise InvalidInput(
        message,
        mend=N_("Name one with --layer, such as --layer {near}.") if names else "",
        where={"file": file, **({"layer": wanted} if wanted else {})},
        file=file,
        layer=wanted,
        known=", ".join(names) or "–",
        near=near[0] if near else names[0] if names else "",
    )


def _opened(file: str, work: Any) -> Any:
    """Call the driver; what it cannot read is refused by file and reason."""
    try:
        # A NaN coordinate is found and named by its row; numpy need not warn of it as well.
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            # So is a CRS that the file does not define: the refusal says it.
            warnings.filterwarnings("ignore", "unable to read srs_id", RuntimeWarning)
            # And so is a ring that does not close: it becomes no geometry.
            warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)
            return work()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            N_("The text of {file} is not in the encoding that the file says."),
            mend=N_("Name its real encoding, such as --encoding GB18030."),
            where={"file": file},
            file=file,
        ) from error
    except (DataSourceError, DataLayerError, ValueError, RuntimeError) as error:
        raise _unreadable(file, str(error)) from error


def _source_crs(file: str, layer: str, found: str | None, wanted: str | None) -> str:
    """Return the CRS to read coordinates in: the one that was named, else the file's."""
    if wanted is None and not found:
        raise InvalidInput(
            N_("{file}, layer {layer}, does not say its CRS."),
            mend=_MEND_CRS,
            where={"file": file, "layer": layer},
            file=file,
            layer=layer,
        )
    text = wanted or str(found)
    parse_crs(text)
    return text


def _refuse_curves(dataset: Path, file: str, layer: str, kind: str | None) -> None:
    """Refuse rows with arcs: the driver would replace them by chords, and neighbours by other ones."""
    if kind in ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", "MultiPoint"):
        return
    names = ", ".join(f"'{name}'" for name in _CURVES)
    query = f'SELECT OGR_GEOMETRY FROM "{layer}" WHERE OGR_GEOMETRY IN ({names})'  # noqa: S608 - GDAL's own SQL
    if '"' in layer:
        return
    found = _opened(
        file,
        lambda: pyogrio.raw.read(
            dataset, sql=query, sql_dialect="OGRSQL", read_geometry=False, return_fids=True, max_features=10
        ),
    )
    refuse_rows(
        file,
        layer,
        [
            RowFault(
                int(fid),
                N_("It has arcs ({kind}), which have no exact polygon."),
                N_("Convert curves to segments first, all at once, so that neighbours keep common edges."),
                params={"kind": kind},
            )
            for fid, kind in zip(found[1], found[3][0], strict=True)
        ],
    )


def _geometries(file: str, layer: str, wkb: npt.NDArray[Any], shape: Shape) -> npt.NDArray[Any]:
    """Return the rows' geometries without Z and M, or refuse the rows that are not of the shape."""
    with np.errstate(invalid="ignore"):
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
        kinds = shapely.get_type_id(geometries)
        flat = shapely.force_2d(geometries)
        wrong = ~np.isin(kinds, [shapely.GeometryType[kind.upper()].value for kind in _TYPES[shape]])
        wrong |= shapely.is_empty(geometries)
        coordinates, owner = shapely.get_coordinates(flat, return_index=True)
    wrong[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    faults = [
        _geometry_fault(row, wkb[row], geometries[row], shape) for row in np.flatnonzero(wrong).tolist()
    ]
    refuse_rows(file, layer, faults)
    checked: npt.NDArray[Any] = flat
    return checked


def _geometry_fault(row: int, wkb: bytes | None, geometry: Any, shape: Shape) -> RowFault:
    """Return what is wrong with the geometry of one row, counted from 0 here."""
    number = row + 1
    if wkb is None:
        return RowFault(number, N_("It has no geometry."), N_("Draw it or remove the row."))
    if geometry is None:
        return RowFault(number, *_wkb_fault(wkb))
    if geometry.geom_type not in _TYPES[shape]:
        mend = N_("Keep only rows of type {wanted}; take collections apart.")
        params = {"kind": geometry.geom_type, "wanted": " / ".join(_TYPES[shape])}
        return RowFault(number, N_("It is a {kind}."), mend, params=params)
    if geometry.is_empty:
        return RowFault(number, N_("Its geometry is empty."), N_("Draw it or remove the row."))
    return RowFault(number, N_("A coordinate of it is not a number."), N_("Give finite coordinates."))


def _wkb_fault(wkb: bytes) -> tuple[str, str]:
    """Return why a geometry cannot be read."""
    try:
        shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        if "closed" in str(error):
            return N_("One of its rings is not closed."), N_("End each ring with its first coordinate.")
        if "number of points" in str(error).lower():
            return N_("One of its rings has too few coordinates."), N_("Draw it or remove it.")
    return N_("Its geometry is damaged."), N_("Draw it anew.")


def _to_lonlat(file: str, layer: str, geometries: npt.NDArray[Any], source: str) -> npt.NDArray[Any]:
    """Return geometries in lon, lat degrees, or refuse those that leave the globe, with what it hints at."""
    lonlat: npt.NDArray[Any] = reproject(geometries, source, STORAGE_CRS)
    coordinates, owner = shapely.get_coordinates(lonlat, return_index=True)
    good = (np.abs(coordinates) <= (180.0, 90.0)).all(axis=1)
    if good.all():
        return lonlat
    raw = shapely.get_coordinates(geometries)[~good]
    swapped = (np.abs(raw[:, ::-1]) <= (180.0, 90.0)).all()
    if parse_crs(source).is_geographic and swapped:
        message = N_("A coordinate of it, {x}, {y}, is no longitude and latitude; the axes look swapped.")
        mend = N_("Write longitude (x) first, then latitude (y).")
    elif parse_crs(source).is_geographic:
        message = N_("A coordinate of it, {x}, {y}, is not in degrees, though its CRS is {crs}.")
        mend = _MEND_CRS
    else:
        message = N_("A coordinate of it, {x}, {y}, lies outside the CRS {crs}.")
        mend = _MEND_CRS
    faults = []
    rows, first = np.unique(owner[~good], return_index=True)
    for row, k in zip(rows, first, strict=True):
        params = {"x": f"{raw[k, 0]:.10g}", "y": f"{raw[k, 1]:.10g}", "crs": source[:60]}
        faults.append(RowFault(int(row) + 1, message, mend, params=params))
    refuse_rows(file, layer, faults)
    return lonlat


def swapped_axes(geometries: Sequence[Any] | npt.NDArray[Any], frame: Any) -> str:
    """Return ``"swapped"`` or ``"elsewhere"`` where geometries miss a frame's box, in degrees, else nothing.

    The driver cannot know that a file's axes are swapped where both orders lie on the globe; the district
    can.
    """
    west, south, east, north = shapely.total_bounds(np.asarray(geometries, dtype=object))
    if not np.isfinite(west):
        return ""
    box = shapely.box(*frame.bounds)
    if box.intersects(shapely.box(west, south, east, north)):
        return ""
    return "swapped" if box.intersects(shapely.box(south, west, north, east)) else "elsewhere"


def _require_size(file: str, layer: str, rows: int) -> None:
    if rows == 0:
        raise _empty(file, layer)
    if rows > MOST_ROWS:
        raise ContentTooLarge(
            N_("{file}, layer {layer}, has more than {most} rows."),
            mend=N_("Split it into several files."),
            where={"file": file, "layer": layer},
            file=file,
            layer=layer,
            most=MOST_ROWS,
        )


def _empty(file: str, layer: str) -> InvalidInput:
    return InvalidInput(
        N_("{file}, layer {layer}, is empty."),
        mend=N_("Give a file with at least one feature."),
        where={"file": file, "layer": layer},
        file=file,
        layer=layer,
    )


def _unreadable(file: str, reason: str) -> MalformedBody:
    return MalformedBody(
        N_("{file} cannot be read: {reason}."),
        mend=N_("Is it damaged, or another format than its suffix says?"),
        where={"file": file},
        file=file,
        reason=reason.splitlines()[0][:200].rstrip(".") if reason else "–",
    )
