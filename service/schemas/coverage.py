"""Shapes of the coverage of the border: values, their JSON and GeoJSON, and the models of the answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from geo.linear import MeasuredLine
from layers.border import BorderSegment
from service.schemas.places import place_name

State = Literal["covered", "inferred", "gap"]
DueState = Literal["none", "ok", "soon", "overdue", "suspended"]
Translate = Callable[[str], str]
_DECIMALS = 7
RUNGS = ("observed", "seen", "inferred", "declared")


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open period [from_at, to_at) and the instant ``as_of`` at which ages are told."""

    from_at: datetime
    to_at: datetime
    as_of: datetime

    @property
    def seconds(self) -> tuple[float, float]:
        """Both ends in Unix seconds."""
        return self.from_at.timestamp(), self.to_at.timestamp()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a segment in one state, with when and by whom it was last walked (None: not in memory).

    ``markers`` are the codes of the markers round it, None where there is none. ``oldest_at`` is when the
    part of it that was left longest was walked last, None if some of it never was.
    """

    state: State
    from_m: float
    to_m: float
    passes: int
    last_at: datetime | None
    last_by: str | None
    oldest_at: datetime | None
    markers: tuple[str | None, str | None]

    @property
    def length_m(self) -> float:
        """Its length in metres."""
        return self.to_m - self.from_m

    @property
    def told_at(self) -> datetime | None:
        """The instant its age counts from: the last walk, or for what is open the one longest ago."""
        return self.last_at if self.state == "covered" else self.oldest_at

    def name(self, translate: Translate = str) -> str:
        """Return where it is, by the markers round it."""
        return place_name(self.markers, translate)


@dataclass(frozen=True, slots=True)
class Passes:
    """How often the metres of a segment were passed: mean over all of it, most, fewest."""

    mean: float
    most: int
    fewest: int


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a segment is due: metres walked longer ago than ``days`` allow, and their debt in km·days."""

    days: int | None
    state: DueState
    overdue_m: float
    debt_km_days: float
    next_on: date | None


Spans = Sequence[tuple[float, float]]
"""Disjoint parts of a line in order, each between two measures in metres."""


