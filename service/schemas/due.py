"""Shapes of what is due: rules and suspensions as they are given and read, and the list of what is late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geo.due import DAY_S, State
from geo.evidence import Evidence
from layers.due import Clock, DueRule, Source, Suspension
from service.schemas.incidents import Word
from service.schemas.times import NearDay, NearInstant

Translate = Callable[[str], str]
_MONTHS = (
    r"((0[1-9]|1[0-2])-(0[1-9]|[12][0-9]))",
    r"((0[13-9]|1[0-2])-30)",
    r"((0[13578]|1[02])-31)",
)
Season = Annotated[str, StringConstraints(pattern=f"^({'|'.join(_MONTHS)})$")]
Metres = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False, strict=True)]
Proof = Literal["seen", "observed", "scanned", "inspected", "serviced"]
Note = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Named = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
ThingKind = Literal["segment", "unit", "marker"]
StateName = Literal["ok", "soon", "overdue", "suspended", "never"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubjectIn(_Strict):
    """What a rule is for, by code: a segment or a stretch of it, a unit, a marker, or a kind of markers."""

    kind: Literal["segment", "unit", "marker", "marker-kind"]
    code: Word
    layer: Word | None = Field(default=None, description="Of a unit; the partition where it is left out.")
    below: bool = Field(default=False, description="Of a unit: for each leaf below it.", strict=True)
    from_m: Metres | None = Field(default=None, description="Of a stretch, with to_m.")
    to_m: Metres | None = None


class RuleIn(SubjectIn):
    """At least ``count`` visits, ``spacing_hours`` apart, within any ``within_days``.

    A request (``source`` other than ``standing``) says who asked and when it ends. With ``season_from`` and
    ``season_to`` (MM-DD, both included) it is in force only then, each year.
    """

    within_days: Annotated[float, Field(gt=0, le=3660, allow_inf_nan=False, strict=True)]
    count: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    spacing_hours: Annotated[float, Field(gt=0, le=8784, allow_inf_nan=False, strict=True)] = 1.0
    clock: Clock = "routine"
    least: Proof = Field(default="observed", description="What proves a visit of a marker.")
    season_from: Season | None = None
    season_to: Season | None = None
    from_day: NearDay | None = Field(default=None, description="First day; today where it is left out.")
    to_day: NearDay | None = Field(default=None, description="The first day it is in force no more.")
    source: Source = "standing"
    asked_by: Named | None = Field(default=None, description="The meeting, person or office that asked.")
    reason: Note = ""


class RuleOut(BaseModel):
    """A due rule."""

    id: UUID
    kind: str
    code: str
    layer: str | None
    below: bool
    from_m: float | None
    to_m: float | None
    within_days: float
    count: int
    spacing_hours: float
    clock: Clock
    least: Proof | Literal["declared", "inferred"]
    season_from: str | None
    season_to: str | None
    from_day: date
    to_day: date | None
    source: Source
    asked_by: str | None
    reason: str
    created_at: datetime


class RulesOut(BaseModel):
    """Due rules, oldest first."""

    items: list[RuleOut]


class SuspensionIn(_Strict):
    """A time in which something need not be visited; left open while nobody knows how long it lasts."""

    kind: Literal["segment", "unit", "marker", "marker-kind", "everything"]
    code: Annotated[str, StringConstraints(max_length=64, strip_whitespace=True)] = ""
    layer: Word | None = None
    from_m: Metres | None = None
    to_m: Metres | None = None
    from_at: NearInstant | None = Field(default=None, description="Now where it is left out.")
    to_at: NearInstant | None = None
    reason: Literal["flood", "snow", "fire-ban", "other"]
    note: Note = ""


class SuspensionOut(BaseModel):
    """A time in which something need not be visited."""

    id: UUID
    kind: str
    code: str
    layer: str | None
    from_m: float | None
    to_m: float | None
    from_at: datetime
    to_at: datetime | None
    reason: str
    note: str
    created_at: datetime


class SuspensionsOut(BaseModel):
    """Suspensions, by their beginning."""

    items: list[SuspensionOut]


class HeldOut(BaseModel):
    """The rule that makes a thing due; ``id`` is null where it is what the thing itself says."""

    id: UUID | None
    within_days: float
    count: int
    source: Source
    asked_by: str | None
    reason: str


class DueOut(BaseModel):
    """A thing that has to be visited, and how it stands."""

    kind: ThingKind
    code: str
    name: str
    layer: str | None
    clock: Clock
    state: StateName
    overdue: bool
    due_at: datetime | None
    overdue_since: datetime | None
    late_days: float
    last_at: datetime | None = Field(description="Of what was left longest; null where it never was.")
    from_m: float | None
    to_m: float | None
    length_m: float | None
    markers: list[str | None] | None
    where: str | None
    debt_km_days: float | None
    owner: str | None
    lon: float
    lat: float
    rule: HeldOut
    suspension: str | None
    counts_from: datetime = Field(description="What comes after it makes good what is due.")


class DueListOut(BaseModel):
    """What is due, the latest first. ``counts`` are of everything that has a rule."""

    at: datetime
    counts: dict[str, int]
    debt_km_days: float
    items: list[DueOut]


@dataclass(frozen=True, slots=True)
class Held:
    """The rule that makes a thing due; without an id it is what the thing itself says."""

    within_days: float
    count: int = 1
    id: UUID | None = None
    source: Source = "standing"
    asked_by: str | None = None
    reason: str = ""

    @classmethod
    def of(cls, rule: DueRule) -> "Held":
        """Return what is told of a stored rule."""
        return cls(rule.within_days, rule.times, rule.id, rule.source, rule.asked_by, rule.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueThing:
    """A thing that has to be visited, and how it stands; see :class:`DueOut`.

    ``line`` are the lon, lat degrees of a stretch; None for what is a point on the map.
    """

    kind: ThingKind
    code: str
    name: str
    state: State
    due_at: datetime | None
    late_s: float
    last_at: datetime | None
    owner: str | None
    lon: float
    lat: float
    rule: Held
    counts_from: datetime
    clock: Clock = "routine"
    layer: str | None = None
    from_m: float | None = None
    to_m: float | None = None
    markers: tuple[str | None, str | None] | None = None
    debt_km_days: float | None = None
    suspension: str | None = None
    soon: bool = False
    line: Sequence[Sequence[float]] | None = None

    @property
    def overdue(self) -> bool:
        """Whether its time is over, visited before or not."""
        return self.late_s > 0.0 and self.state is not State.SUSPENDED

    @property
    def pressing(self) -> bool:
        """Whether it is overdue or due soon."""
        return self.overdue or (self.soon and self.state is not State.SUSPENDED)


def rule_json(value: DueRule) -> dict[str, Any]:
    """Return a rule as readers see it."""
    names = [name for name in RuleOut.model_fields if name not in ("least", "id", "count")]
    body = {name: _plain(getattr(value, name)) for name in names}
    return {"id": str(value.id), **body, "count": value.times, "least": value.least.name.lower()}


def suspension_json(value: Suspension) -> dict[str, Any]:
    """Return a suspension as readers see it."""
    body = {name: _plain(getattr(value, name)) for name in SuspensionOut.model_fields if name != "id"}
    return {"id": str(value.id), **body}


def evidence_named(name: Proof) -> Evidence:
    """Return the rung of a name."""
    return Evidence[name.upper()]


def due_json(value: DueThing, where: Callable[[DueThing], str]) -> dict[str, Any]:
    """Return a thing that is due as readers see it; ``where`` names a stretch in their language."""
    late_days = round(value.late_s / DAY_S, 3)
    stretch = value.from_m is not None and value.to_m is not None
    return {
        "kind": value.kind,
        "code": value.code,
        "name": value.name,
        "layer": value.layer,
        "clock": value.clock,
        "state": value.state.value,
        "overdue": value.overdue,
        "due_at": _plain(value.due_at),
        "overdue_since": _plain(value.due_at) if value.late_s > 0.0 else None,
        "late_days": late_days,
        "last_at": _plain(value.last_at),
        "from_m": _metres(value.from_m),
        "to_m": _metres(value.to_m),
        "length_m": _metres((value.to_m or 0.0) - (value.from_m or 0.0)) if stretch else None,
        "markers": None if value.markers is None else list(value.markers),
        "where": where(value) if stretch else None,
        "debt_km_days": None if value.debt_km_days is None else round(value.debt_km_days, 3),
        "owner": value.owner,
        "lon": round(value.lon, 7),
        "lat": round(value.lat, 7),
        "rule": {
            "id": None if value.rule.id is None else str(value.rule.id),
            "within_days": value.rule.within_days,
            "count": value.rule.count,
            "source": value.rule.source,
            "asked_by": value.rule.asked_by,
            "reason": value.rule.reason,
        },
        "suspension": value.suspension,
        "counts_from": value.counts_from.isoformat(),
    }


def list_json(
    found: Sequence[DueThing], shown: Sequence[DueThing], at: datetime, where: Callable[[DueThing], str]
) -> dict[str, Any]:
    """Return the list of what is due."""
    counts = {state.value: sum(one.state is state for one in found) for state in State}
    debt = sum(one.debt_km_days or 0.0 for one in found if one.overdue)
    return {
        "at": at.isoformat(),
        "counts": {**counts, "pressing": sum(one.pressing for one in found)},
        "debt_km_days": round(debt, 3),
        "items": [due_json(one, where) for one in shown],
    }


def features_json(shown: Sequence[DueThing], where: Callable[[DueThing], str]) -> dict[str, Any]:
    """Return what is due as GeoJSON: lines of stretches, points of the rest."""
    features = []
    for one in shown:
        if one.line is None:
            geometry: Mapping[str, Any] = {"type": "Point", "coordinates": [one.lon, one.lat]}
        else:
            geometry = {"type": "LineString", "coordinates": [list(place) for place in one.line]}
        features.append({"type": "Feature", "properties": due_json(one, where), "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


CSV_COLUMNS = (
    *("kind", "code", "name", "layer", "clock", "state", "due_at", "overdue_since", "late_days", "last_at"),
    *("from_m", "to_m", "where", "debt_km_days", "owner", "lon", "lat", "within_days", "source", "reason"),
)


def rows_of(shown: Sequence[DueThing], where: Callable[[DueThing], str]) -> list[list[Any]]:
    """Return a row of a table for each thing; what is not known is an empty text."""
    rows = []
    for one in shown:
        body = due_json(one, where)
        flat = {**body, **{name: body["rule"][name] for name in ("within_days", "source", "reason")}}
        rows.append(["" if flat[name] is None else flat[name] for name in CSV_COLUMNS])
    return rows


def _metres(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
