"""The ledger of units: which units a track visited or grazed on each day."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import numpy as np

from geo.coverage import covered_length, gaps, union
from geo.visits import UnitVisits, unit_visits
from layers.coverage import GridVisit
from layers.fixes import instant
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.session import Session


def keep_units(session: Session) -> None:
    """Make the rows of units of a session anew; what lies outside of all units has none."""
    stores = session.stores
    visits: dict[UUID, UnitVisits] = {}
    for number, day in enumerate(session.days):
        units = session.units[number]
        rows: list[GridVisit] = []
        if units is not None:
            if units.release not in visits:
                visits[units.release] = unit_visits(session.track, units.index, session.bounds)
            found = visits[units.release]
            rows = _rows(found.take((found.period == number + 1) & (found.unit >= 0)), units, session)
        stores.coverage.replace_grids(session.device, day, _beyond(session, day, rows), session.horizon)


def _rows(found: UnitVisits, units: DayUnits, session: Session) -> list[GridVisit]:
    """Return visits as rows of the ledger."""
    rows = []
    for k in range(len(found)):
        patrol = session.patrols[found.source[k]]
        rows.append(
            GridVisit(
                units.ids[found.unit[k]],
                patrol.id,
                "visited" if found.visited[k] else "grazed",
                float(found.metres[k]),
                float(found.seconds[k]),
                instant(float(found.from_t[k])),
                instant(float(found.to_t[k])),
                patrol.person,
            )
        )
    return rows


def _beyond(session: Session, day: date, rows: list[GridVisit]) -> list[GridVisit]:
    """Return what lies at no time that is settled: the fixes of those rows are gone, and were the same."""
    times = session.stores.coverage.settled_units(session.device, day, session.horizon)
    if len(times) == 0:
        return rows
    settled = union(times[:, 0], times[:, 1])
    kept = []
    for one in rows:
        begin, end = one.entered_at.timestamp(), one.left_at.timestamp()
        left = gaps(settled, begin, end)
        share = covered_length(left) / (end - begin) if end > begin else 0.0
        if share <= 0.0:
            continue
        inside: tuple[datetime, datetime] = (instant(float(left[0, 0])), instant(float(np.max(left))))
        kept.append(
            replace(
                one,
                metres=share * one.metres,
                seconds=share * one.seconds,
                entered_at=inside[0],
                left_at=inside[1],
            )
        )
    return kept
