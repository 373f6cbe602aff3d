"""The ledger of markers: which markers a track came to on each day."""

from datetime import date, timedelta
from uuid import UUID

from geo.evidence import Evidence
from geo.visits import MarkerVisits, marker_visits
from layers.coverage import MarkerVisit
from layers.fixes import instant
from layers.markers import MarkerPlace
from service.use_cases.tracks.grounds import marker_indexes, rivers_near
from service.use_cases.tracks.session import Session, valid_on

DAY = timedelta(days=1)
SAME_S = 60.0
"""Two encounters with one marker so close in time are one: a marker is left for as long at least."""


def keep_markers(session: Session) -> None:
    """Make the rows of markers of a session anew.

    A marker that was VISITED is OBSERVED; one that was only PASSED is SEEN, which is less.
    """
    stores = session.stores
    every = stores.markers.places(session.days[0], session.end + DAY)
    fixes = session.track.fixes
    rivers = rivers_near(stores, fixes.lon, fixes.lat) if every else ()
    segments = stores.border.during(session.days[0], session.end + DAY) if every else ()
    found: dict[tuple[object, ...], list[tuple[tuple[MarkerPlace, ...], MarkerVisits]]] = {}
    for number, day in enumerate(session.days):
        standing = tuple(one for one in every if valid_on(one, day))
        legal = tuple(one.geom.wkb for one in segments if valid_on(one, day))
        if (standing, legal) not in found:
            groups = marker_indexes(standing, rivers, legal)
            found[standing, legal] = [
                (places, marker_visits(session.track, index)) for places, index in groups
            ]
        begin, end = session.bounds[number], session.bounds[number + 1]
        rows = [
            row
            for places, visits in found[standing, legal]
            for row in _rows(visits.within(begin, end), places, session)
        ]
        stores.coverage.replace_passed(session.device, day, _beyond(session, day, rows))


def _rows(found: MarkerVisits, places: tuple[MarkerPlace, ...], session: Session) -> list[MarkerVisit]:
    """Return encounters as rows of the ledger."""
    rows = []
    for k in range(len(found)):
        patrol = session.patrols[found.source[k]]
        rows.append(
            MarkerVisit(
                places[found.marker[k]].id,
                patrol.id,
                Evidence.OBSERVED if found.visited[k] else Evidence.SEEN,
                instant(float(found.at_t[k])),
                float(found.distance_m[k]),
                patrol.person,
            )
        )
    return rows


def _beyond(session: Session, day: date, rows: list[MarkerVisit]) -> list[MarkerVisit]:
    """Return the encounters that are not settled: the fixes of those rows are gone, and were the same."""
    known: dict[UUID, list[float]] = {}
    for marker, at in session.stores.coverage.settled_markers(session.device, day):
        known.setdefault(marker, []).append(at.timestamp())
    return [
        one for one in rows if all(abs(one.at.timestamp() - at) >= SAME_S for at in known.get(one.marker, []))
    ]
