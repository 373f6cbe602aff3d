"""How long incidents may take, by colour and class, and when they rise by rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from layers.incident_tables import COLOURS
from service.rules.calendars import Calendar


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit: so many working days, or so many hours around the clock."""

    value: float
    unit: Literal["working_days", "hours"] = "working_days"

    def span(self, delays: int = 0) -> timedelta:
        """Return the limit with granted days of delay, as a span of its calendar."""
        own = timedelta(days=self.value) if self.unit == "working_days" else timedelta(hours=self.value)
        return own + timedelta(days=delays)


def _colours() -> Mapping[str, Limit]:
    return {colour: Limit(days) for colour, days in zip(COLOURS, (1, 3, 7, 15), strict=True)}


def _classes() -> Mapping[str, Limit]:
    return {
        "urgent": Limit(2, "hours"),
        **{one: Limit(24, "hours") for one in ("utilities", "water", "power")},
    }


def _platforms() -> Mapping[str, str]:
    return {f"platform-{one}": f"Platform {one.upper()}" for one in "abc"}


@dataclass(frozen=True, slots=True)
class CaseRules:
    """The rules of a district for its incidents.

    ``limits`` are by colour, ``classes`` go before them. ``raised`` are classes that rise one colour when
    they are dispatched. So many ``repeats`` of a class within ``repeat_days`` in one small
    grid raise it as well. ``platforms`` are the names of channels of others, by their words. ``groups`` are
    classes that may be the same thing within ``radius_m``, or the radius of the class among ``radii``; 0 is
    off. ``services`` are classes with the names that others report them by, ``attributes`` what is asked of
    them besides, in order.
    """

    calendar: str = "china"
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=_colours)
    classes: Mapping[str, Limit] = field(default_factory=_classes)
    raised: frozenset[str] = frozenset()
    repeats: int = 3
    repeat_days: int = 90
    reopen_days: int = 30
    platforms: Mapping[str, str] = field(default_factory=_platforms)
    groups: tuple[frozenset[str], ...] = ()
    radius_m: float = 100.0
    radii: Mapping[str, float] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def limit(self, class_: str, colour: str) -> Limit:
        """Return how long an incident of a class and colour may take from its filing."""
        return self.classes.get(class_) or self.limits[colour]

    def like(self, class_: str) -> frozenset[str]:
        """Return the classes that may be the same thing as a class, itself among them."""
        return next((one for one in self.groups if class_ in one), frozenset({class_}))

    def radius(self, class_: str) -> float:
        """Return within how many metres incidents of a class may be the same, 0 for none."""
        return self.radii.get(class_, self.radius_m)

    def calendar_of(self, limit: Limit, zone: str) -> Calendar:
        """Return the calendar in which a limit runs."""
        if limit.unit == "hours":
            return Calendar("always", ZoneInfo(zone))
        return Calendar(self.calendar, ZoneInfo(zone), self.holidays, self.workdays)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as they are stored and read."""
        return {
            "calendar": self.calendar,
            "holidays": sorted(one.isoformat() for one in self.holidays),
            "workdays": sorted(one.isoformat() for one in self.workdays),
            "limits": {name: {"value": one.value, "unit": one.unit} for name, one in self.limits.items()},
            "classes": {name: {"value": one.value, "unit": one.unit} for name, one in self.classes.items()},
            "raised": sorted(self.raised),
            "repeats": self.repeats,
            "repeat_days": self.repeat_days,
            "reopen_days": self.reopen_days,
            "platforms": dict(self.platforms),
            "groups": [sorted(one) for one in self.groups],
            "radius_m": self.radius_m,
            "radii": dict(self.radii),
            "services": dict(self.services),
            "attributes": {name: [dict(one) for one in asked] for name, asked in self.attributes.items()},
        }

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "CaseRules":
        """Return stored rules."""
        usual = cls()
        return cls(
            body["calendar"],
            frozenset(date.fromisoformat(one) for one in body["holidays"]),
            frozenset(date.fromisoformat(one) for one in body["workdays"]),
            {name: Limit(**one) for name, one in body["limits"].items()},
            {name: Limit(**one) for name, one in body["classes"].items()},
            frozenset(body["raised"]),
            body["repeats"],
            body["repeat_days"],
            body["reopen_days"],
            body.get("platforms", usual.platforms),
            tuple(frozenset(one) for one in body.get("groups", ())),
            body.get("radius_m", usual.radius_m),
            body.get("radii", {}),
            body.get("services", {}),
            body.get("attributes", {}),
        )
