"""Reminder letters: one for each unit and period, what it cites, and its supplementary lists."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from geo.errors import N_
from layers.errors import NotFound
from layers.paging import Page
from layers.period_records import LetterItem, ReminderLetter
from layers.period_tables import reminder_item, reminder_letter
from layers.storage import Store

_COLUMNS = tuple(one.name for one in fields(ReminderLetter) if one.name != "items")
_ITEM = tuple(one.name for one in fields(LetterItem))


class Letters(Store):
    """The reminder letters of one district."""

    def lock(self) -> None:
        """Let nobody else issue letters of the district until the transaction ends."""
        self._lock("letters")

    def add(self, value: ReminderLetter) -> None:
        """Store a letter without its items."""
        self._insert(reminder_letter, [{name: getattr(value, name) for name in _COLUMNS}])

    def cite(self, items: Sequence[LetterItem]) -> None:
        """Store what letters cite; what is cited stays as it was."""
        rows = [{name: getattr(one, name) for name in _ITEM} for one in items]
        self._insert(reminder_item, [{**row, "body": dict(row["body"])} for row in rows])

    def get(self, identifier: UUID) -> ReminderLetter:
        """Return a letter with its items.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        row = self._first(self._select().where(reminder_letter.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no reminder letter {id}."),
                mend=N_("List those that you may see."),
                where={"id": str(identifier)},
                district=self.district,
                id=str(identifier),
            )
        return self._with_items([_letter(row)])[0]

    def page(self, plan: UUID, *, limit: int, cursor: str | None = None) -> Page[ReminderLetter]:
        """Return a page of the letters of a plan with their items."""
        statement = self._select().where(reminder_letter.c.plan == plan)
        page = self._page(statement, reminder_letter.c.id, _letter, limit, cursor)
        return Page(self._with_items(page.items), page.cursor)

    def of_plan(self, plan: UUID) -> tuple[ReminderLetter, ...]:
        """Return all letters of a plan with their items, by number."""
        rows = self._all(
            self._select().where(reminder_letter.c.plan == plan).order_by(reminder_letter.c.number)
        )
        return self._with_items([_letter(row) for row in rows])

    def _select(self) -> Any:
        return select(reminder_letter).where(reminder_letter.c.district == self.district)

    def _with_items(self, values: Sequence[ReminderLetter]) -> tuple[ReminderLetter, ...]:
        column = reminder_item.c
        rows = self._all(
            select(reminder_item)
            .where(column.district == self.district, column.letter.in_([one.id for one in values]))
            .order_by(column.letter, column.list, column.id)
        )
        items: dict[UUID, list[LetterItem]] = {}
        for row in rows:
            items.setdefault(row.letter, []).append(LetterItem(*(getattr(row, name) for name in _ITEM)))
        return tuple(replace(one, items=tuple(items.get(one.id, ()))) for one in values)


def _letter(row: Row[Any]) -> ReminderLetter:
    return ReminderLetter(**{name: getattr(row, name) for name in _COLUMNS})
