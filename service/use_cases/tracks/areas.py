"""The ledger of ground: what of it a track had in sight on each day."""

from uuid import UUID

from geo.visits import watched
from layers.coverage_areas import AreaSight, packed
from layers.fixes import instant
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.grounds import wall_index
from service.use_cases.tracks.session import Session
from service.use_cases.tracks.standing import Walls


def keep_areas(session: Session) -> None:
    """Make the rows of ground of a session anew; where there are no units there is nothing to sum it over."""
    stores = session.stores
    found: dict[tuple[UUID, Walls], list[tuple[float, AreaSight]]] = {}
    for number, day in enumerate(session.days):
        units = session.units[number]
        rows: list[AreaSight] = []
        if units is not None:
            there = units.release, session.walls.on(day)
            if there not in found:
                found[there] = _rows(session, units, there[1])
            begin, end = session.bounds[number], session.bounds[number + 1]
            rows = [row for at, row in found[there] if begin <= at < end]
        stores.coverage.replace_areas(session.device, day, rows, session.horizon)


def _rows(session: Session, units: DayUnits, walls: Walls) -> list[tuple[float, AreaSight]]:
    """Return what was in sight, each with a time of the day that it belongs to."""
    barriers = wall_index(walls.lines)
    known = watched(session.track, session.sight(units), session.bounds, barriers=barriers)
    times = zip(known.from_t.tolist(), known.to_t.tolist(), strict=True)
    sets = zip(known.cells, known.sure, known.possible, strict=True)
    return [
        (begin, AreaSight(instant(begin), instant(end), *map(packed, cells)))
        for (begin, end), cells in zip(times, sets, strict=True)
    ]
