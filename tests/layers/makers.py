"""Values the store tests begin with: a strip of unit squares on the lattice, a border, a day, an instant."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry import LineString

from geo.visits import Cover
from layers.border import BorderSegment
from layers.demonstration import DemonstrationHousehold
from layers.dwellings import Dwelling
from layers.fixes import FixTable
from layers.ground_cover import CoverArea
from layers.ids import new_id
from layers.incidents import Incident
from layers.line_features import LineFeature, LineKind
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.outreach_records import Action, Gathering, Opinion, Problem, Request
from layers.patrols import Patrol
from layers.period_records import MonitoringPoint, PeriodEvent, PeriodPlan, PeriodTask, ReminderLetter
from layers.plan_steps import Person, Plan
from layers.projects import Project
from layers.representatives import Representative
from layers.stops import Stop
from layers.stores import Stores
from layers.units import UnitDraft

DAY = date(2025, 3, 1)
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
LEVELS = ("township", "grid")


def square(column: int, row: int = 0, width: int = 1) -> shapely.Polygon:
    """Return squares of 0.01 degrees beside one another, on the lattice."""
    west, south = 1200_000_000 + column * 100_000, 440_000_000 + row * 100_000
    corners = [(0, 0), (width, 0), (width, 1), (0, 1)]
    return shapely.Polygon([((west + x * 100_000) / 1e7, (south + y * 100_000) / 1e7) for x, y in corners])


def strip(count: int = 3, households: int | None = 100) -> list[UnitDraft]:
    """Return one township and its grids from west to east."""
    town = new_id()
    top = UnitDraft(town, "T1", "Town", 0, None, square(0, width=count))
    leaves = [
        UnitDraft(new_id(), f"G{place}", f"Grid {place}", 1, town, square(place), households, {"seq": place})
        for place in range(count)
    ]
    return [top, *leaves]


def with_grids(stores: Stores, drafts: Sequence[UnitDraft] | None = None, day: date = DAY) -> list[UnitDraft]:
    """Publish a strip of grids and return its drafts."""
    published = list(strip() if drafts is None else drafts)
    stores.layers.create("grids", name="网格", level_names=LEVELS)
    stores.grids.publish("grids", day, published)
    return published


def segment(code: str = "S1", seq: int = 1, **others: Any) -> BorderSegment:
    """Return a border segment of 1 km, one beside the other."""
    line = LineString([(120 + (seq - 1) / 100, 44.05), (120 + seq / 100, 44.05)])
    values: dict[str, Any] = {"valid_from": DAY, **others}
    return BorderSegment(
        new_id(), code, f"Stretch {code}", seq, (seq - 1) * 1000.0, seq * 1000.0, 1000.0, line, **values
    )


def marker(
    code: str = "M1", kind: str = "gate", lon: float = 120.005, lat: float = 44.005, **others: Any
) -> Marker:
    """Return a marker; ``attributes`` are JSON values of its kind."""
    attributes = read_attributes(kind, others.pop("attributes", {}))
    values: dict[str, Any] = {"valid_from": DAY, **others}
    return Marker(new_id(), code, f"Marker {code}", lon, lat, attributes, **values)


def incident(**others: Any) -> Incident:
    """Return an incident at the middle of the first grid."""
    values: dict[str, Any] = {
        "id": new_id(),
        "channel": "web",
        "class_": "road",
        "title": "Broken lamp",
        "lon": 120.005,
        "lat": 44.005,
        "raw_lon": 120.005,
        "raw_lat": 44.005,
        "occurred_at": NOON,
        "received_at": NOON,
        **others,
    }
    return Incident(**values)


def gathering(unit: UUID, **others: Any) -> Gathering:
    """Return a meeting in a unit with one of everything that comes of meetings."""
    values: dict[str, Any] = {
        "id": new_id(),
        "kind": "bench-meeting",
        "at": NOON,
        "place": "Under the elm",
        "lon": 120.005,
        "lat": 44.005,
        "unit": unit,
        "recorded_by": "test",
        "recorded_at": NOON,
        "digest": "",
        "opinions": (Opinion(new_id(), "The lamps are dark."),),
        "problems": (Problem(new_id(), "lamp", "Dark lamp", "A new bulb", None),),
        "actions": (Action(new_id(), "Look every month", DAY, unit),),
        "requests": (Request(new_id(), "patrol", unit, "Come at night"),),
        **others,
    }
    return Gathering(**values)


def stop(unit: UUID) -> Stop:
    """Return a planned stop of the mobile service."""
    return Stop(
        id=new_id(),
        name="Service car",
        place="Under the elm",
        lon=120.005,
        lat=44.005,
        unit=unit,
        services=("seals",),
        from_at=NOON,
        to_at=NOON + timedelta(hours=2),
        created_at=NOON,
        created_by="test",
    )


def period_plan() -> PeriodPlan:
    """Return the plan of a month."""
    return PeriodPlan(
        id=new_id(),
        kind="month",
        title="March",
        first_day=DAY,
        last_day=date(2025, 3, 31),
        created_at=NOON,
        created_by="test",
    )


def period_task(plan: UUID) -> PeriodTask:
    """Return a task that an office submitted."""
    return PeriodTask(
        id=new_id(),
        plan=plan,
        title="Wells",
        kind="wells",
        evidence="check",
        office="Office",
        due_on=DAY,
        created_at=NOON,
        created_by="test",
    )


def period_event(task: UUID, unit: UUID) -> PeriodEvent:
    """Return a check at a unit."""
    return PeriodEvent(
        id=new_id(), task=task, unit=unit, kind="check", at=NOON, recorded_at=NOON, recorded_by="test"
    )


def letter(plan: UUID, unit: UUID, number: int) -> ReminderLetter:
    """Return a letter to a unit."""
    return ReminderLetter(id=new_id(), plan=plan, unit=unit, number=number, issued_at=NOON, issued_by="test")


def monitoring_point(plan: UUID, unit: UUID) -> MonitoringPoint:
    """Return a point that somebody watches."""
    return MonitoringPoint(
        id=new_id(),
        plan=plan,
        name="Bridge",
        place="",
        lon=120.005,
        lat=44.005,
        unit=unit,
        supervisor=new_id(),
        supervisor_name="x",
        created_at=NOON,
        created_by="test",
    )


def project() -> Project:
    """Return a project without an end."""
    return Project(
        id=new_id(),
        code="P1",
        name="Bridge",
        kind="road",
        office="Works",
        first_day=DAY,
        end=None,
        created_at=NOON,
        created_by="test",
    )


def patrol(device: str = "phone-1", digest: str = "d1", **others: Any) -> Patrol:
    """Return a patrol on foot that has no fixes yet."""
    return Patrol(new_id(), device, "foot", "Morning", "walk.gpx", digest, NOON, **others)


def fixes(count: int, start: datetime = NOON, every_s: float = 10.0) -> FixTable:
    """Return fixes along a parallel."""
    t = start.timestamp() + np.arange(count) * every_s
    return FixTable.of(t, 120 + np.arange(count) * 1e-4, np.full(count, 44.005))


def representative(code: str = "R1") -> Representative:
    """Return a representative without a place."""
    return Representative(new_id(), code, f"Representative {code}")


def dwelling(code: str = "D1", lon: float = 120.005, lat: float = 44.005, households: int = 1) -> Dwelling:
    """Return a dwelling in the middle of the first grid."""
    return Dwelling(new_id(), code, lon, lat, households)


def household(unit: UUID) -> DemonstrationHousehold:
    """Return a demonstration household of a unit, under a code of its own."""
    identifier = new_id()
    return DemonstrationHousehold(identifier, str(identifier), "House", unit, 120.005, 44.005, DAY)


def line(code: str = "L1", kind: LineKind = "road", lat: float = 44.005) -> LineFeature:
    """Return a line across the first three grids."""
    return LineFeature(new_id(), code, kind, f"Line {code}", LineString([(120, lat), (120.03, lat)]))


def cover(code: str = "C1", kind: Cover = Cover.FOREST, width: float = 0.01) -> CoverArea:
    """Return ground cover over the first grid."""
    return CoverArea(new_id(), code, kind, f"Cover {code}", shapely.box(120, 44, 120 + width, 44.01))


def plan(stores: Stores, author: UUID | None = None, title: str = "Move the edge") -> Plan:
    """Store a draft on the latest release of the grids, drawn by somebody."""
    base = stores.releases.latest("grids")
    assert base is not None
    return stores.plans.create("grids", base.id, Person(author or new_id(), "Planner"), title)


def ids(drafts: Sequence[UnitDraft]) -> list[UUID]:
    """Return the ids of drafts."""
    return [draft.id for draft in drafts]
