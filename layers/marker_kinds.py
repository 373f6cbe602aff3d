"""Kinds of markers and their typed attributes, each kind a frozen value.

An attribute is declared once, as a field with a reader that checks and converts what JSON delivers. What
a kind does not declare is refused by name, so a typing error in an import never becomes a silent extra.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from typing import Annotated, Any, ClassVar, cast, get_args

import opening_hours

from geo.errors import N_
from layers.errors import InvalidAttribute, UnknownAttribute, UnknownKind

Reader = Callable[[Any], Any]


class _Unreadable(ValueError):
    """A value is not what the attribute expects; its text says what it expects."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Unreadable("text")
    return value.strip()


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unreadable("true or false")
    return value


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise _Unreadable("a number, 0 or more")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9 or value % 1:
        raise _Unreadable("a whole number, 0 or more")
    return int(value)


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _Unreadable("a day such as 2025-03-31") from error


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise _Unreadable("a list of texts")
    return tuple(sorted({_text(one) for one in value}))


def _hours(value: Any) -> str:
    text = _text(value)
    if not opening_hours.validate(text):
        raise _Unreadable("opening hours as in OpenStreetMap, such as Mo-Fr 08:00-18:00")
    return text


def _one_of(*choices: str) -> Reader:
    def read(value: Any) -> str:
        if value not in choices:
            raise _Unreadable("one of " + ", ".join(choices))
        return str(value)

    return read


# What an attribute is and how it is read from JSON, told in one place: the type of its field.
Words = Annotated[str | None, _text]
Flag = Annotated[bool | None, _flag]
Amount = Annotated[float | None, _amount]
Count = Annotated[int | None, _count]
Day = Annotated[date | None, _day]
Facilities = Annotated[tuple[str, ...], _texts]
Hours = Annotated[str | None, _hours]
Side = Annotated[str | None, _one_of("own", "other", "line")]
Crossing = Annotated[str | None, _one_of("bridge", "ferry", "ford", "ice", "none")]
Units = Annotated[tuple[str, ...], _texts]
StationRole = Annotated[str, _one_of("hub", "point")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerAttributes:
    """What every kind may say.

    ``radius_m`` is the distance at which a patrol has reached it; ``routine_days`` and ``joint_days`` are
    the longest intervals between two routine and two joint inspections.
    """

    kind: ClassVar[str] = ""

    radius_m: Amount = None
    routine_days: Count = None
    joint_days: Count = None
    note: Words = None

    def to_json(self) -> dict[str, Any]:
        """Return the attributes that are known, as JSON values."""
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _json(value) for name, value in known.items() if value is not None and value != ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryMarker(MarkerAttributes):
    """A marker of the border itself; ``side`` says on whose ground it stands."""

    kind: ClassVar[str] = "boundary-marker"
    number: Words = None
    material: Words = None
    side: Side = None
    height_m: Amount = None
    erected_on: Day = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(MarkerAttributes):
    """A gate in a fence or on a path."""

    kind: ClassVar[str] = "gate"
    width_m: Amount = None
    lockable: Flag = None
    vehicles: Flag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Well(MarkerAttributes):
    """A well or manhole."""

    kind: ClassVar[str] = "well"
    depth_m: Amount = None
    covered: Flag = None
    drinking_water: Flag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp(MarkerAttributes):
    """A street lamp."""

    kind: ClassVar[str] = "lamp"
    power_w: Amount = None
    height_m: Amount = None
    solar: Flag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStation(MarkerAttributes):
    """A service station: the hub or one of its points.

    ``opening_hours`` follow OpenStreetMap's grammar; ``capacity`` counts people or vehicles at a time;
    ``serves`` are the codes of the units that the station is in charge of.
    """

    kind: ClassVar[str] = "service-station"
    role: StationRole
    facilities: Facilities = ()
    opening_hours: Hours = None
    phone: Words = None
    capacity: Count = None
    serves: Units = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPoint(MarkerAttributes):
    """A point that is watched: water level, slope, camera, weather."""

    kind: ClassVar[str] = "monitoring-point"
    instrument: Words = None
    office: Words = None
    automatic: Flag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSite(MarkerAttributes):
    """A site of works for a time."""

    kind: ClassVar[str] = "work-site"
    project: Words = None
    contractor: Words = None
    starts_on: Day = None
    ends_on: Day = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FencePost(MarkerAttributes):
    """A post of the border fence."""

    kind: ClassVar[str] = "fence-post"
    number: Words = None
    material: Words = None
    installed_on: Day = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiverCrossing(MarkerAttributes):
    """A place where the border or a patrol route crosses a river."""

    kind: ClassVar[str] = "river-crossing"
    river: Words = None
    crossing: Crossing = None
    width_m: Amount = None


KINDS: dict[str, type[MarkerAttributes]] = {
    one.kind: one
    for one in (
        BoundaryMarker,
        Gate,
        Well,
        Lamp,
        ServiceStation,
        MonitoringPoint,
        WorkSite,
        FencePost,
        RiverCrossing,
    )
}


def read_attributes(kind: str, values: Mapping[str, Any]) -> MarkerAttributes:
    """Return the typed attributes of a kind from JSON values; null stands for not known.

    Raises
    ------
    UnknownKind
        There is no such kind; the message lists those there are.
    UnknownAttribute
        The kind has no such attribute; the message lists those it has.
    InvalidAttribute
        A value is not what the attribute expects, or a required one is missing.
    """
    chosen = KINDS.get(kind)
    if chosen is None:
        raise UnknownKind(
            N_("There is no kind of marker “{kind}”; there are: {known}."),
            mend=N_("Use one of these kinds."),
            where={"pointer": "/kind"},
            kind=kind,
            known=", ".join(sorted(KINDS)),
        )
    declared = {one.name: one for one in fields(chosen)}
    for name in values:
        if name not in declared:
            raise UnknownAttribute(
                N_("A {kind} has no attribute “{attribute}”; it has: {known}."),
                mend=N_("Rename the attribute or leave it out."),
                where={"pointer": f"/attributes/{name}"},
                kind=kind,
                attribute=name,
                known=", ".join(sorted(declared)),
            )
    given = {name: value for name, value in values.items() if value is not None}
    return chosen(**{name: _read(kind, one, given) for name, one in declared.items() if _wanted(one, given)})


def _wanted(declared: Field[Any], given: Mapping[str, Any]) -> bool:
    return declared.name in given or declared.default is MISSING


def _read(kind: str, declared: Field[Any], given: Mapping[str, Any]) -> Any:
    try:
        return _reader(declared)(given.get(declared.name))
    except _Unreadable as error:
        raise InvalidAttribute(
            N_("The attribute “{attribute}” of a {kind} cannot be {value}."),
            mend=N_("Give {expected}."),
            where={"pointer": f"/attributes/{declared.name}"},
            attribute=declared.name,
            kind=kind,
            value=repr(given.get(declared.name)),
            expected=str(error),
        ) from error


def _reader(declared: Field[Any]) -> Reader:
    return cast("Reader", get_args(declared.type)[1])


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
