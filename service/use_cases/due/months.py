"""What a month was: what was overdue in it, and what was visited and done."""

from datetime import datetime
from zoneinfo import ZoneInfo

from layers.stores import Stores
from service.use_cases.due.limits import Known
from service.use_cases.due.points import due_markers, due_units
from service.use_cases.due.segments import debts


def month_of(
    stores: Stores, begin: datetime, end: datetime
) -> tuple[dict[str, float], dict[str, dict[str, int]]]:
    """Return km·days overdue in a period by segment, and counts of units, markers and actions at its end."""
    zone = ZoneInfo(stores.districts.current().timezone)
    known = Known.of(stores, end, zone)
    found = {"units": list(due_units(stores, known)), "markers": list(due_markers(stores, known))}
    first, after = (one.astimezone(zone).date() for one in (begin, end))
    visited = stores.due_evidence.visited(first, after)
    counts = {
        name: {
            "with_rule": len({one.code for one in things}),
            "overdue": len({one.code for one in things if one.overdue}),
            "visited": visited[name],
        }
        for name, things in found.items()
    }
    return debts(stores, known, begin), {**counts, "actions": stores.due_evidence.actions(begin, end)}