@dataclass(frozen=True, slots=True)
class Twice:
    """Somebody at work with two devices at once: how long, and how far apart (None: never on one segment).

    ``by`` is None while they are on shift.
    """

    by: str | None
    minutes: float
    apart_m: float | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age of metres: ``known_m`` were walked in memory, and their ages in days have this sum."""

    known_m: float
    metre_days: float

    @property
    def days(self) -> float | None:
        """The mean age of a metre, None where none is known."""
        return self.metre_days / self.known_m if self.known_m else None


@dataclass(frozen=True, slots=True)
class Legal:
    """The legal line: its length, and the metres in sight within V − 2σ, V and V + 2σ of a patrol."""

    length_m: float
    low_m: float
    seen_m: float
    high_m: float


@dataclass(frozen=True, slots=True)
class SegmentCoverage:
    """Coverage of one segment in a period: metres of each rung of evidence, without those that were walked.

    ``walked_km`` are those of walks, a team's once, ``hours`` those in which anybody walked, and
    ``person_hours`` those of all people; ``twice`` are people who were at work with two devices at once.

    ``counted_from`` is the start of the period, or later where the segment was drawn anew since. ``seen_m``
    are metres of the line that is patrolled whose place on the legal line was in sight; ``legal`` tells of
    that line itself, walked or not. ``bridged_m`` are inferred and were not seen either. ``stretches`` are
    in order and make up the segment; what was only seen is a gap. ``sight`` are the spans that were in sight
    and ``said`` those that were declared, walked or not.
    """

    segment: BorderSegment
    line: MeasuredLine
    counted_from: datetime
    covered_m: float
    inferred_m: float
    bridged_m: float
    seen_m: float
    legal: Legal
    declared_m: float
    passes: Passes
    last_at: datetime | None
    last_by: str | None
    walked_km: float
    hours: float
    person_hours: float
    twice: tuple[Twice, ...]
    freshness: Freshness
    stretches: tuple[Stretch, ...]
    due: Due
    sight: Spans = ()
    said: Spans = ()

    @property
    def length_m(self) -> float:
        """The length of the line that is walked."""
        return self.line.length_m

    @property
    def rungs(self) -> dict[str, float]:
        """Metres known at least so well, by the rung of the ladder of evidence: each with all before it."""
        metres, found = 0.0, {}
        for name, more in zip(
            RUNGS, (self.covered_m, self.seen_m, self.bridged_m, self.declared_m), strict=True
        ):
            metres += more
            found[name] = metres
        return found

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        """The stretches that were neither walked nor inferred."""
        return tuple(stretch for stretch in self.stretches if stretch.state == "gap")


SUMS = (
    *("length_m", "covered_m", "seen_m", "inferred_m", "declared_m"),
    *("walked_km", "hours", "person_hours"),
)


def report_json(
    found: Sequence[SegmentCoverage], period: Period, translate: Translate = str
) -> dict[str, Any]:
    """Return the body of the coverage of several segments."""
    sums = {name: sum(getattr(one, name) for one in found) for name in SUMS}
    return {
        **_period_json(period),
        "total": {
            **{name: round(value, 2) for name, value in sums.items()},
            "covered_percent": _percent(sums["covered_m"], sums["length_m"]),
            "seen_percent": _percent(sums["seen_m"], sums["length_m"]),
            "inferred_percent": _percent(sums["inferred_m"], sums["length_m"]),
            "rungs": {
                name: _percent(sum(one.rungs[name] for one in found), sums["length_m"]) for name in RUNGS
            },
            "gap_m": round(sum(gap.length_m for one in found for gap in one.gaps), 2),
            "freshness": _freshness([one.freshness for one in found], sums["length_m"]),
        },
        "segments": [segment_json(one, period, translate) for one in found],
    }


def detail_json(
    one: SegmentCoverage, period: Period, translate: Translate = str, *, geometry: bool = False
) -> dict[str, Any]:
    """Return the body of the coverage of one segment, with all its stretches."""
    stretches = []
    for stretch in one.stretches:
        body = _stretch_json(stretch, period, translate) | {"state": stretch.state, "passes": stretch.passes}
        stretches.append(body | {"geometry": _geometry(one, stretch)} if geometry else body)
    return {**_period_json(period), **segment_json(one, period, translate), "stretches": stretches}


def segment_json(one: SegmentCoverage, period: Period, translate: Translate = str) -> dict[str, Any]:
    """Return the figures of one segment and its gaps."""
    shares: dict[str, Any] = {}
    for name in ("covered", "inferred", "seen", "declared"):
        metres = getattr(one, f"{name}_m")
        shares[f"{name}_m"] = round(metres, 2)
        shares[f"{name}_percent"] = _percent(metres, one.length_m)
    return {
        "code": one.segment.code,
        "name": one.segment.name,
        "owner": one.segment.owner,
        "chainage_from_m": one.segment.from_m,
        "chainage_to_m": one.segment.to_m,
        "counted_from": one.counted_from.isoformat(),
        "length_m": round(one.length_m, 2),
        **shares,
        "rungs": {name: _percent(metres, one.length_m) for name, metres in one.rungs.items()},
        "legal": {
            "length_m": round(one.legal.length_m, 2),
            "seen_m": round(one.legal.seen_m, 2),
            "seen_percent": _percent(one.legal.seen_m, one.legal.length_m),
            "low_percent": _percent(one.legal.low_m, one.legal.length_m),
            "high_percent": _percent(one.legal.high_m, one.legal.length_m),
        },
        "passes": {
            "mean": round(one.passes.mean, 3),
            "most": one.passes.most,
            "fewest": one.passes.fewest,
        },
        "last_at": _text(one.last_at),
        "last_by": one.last_by,
        "walked_km": round(one.walked_km, 3),
        "hours": round(one.hours, 3),
        "person_hours": round(one.person_hours, 3),
        "freshness": _freshness([one.freshness], one.length_m),
        "twice": [{"by": each.by, "minutes": each.minutes, "apart_m": each.apart_m} for each in one.twice],
        "due": {
            "days": one.due.days,
            "state": one.due.state,
            "overdue_m": round(one.due.overdue_m, 2),
            "debt_km_days": round(one.due.debt_km_days, 3),
            "next_on": None if one.due.next_on is None else one.due.next_on.isoformat(),
        },
        "gaps": [_stretch_json(gap, period, translate) | {"owner": one.segment.owner} for gap in one.gaps],
    }


def features_json(found: Sequence[SegmentCoverage], period: Period) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection with a line for each stretch of each segment."""
    features = []
    for one in found:
        for stretch in one.stretches:
            properties = {
                "code": one.segment.code,
                "state": stretch.state,
                "from_m": round(stretch.from_m, 2),
                "to_m": round(stretch.to_m, 2),
                "passes": stretch.passes,
                "last_at": _text(stretch.told_at),
                "age_days": _age(stretch, period),
                "last_by": stretch.last_by,
                "markers": list(stretch.markers),
                "owner": one.segment.owner,
                "due": one.due.state,
            }
            features.append(
                {"type": "Feature", "properties": properties, "geometry": _geometry(one, stretch)}
            )
    return {"type": "FeatureCollection", "features": features}


