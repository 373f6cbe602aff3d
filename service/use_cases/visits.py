"""Coverage of units and markers in a period: what was reached, how well that is known, when last, by whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from geo.evidence import Evidence
from geo.visits import areas_in
from layers.due_evidence import JOINT
from layers.marker_visits import MarkerRow
from layers.markers import Marker
from layers.stores import Stores
from layers.unit_visits import UnitRow
from service.indexes.day_units import cover_on, reachable, units_of
from service.schemas.coverage import Period
from service.schemas.visits import Between, Clock, Ground, MarkerCoverage, UnitCoverage, UnitState
from service.underway import Names, names_of

DAY = timedelta(days=1)
HISTORY = timedelta(days=400)
"""How far before the end of a period the last visit is looked for."""

NOTHING = Ground(0.0, 0.0, 0.0, 0.0)

APART = timedelta(minutes=20)
"""Visits less apart are one, as passes of a metre are."""


def unit_coverage(
    stores: Stores, period: Period, layer: str | None = None
) -> tuple[str | None, tuple[UnitCoverage, ...]]:
    """Return the layer and the coverage of its leaf units in a period, by code.

    Without ``layer`` it is the default partition in force on the last day; None where there is none.

    Raises
    ------
    UnknownLayer
        The district has no such layer.
    """
    first, last = _days(stores, period)
    code = _partition(stores, last) if layer is None else stores.layers.get(layer).code
    if code is None:
        return None, ()
    tree = stores.grids.tree(code, last)
    level = stores.layers.get(code).leaf_level
    leaves = sorted((one for one in tree.units.values() if one.level == level), key=lambda one: one.code)
    ground = _ground(stores, code, period)
    rows: dict[UUID, list[UnitRow]] = defaultdict(list)
    for row in stores.unit_visits.during(first, last + DAY):
        if row.entered_at < period.to_at and row.left_at > period.from_at:
            rows[row.unit].append(row)
    latest = stores.reached.last_units([one.id for one in leaves], last - HISTORY, last + DAY, period.to_at)
    names = names_of(stores, [one.person for one in latest.values() if one.person])
    found = []
    for unit in leaves:
        here = rows.get(unit.id, [])
        done = latest.get(unit.id)
        shares = [_share(row, period) for row in here]
        times = _visits(row for row in here if row.visited)
        found.append(
            UnitCoverage(
                unit=unit,
                parent=None if unit.parent is None else tree.units[unit.parent].code,
                state=_state(here),
                visits=len(times),
                between=_between(times),
                ground=ground.get(unit.id, NOTHING),
                metres=sum(share * row.metres for share, row in zip(shares, here, strict=True)),
                seconds=sum(share * row.seconds for share, row in zip(shares, here, strict=True)),
                last_at=None if done is None else min(done.left_at, period.to_at),
                last_by=None if done is None else _holder(done, done.left_at, names),
            )
        )
    return code, tuple(found)


def unit_areas(stores: Stores, layer: str | None, period: Period) -> Mapping[UUID, Any]:
    """Return the areas of the leaf units of a layer on the last day of a period, by id."""
    if layer is None:
        return {}
    leaves = stores.grids.leaves(layer, _days(stores, period)[1])
    return dict(zip(leaves.ids, leaves.polygons, strict=True))


def marker_coverage(stores: Stores, period: Period, kind: str | None = None) -> tuple[MarkerCoverage, ...]:
    """Return the coverage of the markers that stand on a period's last day, of a kind or all, by code."""
    first, last = _days(stores, period)
    markers = stores.markers.all(last, kind)
    best: dict[str, Evidence] = {}
    for row in stores.marker_visits.during(first, last + DAY):
        if period.from_at <= row.at < period.to_at:
            best[row.marker] = max(best.get(row.marker, Evidence.DECLARED), row.evidence)
    latest = stores.marker_visits.last(Evidence.OBSERVED, period.to_at - HISTORY, period.to_at)
    joint = stores.reached.last_joint(JOINT, period.to_at - HISTORY, period.to_at)
    segments = {one.id: one.code for one in stores.border.all(last)}
    names = names_of(stores, [one.person for one in latest.values() if one.person])
    zone = ZoneInfo(stores.districts.current().timezone)
    return tuple(
        _of_marker(one, segments, best.get(one.code), latest.get(one.code), joint.get(one.code), zone, names)
        for one in markers
    )


