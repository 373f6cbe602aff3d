"""Proposals of staffing: who would have which home grid from a day on, by which rules, and who decided.

What was proposed never changes; a decision is made once, by another person than the author.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Row, Text, select, update
from sqlalchemy.dialects.postgresql import JSONB

from geo.errors import N_
from layers.base import identifier, in_district, shard_table
from layers.errors import Conflict, NotFound, WrongPerson
from layers.paging import Page
from layers.storage import Store

State = Literal["proposed", "approved", "rejected"]

staffing_proposal = shard_table(
    "staffing_proposal",
    identifier(),
    Column("layer", Text, nullable=False),
    # The day from which the homes would be.
    Column("from_day", Date, nullable=False),
    Column("rules", JSONB, nullable=False),
    # The release and the people that it was made of: whatever changes them makes it stale.
    Column("basis", JSONB, nullable=False),
    Column("outcome", JSONB, nullable=False),
    identifier("author"),
    Column("author_name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    identifier("decided_by", nullable=True),
    Column("decided_name", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False),
    in_district(),
    CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name="state"),
    CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided"),
    CheckConstraint("decided_by <> author", name="two_people"),
)


@dataclass(frozen=True, slots=True)
class StaffingProposal:
    """A proposal of staffing; ``outcome`` is told person by person."""

    id: UUID
    layer: str
    from_day: date
    rules: Mapping[str, Any]
    basis: Mapping[str, Any]
    outcome: Mapping[str, Any]
    author: UUID
    author_name: str
    created_at: datetime
    state: State = "proposed"
    decided_by: UUID | None = None
    decided_name: str | None = None
    decided_at: datetime | None = None
    note: str = ""


_NAMES = tuple(one.name for one in fields(StaffingProposal))


class Staffings(Store):
    """The proposals of staffing of one district."""

    def lock(self) -> None:
        """Let nobody else decide on a staffing until the transaction ends."""
        self._lock("staffing")

    def add(self, value: StaffingProposal) -> None:
        """Store a new proposal."""
        self._insert(staffing_proposal, [{name: getattr(value, name) for name in _NAMES}])

    def get(self, identifier: UUID) -> StaffingProposal:
        """Return a proposal by id.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._first(
            select(staffing_proposal).where(
                staffing_proposal.c.district == self.district, staffing_proposal.c.id == identifier
            )
        )
        if row is None:
            raise NotFound(
                N_("There is no proposal {proposal} of staffing."),
                mend=N_("List the proposals, or make a new one."),
                where={"proposal": str(identifier)},
                proposal=str(identifier),
            )
        return _proposal(row)

    def page(self, limit: int, cursor: str | None) -> Page[StaffingProposal]:
        """Return a page of proposals, the oldest first."""
        statement = select(staffing_proposal).where(staffing_proposal.c.district == self.district)
        return self._page(statement, staffing_proposal.c.id, _proposal, limit, cursor)

    def decide(
        self, value: StaffingProposal, state: State, by: UUID, name: str, at: datetime, note: str
    ) -> StaffingProposal:
        """Approve or reject a proposal, and return it as it is then.

        Raises
        ------
        WrongPerson
            It is of the one who would decide.
        Conflict
            It was decided before.
        """
        where = {"proposal": str(value.id)}
        if value.author == by:
            raise WrongPerson(
                N_("Nobody decides a staffing that they proposed themselves."),
                mend=N_("Let another coordinator or administrator look at it."),
                where=where,
            )
        said = {"state": state, "decided_by": by, "decided_name": name, "decided_at": at, "note": note}
        done = self._write(
            update(staffing_proposal)
            .where(
                staffing_proposal.c.district == self.district,
                staffing_proposal.c.id == value.id,
                staffing_proposal.c.state == "proposed",
            )
            .values(**said)
        )
        if done.rowcount == 0:
            raise Conflict(
                N_("The staffing is decided already."), mend=N_("Make a new proposal."), where=where
            )
        return replace(value, state=state, decided_by=by, decided_name=name, decided_at=at, note=note)


def _proposal(row: Row[Any]) -> StaffingProposal:
    return StaffingProposal(**{name: getattr(row, name) for name in _NAMES})
