"""Barriers of sight: storing and ending them, and making anew what was seen where they stand or stood.

A ledger says what a rebuild from raw fixes would. So whoever changes a barrier makes the ledgers anew of
every device and day that came near it while it stands, and of no other.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, Polygon

from geo.errors import N_
from geo.lattice import quantise
from layers.barriers import Barrier
from layers.clocks import MOST
from layers.ids import new_id
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.barriers import BarrierIn, PolygonIn
from service.schemas.coverage import Period
from service.schemas.projects import LineIn
from service.use_cases.tracks.ledger import DAY, on_time, recompute

NEAR_M = 2_000.0
"""A step of a way from which something can be seen is shorter, so one of its fixes is as near."""

MOST_BOXES = 50
"""Of more barriers at once one box round them all is asked for; days that it adds come out the same."""

LEEWAY_DEG = 0.01
"""So far beyond the units a barrier may lie."""

_FIRST, _LAST = date(1901, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class _Change:
    """A barrier that comes or goes on the days of [first, last)."""

    bounds: tuple[float, float, float, float]
    first: date
    last: date

    @classmethod
    def of(cls, one: Barrier, since: date | None = None) -> "_Change":
        """Return that a barrier comes or goes with all its days, or those from a day on."""
        first = max(one.valid_from or _FIRST, since or _FIRST)
        return cls(one.shape.bounds, first, one.valid_to or _LAST)


def put_barriers(
    stores: Stores, barriers: Sequence[Barrier], effective_on: date, gone: Collection[UUID] = ()
) -> int:
    """Store barriers from a day on in place of those with the same codes, and end others on it.

    Returns of how many devices and days the ledgers were made anew.
    """
    stores.barriers.hold()
    ended = [stores.barriers.get(one) for one in gone]
    before = stores.barriers.replace(barriers, effective_on)
    for one in ended:
        stores.barriers.end(one.id, effective_on)
    changes = [_Change.of(one, effective_on) for one in (*before, *ended, *barriers)]
    made = _remake(stores, changes)
    for barrier in barriers:
        stores.audit.record(
            "barrier.put", "barrier", barrier.code, kind=barrier.kind, since=effective_on.isoformat()
        )
    for one in ended:
        stores.audit.record("barrier.end", "barrier", one.code, on=effective_on.isoformat())
    return made


def add_barrier(stores: Stores, given: BarrierIn) -> tuple[Barrier, int]:
    """Store the barrier of a request; return it, and of how many devices and days all was made anew.

    Raises
    ------
    InvalidInput
        Its edges cross, it has no extent, it lies outside of the district, or its period has no day.
    """
    drawn = given.geometry
    shape = quantise(LineString(drawn.coordinates) if isinstance(drawn, LineIn) else _polygon(drawn))
    if shape.is_empty or not shape.is_valid or shape.length == 0.0:
        raise InvalidInput(
            N_("The barrier's edges cross, or it has no extent."),
            mend=N_("Draw it again."),
            where={"pointer": "/geometry"},
        )
    if given.valid_to is not None and given.valid_to <= given.valid_from:
        raise InvalidInput(
            N_("The barrier would stand from {begin} to before {end}, which is no day."),
            mend=N_("Give an end after the beginning, or none."),
            where={"pointer": "/valid_to"},
            begin=given.valid_from,
            end=given.valid_to,
        )
    _check_place(stores, shape.bounds, given.valid_from)
    value = Barrier(
        new_id(), given.code, given.kind, given.name or given.code, shape, given.valid_from, given.valid_to,
        given.note,
    )  # fmt: skip
    made = put_barriers(stores, [value], given.valid_from)
    there = stores.barriers.during(given.valid_from, given.valid_from + DAY)
    return next(one for one in there if one.code == given.code), made


def _polygon(drawn: PolygonIn) -> Polygon:
    """Return the polygon of a request; one with a ring that does not close is closed."""
    outer, *holes = drawn.coordinates
    return Polygon(outer, holes)


def _check_place(stores: Stores, bounds: tuple[float, float, float, float], day: date) -> None:
    """Refuse a barrier that is near no unit, as one with its axes swapped."""
    west, south, east, north = bounds
    for layer in stores.layers.all("partition"):
        release = stores.grids.release_in_force(layer.code, day)
        if release is None or release.extent is None:
            continue
        extent = release.extent
        if (
            west > extent.east + LEEWAY_DEG
            or east < extent.west - LEEWAY_DEG
            or south > extent.north + LEEWAY_DEG
            or north < extent.south - LEEWAY_DEG
        ):
            raise InvalidInput(
                N_("The barrier lies outside of the district."),
                mend=N_("Write longitude (x) first, then latitude (y)."),
                where={"pointer": "/geometry"},
            )


def barriers_of(stores: Stores, period: Period) -> tuple[Barrier, ...]:
    """Return the barriers that stand on a day that a period touches."""
    zone = ZoneInfo(stores.districts.current().timezone)
    last = (period.to_at - timedelta(microseconds=1)).astimezone(zone).date()
    return stores.barriers.during(period.from_at.astimezone(zone).date(), last + DAY)


def end_barrier(stores: Stores, identifier: UUID, on: date, reason: str) -> tuple[Barrier, int]:
    """Let a barrier stand no more from a day on; return it, and how many devices and days were made anew.

    One that ends on its first day never stood, and is gone.

    Raises
    ------
    NotFound
        There is no such barrier.
    """
    stores.barriers.hold()
    found = stores.barriers.get(identifier)
    stores.barriers.end(identifier, on)
    was = _Change.of(found)
    days = sorted({on, was.last}) if on > was.first else [was.first, was.last]
    made = _remake(stores, [_Change(was.bounds, first, last) for first, last in pairwise(days)])
    stores.audit.record("barrier.end", "barrier", found.code, on=on.isoformat(), reason=reason)
    return replace(found, valid_to=on), made


def _remake(stores: Stores, changes: Iterable[_Change]) -> int:
    """Make anew the ledgers of every device and day near some changes; return how many."""
    timezone = stores.districts.current().timezone
    zone = ZoneInfo(timezone)
    periods: dict[tuple[date, date], list[tuple[float, float, float, float]]] = {}
    for one in changes:
        if one.first < one.last:
            periods.setdefault((one.first, one.last), []).append(one.bounds)
    found: dict[str, set[date]] = {}
    for days, bounds in periods.items():
        begin, end = (datetime.combine(day, time(), zone) for day in days)
        near = stores.patrols.device_days(begin - MOST, end + MOST, timezone, _boxes(bounds))
        told: dict[str, set[date]] = {}
        for device, day in near:
            told.setdefault(device, set()).add(day)
        for device, mine in told.items():
            right = {day for day in on_time(stores.clocks.of(device), mine, zone) if days[0] <= day < days[1]}
            found.setdefault(device, set()).update(right)
    for device, mine in sorted(found.items()):
        recompute(stores, device, mine, stores.clocks.hold(device).clock)
    return sum(map(len, found.values()))


def _boxes(bounds: Sequence[tuple[float, float, float, float]]) -> npt.NDArray[np.float64]:
    """Return boxes round some, as wide as a fix may be away: west, south, east, north in degrees."""
    boxes = np.array(bounds, dtype=np.float64)
    if len(boxes) > MOST_BOXES:
        boxes = np.array([shapely.total_bounds(shapely.box(*boxes.T))])
    north = NEAR_M / 110_000.0
    east = north / np.cos(np.radians(np.minimum(89.0, np.abs(boxes[:, 1::2]).max(axis=1) + north)))
    wider = np.stack([-east, np.full(len(boxes), -north), east, np.full(len(boxes), north)], axis=1)
    return np.asarray(boxes + wider)