def _of_marker(
    one: Marker,
    segments: Mapping[UUID, str],
    evidence: Evidence | None,
    done: MarkerRow | None,
    joint_at: datetime | None,
    zone: ZoneInfo,
    names: Names,
) -> MarkerCoverage:
    routine_at = None if done is None else done.at
    return MarkerCoverage(
        marker=one,
        segment=None if one.segment is None else segments.get(one.segment),
        evidence=evidence,
        last_at=routine_at,
        last_by=None if done is None else _holder(done, done.at, names),
        last_evidence=None if done is None else done.evidence,
        distance_m=None if done is None else done.distance_m,
        routine=_clock(one.attributes.routine_days, routine_at, one.valid_from, zone),
        joint=_clock(one.attributes.joint_days, joint_at, one.valid_from, zone),
    )


def _holder(done: UnitRow | MarkerRow, at: datetime, names: Names) -> str | None:
    """Return who was there: a person, else the device."""
    return names.at(done.person or done.device, at)


def _clock(days: int | None, last_at: datetime | None, since: date | None, zone: ZoneInfo) -> Clock:
    """Return a clock; one that was never set back runs since the marker stands."""
    begun = since if last_at is None else last_at.astimezone(zone).date()
    return Clock(days, last_at, None if days is None or begun is None else begun + days * DAY)


def _days(stores: Stores, period: Period) -> tuple[date, date]:
    """Return the first and the last day that a period touches."""
    zone = ZoneInfo(stores.districts.current().timezone)
    last = (period.to_at - timedelta(microseconds=1)).astimezone(zone).date()
    return period.from_at.astimezone(zone).date(), last


def _partition(stores: Stores, day: date) -> str | None:
    for one in stores.layers.all("partition"):
        if stores.releases.in_force(one.code, day) is not None:
            return one.code
    return None


def _share(row: UnitRow, period: Period) -> float:
    """Return which share of a visit lies in a period: one that crosses its edge is split by time."""
    whole = (row.left_at - row.entered_at).total_seconds()
    inside = (min(row.left_at, period.to_at) - max(row.entered_at, period.from_at)).total_seconds()
    return inside / whole if whole > 0.0 else 1.0


def _state(rows: Sequence[UnitRow]) -> UnitState:
    if any(row.visited for row in rows):
        return "visited"
    return "grazed" if rows else "none"


def _visits(rows: Iterable[UnitRow]) -> list[tuple[datetime, datetime]]:
    """Return begin and end of the visits that rows in the order of entering are.

    What people did together is one.
    """
    found: list[tuple[datetime, datetime]] = []
    for row in rows:
        if found and row.entered_at - found[-1][1] <= APART:
            found[-1] = (found[-1][0], max(found[-1][1], row.left_at))
        else:
            found.append((row.entered_at, row.left_at))
    return found


def _between(times: Sequence[tuple[datetime, datetime]]) -> Between | None:
    """Return how long nobody was there from one visit to the next: in the middle, and at most."""
    waits = [(later[0] - earlier[1]) / DAY for earlier, later in pairwise(times)]
    return Between(median(waits), max(waits)) if waits else None


def _ground(stores: Stores, layer: str, period: Period) -> Mapping[UUID, Ground]:
    """Return how much of each unit was in sight in a period, by id, as the units are on its last day."""
    first, last = _days(stores, period)
    # Areas of an overlay may overlap: the ground of each is nobody's alone.
    units = units_of(stores, layer, last) if stores.layers.get(layer).kind == "partition" else None
    if units is None:
        return {}
    cover = cover_on(stores, last)
    closed = None if cover is None else cover.closed
    known = stores.areas_seen.within(first, last + DAY, period.from_at, period.to_at)
    whole = reachable(stores, units, last)
    # A cell belongs to a unit whole: of all of a unit a little more or less can lie in its cells.
    seen, low, high = (
        np.minimum(areas_in(cells, units.index.locate, closed)[0], whole).tolist()
        for cells in (known.likely, known.sure, known.possible)
    )
    figures = zip(seen, whole.tolist(), low, high, strict=True)
    return {unit: Ground(*each) for unit, each in zip(units.ids, figures, strict=True)}
