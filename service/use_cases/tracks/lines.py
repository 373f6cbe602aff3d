"""The ledger of lines: what a track walked of each day's segments, and what it saw of their legal lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import numpy as np

from geo.coverage import Evidence, Intervals, covered_length, union, walked
from geo.visits import Band, seen
from layers.border import BorderSegment
from layers.coverage import LineVisit
from layers.fixes import instant
from layers.patrols import Patrol
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.grounds import map_of, route_index, sight_index
from service.use_cases.tracks.session import Session
from service.use_cases.tracks.standing import Border, Walls

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """Metres of a segment that a device walked on a day, and those inferred beside them."""

    segment: str
    day: date
    walked_m: float
    inferred_m: float


def keep_lines(session: Session) -> list[Covered]:
    """Make the rows of lines of a session anew, and return what was walked of each segment and day."""
    stores = session.stores
    covered = []
    walks: dict[Border, Intervals] = {}
    sights: dict[tuple[Border, UUID | None, Walls], dict[Band, Intervals]] = {}
    for number, day in enumerate(session.days):
        border = session.border.on(day)
        valid = border.segments
        if border not in walks:
            walks[border] = walked(session.track, route_index(border.lines))
        units = session.units[number] if valid else None
        ground = (border, None if units is None else units.release, session.walls.on(day))
        if ground not in sights:
            sights[ground] = _seen(session, border, units, ground[2])
        begin, end = session.bounds[number], session.bounds[number + 1]
        settled = _settled(session, day)
        part = walks[border].within(begin, end).beyond(settled.take(settled.evidence != Evidence.SEEN))
        rows = _visits(part, valid, session.patrols)
        looked = settled.take(settled.evidence == Evidence.SEEN)
        for band, found in sights[ground].items():
            rows += _visits(found.within(begin, end).beyond(looked), valid, session.patrols, int(band))
        stores.coverage.replace_lines(session.device, day, rows, session.horizon)
        covered.extend(_covered(part, valid, day))
    return covered


def _settled(session: Session, day: date) -> Intervals:
    """Return what is known of a day whose fixes are gone; their places do not matter, only their times."""
    times, evidence = session.stores.coverage.settled_lines(session.device, day, session.horizon)
    measures = np.zeros(len(times))
    return Intervals.of(measures, measures, times[:, 0], times[:, 1], evidence=evidence)


def _seen(session: Session, border: Border, units: DayUnits | None, walls: Walls) -> dict[Band, Intervals]:
    """Return what was seen of the legal lines, in measures of the lines that are patrolled."""
    if not border.segments or len(session.track.way()) == 0:
        return {}
    index = sight_index(border.legal, walls.lines)
    found = seen(session.track, index, sight=session.sight(units))
    return {band: _on_routes(part, border.segments) for band, part in found.items()}


def _on_routes(found: Intervals, segments: Sequence[BorderSegment]) -> Intervals:
    """Return intervals of legal lines as those of the lines that are patrolled."""
    from_m, to_m = found.from_m.copy(), found.to_m.copy()
    for k in np.unique(found.line).tolist():
        both = map_of(segments[k])
        if both is not None:
            here = found.line == k
            from_m[here], to_m[here] = both.there(from_m[here]), both.there(to_m[here])
    return replace(found, from_m=from_m, to_m=to_m)


def _visits(
    part: Intervals, segments: Sequence[BorderSegment], patrols: Sequence[Patrol], band: int = 0
) -> list[LineVisit]:
    """Return intervals as rows of the ledger, measures ascending and each with its time."""
    visits = []
    for k in range(len(part)):
        ends = [(float(part.from_m[k]), float(part.from_t[k])), (float(part.to_m[k]), float(part.to_t[k]))]
        (from_m, from_t), (to_m, to_t) = ends if ends[0][0] <= ends[1][0] else ends[::-1]
        patrol = patrols[part.source[k]]
        visits.append(
            LineVisit(
                segments[part.line[k]].id,
                patrol.id,
                Evidence(int(part.evidence[k])),
                from_m,
                to_m,
                instant(from_t),
                instant(to_t),
                patrol.person,
                band,
            )
        )
    return visits


def _covered(part: Intervals, segments: Sequence[BorderSegment], day: date) -> list[Covered]:
    found = []
    for k in np.unique(part.line).tolist():
        here = part.on(k)
        seen = here.at_least(Evidence.OBSERVED)
        walked_m = covered_length(union(seen.low, seen.high))
        with_inferred = covered_length(union(here.low, here.high))
        found.append(Covered(segments[k].code, day, walked_m, with_inferred - walked_m))
    return found
