"""The ledger of markers: which markers a track came to on each day."""

from datetime import date
from uuid import UUID

from geo.evidence import Evidence
from geo.visits import MarkerVisits, marker_visits
from layers.coverage import MarkerVisit
from layers.fixes import instant
from layers.markers import MarkerPlace
from service.use_cases.tracks.grounds import marker_indexes, rivers_near
from service.use_cases.tracks.session import Session
from service.use_cases.tracks.standing import Border, Posts

SAME_S = 60.0
"""Two encounters with one marker so close in time are one: a marker is left for as long at least."""


def keep_markers(session: Session) -> None:
    """Make the rows of markers of a session anew.

    A marker that was VISITED is OBSERVED; one that was only PASSED is SEEN, which is less.
    """
    stores = session.stores
    fixes = session.track.fixes
    rivers = rivers_near(stores, fixes.lon, fixes.lat) if session.posts.places else ()
    found: dict[tuple[Posts, Border], list[tuple[tuple[MarkerPlace, ...], MarkerVisits]]] = {}
    for number, day in enumerate(session.days):
        there = session.posts.on(day), session.border.on(day)
        if there not in found:
            groups = marker_indexes(there[0], rivers, there[1])
            found[there] = [(places, marker_visits(session.track, index)) for places, index in groups]
        begin, end = session.bounds[number], session.bounds[number + 1]
        rows = [
            row
            for places, visits in found[there]
            for row in _rows(visits.within(begin, end), places, session)
        ]
        stores.coverage.replace_passed(session.device, day, _beyond(session, day, rows), session.horizon)


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
    for marker, at in session.stores.coverage.settled_markers(session.device, day, session.horizon):
        known.setdefault(marker, []).append(at.timestamp())
    return [
        one for one in rows if all(abs(one.at.timestamp() - at) >= SAME_S for at in known.get(one.marker, []))
    ]
