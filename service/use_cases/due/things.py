"""The list of what is due: stretches of the border, units and markers, the latest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from layers.stores import Stores
from service.schemas.due import DueThing, Translate
from service.schemas.places import place_name
from service.use_cases.due.limits import Known
from service.use_cases.due.points import due_markers, due_units
from service.use_cases.due.segments import due_segments


def due_things(stores: Stores, now: datetime) -> tuple[DueThing, ...]:
    """Return everything that has a rule and how it stands at an instant: the latest, then the next due."""
    known = Known.of(stores, now, ZoneInfo(stores.districts.current().timezone))
    found = [*due_segments(stores, known), *due_units(stores, known), *due_markers(stores, known)]
    return tuple(sorted(found, key=_order))


def marker_clocks(stores: Stores, code: str, now: datetime) -> tuple[DueThing, ...]:
    """Return how the clocks of a marker stand that any rule is for.

    Raises
    ------
    NotFound
        No marker of this code stands.
    """
    known = Known.of(stores, now, ZoneInfo(stores.districts.current().timezone))
    return tuple(due_markers(stores, known, code))


def _order(one: DueThing) -> tuple[bool, float, float, str, str, float]:
    due = float("inf") if one.due_at is None else one.due_at.timestamp()
    return (not one.overdue, -one.late_s if one.overdue else 0.0, due, one.kind, one.code, one.from_m or 0.0)


def where_in(translate: Translate) -> Callable[[DueThing], str]:
    """Return what names the stretch of a thing in a language."""
    return lambda one: place_name(one.markers or (None, None), translate)


def shown(
    found: Sequence[DueThing], *, kind: str | None = None, owner: str | None = None, every: bool = False
) -> tuple[DueThing, ...]:
    """Return what a reader asks for: what is overdue or soon due, of a kind or an owner, or everything."""
    return tuple(
        one
        for one in found
        if (every or one.pressing) and kind in (None, one.kind) and owner in (None, one.owner)
    )
