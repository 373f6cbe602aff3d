"""Due rules and suspensions: how often what has to be visited, and when it need not be.

A subject is named by its code, as people name it, so a rule outlives a new import of the border or of
markers. A rule is never edited: it ends and another begins, so what was due in the past can still be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Row,
    SmallInteger,
    Text,
    func,
    select,
    update,
)

from geo.errors import N_
from geo.evidence import Evidence
from layers.base import identifier, in_district, shard_table
from layers.errors import InvalidAttribute, NotFound
from layers.storage import Store

Kind = Literal["segment", "unit", "marker", "marker-kind", "everything"]
Clock = Literal["routine", "joint"]
Source = Literal["standing", "meeting", "person", "office"]
KINDS = ("segment", "unit", "marker", "marker-kind")
REASONS = ("flood", "snow", "fire-ban", "other")
SOURCES = ("standing", "meeting", "person", "office")

_SEASON = "'^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'"


def _among(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint("{} IN ({})".format(column, ", ".join(f"'{one}'" for one in values)), name=column)


due_rule = shard_table(
    "due_rule",
    identifier(),
    Column("kind", Text, nullable=False),
    # The code of the segment, unit or marker, or the kind of markers.
    Column("code", Text, nullable=False),
    # Of a unit: the layer it is in, and whether the rule is for what lies below it.
    Column("layer", Text),
    Column("below", Boolean, nullable=False),
    # Of a stretch of a segment: measures in metres from its start; none for all of it.
    Column("from_m", Double),
    Column("to_m", Double),
    Column("clock", Text, nullable=False),
    Column("least", SmallInteger, nullable=False),
    Column("within_days", Double, nullable=False),
    Column("times", Integer, nullable=False),
    Column("spacing_hours", Double, nullable=False),
    # Yearly, MM-DD, both days included; it may run over New Year.
    Column("season_from", Text),
    Column("season_to", Text),
    Column("from_day", Date, nullable=False),
    # The first day it is in force no more.
    Column("to_day", Date),
    Column("source", Text, nullable=False),
    Column("asked_by", Text),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    in_district(),
    _among("kind", KINDS),
    _among("clock", ("routine", "joint")),
    _among("source", SOURCES),
    CheckConstraint("least BETWEEN 0 AND 6", name="least"),
    CheckConstraint("within_days > 0 AND within_days <= 3660", name="within_days"),
    CheckConstraint("times BETWEEN 1 AND 1000", name="times"),
    CheckConstraint("spacing_hours > 0", name="spacing_hours"),
    CheckConstraint("(season_from IS NULL) = (season_to IS NULL)", name="season"),
    CheckConstraint(f"season_from ~ {_SEASON} AND season_to ~ {_SEASON}", name="season_days"),
    CheckConstraint("(from_m IS NULL) = (to_m IS NULL) AND from_m >= 0 AND to_m > from_m", name="measures"),
    CheckConstraint("from_m IS NULL OR kind = 'segment'", name="stretch"),
    CheckConstraint("(layer IS NOT NULL) = (kind = 'unit')", name="layer"),
    CheckConstraint("to_day >= from_day", name="days"),
    CheckConstraint("source = 'standing' OR to_day IS NOT NULL", name="request"),
    Index(None, "district", "kind", "code"),
)

due_suspension = shard_table(
    "due_suspension",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("layer", Text),
    Column("from_m", Double),
    Column("to_m", Double),
    Column("from_at", DateTime(timezone=True), nullable=False),
    # None while nobody knows how long it lasts.
    Column("to_at", DateTime(timezone=True)),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    in_district(),
    _among("kind", (*KINDS, "everything")),
    _among("reason", REASONS),
    CheckConstraint("to_at >= from_at", name="times"),
    CheckConstraint("(from_m IS NULL) = (to_m IS NULL) AND from_m >= 0 AND to_m > from_m", name="measures"),
    CheckConstraint("from_m IS NULL OR kind = 'segment'", name="stretch"),
    CheckConstraint("(layer IS NOT NULL) = (kind = 'unit')", name="layer"),
    Index(None, "district", "from_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRule:
    """At least ``times`` visits, ``spacing_hours`` apart, within any ``within_days``.

    ``code`` names the subject: with ``from_m``, ``to_m`` only that stretch of a segment (metres from its
    start), with ``below`` every leaf below a unit. ``least`` is what proves a visit. In force on the days
    [from_day, to_day), with a season only in it, each year. ``source`` other than ``standing`` is a request.
    """

    id: UUID
    kind: Kind
    code: str
    within_days: float
    from_day: date
    created_at: datetime
    created_by: str
    layer: str | None = None
    below: bool = False
    from_m: float | None = None
    to_m: float | None = None
    clock: Clock = "routine"
    least: Evidence = Evidence.OBSERVED
    times: int = 1
    spacing_hours: float = 1.0
    season_from: str | None = None
    season_to: str | None = None
    to_day: date | None = None
    source: Source = "standing"
    asked_by: str | None = None
    reason: str = ""

    @property
    def standing(self) -> bool:
        """Whether it holds all year without an end in sight, and so stands for wider ones."""
        return self.source == "standing" and self.season_from is None

    def covers(self, low: float, high: float) -> bool:
        """Say whether it is for a stretch between two measures."""
        return self.from_m is None or self.to_m is None or (self.from_m <= low and high <= self.to_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A time in which a subject need not be visited, and why; the clock of its rules stands still."""

    id: UUID
    kind: Kind
    code: str
    from_at: datetime
    reason: str
    created_at: datetime
    created_by: str
    layer: str | None = None
    from_m: float | None = None
    to_m: float | None = None
    to_at: datetime | None = None
    note: str = ""

    def covers(self, low: float, high: float) -> bool:
        """Say whether it is for a stretch between two measures."""
        return self.from_m is None or self.to_m is None or (self.from_m <= low and high <= self.to_m)


