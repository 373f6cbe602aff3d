"""Reading operations from JSON, strictly: every refusal names the value by its JSON pointer."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from uuid import UUID

import numpy as np

from geo.errors import N_, GeoError
from geo.lattice import to_lattice
from geo.partition.chain_kernels import Integers
from geo.redraw.operations import (
    Amend,
    Amended,
    Into,
    Merge,
    Move,
    Operation,
    Part,
    PathMove,
    Reassign,
    Recode,
    Rename,
    Split,
    Transfer,
)
from geo.redraw.refusals import OffLattice, OperationMalformed

MOST_POINTS = 100_000
MOST_ITEMS = 10_000
LONGEST_TEXT = 200
_MOST_HOUSEHOLDS = 2**31 - 1


def operation_from_json(told: Any, pointer: str = "") -> Operation:
    """Return the operation that a JSON value says; coordinates are rounded to the lattice.

    Parameters
    ----------
    told
        The value as a JSON parser gives it.
    pointer
        The JSON pointer of the value in its document, for refusals.

    Raises
    ------
    OperationMalformed
        A member is missing, unknown or of the wrong kind; ``where["pointer"]`` names it.
    OffLattice
        A coordinate is not a place on the globe; likewise.
    """
    kind = _member(told, "type", pointer)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        _refuse(
            f"{pointer}/type",
            N_("There is no such operation: {value}."),
            N_("Use one of: {known}."),
            value=repr(kind)[:60],
            known=", ".join(_READERS),
        )
    return reader(told, pointer)


def _move(told: Mapping[str, Any], at: str) -> Move:
    _only(told, {"type", "paths"}, at)
    paths = []
    for path, place in _items(told, "paths", at):
        _only(path, {"old", "new"}, place)
        paths.append(PathMove(_path(path, "old", place), _path(path, "new", place)))
    return Move(tuple(paths))


def _split(told: Mapping[str, Any], at: str) -> Split:
    _only(told, {"type", "unit", "line", "parts"}, at)
    parts = []
    for part, place in _items(told, "parts", at, least=2):
        _only(part, {"id", "code", "name", "households"}, place)
        households = _count(part, "households", place) if "households" in part else None
        known = _identifier(part, "id", place), _text(part, "code", place), _text(part, "name", place)
        parts.append(Part(*known, households))
    _no_twice([part.id for part in parts], f"{at}/parts")
    return Split(_identifier(told, "unit", at), _path(told, "line", at), tuple(parts))


def _merge(told: Mapping[str, Any], at: str) -> Merge:
    _only(told, {"type", "units", "into"}, at)
    into, place = _member(told, "into", at), f"{at}/into"
    _only(into, {"id", "code", "name"}, place)
    known = _identifier(into, "id", place), _text(into, "code", place), _text(into, "name", place)
    return Merge(_identifiers(told, at, least=2), Into(*known))


def _transfer(told: Mapping[str, Any], at: str) -> Transfer:
    _only(told, {"type", "region", "from", "to"}, at)
    rings = [_positions(ring, place, least=4) for ring, place in _items(told, "region", at)]
    for ring, points in enumerate(rings):
        if (points[0] != points[-1]).any():
            _refuse(f"{at}/region/{ring}", N_("The ring is not closed."), N_("End it where it begins."))
    source, target = _identifier(told, "from", at), _identifier(told, "to", at)
    if source == target:
        _refuse(f"{at}/to", N_("A unit cannot be given its own ground."), N_("Name another unit."))
    return Transfer(tuple(rings), source, target)


def _reassign(told: Mapping[str, Any], at: str) -> Reassign:
    _only(told, {"type", "units", "parent"}, at)
    return Reassign(_identifiers(told, at, least=1), _identifier(told, "parent", at))


def _rename(told: Mapping[str, Any], at: str) -> Rename:
    _only(told, {"type", "unit", "name"}, at)
    return Rename(_identifier(told, "unit", at), _text(told, "name", at))


def _recode(told: Mapping[str, Any], at: str) -> Recode:
    _only(told, {"type", "unit", "code"}, at)
    return Recode(_identifier(told, "unit", at), _text(told, "code", at))


def _amend(told: Mapping[str, Any], at: str) -> Amend:
    _only(told, {"type", "units"}, at)
    units = tuple(_amended(each, place) for each, place in _items(told, "units", at))
    _no_twice([each.unit for each in units], f"{at}/units")
    return Amend(units)


def _amended(told: Any, at: str) -> Amended:
    unit = _identifier(told, "id", at)
    removed, added = (_edges(told, name, at) for name in ("removed", "added"))
    if "ended" in told:
        _only(told, {"id", "removed", "added", "ended"}, at)
        if told["ended"] is not True:
            _refuse(f"{at}/ended", N_("This must be true or left out."))
        return Amended(unit, removed, added, True)  # noqa: FBT003 - it ended
    _only(told, {"id", "removed", "added", "code", "name", "parent", "households"}, at)
    parent = None if _member(told, "parent", at) is None else _identifier(told, "parent", at)
    households = _count(told, "households", at) if "households" in told else None
    called = _text(told, "code", at), _text(told, "name", at)
    return Amended(unit, removed, added, False, *called, parent, households)  # noqa: FBT003 - it goes on


def _edges(told: Any, name: str, at: str) -> Integers:
    """Return edges [lon, lat, lon, lat] as lattice columns."""
    value, place = _member(told, name, at), f"{at}/{name}"
    if not isinstance(value, list) or len(value) > MOST_POINTS:
        _refuse(place, N_("This must be a list of at most {most} edges."), most=MOST_POINTS)
    if not value:
        return np.empty((0, 4), dtype=np.int64)
    for number, edge in enumerate(value):
        if not isinstance(edge, list) or len(edge) != 4 or not all(map(_is_number, edge)):
            _refuse(f"{place}/{number}", N_("This must be an edge: [lon, lat, lon, lat] in degrees."))
    ends = [position for edge in value for position in (edge[:2], edge[2:])]
    return _positions(ends, place, least=2).reshape(-1, 4)


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Operation]] = {
    "move": _move,
    "split": _split,
    "merge": _merge,
    "transfer": _transfer,
    "reassign": _reassign,
    "rename": _rename,
    "recode": _recode,
    "amend": _amend,
}


def _member(told: Any, name: str, at: str) -> Any:
    """Return a member of an object."""
    if not isinstance(told, Mapping):
        _refuse(at, N_("This must be an object."))
    if name not in told:
        _refuse(f"{at}/{name}", N_("This value is required."))
    return told[name]


def _only(told: Any, names: set[str], at: str) -> None:
    """Refuse members that the object does not have."""
    if not isinstance(told, Mapping):
        _refuse(at, N_("This must be an object."))
    for name in told:
        if name not in names:
            _refuse(f"{at}/{_escaped(name)}", N_("There is no such member here."))


def _items(told: Any, name: str, at: str, *, least: int = 1) -> list[tuple[Any, str]]:
    """Return the items of a list, each with its pointer."""
    items = _member(told, name, at)
    if not isinstance(items, list):
        _refuse(f"{at}/{name}", N_("This must be a list."))
    if not least <= len(items) <= MOST_ITEMS:
        _refuse(
            f"{at}/{name}",
            N_("This list has {count} items; it needs {least} to {most}."),
            count=len(items),
            least=least,
            most=MOST_ITEMS,
        )
    return [(item, f"{at}/{name}/{place}") for place, item in enumerate(items)]


def _identifiers(told: Any, at: str, *, least: int) -> tuple[UUID, ...]:
    """Return the different ids of the member ``units``."""
    units = tuple(_as_uuid(item, place) for item, place in _items(told, "units", at, least=least))
    _no_twice(units, f"{at}/units")
    return units


def _no_twice(identifiers: list[UUID] | tuple[UUID, ...], at: str) -> None:
    for place, identifier in enumerate(identifiers):
        if identifier in identifiers[:place]:
            _refuse(f"{at}/{place}", N_("This unit is there twice."), N_("Name each once."))


def _identifier(told: Any, name: str, at: str) -> UUID:
    return _as_uuid(_member(told, name, at), f"{at}/{name}")


def _as_uuid(value: Any, at: str) -> UUID:
    if isinstance(value, str) and len(value) == 36:
        try:
            return UUID(value)
        except ValueError:
            pass
    return _refuse(at, N_("This must be a UUID."))


def _text(told: Any, name: str, at: str) -> str:
    """Return a text that says something, without space around it."""
    value = _member(told, name, at)
    if not isinstance(value, str):
        _refuse(f"{at}/{name}", N_("This must be a text."))
    text = value.strip()
    if not text or len(text) > LONGEST_TEXT or not text.isprintable():
        _refuse(
            f"{at}/{name}",
            N_("This text needs 1 to {most} characters that can be read, on one line."),
            most=LONGEST_TEXT,
        )
    return text


def _count(told: Any, name: str, at: str) -> int:
    value = _member(told, name, at)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_HOUSEHOLDS:
        _refuse(f"{at}/{name}", N_("This must be a whole number of households, 0 or more."))
    return value


def _path(told: Any, name: str, at: str) -> Integers:
    return _positions(_member(told, name, at), f"{at}/{name}", least=2)


def _positions(value: Any, at: str, *, least: int) -> Integers:
    """Return positions [lon, lat] as a lattice path."""
    if not isinstance(value, list) or not least <= len(value) <= MOST_POINTS:
        _refuse(at, N_("This must be a list of {least} positions or more."), least=least)
    for place, position in enumerate(value):
        if not isinstance(position, list) or len(position) != 2 or not all(map(_is_number, position)):
            _refuse(f"{at}/{place}", N_("This must be a position: [longitude, latitude] in degrees."))
    try:
        return to_lattice([[_as_float(lon), _as_float(lat)] for lon, lat in value])
    except GeoError as refusal:
        row = refusal.where["row"]
        raise OffLattice(
            N_("This is no place on the globe."),
            mend=N_("Give longitude first within ±180 and latitude within ±90."),
            where={"pointer": f"{at}/{row}"},
        ) from refusal


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(value: float) -> float:
    """Return a number as a float, infinite where it is beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _escaped(name: Any) -> str:
    """Return a member's name as a token of a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _refuse(pointer: str, message: str, mend: str = "", **params: Any) -> NoReturn:
    raise OperationMalformed(message, mend=mend, where={"pointer": pointer or "/"}, **params)
