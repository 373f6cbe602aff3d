"""Locate many points at once: the same answers by HTTP and on the command line."""

from typing import Any

import numpy as np
import pyarrow as pa

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, InvalidRows
from service.indexes.ground import Ground
from service.indexes.locate import RULES, Located, locate_many, to_storage
from service.readers.point_table import MOST_ROWS, Floats, PointTable, check


def locate_table(
    ground: Ground,
    table: PointTable,
    *,
    datum: str = "wgs84",
    allow_inverse: bool = False,
    layer: str | None = None,
    reason: str = "",
) -> PointTable:
    """Return a table of points with answer columns: unit, one column a level, rule, metres outside.

    Raises
    ------
    InvalidInput
        The layer or the datum is not known, or no layer is in force.
    DatumNotAllowed
        The datum's inverse is switched off.
    """
    lon, lat = to_storage(table.lon, table.lat, datum, allowed=allow_inverse, reason=reason)
    located = locate_many(ground, lon, lat, layer=layer)
    columns = {name: _column(values) for name, values in _codes(located).items()}
    rules = pa.DictionaryArray.from_arrays(pa.array(located.rule), pa.array(RULES))
    columns["rule"] = rules.cast(pa.string())
    columns["outside_m"] = pa.array(np.round(located.distance_m, 2), from_pandas=True)
    return table.with_columns(columns)


def locate_columns(
    ground: Ground,
    body: Any,
    *,
    datum: str = "wgs84",
    allow_inverse: bool = False,
    layer: str | None = None,
) -> dict[str, Any]:
    """Return the answers to JSON columns ``{"lon": […], "lat": […]}``, as columns of the same length.

    Raises
    ------
    InvalidInput
        The body is not two lists of numbers of the same length.
    InvalidRows
        A pair is not on the globe; the first ten are named by their pointers.
    ContentTooLarge
        More than five million pairs.
    """
    lon, lat = _pair(body)
    x, y = to_storage(lon, lat, datum, allowed=allow_inverse, reason="POST /locate")
    located = locate_many(ground, x, y, layer=layer)
    codes = _codes(located)
    unit = codes.pop("unit")
    far = np.round(located.distance_m, 2).astype(object)
    far[np.isnan(located.distance_m)] = None
    return {
        "unit": unit.tolist(),
        "levels": {name: values.tolist() for name, values in codes.items()},
        "rule": np.array(RULES, dtype=object)[located.rule].tolist(),
        "outside_m": far.tolist(),
    }


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


def _pair(body: Any) -> tuple[Floats, Floats]:
    if not isinstance(body, dict) or set(body) != {"lon", "lat"}:
        raise InvalidInput(
            N_("The body must have the members lon and lat, and no others."),
            mend=N_('Send {{"lon": [131.15, …], "lat": [46.63, …]}} in degrees.'),
            where={"pointer": ""},
        )
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
    try:
        check(lon, lat)
    except InvalidRows as error:
        for row in error.extra["rows"]:
            row["pointer"] = f"/{row['column']}/{row['row'] - 1}"
        error.where = {"pointer": error.extra["rows"][0]["pointer"]}
        raise
    return lon, lat


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
