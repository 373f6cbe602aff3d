"""Tasks of coverage: what is open, who is asked to close it and by when, and how it was closed.

A task is done when evidence since ``counts_from`` leaves nothing of it open, and open again when that
evidence is withdrawn; only what a person closed stays closed.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Row,
    SmallInteger,
    Text,
    func,
    or_,
    select,
    update,
)

from geo.errors import N_
from geo.evidence import Evidence
from layers.accounts import person, role_grant
from layers.base import identifier, in_district, shard_table
from layers.errors import NotFound
from layers.row_security import SETTLING, acting
from layers.storage import Store

Kind = Literal["segment", "unit", "marker"]
State = Literal["open", "done", "closed"]
OPEN, DONE, CLOSED = "open", "done", "closed"

coverage_task = shard_table(
    "coverage_task",
    identifier(),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("layer", Text),
    Column("from_m", Double),
    Column("to_m", Double),
    Column("least", SmallInteger, nullable=False),
    # Evidence of this instant or later closes it, whenever it comes.
    Column("counts_from", DateTime(timezone=True), nullable=False),
    identifier("assignee", nullable=True),
    Column("until", Date),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    # What was left of a stretch when it was looked at last.
    Column("open_m", Double),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Text),
    Column("closing", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
    in_district(),
    CheckConstraint("kind IN ('segment', 'unit', 'marker')", name="kind"),
    CheckConstraint("state IN ('open', 'done', 'closed')", name="state"),
    CheckConstraint("least BETWEEN 0 AND 6", name="least"),
    CheckConstraint(
        "CASE WHEN kind = 'segment' THEN from_m >= 0 AND to_m > from_m"
        " ELSE from_m IS NULL AND to_m IS NULL END",
        name="measures",
    ),
    CheckConstraint("(layer IS NOT NULL) = (kind = 'unit')", name="layer"),
    CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled"),
    CheckConstraint("version > 0", name="version"),
    Index(None, "district", "state"),
    Index(None, "district", "assignee"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTask:
    """Something that is to be visited; ``from_m``, ``to_m`` are the stretch of a segment, in metres.

    ``least`` is what proves it, ``assignee`` a person; ``until`` the last day it should take. ``settled_at``
    is when it was done or closed, ``closing`` why somebody closed it; ``version`` counts its changes.
    """

    id: UUID
    kind: Kind
    code: str
    counts_from: datetime
    reason: str
    created_at: datetime
    created_by: str
    layer: str | None = None
    from_m: float | None = None
    to_m: float | None = None
    least: Evidence = Evidence.OBSERVED
    assignee: UUID | None = None
    until: date | None = None
    state: State = "open"
    open_m: float | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    closing: str = ""
    version: int = 1

    @property
    def stretch(self) -> tuple[float, float]:
        """The measures of a stretch; of what has none, nothing."""
        return (self.from_m or 0.0, self.to_m or 0.0)


@dataclass(frozen=True, slots=True)
class Assignable:
    """A person who may be asked to walk somewhere."""

    id: UUID
    name: str


_PERSON = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NAMES = tuple(one.name for one in fields(CoverageTask))


class Tasks(Store):
    """The tasks of one district."""

    def add(self, value: CoverageTask) -> None:
        """Store a task."""
        row = {name: getattr(value, name) for name in _NAMES}
        self._insert(coverage_task, [row | {"least": int(value.least)}])

    def get(self, identifier: UUID) -> CoverageTask:
        """Return a task by its id.

        Raises
        ------
        NotFound
            The district has no such task, or none that the caller may see.
        """
        row = self._first(
            select(coverage_task).where(
                coverage_task.c.district == self.district, coverage_task.c.id == identifier
            )
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no task {task}."),
                mend=N_("List the tasks that you may see."),
                where={"task": str(identifier)},
                district=self.district,
                task=str(identifier),
            )
        return _task(row)

    def all(self, states: Sequence[State] = (), assignee: UUID | None = None) -> tuple[CoverageTask, ...]:
        """Return the tasks in some states or in any, of a person or of all: those to be done first."""
        statement = select(coverage_task).where(coverage_task.c.district == self.district)
        if states:
            statement = statement.where(coverage_task.c.state == func.any(list(states)))
        if assignee is not None:
            statement = statement.where(coverage_task.c.assignee == assignee)
        order = (coverage_task.c.until.asc().nulls_last(), coverage_task.c.created_at, coverage_task.c.id)
        return tuple(_task(row) for row in self._all(statement.order_by(*order)))

    def unsettled(self, since: datetime) -> tuple[CoverageTask, ...]:
        """Return the tasks that evidence may settle or open again: those open, and those done since."""
        column = coverage_task.c
        rows = self._all(
            select(coverage_task)
            .where(
                column.district == self.district,
                or_(column.state == OPEN, (column.state == DONE) & (column.settled_at >= since)),
            )
            .order_by(column.id)
        )
        return tuple(_task(row) for row in rows)

    def change(self, identifier: UUID, version: int, **values: Any) -> bool:
        """Change a task that is at a version; say whether it was."""
        column = coverage_task.c
        done = self._write(
            update(coverage_task)
            .where(column.district == self.district, column.id == identifier, column.version == version)
            .values(**values, version=version + 1)
        )
        return bool(done.rowcount)

    def shrink(self, identifier: UUID, open_m: float | None) -> None:
        """Note what is left of a stretch; it is no change that an edit could collide with."""
        self._write(
            update(coverage_task)
            .where(coverage_task.c.district == self.district, coverage_task.c.id == identifier)
            .values(open_m=open_m)
        )

    def assignable(self, roles: Sequence[str], today: date) -> tuple[Assignable, ...]:
        """Return who holds one of some roles in the district today, by name."""
        here = or_(role_grant.c.district.is_(None), role_grant.c.district == self.district)
        rows = self._all(
            select(person.c.id, person.c.name)
            .distinct()
            .join(role_grant, role_grant.c.person == person.c.id)
            .where(
                here,
                role_grant.c.role == func.any(list(roles)),
                role_grant.c.valid.contains(today),
                person.c.disabled_at.is_(None),
            )
            .order_by(person.c.name, person.c.id)
        )
        return tuple(Assignable(row.id, row.name) for row in rows)

    def called(self, holders: Collection[str]) -> dict[str, str]:
        """Return the names of those holders of evidence that are people; others are names already."""
        people = [UUID(one) for one in sorted(set(holders)) if _PERSON.fullmatch(one)]
        if not people:
            return {}
        with acting(self._session, SETTLING):
            return {str(one): name for one, name in self.names(people).items()}

    def names(self, people: Sequence[UUID]) -> dict[UUID, str]:
        """Return the names of people that the caller may know."""
        rows = self._all(select(person.c.id, person.c.name).where(person.c.id == func.any(list(people))))
        return {row.id: row.name for row in rows}


def _task(row: Row[Any]) -> CoverageTask:
    values = {name: getattr(row, name) for name in _NAMES}
    return CoverageTask(**{**values, "least": Evidence(row.least)})