_RULE = tuple(one.name for one in fields(DueRule))
_SUSPENSION = tuple(one.name for one in fields(Suspension))


class DueRules(Store):
    """The due rules and suspensions of one district."""

    def add(self, value: DueRule) -> None:
        """Store a rule.

        Raises
        ------
        InvalidAttribute
            A number is out of range, or its parts do not fit together.
        """
        self._insert(due_rule, [{name: getattr(value, name) for name in _RULE} | {"least": int(value.least)}])

    def get(self, identifier: UUID) -> DueRule:
        """Return a rule by its id.

        Raises
        ------
        NotFound
            The district has no such rule.
        """
        row = self._first(
            select(due_rule).where(due_rule.c.district == self.district, due_rule.c.id == identifier)
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no due rule {rule}."),
                mend=N_("List the rules; one that has ended is listed with its last day."),
                where={"rule": str(identifier)},
                district=self.district,
                rule=str(identifier),
            )
        return _rule(row)

    def end(self, identifier: UUID, on: date) -> DueRule:
        """End a rule: ``on`` is the first day it is in force no more, its own first day where that is later.

        Raises
        ------
        NotFound
            The district has no such rule.
        InvalidAttribute
            It ended before.
        """
        found = self.get(identifier)
        last = max(on, found.from_day)
        if found.to_day is not None and found.to_day <= last:
            raise InvalidAttribute(
                N_("The rule ended on {day}."),
                mend=N_("Leave it, or make a new one."),
                where={"rule": str(identifier)},
                day=found.to_day.isoformat(),
            )
        self._write(
            update(due_rule)
            .where(due_rule.c.district == self.district, due_rule.c.id == identifier)
            .values(to_day=last)
        )
        return self.get(identifier)

    def all(self, since: date) -> tuple[DueRule, ...]:
        """Return the rules that are in force on a day from ``since`` on, oldest first."""
        rows = self._all(
            select(due_rule)
            .where(
                due_rule.c.district == self.district,
                func.coalesce(due_rule.c.to_day, date.max) > since,
            )
            .order_by(due_rule.c.created_at, due_rule.c.id)
        )
        return tuple(_rule(row) for row in rows)

    def suspend(self, value: Suspension) -> None:
        """Store a suspension.

        Raises
        ------
        InvalidAttribute
            It ends before it begins, or its parts do not fit together.
        """
        self._insert(due_suspension, [{name: getattr(value, name) for name in _SUSPENSION}])

    def suspension(self, identifier: UUID) -> Suspension:
        """Return a suspension by its id.

        Raises
        ------
        NotFound
            The district has no such suspension.
        """
        row = self._first(
            select(due_suspension).where(
                due_suspension.c.district == self.district, due_suspension.c.id == identifier
            )
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no suspension {suspension}."),
                mend=N_("List the suspensions; one that is over is listed with its end."),
                where={"suspension": str(identifier)},
                district=self.district,
                suspension=str(identifier),
            )
        return _suspension(row)

    def lift(self, identifier: UUID, at: datetime) -> Suspension:
        """End a suspension at an instant, at its beginning where that is later.

        Raises
        ------
        NotFound
            The district has no such suspension.
        InvalidAttribute
            It was over before.
        """
        found = self.suspension(identifier)
        end = max(at, found.from_at)
        if found.to_at is not None and found.to_at <= end:
            raise InvalidAttribute(
                N_("The suspension was over at {at}."),
                mend=N_("Leave it, or make a new one."),
                where={"suspension": str(identifier)},
                at=found.to_at.isoformat(),
            )
        self._write(
            update(due_suspension)
            .where(due_suspension.c.district == self.district, due_suspension.c.id == identifier)
            .values(to_at=end)
        )
        return self.suspension(identifier)

    def suspensions(self, since: datetime) -> tuple[Suspension, ...]:
        """Return the suspensions that last beyond an instant, by their beginning."""
        ends = due_suspension.c.to_at
        rows = self._all(
            select(due_suspension)
            .where(due_suspension.c.district == self.district, ends.is_(None) | (ends > since))
            .order_by(due_suspension.c.from_at, due_suspension.c.id)
        )
        return tuple(_suspension(row) for row in rows)


def _rule(row: Row[Any]) -> DueRule:
    values: Mapping[str, Any] = {name: getattr(row, name) for name in _RULE}
    return DueRule(**{**values, "least": Evidence(row.least)})


def _suspension(row: Row[Any]) -> Suspension:
    return Suspension(**{name: getattr(row, name) for name in _SUSPENSION})
