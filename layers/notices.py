"""Notices: what a person, or whoever answers for a unit, is told of something that is theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from geo.errors import N_
from layers.errors import NotFound
from layers.paging import Page
from layers.plan_tables import notice
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to a person, or to those responsible for a unit: one of the two.

    ``subject`` is what it is about, such as the id of a plan; ``body`` what is told; ``seen_at`` when it was
    first seen.
    """

    id: UUID
    kind: str
    subject: str
    created_at: datetime
    person: UUID | None = None
    unit: UUID | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    seen_at: datetime | None = None


class Notices(Store):
    """The notices of one district."""

    def add(self, notices: Sequence[Notice]) -> None:
        """Store notices.

        Raises
        ------
        InvalidAttribute
            One is to nobody, or to a person and a unit.
        NotFound
            A unit is not stored.
        """
        rows = [{name: getattr(one, name) for name in Notice.__slots__} for one in notices]
        self._insert(notice, [{**row, "body": dict(row["body"])} for row in rows])

    def page(
        self,
        *,
        unseen: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Notice]:
        """Return a page of the notices to whoever asks and to the units they reach, the newest first.

        Row security knows who that is.
        """
        statement = select(notice).where(notice.c.district == self.district)
        if unseen:
            statement = statement.where(notice.c.seen_at.is_(None))
        return self._page(statement, notice.c.id, _notice, limit, cursor, newest_first=True)

    def see(self, identifier: UUID, at: datetime) -> Notice:
        """Note that a notice was seen, if it was not before, and return it.

        Raises
        ------
        NotFound
            There is no such notice, or it is to others.
        """
        mine = (notice.c.district == self.district) & (notice.c.id == identifier)
        self._write(update(notice).where(mine, notice.c.seen_at.is_(None)).values(seen_at=at))
        row = self._first(select(notice).where(mine))
        if row is None:
            raise NotFound(
                N_("District {district} has no notice {notice} to you."),
                mend=N_("Check the id, or list your notices."),
                where={"notice": str(identifier)},
                district=self.district,
                notice=str(identifier),
            )
        return _notice(row)


def _notice(row: Row[Any]) -> Notice:
    return Notice(**{name: getattr(row, name) for name in Notice.__slots__})
