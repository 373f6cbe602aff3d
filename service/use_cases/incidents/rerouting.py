"""Rerouting: open incidents in ground that was redrawn go to whoever answers for it from its day on.

Closed ones stay with whom they were, and statistics use the unit of the time of occurrence. Whoever gains or
loses an incident is told, and the incident's own log says from where to where it went, and why.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from geo.errors import WardlineError
from layers.ids import new_id
from layers.incident_tables import SETTLED
from layers.incidents import Incident
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.indexes.duty import Holders
from service.indexes.ground import Ground, read_ground
from service.use_cases.incidents.assignment import (
    accused_of,
    assigned,
    holders_of,
    located,
    settle,
    summary,
)

ACTOR = "redraw"
LISTED = 100
"""How many incidents a notice names."""

Gone = tuple[Incident, Incident]


def reroute(stores: Stores, incidents: Sequence[UUID], day: date, cause: str) -> int:
    """Send open incidents on redrawn ground to whoever answers for it now; return how many went.

    Parameters
    ----------
    incidents
        Those on ground that changed hands; what is published already says to whom.
    day
        The first day of the change, or a later one.
    cause
        The id of the plan, for the logs and notices.
    """
    if not incidents:
        return 0
    # Incidents of all people move, which nobody's role allows; it is the service that moves them.
    with acting(stores.session, SYSTEM):
        ground = read_ground(stores, day)
        holders = holders_of(stores, ground)
        gone = []
        for identifier in incidents:
            old = stores.incidents.get(identifier, lock=True)
            new = None if old.status in SETTLED else _sent(ground, holders, old)
            if new is not None:
                gone.append((old, stores.incidents.save(new)))
        _log(stores, gone, cause)
    stores.audit.record("plan.reroute", "plan", cause, incidents=len(gone), looked_at=len(incidents))
    return len(gone)


def _sent(ground: Ground, holders: Holders, old: Incident) -> Incident | None:
    """Return an incident as it is assigned now, None where it stays where it was."""
    try:
        answer = located(ground, old)
    except WardlineError:
        return None  # outside of the ground before as after: whoever holds it keeps it
    new = assigned(old, settle(ground, holders, answer, accused_of(old)))
    same = (new.unit, new.representative, _chain(new)) == (old.unit, old.representative, _chain(old))
    return None if same else new


def _chain(value: Incident) -> list[Any]:
    return [one.get("code") for one in value.assignment.get("chain", [])]


def _log(stores: Stores, gone: Sequence[Gone], cause: str) -> None:
    now = datetime.now(UTC)
    told: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for old, new in gone:
        stores.incidents.record(
            new.id, now, "rerouted", ACTOR, plan=cause, before=summary(old), after=summary(new)
        )
        for unit, kind in ((old.unit, "incidents-gone"), (new.unit, "incidents-come")):
            if unit is not None:
                told[unit, kind].append(new.id)
    stores.notices.add(
        [
            Notice(
                new_id(),
                kind,
                cause,
                now,
                unit=unit,
                body={"incidents": [str(one) for one in identifiers[:LISTED]], "count": len(identifiers)},
            )
            for (unit, kind), identifiers in told.items()
        ]
    )
