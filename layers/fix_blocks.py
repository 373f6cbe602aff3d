"""Blocks of fixes: fixes as the rows of :data:`layers.fixes.fix_block` hold them, and back.

A block holds fixes of one patrol and one month in UTC by time, then place and number, so that a month can be
dropped whole. Its columns are arrays, of which no value is NULL; a column that no fix has a value in is NULL.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.lattice import SCALE, to_lattice
from layers.columns import EPOCH_US, pack, stored_instant, to_microseconds, to_seconds, unpack
from layers.fixes import MEASURED, FixTable
from layers.ids import new_id

Columns = dict[str, NDArray[Any]]

MOST = 4_096
"""So many fixes at most are stored as one block: less than two hours of one a second."""

SMALL = 256
"""Blocks of fewer fixes are made one when they are many."""

KINDS = {
    "at": "timestamptz",
    "lon_e7": "int4",
    "lat_e7": "int4",
    "part": "int4",
    "seq": "int4",
    "accuracy_m": "float4",
    "speed_ms": "float4",
    "course": "float4",
}
"""The columns of a block with their types."""

_READ = {"timestamptz": ">i8", "int4": ">i4", "float4": ">f4"}
KEY = ("at", "lon_e7", "lat_e7")
"""What fixes of a file are known by among those of their device."""


def columns_of(fixes: FixTable) -> Columns:
    """Return the columns of fixes as they are stored: ``at`` in whole microseconds since 2000."""
    lattice = to_lattice(np.column_stack((fixes.lon, fixes.lat)))
    return {
        "at": to_microseconds(fixes.t).astype(np.int64),
        "lon_e7": lattice[:, 0],
        "lat_e7": lattice[:, 1],
        "part": fixes.part,
        "seq": fixes.seq,
        "accuracy_m": fixes.accuracy_m,
        "speed_ms": fixes.speed_ms,
        "course": fixes.course,
    }


def by_key(columns: Columns) -> Columns:
    """Return fixes of one patrol by time, then place and number."""
    if (np.diff(columns["at"]) > 0).all():  # as a device records them
        return columns
    order = np.lexsort((columns["seq"], columns["lat_e7"], columns["lon_e7"], columns["at"]))
    return {name: column[order] for name, column in columns.items()}


def once(columns: Columns) -> Columns:
    """Return fixes by time, then place, each time and place once: the one with the least number."""
    columns = by_key(columns)
    key = np.column_stack([columns[name] for name in KEY])
    first = np.r_[True, (key[1:] != key[:-1]).any(axis=1)]
    return columns if first.all() else {name: column[first] for name, column in columns.items()}


def absent(columns: Columns, known: Columns) -> Columns:
    """Return those fixes whose time and place are not among the known; they come once each, by time."""
    at = columns["at"]
    near = np.searchsorted(at, known["at"]) < np.searchsorted(at, known["at"], side="right")
    if not near.any():
        return columns
    both = [np.r_[known[name][near], columns[name]] for name in KEY]
    is_new = np.r_[np.zeros(near.sum(), dtype=bool), np.ones(len(columns["at"]), dtype=bool)]
    order = np.lexsort((is_new, *both[::-1]))
    key = np.column_stack(both)[order]
    repeats = np.r_[False, (key[1:] == key[:-1]).all(axis=1)]
    kept = np.ones(len(order), dtype=bool)
    kept[order] = ~repeats
    kept = kept[is_new]
    return {name: column[kept] for name, column in columns.items()}


def cut(columns: Columns) -> Iterator[dict[str, Any]]:
    """Yield fixes of one patrol, by time, as blocks: the values of a row's columns but for whose it is."""
    at = columns["at"]
    begins = np.zeros(1, dtype=np.int64)
    if len(set(_months(at[[0, -1]]).tolist())) > 1:
        begins = np.r_[0, np.flatnonzero(np.diff(_months(at))) + 1]
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(at)], strict=True):
        for low in range(begin, end, MOST):
            yield _block({name: column[low : min(low + MOST, end)] for name, column in columns.items()})


def _months(at: NDArray[np.int64]) -> NDArray[np.int64]:
    return (at + EPOCH_US).astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def _block(columns: Columns) -> dict[str, Any]:
    lon, lat, seq = columns["lon_e7"], columns["lat_e7"], columns["seq"]
    unknown = {name for name in MEASURED if np.isnan(columns[name]).all()}
    return {
        "id": new_id(),
        "fixes": len(seq),
        "west": int(lon.min()),
        "south": int(lat.min()),
        "east": int(lon.max()),
        "north": int(lat.max()),
        "first_seq": int(seq.min()),
        "last_seq": int(seq.max()),
        "first_at": stored_instant(int(columns["at"][0])),
        "last_at": stored_instant(int(columns["at"][-1])),
        **{name: None if name in unknown else pack(kind, columns[name]) for name, kind in KINDS.items()},
    }


def unpacked(names: Sequence[str], rows: Iterable[Sequence[bytes | None]]) -> Columns:
    """Return some columns of several blocks, as PostgreSQL sends them in its binary format, as one each.

    The first is one that no block leaves out; beside them ``block`` is the position of each fix's block.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    lengths: list[int] = []
    for row in rows:
        found = {
            name: None if data is None else unpack(_READ[KINDS[name]], data)
            for name, data in zip(names, row, strict=True)
        }
        known = found[names[0]]
        assert known is not None  # noqa: S101 - the database refuses a block without it
        lengths.append(len(known))
        for name, values in found.items():
            parts[name].append(np.full(len(known), np.nan) if values is None else values)
    columns: Columns = {
        name: np.concatenate(every).astype(_native(name)) if every else np.empty(0, dtype=_native(name))
        for name, every in parts.items()
    }
    return {**columns, "block": np.repeat(np.arange(len(lengths)), lengths)}


def _native(name: str) -> np.dtype[Any]:
    return np.dtype(_READ[KINDS[name]]).newbyteorder("=")


def table_of(columns: Columns, owners: Sequence[UUID]) -> FixTable:
    """Return fixes of blocks as a table, by time; ``owners`` are the patrols of the blocks."""
    patrols = {one: place for place, one in enumerate(dict.fromkeys(owners))}
    places = np.array([patrols[one] for one in owners], dtype=np.int32)
    table = FixTable(
        to_seconds(columns["at"]),
        columns["lon_e7"] / SCALE,
        columns["lat_e7"] / SCALE,
        columns["accuracy_m"].astype(np.float64),
        columns["speed_ms"].astype(np.float64),
        columns["course"].astype(np.float64),
        columns["part"],
        columns["seq"],
        places[columns["block"]],
        tuple(patrols),
    )
    return by_time(table)


def by_time(table: FixTable) -> FixTable:
    """Return fixes by time, place, patrol and number, and the patrols in the order in which they appear."""
    if not (table.t[1:] > table.t[:-1]).all():  # nearly always there is but one patrol, which is by time
        ids = [one.bytes for one in table.patrols]
        rank = np.argsort(np.argsort(ids)) if ids else np.empty(0, dtype=np.int64)
        table = table.take(np.lexsort((table.seq, rank[table.patrol], table.lat, table.lon, table.t)))
    if len(table.patrols) == 1 and len(table):
        return table
    kept, first, place = np.unique(table.patrol, return_index=True, return_inverse=True)
    appearing = np.argsort(first)
    patrols = tuple(table.patrols[k] for k in kept[appearing].tolist())
    return replace(table, patrol=np.argsort(appearing)[place].astype(np.int32), patrols=patrols)
