"""The ledger of ground: what of it a track had in sight on each day."""

from geo.visits import watched
from layers.coverage_areas import AreaSight, packed
from layers.fixes import instant
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.session import Session


def keep_areas(session: Session) -> None:
    """Make the rows of ground of a session anew; where there are no units there is nothing to sum it over."""
    stores = session.stores
    found: dict[object, list[tuple[float, AreaSight]]] = {}
    for number, day in enumerate(session.days):
        units = session.units[number]
        rows: list[AreaSight] = []
        if units is not None:
            if units.release not in found:
                found[units.release] = _rows(session, units)
            begin, end = session.bounds[number], session.bounds[number + 1]
            rows = [row for at, row in found[units.release] if begin <= at < end]
        stores.coverage.replace_areas(session.device, day, rows, session.horizon)


def _rows(session: Session, units: DayUnits) -> list[tuple[float, AreaSight]]:
    """Return what was in sight, each with a time of the day that it belongs to."""
    known = watched(session.track, session.sight(units), session.bounds[1:-1])
    return [
        (begin, AreaSight(instant(begin), instant(end), packed(cells)))
        for cells, begin, end in zip(known.cells, known.from_t.tolist(), known.to_t.tolist(), strict=True)
    ]
