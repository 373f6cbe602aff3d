"""Locate many points at once: the same answers by HTTP and on the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, InvalidRows
from service.indexes.ground import Ground
from service.indexes.locate import ACCURACY_M, to_storage
from service.indexes.locate_many import RULES, Located, locate_many
from service.readers.point_accuracy import accuracy_column, accuracy_list
from service.readers.point_table import MOST_ROWS, Floats, PointTable, check


def locate_table(
    ground: Ground,
    table: PointTable,
    *,
    datum: str = "wgs84",
    allow_inverse: bool = False,
    accuracy_m: float | None = None,
    accuracy_from: str | None = None,
    layer: str | None = None,
    reason: str = "",
) -> PointTable:
    """Return a table of points with answer columns.

    They are unit, one column a level, rule, metres outside, near_boundary and the codes of the candidates.

    Parameters
    ----------
    accuracy_m, accuracy_from
        Metres the points are good for, 15 by default, and the column with those of each point.

    Raises
    ------
    InvalidInput
        The layer, the datum or the column is not known, or no layer is in force.
    InvalidRows
        The column holds what is no accuracy.
    DatumNotAllowed
        The datum's inverse is switched off.
    TooManyEdges
        The candidates of so many points at this accuracy are too many to name.
    """
    own = None if accuracy_from is None else accuracy_column(table, accuracy_from)
    lon, lat = to_storage(table.lon, table.lat, datum, allowed=allow_inverse, reason=reason)
    located = locate_many(ground, lon, lat, accuracy_m=_accuracy(own, accuracy_m), layer=layer)
    outside = located.position < 0
    columns = {name: _column(values) for name, values in _codes(located).items()}
    rules = pa.DictionaryArray.from_arrays(pa.array(located.rule), pa.array(RULES))
    columns["rule"] = rules.cast(pa.string())
    columns["outside_m"] = pa.array(np.round(located.distance_m, 2), from_pandas=True)
    columns["near_boundary"] = pa.array(located.near_boundary, mask=outside)
    columns["candidates"] = pa.ListArray.from_arrays(
        pa.array(located.starts, pa.int32()), _column(_candidates(located)), mask=pa.array(outside)
    )
    return table.with_columns(columns)


def locate_columns(
    ground: Ground,
    body: Any,
    *,
    datum: str = "wgs84",
    allow_inverse: bool = False,
    accuracy_m: float | None = None,
    layer: str | None = None,
) -> dict[str, Any]:
    """Return the answers to JSON columns ``{"lon": […], "lat": […]}``, as columns of the same length.

    A third member ``accuracy_m`` may give metres for each point; where it has null ``accuracy_m`` holds.

    Raises
    ------
    InvalidInput
        The body is not lists of numbers of the same length.
    InvalidRows
        A pair is not on the globe, or an accuracy is none; the first ten are named by their pointers.
    ContentTooLarge
        More than five million pairs.
    TooManyEdges
        The candidates of so many points at this accuracy are too many to name.
    """
    lon, lat, own = _body(body)
    x, y = to_storage(lon, lat, datum, allowed=allow_inverse, reason="POST /locate")
    located = locate_many(ground, x, y, accuracy_m=_accuracy(own, accuracy_m), layer=layer)
    codes = _codes(located)
    unit = codes.pop("unit")
    near = located.near_boundary.astype(object)
    near[located.position < 0] = None
    far = np.round(located.distance_m, 2).astype(object)
    far[np.isnan(located.distance_m)] = None
    return {
        "unit": unit.tolist(),
        "levels": {name: values.tolist() for name, values in codes.items()},
        "rule": np.array(RULES, dtype=object)[located.rule].tolist(),
        "outside_m": far.tolist(),
        "near_boundary": near.tolist(),
        "candidates": _candidate_lists(located),
    }


def _accuracy(own: Floats | None, common: float | None) -> float | Floats:
    """Return the accuracy of each point: its own, where that is not known the common one, else 15 m."""
    usual = ACCURACY_M if common is None else common
    return usual if own is None else np.where(np.isnan(own), usual, own)


def _candidates(located: Located) -> Any:
    """Return the codes of all candidates of all points, point by point."""
    codes = np.array([chain[0].code for chain in located.areas.chains], dtype=object)
    return codes[located.candidates]


def _candidate_lists(located: Located) -> list[list[str] | None]:
    """Return the codes of the candidates of each point; None for a point outside."""
    nobody: list[str] = []
    listed = [nobody if inside else None for inside in (located.position >= 0).tolist()]
    codes, starts = _candidates(located).tolist(), located.starts
    for row in np.flatnonzero(located.near_boundary).tolist():
        listed[row] = codes[starts[row] : starts[row + 1]]
    return listed


def _codes(located: Located) -> dict[str, Any]:
    """Return the codes of the leaf (``unit``) and of each level, top first; None for a point outside."""
    areas = located.areas
    levels = areas.layer.level_names
    found: dict[str, Any] = {"unit": None}
    table = np.full((len(areas.chains) + 1, len(levels)), None, dtype=object)
    for leaf, chain in enumerate(areas.chains):
        for depth, place in enumerate(chain):
            table[leaf, len(levels) - 1 - depth] = place.code
    for number, name in enumerate(levels):
        found[name] = table[:, number][located.position]
    found["unit"] = found[levels[-1]]
    return found


def _column(values: Any) -> pa.Array:
    return pa.array(values, pa.string())


def _body(body: Any) -> tuple[Floats, Floats, Floats | None]:
    """Return longitudes, latitudes and, where they are given, accuracies of a JSON body."""
    if not isinstance(body, dict) or not {"lon", "lat"} <= set(body) <= {"lon", "lat", "accuracy_m"}:
        raise InvalidInput(
            N_("The body must have the members lon and lat, may have accuracy_m, and no others."),
            mend=N_('Send {{"lon": [131.15, …], "lat": [46.63, …]}} in degrees.'),
            where={"pointer": ""},
        )
    lon, lat = _pair(body)
    if "accuracy_m" not in body:
        return lon, lat, None
    with _pointers():
        return lon, lat, accuracy_list(body["accuracy_m"], len(lon))


def _pair(body: dict[str, Any]) -> tuple[Floats, Floats]:
    lon, lat = (_numbers(body[name], name) for name in ("lon", "lat"))
    if len(lon) != len(lat):
        raise InvalidInput(
            N_("There are {lons} longitudes and {lats} latitudes."),
            mend=N_("Send as many of one as of the other."),
            where={"pointer": "/lat"},
            lons=len(lon),
            lats=len(lat),
        )
    if len(lon) > MOST_ROWS:
        raise ContentTooLarge(
            N_("The table has {rows} rows; {most} are taken at once."),
            mend=N_("Send it in parts, or use ./wardline locate on the file's parts."),
            rows=len(lon),
            most=MOST_ROWS,
        )
    with _pointers():
        check(lon, lat)
    return lon, lat


@contextmanager
def _pointers() -> Iterator[None]:
    """Name refused rows by their place in the JSON body."""
    try:
        yield
    except InvalidRows as error:
        for row in error.extra["rows"]:
            row["pointer"] = f"/{row['column']}/{row['row'] - 1}"
        error.where = {"pointer": error.extra["rows"][0]["pointer"]}
        raise


def _numbers(values: Any, name: str) -> Floats:
    if not isinstance(values, list):
        raise InvalidInput(
            N_("{pointer} must be a list of numbers."),
            mend=N_('Send {{"lon": [131.15, …], "lat": [46.63, …]}} in degrees.'),
            where={"pointer": f"/{name}"},
            pointer=f"/{name}",
        )
    if not set(map(type, values)) <= {int, float}:
        row = next(at for at, value in enumerate(values) if type(value) not in (int, float))
        raise InvalidInput(
            N_("{pointer} must be a number."),
            mend=N_("Correct the value and send all again; nothing was done."),
            where={"pointer": f"/{name}/{row}"},
            pointer=f"/{name}/{row}",
        )
    return np.array(values, dtype=np.float64)
