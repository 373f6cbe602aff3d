"""A GeoPackage that comes back from a desktop program: its units as they are, and what it says it is.

The program may have saved it in another CRS, renamed the geometry column, reordered rows, added fields and
left ids out. Fields that are missing say nothing; ids that are empty belong to new units.
"""

import re
import sqlite3
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy.typing as npt
import pyogrio
import pyogrio.raw

from geo.errors import N_
from service.errors import MalformedBody
from service.readers.columns import counts, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.signatures import require_signature
from service.readers.vector import Features, read_vector

UNITS, ABOUT = "units", "about"
_LONGEST = {"code": 64, "name": 200}
_ABOUT_ROWS = 100
_UUID = re.compile(r"^\{?([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?$")


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One row, counted from 1; what is empty or missing is None."""

    number: int
    id: UUID | None
    code: str | None
    name: str | None
    parent: UUID | None
    parent_code: str | None
    households: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ExchangeFile:
    """The rows of a file, the names of the fields it has, its areas in lon, lat degrees, and its own words.

    ``areas`` (n,) are not on the lattice yet; ``about`` is empty where the program dropped that table.
    """

    layer: str
    crs: str
    rows: tuple[ExchangeRow, ...]
    said: frozenset[str]
    areas: npt.NDArray[Any]
    about: dict[str, str]

    def about_id(self, name: str) -> UUID | None:
        """Return an id that the file says of itself, None where it says none."""
        found = _UUID.match(self.about.get(name, ""))
        return None if found is None else UUID(found[1])


def read_exchange(path: Path) -> ExchangeFile:
    """Read a GeoPackage as a desktop program saved it.

    Raises
    ------
    MalformedBody, InvalidInput, InvalidRows
        It is no GeoPackage, has no layer or no field ``id`` to read, or rows that cannot be read; see
        :func:`service.readers.vector.read_vector`.
    """
    require_signature(path, path.name)
    _require_tables(path)
    with warnings.catch_warnings():
        # What GDAL only warns of is no fault of a row; what it cannot read is refused.
        warnings.simplefilter("ignore", RuntimeWarning)
        return _read(path)


def _read(path: Path) -> ExchangeFile:
    try:
        listed = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    except (ValueError, RuntimeError) as error:
        raise _unreadable(path, str(error)) from error
    # A program that saves one layer names it as it likes.
    features = read_vector(path, "area", layer=UNITS if UNITS in listed else None)
    rows, said = _rows(features)
    return ExchangeFile(
        features.layer,
        features.crs,
        rows,
        said,
        features.geometries,
        _about(path) if ABOUT in listed and listed[ABOUT] is None else {},
    )


def _require_tables(path: Path) -> None:
    """Refuse a database with views: reading one runs whatever query its maker wrote."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            names = {
                str(name): kind for name, kind in database.execute("SELECT name, type FROM sqlite_master")
            }
    except sqlite3.Error as error:
        raise _unreadable(path, str(error)) from error
    if "view" in names.values():
        raise MalformedBody(
            N_("{file} has views; only tables are read."),
            mend=N_("Save the layer units to a new GeoPackage and send that."),
            where={"file": path.name},
            file=path.name,
        )
    if "gpkg_contents" not in names:
        raise _unreadable(path, "it has no gpkg_contents")


def _unreadable(path: Path, reason: str) -> MalformedBody:
    return MalformedBody(
        N_("{file} cannot be read: {reason}."),
        mend=N_("Is it damaged, or another format than its suffix says?"),
        where={"file": path.name},
        file=path.name,
        reason=reason.splitlines()[0][:200].rstrip(".") if reason else "–",
    )


def _rows(features: Features) -> tuple[tuple[ExchangeRow, ...], frozenset[str]]:
    features.column("id")
    columns: dict[str, list[Any]] = {}
    faults: list[RowFault] = []
    for name in ("id", "code", "name", "parent", "parent_code"):
        if name in features.columns:
            columns[name], more = texts(features, name)
            faults += more
            faults += _too_long(name, columns[name])
    if "households" in features.columns:
        columns["households"], more = counts(features, "households")
        faults += more
    for name in ("id", "parent"):
        if name in columns:
            faults += _no_ids(name, columns[name])
    refuse_rows(features.file, features.layer, faults)
    nothing = [None] * len(features)
    given = [
        columns.get(name, nothing) for name in ("id", "code", "name", "parent", "parent_code", "households")
    ]
    rows = tuple(
        ExchangeRow(number, _uuid(one), code, name, _uuid(parent), parent_code, households)
        for number, (one, code, name, parent, parent_code, households) in enumerate(
            zip(*given, strict=True), start=1
        )
    )
    return rows, frozenset(columns)


def _too_long(field: str, values: list[str | None]) -> list[RowFault]:
    most = _LONGEST.get(field)
    return [
        RowFault(
            row,
            N_("Its field “{field}” is longer than {most} letters."),
            N_("Shorten it."),
            params={"field": field, "most": most},
        )
        for row, value in enumerate(values, start=1)
        if most is not None and value is not None and len(value) > most
    ]


def _no_ids(field: str, values: list[str | None]) -> list[RowFault]:
    return [
        RowFault(
            row,
            N_("Its field “{field}” is {value}, which is no id of ours."),
            N_("Leave ids as they were exported, and empty for a new area."),
            params={"field": field, "value": value[:40]},
        )
        for row, value in enumerate(values, start=1)
        if value is not None and _UUID.match(value) is None
    ]


def _uuid(text: str | None) -> UUID | None:
    found = None if text is None else _UUID.match(text)
    return None if found is None else UUID(found[1])


def _about(path: Path) -> dict[str, str]:
    try:
        meta, _, _, data = pyogrio.raw.read(path, layer=ABOUT, read_geometry=False, max_features=_ABOUT_ROWS)
    except (ValueError, RuntimeError):
        return {}
    found = dict(zip((str(name) for name in meta["fields"]), data, strict=True))
    if not {"name", "value"} <= found.keys():
        return {}
    return {str(name): str(value) for name, value in zip(found["name"], found["value"], strict=True)}
