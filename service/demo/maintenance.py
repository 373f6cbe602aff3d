"""Who was at the markers of the demo: most are looked after in time, a few are late, hardly any never seen.

Boundary markers stand on the line, beyond reach of the track along the fence: that they were visited is told
by actions at them, as a guard records them, on tours of a day.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from layers.coverage import MarkerVisit
from layers.markers import Marker
from layers.stores import Stores
from layers.visits import Visit
from service.access.demo import person_id
from service.demo.content import Content
from service.demo.identity import demo_id
from service.demo.patrols import TIMEZONE
from service.use_cases.field import evidence_of

DAY = timedelta(days=1)
JOINT = "jointly-inspected"
_SEED = 71
_A_DAY = 16
"""So many markers a tour reaches in a day."""

_LATE, _NEVER = 0.05, 0.015
_FROM_HOUR, _HOURS = 8.5, 8.0
_DONE = (
    ("scanned", ""),
    ("inspected", ""),
    ("inspected", "完好"),
    ("cleaned", "除草清淤"),
    ("repainted", "描红"),
    ("repaired", "紧固底座"),
)
_OFTEN = (0.3, 0.3, 0.2, 0.08, 0.08, 0.04)


@dataclass(frozen=True, slots=True)
class Act:
    """Something done at a marker: what, its note, so many days ago, on a tour of a number."""

    marker: Marker
    action: str
    note: str
    days_ago: float
    tour: int


def load_maintenance(stores: Stores, content: Content, today: date) -> None:
    """Store what was done at the markers, and what it proves."""
    midnight = datetime.combine(today, time(), ZoneInfo(TIMEZONE))
    person = person_id("guard")
    by_day: dict[tuple[str, date], list[MarkerVisit]] = defaultdict(list)
    visits = []
    for number, act in enumerate(_acts(content.markers)):
        at = midnight - act.days_ago * DAY
        device = f"hand-{act.tour}"
        evidence = evidence_of(act.action, act.note, shown=False)
        visits.append(
            Visit(
                demo_id("act", number), act.marker.id, device, person, act.action, act.note, at, at, evidence,
                "demo", act.marker.lon, act.marker.lat, 0.0,
            )
        )  # fmt: skip
        by_day[device, at.date()].append(MarkerVisit(act.marker.id, None, evidence, at, 0.0, str(person)))
    stores.visits.add(visits)
    for (device, day), reached in sorted(by_day.items(), key=lambda one: one[0]):
        stores.coverage.replace_markers(device, day, reached)


def _acts(markers: tuple[Marker, ...]) -> Iterator[Act]:
    """Yield what was done: by clock the last time, and of the routine one the time before as well."""
    rng = np.random.default_rng(_SEED)
    for tour, group in enumerate(_tours(markers)):
        begun = rng.uniform(0.15, 0.7)
        joint = rng.uniform(40.0, 320.0)
        for place, one in enumerate(group):
            hour = (_FROM_HOUR + _HOURS * place / len(group)) / 24.0
            luck = rng.random()
            if luck < _NEVER:
                continue
            late = luck < _NEVER + _LATE
            if one.attributes.routine_days:
                days = float(one.attributes.routine_days)
                ago = np.ceil(days * (rng.uniform(1.1, 1.9) if late else begun)) - hour
                for again in (0.0, 1.0):
                    action, note = _DONE[int(rng.choice(len(_DONE), p=_OFTEN))]
                    yield Act(one, action, note, ago + again * np.ceil(0.8 * days), tour)
            if one.attributes.joint_days:
                ago = np.ceil(one.attributes.joint_days * 1.05 if late else joint) - hour
                yield Act(one, JOINT, "", ago, tour)


def _tours(markers: tuple[Marker, ...]) -> list[list[Marker]]:
    """Return the markers that have a clock by kind and number, a day's work together."""
    timed = [one for one in markers if one.attributes.routine_days or one.attributes.joint_days]
    by_kind: dict[str, list[Marker]] = defaultdict(list)
    for one in timed:
        by_kind[one.kind].append(one)
    return [
        group[begin : begin + _A_DAY]
        for kind in sorted(by_kind)
        for group in [by_kind[kind]]
        for begin in range(0, len(group), _A_DAY)
    ]
