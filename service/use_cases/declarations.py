"""Declaring a stretch of the border as walked where there is no track: the weakest evidence, and never more.

The ledger has a row of what is DECLARED for each declaration and day, made anew from all declarations of the
day; no headline counts it, and no task is closed by it.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely

from geo.coverage import Intervals
from geo.errors import N_
from geo.evidence import Evidence
from geo.linear import MeasuredLine
from geo.track.fixes import SPEED_LIMIT_KMH
from layers.coverage import Horizon, LineVisit
from layers.declarations import NO_DEVICE, Declaration, counting
from layers.errors import OutOfReach
from layers.fixes import instant
from layers.ids import new_id
from layers.stores import Stores
from service.access.identity import Identity
from service.errors import InvalidInput, InvalidTransition
from service.schemas.declarations import DeclarationIn

KEEPERS = frozenset({"coordinator", "administrator"})
WALKING = ("guard", "grid_worker", "coordinator", "administrator")
DAY = timedelta(days=1)
LONGEST = timedelta(hours=24)
FASTEST_KMH = float(SPEED_LIMIT_KMH.max())
ROUNDING_M = 1.0


def declare(stores: Stores, identity: Identity, given: DeclarationIn, now: datetime) -> Declaration:
    """Store that somebody walked a stretch: oneself, or another, where the caller keeps the district.

    Raises
    ------
    NotFound
        There is no such segment on that day.
    InvalidInput
        It lies beyond the segment, is not over, took no time or too long, or was too fast for anybody.
    """
    person = given.person or identity.person
    if person is None:
        raise InvalidInput(
            N_("It is not said who walked."),
            mend=N_("Give the member person."),
            where={"pointer": "/person"},
        )
    if person != identity.person:
        _check_other(stores, identity, person, now)
    _check(stores, given, now)
    value = Declaration(
        id=new_id(),
        code=given.code,
        from_m=given.from_m,
        to_m=given.to_m,
        from_at=given.from_at,
        to_at=given.to_at,
        person=person,
        reason=given.reason,
        created_at=now,
        created_by=identity.name,
    )
    stores.declarations.hold()
    stores.declarations.add(value)
    _keep(stores, value)
    stores.audit.record(
        "coverage.declare",
        "segment",
        value.code,
        declaration=str(value.id),
        person=str(person),
        metres=round(value.to_m - value.from_m),
        reason=value.reason,
    )
    return value


def withdraw(stores: Stores, identity: Identity, identifier: UUID, reason: str, now: datetime) -> Declaration:
    """Let a declaration count no more: one's own, or any, where the caller keeps the district.

    Raises
    ------
    NotFound
        There is no such declaration.
    OutOfReach
        It is another's.
    InvalidTransition
        It was withdrawn before.
    """
    stores.declarations.hold()
    value = stores.declarations.get(identifier)
    if value.person != identity.person and not identity.roles(stores.district) & KEEPERS:
        raise OutOfReach(
            N_("The declaration is another's."),
            mend=N_("Ask who made it, or the coordinator of the district."),
            where={"declaration": str(identifier)},
        )
    if value.withdrawn_at is not None:
        raise InvalidTransition(
            N_("The declaration was withdrawn by {by}."),
            mend=N_("Nothing is left to do."),
            where={"declaration": str(identifier)},
            by=value.withdrawn_by or "–",
        )
    stores.declarations.withdraw(identifier, now, identity.name, reason)
    _keep(stores, value)
    stores.audit.record(
        "coverage.declare.withdraw", "segment", value.code, declaration=str(value.id), reason=reason
    )
    return stores.declarations.get(identifier)


def names_of(stores: Stores, every: tuple[Declaration, ...]) -> dict[UUID, str]:
    """Return the names of who walked, by id."""
    with stores.settling():
        return stores.tasks.names(sorted({one.person for one in every}))


def _check_other(stores: Stores, identity: Identity, person: UUID, now: datetime) -> None:
    if not identity.roles(stores.district) & KEEPERS:
        raise OutOfReach(
            N_("You can declare what you walked yourself, and nothing for others."),
            mend=N_("Leave person out, or ask the coordinator of the district."),
            where={"pointer": "/person"},
        )
    with stores.settling():
        walking = stores.tasks.assignable(WALKING, stores.districts.current().today(now))
    if person not in {one.id for one in walking}:
        raise InvalidInput(
            N_("Nobody of this id walks in the district."),
            mend=N_("Choose one of the list of assignees."),
            where={"pointer": "/person"},
        )


def _check(stores: Stores, given: DeclarationIn, now: datetime) -> None:
    zone = ZoneInfo(stores.districts.current().timezone)
    segment = stores.border.by_code(given.code, given.from_at.astimezone(zone).date())
    length = MeasuredLine.from_lonlat(shapely.get_coordinates(segment.line)).length_m
    took = given.to_at - given.from_at
    if not given.from_m < given.to_m <= length + ROUNDING_M:
        raise InvalidInput(
            N_("Segment {code} has the metres 0 to {length}."),
            mend=N_("Let the stretch end after it begins, within the segment."),
            where={"pointer": "/to_m"},
            code=given.code,
            length=round(length, 2),
        )
    if not timedelta(0) < took <= LONGEST or given.to_at > now:
        raise InvalidInput(
            N_("A walk ends after it begins, within 24 hours, and not in the future."),
            mend=N_("Say from when to when it was walked."),
            where={"pointer": "/to_at"},
        )
    if 3.6 * (given.to_m - given.from_m) / took.total_seconds() > FASTEST_KMH:
        raise InvalidInput(
            N_("Nobody goes {metres} m in {minutes} min."),
            mend=N_("Say from when to when it was walked."),
            where={"pointer": "/to_at"},
            metres=round(given.to_m - given.from_m),
            minutes=round(took.total_seconds() / 60.0, 1),
        )


def _keep(stores: Stores, value: Declaration) -> None:
    """Make the rows of the ledger anew for the days of a declaration."""
    zone = ZoneInfo(stores.districts.current().timezone)
    first, last = value.from_at.astimezone(zone).date(), value.to_at.astimezone(zone).date()
    with stores.settling():
        for day in (first + k * DAY for k in range((last - first).days + 1)):
            begin, end = (datetime.combine(day + k * DAY, time(), zone) for k in range(2))
            rows = [
                row
                for one in counting(stores.declarations.during(begin, end))
                for row in _rows(stores, one, day, begin, end)
            ]
            # Whatever became of fixes: from declarations, which stay.
            stores.coverage.replace_lines(NO_DEVICE, day, rows, Horizon())


def _rows(stores: Stores, one: Declaration, day: date, begin: datetime, end: datetime) -> Iterator[LineVisit]:
    """Yield what was declared of a day; nobody knows better than that the way was even."""
    for segment in stores.border.all(day):
        if segment.code != one.code:
            continue
        whole = Intervals.of(one.from_m, one.to_m, one.from_at.timestamp(), one.to_at.timestamp())
        part = whole.within(begin.timestamp(), end.timestamp())
        for from_m, to_m, from_t, to_t in zip(part.from_m, part.to_m, part.from_t, part.to_t, strict=True):
            yield LineVisit(
                segment.id,
                None,
                Evidence.DECLARED,
                float(from_m),
                float(to_m),
                instant(float(from_t)),
                instant(float(to_t)),
                str(one.person),
            )