FIGURES = (
    "segment", "name", "owner", "length_m", "walked_m", "walked_percent", "seen_percent", "inferred_percent",
    "declared_percent", "passes_mean", "last_at", "last_by", "walked_km", "hours", "person_hours",
    "freshness_days", "due", "overdue_m",
)  # fmt: skip
"""What a file tells of a segment; each percentage of a weaker evidence counts the stronger ones as well."""


def figures_of(found: Sequence[SegmentCoverage], period: Period) -> list[tuple[Any, ...]]:
    """Return a row of ``FIGURES`` for each segment, as the API tells them."""
    rows = []
    for one in (segment_json(each, period) for each in found):
        rungs = (one["rungs"][name] for name in ("observed", "seen", "inferred", "declared"))
        rows.append((
            one["code"], one["name"], one["owner"] or "", one["length_m"], one["covered_m"], *rungs,
            one["passes"]["mean"], one["last_at"] or "", one["last_by"] or "", one["walked_km"], one["hours"],
            one["person_hours"], one["freshness"]["age_days"], one["due"]["state"], one["due"]["overdue_m"],
        ))  # fmt: skip
    return rows


CSV_COLUMNS = (
    "segment", "name", "owner", "state", "from_m", "to_m", "length_m", "after_marker", "before_marker",
    "passes", "last_at", "last_by", "age_days",
)  # fmt: skip


def rows_of(found: Sequence[SegmentCoverage], period: Period) -> list[tuple[Any, ...]]:
    """Return a row of ``CSV_COLUMNS`` for each stretch of each segment."""
    return [
        (
            one.segment.code,
            one.segment.name,
            one.segment.owner or "",
            stretch.state,
            round(stretch.from_m, 1),
            round(stretch.to_m, 1),
            round(stretch.length_m, 1),
            stretch.markers[0] or "",
            stretch.markers[1] or "",
            stretch.passes,
            _text(stretch.told_at) or "",
            stretch.last_by or "",
            "" if (age := _age(stretch, period)) is None else age,
        )
        for one in found
        for stretch in one.stretches
    ]


def _period_json(period: Period) -> dict[str, str]:
    return {
        "from": period.from_at.isoformat(),
        "to": period.to_at.isoformat(),
        "as_of": period.as_of.isoformat(),
    }


def _stretch_json(stretch: Stretch, period: Period, translate: Translate) -> dict[str, Any]:
    return {
        "from_m": round(stretch.from_m, 2),
        "to_m": round(stretch.to_m, 2),
        "length_m": round(stretch.length_m, 2),
        "markers": list(stretch.markers),
        "where": stretch.name(translate),
        "last_at": _text(stretch.told_at),
        "last_by": stretch.last_by,
        "age_days": _age(stretch, period),
    }


def _age(stretch: Stretch, period: Period) -> float | None:
    if stretch.told_at is None:
        return None
    return round(max(0.0, (period.as_of - stretch.told_at).total_seconds() / 86_400.0), 2)


def _geometry(one: SegmentCoverage, stretch: Stretch) -> dict[str, Any]:
    return span_json(one, stretch.from_m, stretch.to_m)


def span_json(one: SegmentCoverage, low: float, high: float) -> dict[str, Any]:
    """Return the part of a segment between two measures as GeoJSON."""
    part = one.line.cut(low, high)
    return {"type": "LineString", "coordinates": part.round(_DECIMALS).tolist()}


def _freshness(parts: Sequence[Freshness], length: float) -> dict[str, Any]:
    known = Freshness(sum(one.known_m for one in parts), sum(one.metre_days for one in parts))
    days = known.days
    return {
        "age_days": None if days is None else round(days, 2),
        "known_percent": _percent(known.known_m, length),
    }


def _percent(metres: float, whole: float) -> float:
    return round(100.0 * metres / whole, 3) if whole else 0.0


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
