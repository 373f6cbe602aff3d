"""Stores of things on the ground that have a code, a place and no period: dwellings and lines."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Row, Table, func, select

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import Box
from layers.heads import Heads
from layers.paging import Page
from layers.storage import Store


class Coded(Protocol):
    """A value with an id and a code."""

    @property
    def id(self) -> UUID:
        """The id, made by the application."""

    @property
    def code(self) -> str:
        """The code, one in the district."""


T = TypeVar("T", bound=Coded)


class CodedStore(Store, Generic[T]):
    """A store of one table with the columns ``id``, ``code`` and ``geom``; ``layer`` names its head."""

    table: ClassVar[Table]
    layer: ClassVar[str]

    @staticmethod
    @abstractmethod
    def _row(value: Any) -> dict[str, Any]:
        """Return the columns of a value."""

    @staticmethod
    @abstractmethod
    def _value(row: Row[Any]) -> Any:
        """Return the value of a row."""

    def add(self, values: Sequence[T]) -> None:
        """Store new ones, many of them by COPY.

        Raises
        ------
        Conflict
            The district has one of the same code.
        """
        self._insert(self.table, [self._row(value) for value in values])
        Heads(self._session, self.district).raise_head(self.layer)

    def replace(self, values: Sequence[T]) -> None:
        """Store these in place of those with the same codes, whose ids they keep; others stay."""
        self._lock(self.layer)
        columns = self.table.c
        same = (columns.district == self.district) & (columns.code == func.any([one.code for one in values]))
        known = {row.code: row.id for row in self._all(select(columns.id, columns.code).where(same))}
        self._write(self.table.delete().where(same))
        rows = [self._row(value) for value in values]
        self._insert(self.table, [{**row, "id": known.get(row["code"], row["id"])} for row in rows])
        Heads(self._session, self.district).raise_head(self.layer)

    def remove(self, codes: Collection[str]) -> int:
        """Remove those with some codes; return how many there were."""
        columns = self.table.c
        gone = (columns.district == self.district) & (columns.code == func.any(sorted(codes)))
        removed = self._write(self.table.delete().where(gone)).rowcount if codes else 0
        if removed:
            Heads(self._session, self.district).raise_head(self.layer)
        return removed

    def get(self, identifier: UUID) -> T:
        """Return one by its id.

        Raises
        ------
        NotFound
            The district has none of this id.
        """
        return self._found(self.table.c.id == identifier, str(identifier))

    def by_code(self, code: str) -> T:
        """Return the one of a code.

        Raises
        ------
        NotFound
            The district has none of this code.
        """
        return self._found(self.table.c.code == code, code)

    def page(self, *, bbox: Box | None = None, limit: int = 100, cursor: str | None = None) -> Page[T]:
        """Return a page by id, within a box where one is given."""
        statement = select(self.table).where(self.table.c.district == self.district)
        if bbox is not None:
            statement = statement.where(bbox.intersects(self.table.c.geom))
        return self._page(statement, self.table.c.id, self._value, limit, cursor)

    def count(self) -> int:
        """Return how many the district has."""
        row = self._first(
            select(func.count().label("count"))
            .select_from(self.table)
            .where(self.table.c.district == self.district)
        )
        return 0 if row is None else int(row[0])

    def _found(self, condition: Any, name: str) -> T:
        row = self._first(select(self.table).where(self.table.c.district == self.district, condition))
        if row is None:
            raise NotFound(
                N_("Layer {layer} of district {district} has no item {item}."),
                mend=N_("Check the code, or import the layer first."),
                where={"layer": self.layer, "item": name},
                district=self.district,
                layer=self.layer,
                item=name,
            )
        found: T = self._value(row)
        return found
